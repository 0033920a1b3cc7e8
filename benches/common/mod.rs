//! What the measurements of the bot share.

pub(crate) mod bot;
pub(crate) mod figures;
pub(crate) mod stage;
pub(crate) mod talk;
