//! The gateway: a socket that tells the bot what happens.

mod dispatch;
mod frame;
mod intents;
mod session;
mod socket;

pub(super) use dispatch::deliver;
pub(super) use session::Sessions;
pub(super) use socket::serve;
