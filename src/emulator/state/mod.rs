//! Everything the emulator knows, and how it changes. No protocol here: what happened is left in the outbox.

mod channels;
mod interactions;
mod messages;
mod nonces;

pub(super) use channels::NewThread;
pub(super) use interactions::Answer;
pub(super) use messages::{Draft, Edit, Page, ReplyTo};

use std::collections::HashMap;
use std::time::Duration;

use super::clock::{Clock, Snowflakes, whole_ms};
use super::command::{Command, Commands};
use super::event::Event;
use super::gateway::Sessions;
use super::interaction::Interactions;
use super::journal::Journal;
use super::limits::Limits;
use super::message::Messages;
use super::weather::Weather;
use super::world::World;
use crate::ids::{ChannelId, GuildId};
use nonces::Nonces;

/// The part of the settings that decides transitions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) ack_window: Duration,
    pub(super) token_life: Duration,
    pub(super) message_content: bool,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) rules: Rules,
    pub(super) clock: Clock,
    pub(super) ids: Snowflakes,
    pub(super) world: World,
    pub(super) messages: Messages,
    pub(super) commands: Commands,
    pub(super) interactions: Interactions,
    pub(super) sessions: Sessions,
    pub(super) limits: Limits,
    pub(super) journal: Journal,
    pub(super) weather: Weather,
    pub(super) outbox: Vec<Event>,
    /// Words that automatic moderation blocks.
    pub(super) forbidden: Vec<String>,
    /// Where files are fetched: `http://127.0.0.1:PORT`.
    pub(super) origin: String,
    nonces: Nonces,
    /// Until when the bot is seen typing, milliseconds since 1970.
    typing: HashMap<ChannelId, u64>,
}

impl State {
    pub(super) fn new(mut world: World, rules: Rules, limits: Limits) -> Self {
        world.reindex();
        Self {
            rules,
            clock: Clock::start(),
            ids: Snowflakes::default(),
            world,
            messages: Messages::default(),
            commands: Commands::default(),
            interactions: Interactions::default(),
            sessions: Sessions::default(),
            limits,
            journal: Journal::default(),
            weather: Weather::default(),
            outbox: Vec::new(),
            forbidden: Vec::new(),
            origin: String::new(),
            nonces: Nonces::default(),
            typing: HashMap::new(),
        }
    }

    pub(super) fn now(&self) -> u64 {
        self.clock.now()
    }

    /// A new snowflake.
    pub(super) fn next_id(&mut self) -> u64 {
        let now = self.now();
        self.ids.next(now)
    }

    pub(super) fn register(&mut self, guild: Option<GuildId>, commands: Vec<Command>) {
        self.commands.replace(guild, commands);
        self.outbox.push(Event::CommandsRegistered);
    }

    /// Moves the clock and lets everything end whose time has come.
    pub(super) fn advance(&mut self, by: Duration) {
        self.clock.advance(by);
        self.expire();
    }

    /// How long until the next interaction clock runs out.
    pub(super) fn until_next_deadline(&self) -> Option<Duration> {
        let now = self.now();
        self.interactions.next_deadline().map(|deadline| Duration::from_millis(deadline.saturating_sub(now)))
    }

    fn deadline(&self, after: Duration) -> u64 {
        self.now().saturating_add(whole_ms(after))
    }
}
