//! What the measurements of the bot share.

pub(crate) mod arguments;
pub(crate) mod bot;
pub(crate) mod crowd;
pub(crate) mod figures;
pub(crate) mod page;
pub(crate) mod stage;
pub(crate) mod talk;
