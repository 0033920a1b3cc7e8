//! A bot in many servers.

use super::{Channel, Guild, Member, Permissions, Role, RoleId, World, playground};
use crate::ids::{ChannelId, GuildId};

const FIRST: u64 = 1_310_000_000_000_000_000;
const JOINED_AT: u64 = 1_735_000_000_000;
/// Roles besides `@everyone`.
const ROLES: u64 = 8;

impl World {
    /// Adds so many guilds with so many text channels each, where the playground's people are members too. Their ids
    /// fall evenly on shards.
    #[must_use]
    pub fn with_guilds(mut self, guilds: u64, channels_each: u64) -> Self {
        let taken = self.guilds.len() as u64;
        for number in taken..taken + guilds {
            let id = GuildId::new(FIRST + (number << 22));
            self.guilds.push(guild(id, number));
            self.channels.extend((0..channels_each).map(|channel| room(id, channel)));
        }
        self.reindex();
        self
    }
}

fn guild(id: GuildId, number: u64) -> Guild {
    let member = |user| Member { user, nick: None, roles: Vec::new(), joined_at: JOINED_AT };
    let everyone = role(RoleId::new(id.get()), "@everyone".to_owned(), Permissions::MEMBER);
    let others =
        (1..=ROLES).map(|own| role(RoleId::new(id.get() + own), format!("Role {own}"), Permissions::NONE));
    Guild {
        id,
        name: format!("Guild {number}"),
        owner: playground::OWNER,
        roles: std::iter::once(everyone).chain(others).collect(),
        members: [playground::BOT, playground::ROBIN, playground::KIM, playground::OWNER].map(member).into(),
    }
}

fn role(id: RoleId, name: String, permissions: Permissions) -> Role {
    Role { id, name, permissions, mentionable: false, color: 0x0060_6C76 }
}

fn room(guild: GuildId, number: u64) -> Channel {
    let id = ChannelId::new(guild.get() + 1_000 + number);
    let topic = Some("Whatever comes to mind, as long as it is kind.".to_owned());
    Channel { topic, ..Channel::text(id, guild, &format!("room-{number}")) }
}
