//! Which session is told of which guild.

use crate::ids::GuildId;

/// One of several sessions that share the guilds of a bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shard {
    pub(super) number: u64,
    pub(super) count: u64,
}

impl Shard {
    /// The only one.
    pub(super) const WHOLE: Self = Self { number: 0, count: 1 };

    /// None for a shard that cannot be.
    pub(super) const fn of((number, count): (u64, u64)) -> Option<Self> {
        if number < count { Some(Self { number, count }) } else { None }
    }

    /// What belongs to no guild, direct messages for one, is the first shard's.
    pub(super) fn admits(self, guild: Option<GuildId>) -> bool {
        guild.map_or(0, |guild| (guild.get() >> 22) % self.count) == self.number
    }
}
