//! Discord's JSON, written from the state. The only place that knows field names of what the bot reads.

mod event;
mod guild;
mod interaction;
mod message;
mod time;

pub(super) use event::{Audience, event};
pub(super) use guild::{channel, full_guild, guild, member, own_user, roles, user};
pub(super) use interaction::command;
pub(super) use message::{Content, attachment_url, message};
pub(super) use time::iso;
