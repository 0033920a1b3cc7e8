//! Fifty people and their places, all talking at once.

use std::time::{Duration, Instant};

use anyhow::Result;
use prism::emulator::world::{Channel, Member, User};
use prism::emulator::{AuthorView, Emulator, World, playground};
use prism::ids::{ChannelId, UserId};

const PEOPLE: u64 = 50;
const ROOMS: u64 = 8;
/// Every so manieth message is a direct one.
const DIRECT: usize = 3;
/// Messages that are sent at once, and the pause after them: a thousand messages a second.
const BURST: usize = 50;
const PAUSE: Duration = Duration::from_millis(50);
/// Above every id of the playground, and older than now.
const FIRST: u64 = playground::BOT.get() + 1_000;

/// Who talks, and where.
pub(crate) struct Crowd {
    people: Vec<UserId>,
    rooms: Vec<ChannelId>,
    direct: Vec<ChannelId>,
}

/// What the bot said to all of it.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) answers: usize,
    /// A budget is used up.
    pub(crate) spent: usize,
    /// Too much waits in the conversation.
    pub(crate) full: usize,
    /// The messages come too fast.
    pub(crate) fast: usize,
    /// Anything else: failures in words, and text that stands there half-done.
    pub(crate) other: usize,
}

impl Crowd {
    /// The playground with so many more people in it.
    pub(crate) fn gather() -> (World, Self) {
        let mut world = World::playground();
        let rooms = world.add_channels(ROOMS);
        let people: Vec<_> = (FIRST..FIRST + PEOPLE).map(UserId::new).collect();
        let direct: Vec<_> = (FIRST + PEOPLE..FIRST + 2 * PEOPLE).map(ChannelId::new).collect();
        for (index, (person, channel)) in people.iter().zip(&direct).enumerate() {
            world.users.push(User::person(*person, &format!("p{index}"), &format!("Person {index}"), 0));
            world.channels.push(Channel::direct(*channel, *person));
            for guild in &mut world.guilds {
                guild.members.push(Member {
                    user: *person,
                    nick: None,
                    roles: Vec::new(),
                    joined_at: 1_735_000_000_000,
                });
            }
        }
        (world, Self { people, rooms, direct })
    }

    /// Everybody says something to the bot, over and over. Returns how long that took.
    pub(crate) async fn talk(&self, discord: &Emulator, messages: usize) -> Result<Duration> {
        let begun = Instant::now();
        let bot = discord.bot();
        for number in 0..messages {
            let who = number % self.people.len();
            let (channel, text) = if number.is_multiple_of(DIRECT) {
                (self.direct[who], format!("and what then? ({number})"))
            } else {
                (self.rooms[number % self.rooms.len()], format!("<@{bot}> and what then? ({number})"))
            };
            discord.say(self.people[who], channel, &text)?;
            if (number + 1).is_multiple_of(BURST) {
                tokio::time::sleep(PAUSE).await;
            }
        }
        Ok(begun.elapsed())
    }

    /// Reads everything that stands in the places.
    pub(crate) fn read(&self, discord: &Emulator, answer: &str) -> Said {
        let mut said = Said::default();
        let own = |author: &AuthorView| author.id == discord.bot();
        let rooms = self.rooms.iter().map(|room| (*room, self.people[0]));
        let places = rooms.chain(self.direct.iter().copied().zip(self.people.iter().copied()));
        for message in places.flat_map(|(place, viewer)| discord.messages(place, viewer)) {
            if !own(&message.author) {
                continue;
            }
            *match message.content {
                text if text.starts_with(answer) => &mut said.answers,
                text if text.contains("as much as I can afford") => &mut said.spent,
                text if text.contains("more messages here than can be answered") => &mut said.full,
                text if text.contains("seconds, please.") => &mut said.fast,
                _ => &mut said.other,
            } += 1;
        }
        said
    }
}
