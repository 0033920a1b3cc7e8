//! The engine: what somebody said goes in, a stream of text comes out. It knows no Discord and no HTTP.
//!
//! Required properties:
//! - a trigger is answered once: [`Engine::accept`] writes it to the journal first, and a second arrival is dropped;
//! - the turns of one conversation run one after another, conversations never wait for each other ([`lanes`]);
//! - whatever happens to a turn, the surface closes it with [`Turn::close`], or the next start does.

mod admission;
mod answer;
mod asking;
mod budget;
mod costs;
mod dollars;
mod ending;
mod failure;
mod identity;
mod incoming;
mod joining;
mod lanes;
mod models;
mod prompt;
mod rates;
mod running;
mod told;
mod turn;
mod usage;
mod window;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

pub use admission::{Admission, Crowd, Full, Unfinished};
pub use answer::Answer;
pub use budget::{Budget, Budgets};
pub use dollars::Dollars;
pub use ending::{Display, End};
pub use failure::{Failure, ModelFailure};
pub use incoming::{Incoming, Speaker};
pub use models::{Chosen, ChosenBy, Excluded, Model, ModelChoice, ModelPrice, ModelsHere};
pub use rates::{Pace, TooFast, TurnRates};
pub use running::Stopped;
pub use turn::{Question, Turn};

use crate::ids::{ChannelId, MessageId, PersonaId, TurnId, UserId};
use crate::llm::Ladder;
use crate::persona::{Library, Persona};
use crate::status::now_ms;
use crate::store::{
    Accepted, Audience, Closing, NewTurn, OpenTurn, Outcome, Store, StoreError, Target, Trigger,
};
use joining::Line;
use lanes::{Lanes, Position, Room};
use rates::Rates;
use running::{Entrant, Running, Stopper};

/// The name of the setting that holds a channel's persona.
const PERSONA_SETTING: &str = "persona";

/// Bounds of the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Turns that may wait in one conversation behind the running one.
    pub waiting_turns: usize,
    /// Turns that may run or wait in all conversations together.
    pub running_turns: usize,
    /// Tokens of history in a prompt.
    pub history_tokens: usize,
    /// Unfinished turns younger than this are answered at start, older ones are closed in words.
    pub resume_within: Duration,
    pub rates: TurnRates,
    pub budgets: Budgets,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            waiting_turns: 10,
            running_turns: 1_000,
            history_tokens: 8_000,
            resume_within: Duration::from_secs(10 * 60),
            rates: TurnRates::default(),
            budgets: Budgets::default(),
        }
    }
}

/// The parts that the engine works with.
#[derive(Clone)]
pub struct Parts {
    pub store: Store,
    pub personas: Library,
    pub ladder: Ladder,
}

/// A handle to the engine. Clones share one state.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Settings,
    parts: Parts,
    lanes: Lanes,
    running: Running,
    rates: Rates,
    /// Told when a turn has closed whose cost is to be asked for.
    owed: Notify,
}

impl Engine {
    pub fn new(settings: Settings, parts: Parts) -> Self {
        let lanes = Lanes::new(settings.waiting_turns);
        let running = Running::new(settings.running_turns);
        let rates = Rates::new(settings.rates);
        Self { inner: Arc::new(Inner { settings, parts, lanes, running, rates, owed: Notify::new() }) }
    }

    pub fn personas(&self) -> &Library {
        &self.inner.parts.personas
    }

    pub fn store(&self) -> &Store {
        &self.inner.parts.store
    }

    /// Writes what was said to the journal and takes its place in the lane of its conversation.
    ///
    /// # Errors
    /// When the journal cannot be written: nothing was accepted then.
    pub async fn accept(&self, incoming: Incoming) -> Result<Admission, StoreError> {
        let persona = self.persona_for(&incoming).await?;
        let trigger = incoming.trigger.clone();
        let line = Line::new(&trigger, Some(incoming.speaker.id), incoming.replies_to);
        let turn = NewTurn {
            trigger: incoming.trigger,
            persona: persona.id.clone(),
            audience: incoming.audience,
            author: incoming.speaker.id,
            speaker: incoming.speaker.name,
            text: incoming.text,
            replies_to: incoming.replies_to,
            // A resume may tell it again after somebody has chosen another persona, who would answer it too.
            only_one: true,
            at: now(),
        };
        let opened = turn::Opened {
            audience: turn.audience,
            author: Some(turn.author),
            persona: Arc::clone(&persona),
            messages: Vec::new(),
            trigger,
            line,
            joined: Vec::new(),
        };
        match self.store().accept_turn(turn).await? {
            Accepted::Known(_) => Ok(Admission::Known),
            Accepted::New(id, conversation, _) => {
                self.admit(turn::Key { id, conversation }, opened, Outcome::Refused).await
            }
        }
    }

