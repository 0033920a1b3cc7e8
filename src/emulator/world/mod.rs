//! Who and what there is: plain data, to be built by hand or taken from [`World::playground`].

mod channel;
mod crowd;
mod guild;
mod index;
mod permissions;
pub mod playground;
mod user;

pub use channel::{Channel, ChannelKind, Overwrite, OverwriteTarget, Thread};
pub use guild::{Guild, Member, Role, RoleId};
pub use permissions::Permissions;
pub use user::User;

use index::Index;

use crate::ids::{ApplicationId, ChannelId, GuildId, UserId};

/// Everything but messages. Ids must be unique and older than the emulator's start.
#[derive(Clone, Debug)]
pub struct World {
    pub application: ApplicationId,
    pub bot: UserId,
    pub users: Vec<User>,
    pub guilds: Vec<Guild>,
    /// Threads and direct messages included.
    pub channels: Vec<Channel>,
    index: Index,
}

impl World {
    pub fn user(&self, id: UserId) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    pub fn guild(&self, id: GuildId) -> Option<&Guild> {
        self.index.guild(&self.guilds, id)
    }

    pub fn channel(&self, id: ChannelId) -> Option<&Channel> {
        self.channels.get(self.index.channel(&self.channels, id)?)
    }

    pub fn channel_mut(&mut self, id: ChannelId) -> Option<&mut Channel> {
        let position = self.index.channel(&self.channels, id)?;
        self.channels.get_mut(position)
    }

    /// The channels and threads of a guild, in their order.
    pub fn channels_of(&self, guild: GuildId) -> impl Iterator<Item = &Channel> {
        self.index.channels_of(&self.channels, guild)
    }

    /// The direct-message channel of a person with the bot.
    pub fn direct_of(&self, person: UserId) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.kind == ChannelKind::Direct { person })
    }

    /// Adds `count` text channels to the first guild and returns their ids: for floods of conversations.
    pub fn add_channels(&mut self, count: u64) -> Vec<ChannelId> {
        let Some(guild) = self.guilds.first().map(|guild| guild.id) else { return Vec::new() };
        let first = self.channels.iter().map(|channel| channel.id.get()).max().unwrap_or(guild.get()) + 1;
        let ids: Vec<_> = (first..first + count).map(ChannelId::new).collect();
        self.channels.extend(ids.iter().map(|id| Channel::text(*id, guild, &format!("room-{id}"))));
        self.reindex();
        ids
    }

    /// Adds a channel whose id is new.
    pub(super) fn add(&mut self, channel: Channel) {
        self.index.add(&channel, self.channels.len());
        self.channels.push(channel);
    }

    pub(super) fn remove(&mut self, channel: ChannelId) {
        self.channels.retain(|other| other.id != channel);
        self.reindex();
    }

    /// Makes lookups quick again after the lists were changed by hand.
    pub(super) fn reindex(&mut self) {
        self.index = Index::of(&self.guilds, &self.channels);
    }

    /// What a user may do in a channel. Threads follow their parent; strangers may do nothing.
    pub fn permissions(&self, user: UserId, channel: ChannelId) -> Permissions {
        let Some(channel) = self.channel(channel) else { return Permissions::NONE };
        let (place, guild) = match channel.kind {
            ChannelKind::Direct { person } => return permissions::in_direct(person, self.bot, user),
            ChannelKind::Text { guild } => (Some(channel), guild),
            ChannelKind::Thread(thread) => (self.channel(thread.parent), thread.guild),
        };
        let guild = self.guild(guild);
        let member = guild.and_then(|guild| guild.member(user));
        match (place, guild, member) {
            (Some(place), Some(guild), Some(member)) => permissions::in_channel(guild, member, place),
            _ => Permissions::NONE,
        }
    }

    /// What a user may do in a whole guild.
    pub fn guild_permissions(&self, user: UserId, guild: GuildId) -> Permissions {
        let guild = self.guild(guild);
        guild.and_then(|guild| Some(permissions::in_guild(guild, guild.member(user)?))).unwrap_or_default()
    }

    pub fn can_view(&self, user: UserId, channel: ChannelId) -> bool {
        self.permissions(user, channel).contains(Permissions::VIEW_CHANNEL)
    }

    /// Whether a user may write here; threads ask for another permission than channels.
    pub fn can_send(&self, user: UserId, channel: ChannelId) -> bool {
        let needed = match self.channel(channel).is_some_and(Channel::is_thread) {
            true => Permissions::SEND_MESSAGES_IN_THREADS,
            false => Permissions::SEND_MESSAGES,
        };
        self.permissions(user, channel).contains(Permissions::VIEW_CHANNEL | needed)
    }

    /// Whether a channel, or the parent of a thread, is age-restricted.
    pub fn is_nsfw(&self, channel: ChannelId) -> bool {
        let Some(channel) = self.channel(channel) else { return false };
        channel.nsfw
            || channel.parent().and_then(|parent| self.channel(parent)).is_some_and(|parent| parent.nsfw)
    }

    /// Gives the bot a permission in a channel, or takes it away, by an overwrite of its own.
    pub fn set_bot_permission(&mut self, channel: ChannelId, permission: Permissions, granted: bool) {
        let target = OverwriteTarget::Member(self.bot);
        let Some(channel) = self.channel_mut(channel) else { return };
        if !channel.overwrites.iter().any(|overwrite| overwrite.target == target) {
            channel.overwrites.push(Overwrite { target, allow: Permissions::NONE, deny: Permissions::NONE });
        }
        for overwrite in channel.overwrites.iter_mut().filter(|overwrite| overwrite.target == target) {
            let (granted_bits, denied_bits) =
                if granted { (permission, Permissions::NONE) } else { (Permissions::NONE, permission) };
            overwrite.allow = overwrite.allow.overwritten(granted_bits, denied_bits);
            overwrite.deny = overwrite.deny.overwritten(denied_bits, granted_bits);
        }
    }
}
