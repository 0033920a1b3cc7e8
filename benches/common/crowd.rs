//! The playground with many more people in it, and places for them.

use prism::emulator::world::{Channel, Member, User};
use prism::emulator::{World, playground};
use prism::ids::{ChannelId, UserId};

/// Above every id of the playground, and older than now.
const FIRST: u64 = playground::BOT.get() + 1_000;
const JOINED_AT: u64 = 1_735_000_000_000;

/// Who talks, and where.
pub(crate) struct Crowd {
    pub(crate) people: Vec<UserId>,
    /// Everybody reads and writes in them.
    pub(crate) rooms: Vec<ChannelId>,
    /// In the order of the people: their direct messages with the bot.
    pub(crate) direct: Vec<ChannelId>,
}

impl Crowd {
    pub(crate) fn gather(people: u64, rooms: u64) -> (World, Self) {
        let mut world = World::playground();
        let rooms = world.add_channels(rooms);
        let direct: Vec<_> = (FIRST + people..FIRST + 2 * people).map(ChannelId::new).collect();
        let people: Vec<_> = (FIRST..FIRST + people).map(UserId::new).collect();
        for (index, (person, channel)) in people.iter().zip(&direct).enumerate() {
            world.users.push(User::person(*person, &format!("p{index}"), &format!("Person {index}"), 0));
            world.channels.push(Channel::direct(*channel, *person));
            for guild in &mut world.guilds {
                guild.members.push(Member {
                    user: *person,
                    nick: None,
                    roles: Vec::new(),
                    joined_at: JOINED_AT,
                });
            }
        }
        (world, Self { people, rooms, direct })
    }
}