    /// Takes up a turn that was reopened in the journal, because somebody pressed Retry.
    ///
    /// # Errors
    /// When the journal cannot be written: the next start finds the turn open then.
    pub async fn retry(&self, open: OpenTurn) -> Result<Admission, StoreError> {
        let (key, mut opened) = self.known(open);
        // It stands in a message of its own already.
        opened.line = Line::alone(opened.author);
        self.admit(key, opened, Outcome::Failed).await
    }

    /// `otherwise`: how the turn is closed when there is no room for it.
    async fn admit(
        &self,
        key: turn::Key,
        opened: turn::Opened,
        otherwise: Outcome,
    ) -> Result<Admission, StoreError> {
        if self.inner.running.is_stopping() {
            return Ok(Admission::Later);
        }
        let persona = Arc::clone(&opened.persona);
        let (author, audience, at) = (opened.author, opened.audience, Instant::now());
        // Before its place: what has one may be joined at once.
        if let Some(Err(early)) = author.map(|user| self.inner.rates.admit(user, &audience, at)) {
            self.store().close_turn(key.id, refused(otherwise, "too_fast")).await?;
            return Ok(Admission::TooFast(persona, early));
        }
        match self.enter(key, opened, Room::Bounded) {
            Ok(turn) => Ok(Admission::Turn(Box::new(turn))),
            Err(full) => {
                // A turn that has no place does not count.
                author.into_iter().for_each(|user| self.inner.rates.take_back(user, &audience, at));
                self.store().close_turn(key.id, refused(otherwise, "queue_full")).await?;
                Ok(Admission::Full(persona, full))
            }
        }
    }

    fn enter(&self, key: turn::Key, opened: turn::Opened, room: Room) -> Result<Turn, Full> {
        let position = Position { trigger: snowflake(&opened.trigger), turn: key.id };
        let (conversation, channel, line) = (key.conversation, opened.audience.channel(), opened.line);
        let presence = self.inner.running.enter(Entrant { conversation, channel, position, line }, room);
        let mut running = presence.map_err(|full| Full { what: Crowd::Bot, told: full.told })?;
        for one in &opened.joined {
            running.take_along(Position { trigger: one.message.get(), turn: one.turn }, opened.author);
        }
        let ticket = self.inner.lanes.enter(conversation, position, room, line);
        let ticket = ticket.map_err(|full| Full { what: Crowd::Conversation, told: full.told })?;
        Ok(Turn::new(self.clone(), key, opened, turn::Place { running, ticket }))
    }

    fn known(&self, open: OpenTurn) -> (turn::Key, turn::Opened) {
        let personas = self.personas();
        let is_new = open.attempt == 0 && open.messages.is_empty() && open.joined.is_empty();
        let line = if is_new {
            Line::new(&open.trigger, open.author, open.replies_to)
        } else {
            Line::alone(open.author)
        };
        let opened = turn::Opened {
            audience: open.audience,
            author: open.author,
            persona: personas.get(&open.persona).unwrap_or_else(|| personas.default_persona()),
            messages: open.messages,
            trigger: open.trigger,
            line,
            joined: open.joined,
        };
        (turn::Key { id: open.id, conversation: open.conversation }, opened)
    }

