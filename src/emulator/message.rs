//! Messages as they are kept.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::attachment::Attachment;
use super::component::Row;
use super::mentions::Mentions;
use crate::ids::{ChannelId, InteractionId, MessageId, UserId};

/// Older messages of a channel are forgotten beyond this many.
const KEPT_PER_CHANNEL: usize = 5_000;

#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) id: MessageId,
    pub(super) channel: ChannelId,
    pub(super) author: Author,
    pub(super) kind: MessageKind,
    pub(super) content: String,
    pub(super) nonce: Option<Nonce>,
    /// Checked when they came in and passed on as they are.
    pub(super) embeds: Vec<Value>,
    pub(super) components: Vec<Row>,
    pub(super) attachments: Vec<Attachment>,
    pub(super) mentions: Mentions,
    pub(super) flags: Flags,
    /// The message this one answers.
    pub(super) reference: Option<Reference>,
    /// The interaction that asked for it.
    pub(super) interaction: Option<Origin>,
    /// Milliseconds since 1970.
    pub(super) created_at: u64,
    pub(super) edited_at: Option<u64>,
    pub(super) edits: u32,
    pub(super) tts: bool,
    /// The only one who sees it, when it is ephemeral.
    pub(super) only_for: Option<UserId>,
}

impl Message {
    pub(super) fn is_empty(&self) -> bool {
        self.content.is_empty()
            && self.embeds.is_empty()
            && self.components.is_empty()
            && self.attachments.is_empty()
    }

    /// Whether it came as the answer to an interaction, first or later.
    pub(super) const fn is_interaction_answer(&self) -> bool {
        self.interaction.is_some()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Author {
    User(UserId),
    /// A webhook that is not ours.
    Webhook {
        id: u64,
        name: String,
    },
}

impl Author {
    pub(super) fn is(&self, user: UserId) -> bool {
        *self == Self::User(user)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MessageKind {
    Ordinary,
    Reply,
    CommandAnswer,
}

impl MessageKind {
    /// Discord's number.
    pub(super) const fn number(self) -> u8 {
        match self {
            Self::Ordinary => 0,
            Self::Reply => 19,
            Self::CommandAnswer => 20,
        }
    }
}

/// A sender's own mark, given back as it came.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Nonce {
    Text(String),
    Number(i64),
}

/// Message flags. Bits are Discord's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flags(u64);

impl Flags {
    pub(super) const SUPPRESS_EMBEDS: Self = Self(1 << 2);
    pub(super) const HAS_THREAD: Self = Self(1 << 5);
    pub(super) const EPHEMERAL: Self = Self(1 << 6);
    pub(super) const LOADING: Self = Self(1 << 7);
    pub(super) const SUPPRESS_NOTIFICATIONS: Self = Self(1 << 12);

    pub(super) const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    pub(super) const fn bits(self) -> u64 {
        self.0
    }

    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub(super) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) channel: ChannelId,
    pub(super) message: MessageId,
}

/// The interaction a message came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) id: InteractionId,
    pub(super) user: UserId,
    /// The command as the user knows it, None for a button.
    pub(super) command: Option<String>,
    /// The message with the button.
    pub(super) pressed_on: Option<MessageId>,
}

/// All messages, bounded per channel.
#[derive(Debug, Default)]
pub(super) struct Messages {
    channels: HashMap<ChannelId, BTreeMap<MessageId, Message>>,
    places: HashMap<MessageId, ChannelId>,
}

impl Messages {
    pub(super) fn insert(&mut self, message: Message) {
        let channel = self.channels.entry(message.channel).or_default();
        self.places.insert(message.id, message.channel);
        channel.insert(message.id, message);
        if channel.len() > KEPT_PER_CHANNEL
            && let Some((oldest, _)) = channel.pop_first()
        {
            self.places.remove(&oldest);
        }
    }

    pub(super) fn get(&self, id: MessageId) -> Option<&Message> {
        self.channels.get(self.places.get(&id)?)?.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: MessageId) -> Option<&mut Message> {
        self.channels.get_mut(self.places.get(&id)?)?.get_mut(&id)
    }

    /// None also when the message stands in another channel.
    pub(super) fn get_in(&self, channel: ChannelId, id: MessageId) -> Option<&Message> {
        self.channels.get(&channel)?.get(&id)
    }

    pub(super) fn remove(&mut self, id: MessageId) -> Option<Message> {
        let channel = self.places.remove(&id)?;
        self.channels.get_mut(&channel)?.remove(&id)
    }

    pub(super) fn remove_channel(&mut self, channel: ChannelId) {
        for id in self.channels.remove(&channel).unwrap_or_default().keys() {
            self.places.remove(id);
        }
    }

    /// The messages of a channel that are older than `id`, newest first.
    pub(super) fn before(&self, channel: ChannelId, id: MessageId) -> impl Iterator<Item = &Message> {
        let all = self.channels.get(&channel).into_iter();
        all.flat_map(move |all| all.range(..id).rev().map(|(_, message)| message))
    }

    /// The message with this id and the newer ones of a channel, oldest first.
    pub(super) fn from(&self, channel: ChannelId, id: MessageId) -> impl Iterator<Item = &Message> {
        let all = self.channels.get(&channel).into_iter();
        all.flat_map(move |all| all.range(id..).map(|(_, message)| message))
    }

    pub(super) fn count(&self, channel: ChannelId) -> usize {
        self.channels.get(&channel).map_or(0, BTreeMap::len)
    }

    /// The messages of a channel, oldest first.
    pub(super) fn of(&self, channel: ChannelId) -> impl DoubleEndedIterator<Item = &Message> {
        self.channels.get(&channel).into_iter().flat_map(BTreeMap::values)
    }
}
