//! Where in the lists of a world something stands, so that a large one is as quick as a small one.

use std::collections::HashMap;

use super::{Channel, Guild};
use crate::ids::{ChannelId, GuildId};

/// Positions. What is not found here is looked for in the list, unless the list is as long as it was when indexed.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    channels: HashMap<ChannelId, usize>,
    guilds: HashMap<GuildId, usize>,
    by_guild: HashMap<GuildId, Vec<usize>>,
}

impl Index {
    pub(super) fn of(guilds: &[Guild], channels: &[Channel]) -> Self {
        let mut index = Self {
            guilds: guilds.iter().enumerate().map(|(position, guild)| (guild.id, position)).collect(),
            ..Self::default()
        };
        for (position, channel) in channels.iter().enumerate() {
            index.add(channel, position);
        }
        index
    }

    pub(super) fn add(&mut self, channel: &Channel, position: usize) {
        self.channels.insert(channel.id, position);
        if let Some(guild) = channel.guild() {
            self.by_guild.entry(guild).or_default().push(position);
        }
    }

    pub(super) fn guild<'a>(&self, guilds: &'a [Guild], id: GuildId) -> Option<&'a Guild> {
        let known = self.guilds.get(&id).and_then(|position| guilds.get(*position));
        let known = known.filter(|guild| guild.id == id);
        let is_whole = self.guilds.len() == guilds.len();
        known.or_else(|| guilds.iter().filter(|_| !is_whole).find(|guild| guild.id == id))
    }

    /// The position of a channel.
    pub(super) fn channel(&self, channels: &[Channel], id: ChannelId) -> Option<usize> {
        let stands_there = |position: &usize| channels.get(*position).is_some_and(|channel| channel.id == id);
        let known = self.channels.get(&id).copied().filter(stands_there);
        if known.is_some() || self.is_whole(channels) {
            return known;
        }
        channels.iter().position(|channel| channel.id == id)
    }

    /// The channels of a guild, in their order.
    pub(super) fn channels_of<'a>(
        &'a self,
        channels: &'a [Channel],
        guild: GuildId,
    ) -> impl Iterator<Item = &'a Channel> {
        let (known, others): (&[usize], &[Channel]) = match self.is_whole(channels) {
            true => (self.by_guild.get(&guild).map(Vec::as_slice).unwrap_or_default(), &[]),
            false => (&[], channels),
        };
        let known = known.iter().filter_map(|position| channels.get(*position));
        known.chain(others).filter(move |channel| channel.guild() == Some(guild))
    }

    fn is_whole(&self, channels: &[Channel]) -> bool {
        self.channels.len() == channels.len()
    }
}
