//! The few facts about channels that an answer needs, kept current from events. There is no other cache.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::ids::{ChannelId, GuildId};

/// What is known of the guild channels and threads that the bot can see.
#[derive(Debug, Default)]
pub struct Channels {
    known: Mutex<HashMap<ChannelId, Fact>>,
}

/// What is known of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fact {
    pub guild: GuildId,
    /// The channel that a thread belongs to.
    pub parent: Option<ChannelId>,
    pub age_restricted: bool,
}

/// Where a channel stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub parent: Option<ChannelId>,
    pub age_restricted: bool,
}

impl Channels {
    pub fn learn(&self, channel: ChannelId, fact: Fact) {
        self.lock().insert(channel, fact);
    }

    pub(super) fn learn_all(&self, facts: impl IntoIterator<Item = (ChannelId, Fact)>) {
        self.lock().extend(facts);
    }

    pub(super) fn forget(&self, channel: ChannelId) {
        self.lock().remove(&channel);
    }

    pub(super) fn forget_guild(&self, guild: GuildId) {
        let mut known = self.lock();
        known.retain(|_, fact| fact.guild != guild);
        let needed = known.len() * 2;
        known.shrink_to(needed);
    }

    /// A thread takes its age restriction from its parent.
    pub fn standing(&self, channel: ChannelId) -> Option<Standing> {
        let known = self.lock();
        let fact = known.get(&channel)?;
        let parent = fact.parent.and_then(|parent| known.get(&parent));
        let age_restricted = fact.age_restricted || parent.is_some_and(|parent| parent.age_restricted);
        Some(Standing { parent: fact.parent, age_restricted })
    }

    /// How many are known.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ChannelId, Fact>> {
        // Single map operations cannot leave the map half changed.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_takes_a_few_dozen_bytes() {
        assert!(size_of::<(ChannelId, Fact)>() <= 48);
    }

    #[test]
    fn a_thread_is_as_restricted_as_its_parent() {
        let channels = Channels::default();
        let (guild, parent, thread) = (GuildId::new(1), ChannelId::new(2), ChannelId::new(3));
        channels.learn(parent, Fact { guild, parent: None, age_restricted: true });
        channels.learn(thread, Fact { guild, parent: Some(parent), age_restricted: false });
        assert!(channels.standing(thread).unwrap().age_restricted);
        channels.forget_guild(guild);
        assert!(channels.is_empty());
    }
}
