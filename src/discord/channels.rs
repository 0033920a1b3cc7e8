//! The few facts about channels that an answer needs, kept current from events. There is no other cache.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serenity::model::channel::{ChannelType, GuildChannel};

use crate::ids::{ChannelId, GuildId};

/// What is known of the guild channels and threads that the bot can see.
#[derive(Debug, Default)]
pub(crate) struct Channels {
    known: Mutex<HashMap<ChannelId, Fact>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fact {
    guild: GuildId,
    /// The channel that a thread belongs to.
    parent: Option<ChannelId>,
    age_restricted: bool,
}

/// Where a channel stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) parent: Option<ChannelId>,
    pub(crate) age_restricted: bool,
}

impl Channels {
    pub(crate) fn learn(&self, channel: &GuildChannel) {
        let is_thread = is_thread(channel.kind);
        let fact = Fact {
            guild: GuildId::new(channel.guild_id.get()),
            parent: channel.parent_id.filter(|_| is_thread).map(|parent| ChannelId::new(parent.get())),
            age_restricted: channel.nsfw,
        };
        self.lock().insert(ChannelId::new(channel.id.get()), fact);
    }

    pub(crate) fn forget(&self, channel: ChannelId) {
        self.lock().remove(&channel);
    }

    pub(crate) fn forget_guild(&self, guild: GuildId) {
        self.lock().retain(|_, fact| fact.guild != guild);
    }

    /// A thread takes its age restriction from its parent.
    pub(crate) fn standing(&self, channel: ChannelId) -> Option<Standing> {
        let known = self.lock();
        let fact = known.get(&channel)?;
        let parent = fact.parent.and_then(|parent| known.get(&parent));
        let age_restricted = fact.age_restricted || parent.is_some_and(|parent| parent.age_restricted);
        Some(Standing { parent: fact.parent, age_restricted })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ChannelId, Fact>> {
        // Single map operations cannot leave the map half changed.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_thread(kind: ChannelType) -> bool {
    matches!(kind, ChannelType::PublicThread | ChannelType::PrivateThread | ChannelType::NewsThread)
}
