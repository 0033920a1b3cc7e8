//! What happened: for the gateway, and for those who watch.

use super::interaction::InteractionState;
use super::message::Message;
use super::world::Channel;
use crate::ids::{ChannelId, InteractionId, MessageId, UserId};

/// What the gateway tells the bot. Carries what it needs, because the state has moved on when it is read.
#[derive(Clone, Debug)]
pub(super) enum Event {
    MessageCreated(Box<Message>),
    MessageEdited(Box<Message>),
    MessageDeleted(Box<Message>),
    ChannelCreated(Box<Channel>),
    ChannelUpdated(Box<Channel>),
    ChannelDeleted(Box<Channel>),
    Typing {
        channel: ChannelId,
        user: UserId,
    },
    InteractionCreated(InteractionId),
    /// Not for the gateway: somebody watches the answer.
    InteractionChanged {
        id: InteractionId,
        channel: ChannelId,
        user: UserId,
        state: InteractionState,
    },
    CommandsRegistered,
}

/// What those who watch the emulator are told. It says where to look; the state itself is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    MessageCreated {
        channel: ChannelId,
        message: MessageId,
    },
    MessageEdited {
        channel: ChannelId,
        message: MessageId,
    },
    MessageDeleted {
        channel: ChannelId,
        message: MessageId,
    },
    /// A channel, thread or direct-message channel came, changed or went.
    Channel {
        channel: ChannelId,
    },
    Typing {
        channel: ChannelId,
        user: UserId,
    },
    Interaction {
        id: InteractionId,
        channel: ChannelId,
        user: UserId,
        state: InteractionState,
    },
    /// The bot has asked for members of a guild (op 8).
    MembersRequested,
    /// A request has met bad weather.
    RequestFailed,
    CommandsRegistered,
    /// A session began; the bot has been told its guilds.
    BotConnected,
    /// A session was taken up again.
    BotResumed,
    BotDisconnected,
}

impl Event {
    pub(super) fn change(&self) -> Option<Change> {
        let of = |message: &Message| (message.channel, message.id);
        Some(match self {
            Self::MessageCreated(message) => {
                let (channel, message) = of(message);
                Change::MessageCreated { channel, message }
            }
            Self::MessageEdited(message) => {
                let (channel, message) = of(message);
                Change::MessageEdited { channel, message }
            }
            Self::MessageDeleted(message) => {
                let (channel, message) = of(message);
                Change::MessageDeleted { channel, message }
            }
            Self::ChannelCreated(channel) | Self::ChannelUpdated(channel) | Self::ChannelDeleted(channel) => {
                Change::Channel { channel: channel.id }
            }
            Self::Typing { channel, user } => Change::Typing { channel: *channel, user: *user },
            Self::InteractionChanged { id, channel, user, state } => {
                Change::Interaction { id: *id, channel: *channel, user: *user, state: *state }
            }
            Self::CommandsRegistered => Change::CommandsRegistered,
            Self::InteractionCreated(_) => return None,
        })
    }
}
