//! The emulator met over its socket, as a bot meets it.
