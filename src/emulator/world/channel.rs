//! Places to talk: text channels, threads and direct messages.

use super::{Permissions, RoleId};
use crate::ids::{ChannelId, GuildId, UserId};

#[derive(Clone, Debug)]
pub struct Channel {
    pub id: ChannelId,
    /// Empty for a direct-message channel.
    pub name: String,
    pub topic: Option<String>,
    /// Age-restricted. A thread follows its parent instead.
    pub nsfw: bool,
    pub kind: ChannelKind,
    /// Always empty for threads and direct messages.
    pub overwrites: Vec<Overwrite>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelKind {
    Text {
        guild: GuildId,
    },
    Thread(Thread),
    /// Between this person and the bot.
    Direct {
        person: UserId,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thread {
    pub guild: GuildId,
    pub parent: ChannelId,
    pub owner: UserId,
    pub private: bool,
    pub archived: bool,
    pub locked: bool,
    /// Minutes without a message until it is archived: 60, 1440, 4320 or 10080.
    pub auto_archive: u32,
}

/// A change of permissions inside one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overwrite {
    pub target: OverwriteTarget,
    pub allow: Permissions,
    pub deny: Permissions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverwriteTarget {
    Role(RoleId),
    Member(UserId),
}

impl Channel {
    pub fn text(id: ChannelId, guild: GuildId, name: &str) -> Self {
        Self {
            id,
            name: name.to_owned(),
            topic: None,
            nsfw: false,
            kind: ChannelKind::Text { guild },
            overwrites: Vec::new(),
        }
    }

    pub fn thread(id: ChannelId, name: &str, thread: Thread) -> Self {
        Self {
            id,
            name: name.to_owned(),
            topic: None,
            nsfw: false,
            kind: ChannelKind::Thread(thread),
            overwrites: Vec::new(),
        }
    }

    pub fn direct(id: ChannelId, person: UserId) -> Self {
        Self {
            id,
            name: String::new(),
            topic: None,
            nsfw: false,
            kind: ChannelKind::Direct { person },
            overwrites: Vec::new(),
        }
    }

    /// None for a direct-message channel.
    pub const fn guild(&self) -> Option<GuildId> {
        match self.kind {
            ChannelKind::Text { guild } | ChannelKind::Thread(Thread { guild, .. }) => Some(guild),
            ChannelKind::Direct { .. } => None,
        }
    }

    /// The channel a thread hangs on.
    pub const fn parent(&self) -> Option<ChannelId> {
        match self.kind {
            ChannelKind::Thread(thread) => Some(thread.parent),
            ChannelKind::Text { .. } | ChannelKind::Direct { .. } => None,
        }
    }

    pub const fn is_thread(&self) -> bool {
        matches!(self.kind, ChannelKind::Thread(_))
    }

    pub const fn is_direct(&self) -> bool {
        matches!(self.kind, ChannelKind::Direct { .. })
    }
}
