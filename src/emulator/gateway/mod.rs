//! The gateway: a socket that tells the bot what happens.

mod chatter;
mod dispatch;
mod frame;
mod greeting;
mod identify;
mod intents;
mod lines;
mod members;
mod order;
mod outage;
mod session;
mod sessions;
mod shard;
mod socket;
mod starts;

pub use chatter::Chatter;
pub(super) use dispatch::deliver;
pub use order::Order;
pub(super) use sessions::Sessions;
pub(super) use socket::{Dialled, serve};
pub use starts::SessionStarts;
