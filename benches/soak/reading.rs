//! What stands in all places, and whether any of it is less than it should be.

use std::collections::BTreeMap;
use std::fmt;

use prism::emulator::{ButtonAction, Emulator, MessageView};
use prism::ids::{ChannelId, UserId};

use crate::common::crowd::Crowd;
use crate::texts::TEXTS;

const STOP: &str = "v1:stop:";
/// Of other words, so many are told.
const SAMPLES: usize = 12;
const SAMPLE: usize = 60;

/// What the bot said, and how it came out.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub(crate) whole: usize,
    /// Ends early and says so.
    pub(crate) marked: usize,
    /// Refusals and failures in words.
    pub(crate) words: usize,
    /// Still being written, or looks as if it were.
    pub(crate) open: usize,
    /// Ends early and does not say so.
    pub(crate) torn: usize,
    /// How the words begin, and how often.
    pub(crate) samples: BTreeMap<String, usize>,
    /// How torn texts end.
    pub(crate) torn_ends: Vec<String>,
}

impl Reading {
    pub(crate) fn of(discord: &Emulator, crowd: &Crowd) -> Self {
        let mut reading = Self::default();
        let rooms = crowd.rooms.iter().map(|room| (*room, crowd.people[0]));
        let direct = crowd.direct.iter().copied().zip(crowd.people.iter().copied());
        for (channel, viewer) in rooms.chain(direct) {
            reading.read(discord, channel, viewer);
        }
        reading
    }

    fn read(&mut self, discord: &Emulator, channel: ChannelId, viewer: UserId) {
        let bot = discord.bot();
        let own = |message: &MessageView| message.author.id == bot && !message.ephemeral;
        // What is still to come of texts that began in earlier messages: words may stand between two parts.
        let mut rests: Vec<&str> = Vec::new();
        for message in discord.messages(channel, viewer).iter().filter(|message| own(message)) {
            let body = body(&message.content);
            if message.pending || grows(message) {
                self.open += 1;
                continue;
            }
            let continued = rests.iter().position(|rest| !body.is_empty() && rest.starts_with(body.as_str()));
            let left = match continued {
                Some(which) => {
                    let left = &rests.swap_remove(which)[body.len()..];
                    self.went_on(left, message)
                }
                None => self.begin(&body, message),
            };
            rests.extend(left);
        }
        self.torn += rests.len();
        self.torn_ends.extend(rests.iter().map(|rest| rest.chars().take(SAMPLE).collect::<String>()));
    }

    /// A message that begins something. Gives what is still to come of it.
    fn begin(&mut self, body: &str, message: &MessageView) -> Option<&'static str> {
        match body.rmatch_indices('(').find_map(|(at, _)| begun(&body[at..])) {
            Some(left) => self.went_on(left, message),
            None if is_marked(message) => {
                self.marked += 1;
                None
            }
            None => {
                self.say(message);
                None
            }
        }
    }

    fn say(&mut self, message: &MessageView) {
        self.words += 1;
        let sample: String = message.content.chars().take(SAMPLE).collect();
        let sample = sample.replace('\n', " ");
        if self.samples.len() < SAMPLES || self.samples.contains_key(&sample) {
            *self.samples.entry(sample).or_default() += 1;
        }
    }

    fn went_on<'a>(&mut self, left: &'a str, message: &MessageView) -> Option<&'a str> {
        let left = left.trim_start();
        if left.is_empty() {
            self.whole += 1;
        } else if is_marked(message) {
            self.marked += 1;
        } else {
            return Some(left);
        }
        None
    }
}

/// What is still to come of the text that begins so. A model that went on for another may have begun anew in the middle.
fn begun(said: &str) -> Option<&'static str> {
    TEXTS.iter().find_map(|text| text.strip_prefix(said))
}

/// Without the lines in small text, which the bot says for itself.
fn body(content: &str) -> String {
    let lines: Vec<_> = content.lines().filter(|line| !line.starts_with("-# ")).collect();
    lines.join("\n").trim().to_owned()
}

fn is_marked(message: &MessageView) -> bool {
    message.content.lines().any(|line| line.starts_with("-# ("))
}

fn grows(message: &MessageView) -> bool {
    let mut buttons = message.components.iter().flatten();
    buttons.any(|button| matches!(&button.action, ButtonAction::Press(id) if id.starts_with(STOP)))
}

impl fmt::Display for Reading {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { whole, marked, words, open, torn, .. } = self;
        write!(formatter, "whole {whole}, marked {marked}, in words {words}, open {open}, torn {torn}")
    }
}
