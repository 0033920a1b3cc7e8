//! What a member may do. Bits and their order are Discord's.

use std::ops::BitOr;

use super::{Channel, Guild, Member, OverwriteTarget, RoleId};
use crate::ids::UserId;

/// A set of permission bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permissions(u64);

impl Permissions {
    pub const NONE: Self = Self(0);
    pub const ADMINISTRATOR: Self = Self(1 << 3);
    pub const MANAGE_CHANNELS: Self = Self(1 << 4);
    pub const MANAGE_GUILD: Self = Self(1 << 5);
    pub const ADD_REACTIONS: Self = Self(1 << 6);
    pub const VIEW_CHANNEL: Self = Self(1 << 10);
    pub const SEND_MESSAGES: Self = Self(1 << 11);
    pub const MANAGE_MESSAGES: Self = Self(1 << 13);
    pub const EMBED_LINKS: Self = Self(1 << 14);
    pub const ATTACH_FILES: Self = Self(1 << 15);
    pub const READ_MESSAGE_HISTORY: Self = Self(1 << 16);
    pub const MENTION_EVERYONE: Self = Self(1 << 17);
    pub const MANAGE_WEBHOOKS: Self = Self(1 << 29);
    pub const USE_APPLICATION_COMMANDS: Self = Self(1 << 31);
    pub const MANAGE_THREADS: Self = Self(1 << 34);
    pub const CREATE_PUBLIC_THREADS: Self = Self(1 << 35);
    pub const CREATE_PRIVATE_THREADS: Self = Self(1 << 36);
    pub const SEND_MESSAGES_IN_THREADS: Self = Self(1 << 38);

    /// What an ordinary member of an ordinary server may do.
    pub const MEMBER: Self = Self(
        Self::ADD_REACTIONS.0
            | Self::VIEW_CHANNEL.0
            | Self::SEND_MESSAGES.0
            | Self::EMBED_LINKS.0
            | Self::ATTACH_FILES.0
            | Self::READ_MESSAGE_HISTORY.0
            | Self::USE_APPLICATION_COMMANDS.0
            | Self::CREATE_PUBLIC_THREADS.0
            | Self::SEND_MESSAGES_IN_THREADS.0,
    );

    /// What both sides may do in a direct-message channel.
    pub const DIRECT: Self = Self::MEMBER;

    const ALL: Self = Self((1 << 53) - 1);

    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Whether every bit of `other` is in this set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// This set with `allow` added after `deny` was taken away.
    pub const fn overwritten(self, allow: Self, deny: Self) -> Self {
        Self((self.0 & !deny.0) | allow.0)
    }
}

impl BitOr for Permissions {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What `member` may do in the whole guild.
pub(super) fn in_guild(guild: &Guild, member: &Member) -> Permissions {
    let held = |role: RoleId| role == guild.everyone() || member.roles.contains(&role);
    let base = guild
        .roles
        .iter()
        .filter(|role| held(role.id))
        .fold(Permissions::NONE, |sum, role| sum | role.permissions);
    if member.user == guild.owner || base.contains(Permissions::ADMINISTRATOR) {
        Permissions::ALL
    } else {
        base
    }
}

/// What `member` may do in a channel: everyone's overwrite, then the roles' together, then the member's own.
pub(super) fn in_channel(guild: &Guild, member: &Member, channel: &Channel) -> Permissions {
    let base = in_guild(guild, member);
    if base.contains(Permissions::ADMINISTRATOR) {
        return base;
    }
    let of = |target: OverwriteTarget| {
        channel.overwrites.iter().filter(move |overwrite| overwrite.target == target)
    };
    let mut result = base;
    for overwrite in of(OverwriteTarget::Role(guild.everyone())) {
        result = result.overwritten(overwrite.allow, overwrite.deny);
    }
    let (mut allow, mut deny) = (Permissions::NONE, Permissions::NONE);
    for overwrite in member.roles.iter().flat_map(|role| of(OverwriteTarget::Role(*role))) {
        allow = allow | overwrite.allow;
        deny = deny | overwrite.deny;
    }
    result = result.overwritten(allow, deny);
    for overwrite in of(OverwriteTarget::Member(member.user)) {
        result = result.overwritten(overwrite.allow, overwrite.deny);
    }
    result
}

/// One side of a direct-message channel may do what both may; anybody else nothing.
pub(super) fn in_direct(person: UserId, bot: UserId, user: UserId) -> Permissions {
    if user == person || user == bot { Permissions::DIRECT } else { Permissions::NONE }
}

#[cfg(test)]
mod tests {
    use crate::emulator::world::{Overwrite, OverwriteTarget, Permissions, World, playground};

    #[test]
    fn a_members_own_overwrite_has_the_last_word() {
        let mut world = World::playground();
        let everyone = world.guilds[0].everyone();
        let channel = world.channel_mut(playground::GENERAL).unwrap();
        channel.overwrites = vec![
            Overwrite {
                target: OverwriteTarget::Member(playground::KIM),
                allow: Permissions::SEND_MESSAGES,
                deny: Permissions::NONE,
            },
            Overwrite {
                target: OverwriteTarget::Role(everyone),
                allow: Permissions::NONE,
                deny: Permissions::SEND_MESSAGES,
            },
        ];
        let may_send =
            |user| world.permissions(user, playground::GENERAL).contains(Permissions::SEND_MESSAGES);
        assert!(may_send(playground::KIM));
        assert!(!may_send(playground::BOT));
    }

    #[test]
    fn a_thread_follows_its_parent_and_a_direct_channel_its_two_sides() {
        let mut world = World::playground();
        assert!(world.can_view(playground::BOT, playground::TEA_AND_BISCUITS));
        world.set_bot_permission(playground::GENERAL, Permissions::VIEW_CHANNEL, false);
        assert!(!world.can_view(playground::BOT, playground::TEA_AND_BISCUITS));
        assert!(world.can_view(playground::KIM, playground::KIM_DM));
        assert!(!world.can_view(playground::ROBIN, playground::KIM_DM));
    }
}