    /// The turns that an earlier run of the process left open, oldest trigger first.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn unfinished(&self) -> Result<Vec<Unfinished>, StoreError> {
        let oldest = now() - i64::try_from(self.inner.settings.resume_within.as_millis()).unwrap_or(i64::MAX);
        let open = self.store().unfinished_turns().await?;
        Ok(open.into_iter().filter_map(|turn| self.sorted_by_age(turn, oldest)).collect())
    }

    fn sorted_by_age(&self, open: OpenTurn, oldest: i64) -> Option<Unfinished> {
        let stale = open.accepted_at < oldest;
        let (key, mut opened) = self.known(open);
        if stale {
            opened.line = Line::alone(opened.author);
        }
        // What was accepted is answered: the journal's own bound holds here.
        let turn = Box::new(self.enter(key, opened, Room::Promised).ok()?);
        Some(if stale { Unfinished::Stale(turn) } else { Unfinished::Resumed(turn) })
    }

    /// Remembers a message of an answer as soon as Discord has named it.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub async fn sent(&self, turn: TurnId, message: MessageId, part: u16) -> Result<(), StoreError> {
        self.store().reply_sent(turn, message, part).await
    }

    /// Forgets the messages of an answer from one part on, because they were deleted.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub async fn cut(&self, turn: TurnId, from: u16) -> Result<(), StoreError> {
        self.store().reply_cut(turn, from).await
    }

    /// Stops the turn that answers this trigger, because its question is gone.
    pub fn cancel(&self, trigger: &Trigger) {
        self.inner.running.cancel(snowflake(trigger));
    }

    /// Ends the answer to what this person has asked, whether it waits or is being written.
    pub fn stop(&self, turn: TurnId, by: UserId) -> Stopped {
        self.inner.running.stop(turn, Stopper::Asker(by))
    }

    /// The same for somebody who may end anybody's in this channel.
    pub fn stop_anyones(&self, turn: TurnId, channel: ChannelId) -> Stopped {
        self.inner.running.stop(turn, Stopper::Keeper(channel))
    }

    /// Ends a turn whose surface has no more time for it: it fails with [`Failure::OutOfTime`].
    pub fn run_out(&self, turn: TurnId) {
        self.inner.running.run_out(turn);
    }

    /// Completes when a turn is not running, or no longer: it is closed then, or left for the next start.
    pub async fn left(&self, turn: TurnId) {
        self.inner.running.left(turn).await;
    }

    /// From now on nothing new is started; what is accepted waits for the next start.
    pub fn stop_intake(&self) {
        self.inner.running.stop_intake();
    }

    /// Ends what still runs: shown text is kept and marked, the rest waits for the next start.
    pub fn interrupt_all(&self) {
        self.inner.running.interrupt_all();
    }

    /// How many turns run or wait.
    pub fn live_turns(&self) -> usize {
        self.inner.running.len()
    }

    /// In how many conversations a turn runs.
    pub fn busy_conversations(&self) -> usize {
        self.inner.lanes.len()
    }

    async fn persona_for(&self, incoming: &Incoming) -> Result<Arc<Persona>, StoreError> {
        if let Some(persona) = incoming.persona.as_ref().and_then(|id| self.personas().get(id)) {
            return Ok(persona);
        }
        self.persona_in(&incoming.audience).await
    }

    /// The persona that answers in a channel. A thread without a choice of its own follows its parent.
    ///
    /// # Errors
    /// When the settings cannot be read.
    pub async fn persona_in(&self, audience: &Audience) -> Result<Arc<Persona>, StoreError> {
        let (channel, parent) = match audience {
            Audience::Thread { channel, parent, .. } => (*channel, Some(*parent)),
            Audience::Guild { channel, .. }
            | Audience::Dm { channel }
            | Audience::Private { channel, .. } => (*channel, None),
        };
        for channel in [Some(channel), parent].into_iter().flatten() {
            let chosen = self.store().setting(Target::Channel(channel), PERSONA_SETTING).await?;
            if let Some(persona) = chosen.and_then(|id| self.personas().get(&PersonaId::parse(&id).ok()?)) {
                return Ok(persona);
            }
        }
        Ok(self.personas().default_persona())
    }

    /// Chooses the persona of a channel.
    ///
    /// # Errors
    /// When the settings cannot be written.
    pub async fn use_persona(&self, choice: PersonaChoice) -> Result<(), StoreError> {
        let target = Target::Channel(choice.channel);
        self.store()
            .set_setting(target, PERSONA_SETTING, Some(choice.persona.as_str()), choice.by, now())
            .await
    }
}

/// Who chose which persona for which channel.
#[derive(Clone, Debug)]
pub struct PersonaChoice {
    pub channel: ChannelId,
    pub persona: PersonaId,
    pub by: UserId,
}

/// The snowflake of a trigger: lanes are ordered by it.
fn snowflake(trigger: &Trigger) -> u64 {
    match trigger {
        Trigger::Message(message) => message.get(),
        Trigger::Interaction { id, .. } => id.get(),
    }
}

fn refused(outcome: Outcome, cause: &str) -> Closing {
    Closing {
        outcome,
        answer: None,
        speaker: None,
        messages: Vec::new(),
        history_from: None,
        usage: Vec::new(),
        cause: Some(cause.to_owned()),
        at: now(),
    }
}

/// Milliseconds since 1970, as the store keeps them.
fn now() -> i64 {
    i64::try_from(now_ms()).unwrap_or(i64::MAX)
}
