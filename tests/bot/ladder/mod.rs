//! What people read when models fail, which models were asked, and what is kept of it.

pub(crate) mod play;

mod account;
mod breakers;
mod broken;
mod cancelled;
mod choice;
mod clocks;
mod fallback;
mod hedged;
mod moderated;
mod shapes;
mod statuses;
mod too_long;
