//! The small server that the playground shows and most tests use.

use super::{Channel, Guild, Member, Permissions, Role, RoleId, Thread, User, World};
use crate::ids::{ApplicationId, ChannelId, GuildId, UserId};

const BASE: u64 = 1_300_000_000_000_000_000;
const JOINED_AT: u64 = 1_735_000_000_000;

/// The bot under test. The application has the same number, as with Discord.
pub const BOT: UserId = UserId::new(BASE + 1);
pub const APPLICATION: ApplicationId = ApplicationId::new(BASE + 1);
/// May manage the server.
pub const ROBIN: UserId = UserId::new(BASE + 2);
/// A plain member.
pub const KIM: UserId = UserId::new(BASE + 3);
/// A bot that is not ours.
pub const OTHER_BOT: UserId = UserId::new(BASE + 4);
/// Nobody talks as the owner, so that nobody is above the permissions.
pub const OWNER: UserId = UserId::new(BASE + 5);
pub const GUILD: GuildId = GuildId::new(BASE + 10);
pub const MANAGERS: RoleId = RoleId::new(BASE + 11);
/// A role that everybody may ping.
pub const HELPERS: RoleId = RoleId::new(BASE + 12);
pub const GENERAL: ChannelId = ChannelId::new(BASE + 20);
pub const WORKSHOP: ChannelId = ChannelId::new(BASE + 21);
/// Age-restricted.
pub const AFTER_DARK: ChannelId = ChannelId::new(BASE + 22);
/// A thread in [`GENERAL`].
pub const TEA_AND_BISCUITS: ChannelId = ChannelId::new(BASE + 23);
pub const ROBIN_DM: ChannelId = ChannelId::new(BASE + 24);
pub const KIM_DM: ChannelId = ChannelId::new(BASE + 25);

impl World {
    /// One server with three channels and a thread, two people, and a direct-message channel for each.
    pub fn playground() -> Self {
        let mut world = Self {
            index: Default::default(),
            application: APPLICATION,
            bot: BOT,
            users: users(),
            guilds: vec![guild()],
            channels: channels(),
        };
        world.reindex();
        world
    }
}

fn users() -> Vec<User> {
    vec![
        User::bot(BOT, "Prism", 0x004D_3728),
        User::person(ROBIN, "robin", "Robin", 0x00D9_4F30),
        User::person(KIM, "kim", "Kim", 0x0012_8A6B),
        User::bot(OTHER_BOT, "Weathervane", 0x0060_6C76),
        User::person(OWNER, "juno", "Juno", 0x00B5_8B00),
    ]
}

fn guild() -> Guild {
    let member =
        |user, roles: &[RoleId]| Member { user, nick: None, roles: roles.to_vec(), joined_at: JOINED_AT };
    Guild {
        id: GUILD,
        name: "Prism Playground".to_owned(),
        owner: OWNER,
        roles: vec![
            role(RoleId::new(GUILD.get()), "@everyone", Permissions::MEMBER),
            role(MANAGERS, "Managers", Permissions::MANAGE_GUILD | Permissions::MANAGE_MESSAGES),
            Role { mentionable: true, ..role(HELPERS, "Helpers", Permissions::NONE) },
        ],
        members: vec![
            member(BOT, &[]),
            member(ROBIN, &[MANAGERS]),
            member(KIM, &[HELPERS]),
            member(OTHER_BOT, &[]),
            member(OWNER, &[]),
        ],
    }
}

fn role(id: RoleId, name: &str, permissions: Permissions) -> Role {
    Role { id, name: name.to_owned(), permissions, mentionable: false, color: 0 }
}

fn channels() -> Vec<Channel> {
    let tea = Thread {
        guild: GUILD,
        parent: GENERAL,
        owner: ROBIN,
        private: false,
        archived: false,
        locked: false,
        auto_archive: 1440,
    };
    vec![
        Channel::text(GENERAL, GUILD, "general"),
        Channel::text(WORKSHOP, GUILD, "workshop"),
        Channel { nsfw: true, ..Channel::text(AFTER_DARK, GUILD, "after-dark") },
        Channel::thread(TEA_AND_BISCUITS, "tea and biscuits", tea),
        Channel::direct(ROBIN_DM, ROBIN),
        Channel::direct(KIM_DM, KIM),
    ]
}
