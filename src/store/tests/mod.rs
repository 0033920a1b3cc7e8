//! Against a real file each.
