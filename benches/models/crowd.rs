//! Many people in their places, all talking at once.

use std::time::{Duration, Instant};

use anyhow::Result;
use prism::emulator::{AuthorView, Emulator};

use crate::common::crowd::Crowd;

/// Every so manieth message is a direct one.
const DIRECT: usize = 3;
/// Messages that are sent at once, and the pause after them: a thousand messages a second.
const BURST: usize = 50;
const PAUSE: Duration = Duration::from_millis(50);
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

/// Those who talk.
pub(crate) struct Flood(pub(crate) Crowd);

impl Flood {
    /// Everybody says something to the bot, over and over. Returns how long that took.
    pub(crate) async fn talk(&self, discord: &Emulator, messages: usize) -> Result<Duration> {
        let begun = Instant::now();
        let bot = discord.bot();
        for number in 0..messages {
            let who = number % self.0.people.len();
            let (channel, text) = if number.is_multiple_of(DIRECT) {
                (self.0.direct[who], format!("and what then? ({number})"))
            } else {
                (self.0.rooms[number % self.0.rooms.len()], format!("<@{bot}> and what then? ({number})"))
            };
            discord.say(self.0.people[who], channel, &text)?;
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
        let rooms = self.0.rooms.iter().map(|room| (*room, self.0.people[0]));
        let places = rooms.chain(self.0.direct.iter().copied().zip(self.0.people.iter().copied()));
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
