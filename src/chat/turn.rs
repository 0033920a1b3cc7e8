//! One turn: from its place in the lane to the final transaction.

use std::sync::Arc;

use tracing::{info, warn};

use super::budget::{Account, Grant};
use super::failure::{Failure, ModelFailure};
use super::incoming::clean_name;
use super::lanes::Ticket;
use super::running::{EndedBy, Presence};
use super::{Engine, identity, now, prompt, usage, window};
use crate::ids::{ConversationId, EntryId, MessageId, TurnId, UserId};
use crate::llm;
use crate::persona::Persona;
use crate::store::{Audience, Begun, Closing, Leaving, Outcome, Shortage, StoreError, Trigger, UsageRow};

/// What identifies a turn inside the store.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    pub(crate) id: TurnId,
    pub(crate) conversation: ConversationId,
}

/// What is known of a turn when it is taken up.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) trigger: Trigger,
    pub(crate) audience: Audience,
    /// `None`: the person was forgotten.
    pub(crate) author: Option<UserId>,
    pub(crate) persona: Arc<Persona>,
    /// What an earlier try has sent.
    pub(crate) messages: Vec<MessageId>,
}

/// A turn's places: among the running ones and in its lane.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) running: Presence,
    pub(crate) ticket: Ticket,
}

/// An accepted turn. Whoever holds it runs it and closes it.
pub struct Turn {
    engine: Engine,
    key: Key,
    opened: Opened,
    place: Place,
    question: Option<Question>,
    history_from: Option<EntryId>,
    usage: Vec<UsageRow>,
}

/// What was asked, as people wrote it. Not for a log, so it has no debug form.
#[derive(Clone, PartialEq, Eq)]
pub struct Question {
    pub speaker: String,
    pub text: String,
}

/// An answer that has begun. Its text is not for a log, so it has no debug form.
pub struct Answer {
    source: Source,
    text: String,
}

enum Source {
    Model(Box<llm::Reply>),
    /// A model's, complete or broken off. That has been told.
    Ended(Box<llm::Report>),
    /// Text that needs no model, to be handed out once.
    Ready(Option<String>),
}

impl Turn {
    pub(crate) fn new(engine: Engine, key: Key, opened: Opened, place: Place) -> Self {
        Self { engine, key, opened, place, question: None, history_from: None, usage: Vec::new() }
    }

    pub fn id(&self) -> TurnId {
        self.key.id
    }

    pub fn trigger(&self) -> &Trigger {
        &self.opened.trigger
    }

    pub fn audience(&self) -> &Audience {
        &self.opened.audience
    }

    pub fn persona(&self) -> &Persona {
        &self.opened.persona
    }

    /// The messages of the answer that an earlier try has sent, in order.
    pub fn messages(&self) -> &[MessageId] {
        &self.opened.messages
    }

    /// What was asked. Known once the turn has started.
    pub fn question(&self) -> Option<&Question> {
        self.question.as_ref()
    }

    /// Waits until it is the one that runs in its conversation.
    ///
    /// # Errors
    /// When it was told to end before.
    pub async fn called(&mut self) -> Result<(), Failure> {
        tokio::select! {
            biased;
            ended = self.place.running.ended() => Err(ended.into()),
            () = self.place.ticket.called() => Ok(()),
        }
    }

    /// Waits until it is the one that runs, then for the first text of the answer.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn start(&mut self) -> Result<Answer, Failure> {
        self.called().await?;
        let begun = self.engine.store().begin_turn(self.key.id, now()).await?;
        let text = begun.question.text.clone().ok_or(Failure::Deleted)?;
        let only_called = text.trim().is_empty();
        self.question = Some(Question { speaker: begun.question.speaker.clone().unwrap_or_default(), text });
        if only_called {
            Ok(Answer::ready(self.opened.persona.greeting.clone()))
        } else {
            self.ask(begun).await
        }
    }

    async fn ask(&mut self, begun: Begun) -> Result<Answer, Failure> {
        let request = self.request(&begun).await?;
        let plan = self.granted(&request).await?;
        let mut reply = Box::new(self.engine.inner.parts.ladder.ask(request, plan));
        let opened = tokio::select! {
            biased;
            ended = self.place.running.ended() => Err(ended.into()),
            opened = reply.open() => opened.map_err(|failure| Failure::Model(ModelFailure::of(failure))),
        };
        match opened {
            Ok(()) => Ok(Answer { source: Source::Model(reply), text: String::new() }),
            Err(failure) => {
                self.usage.extend(usage::of_report(&reply.into_report()));
                Err(failure)
            }
        }
    }

    async fn request(&mut self, begun: &Begun) -> Result<llm::Request, Failure> {
        let persona = Arc::clone(&self.opened.persona);
        let chosen = self.engine.model_of(self.opened.audience.guild()).await?;
        let budget = self.engine.inner.settings.history_tokens;
        let window = window::cut(&begun.history, begun.history_from, budget);
        self.history_from = window.from;
        let secret = self.engine.store().secret();
        let prompt = prompt::prompt(&persona, window.entries, &begun.question);
        Ok(llm::Request {
            messages: prompt.messages,
            history: prompt.history,
            models: self.engine.wanted(chosen, &persona),
            max_tokens: persona.sampling.max_tokens,
            temperature: persona.sampling.temperature,
            top_p: persona.sampling.top_p,
            user: self.opened.author.map(|author| identity::of_user(secret, author)),
            session: Some(identity::of_conversation(secret, self.key.conversation)),
        })
    }

    /// The models that may be asked, once the money for them is set aside.
    async fn granted(&self, request: &llm::Request) -> Result<llm::Plan, Failure> {
        let plan = self.engine.inner.parts.ladder.plan(request);
        let account = Account {
            turn: self.key.id,
            user: self.opened.author,
            guild: self.opened.audience.guild(),
            persona: &self.opened.persona.id,
        };
        match self.engine.grant(account, plan, now()).await? {
            Grant::Ask(plan) => Ok(plan),
            Grant::Refused(refusal) => {
                warn!(
                    turn.id = %self.key.id, budget.whose = ?refusal.whose, budget.window = ?refusal.window,
                    budget.shortage = ?refusal.shortage, "a budget has no room for a reply"
                );
                Err(Failure::Spent(refusal))
            }
        }
    }

    /// The next piece of the answer. `None`: it is complete.
    pub async fn next(&self, answer: &mut Answer) -> Option<Result<String, Failure>> {
        tokio::select! {
            biased;
            ended = self.place.running.ended() => Some(Err(ended.into())),
            next = answer.next() => next,
        }
    }

    /// Ends the turn: the final transaction. Returns when it is durable.
    ///
    /// # Errors
    /// When the journal cannot be written: the next start finds the turn open then.
    pub async fn close(mut self, end: End) -> Result<(), StoreError> {
        let outcome = end.outcome();
        let cause = end.cause();
        let text = end.answer.map(|answer| self.settle(answer));
        let answer = end.shown.or(text);
        self.log(outcome, cause, end.failure.as_ref());
        let keeps_text = matches!(outcome, Outcome::Done | Outcome::Partial);
        let closing = Closing {
            outcome,
            answer: answer.filter(|text| keeps_text && !text.is_empty()),
            speaker: Some(clean_name(&self.opened.persona.name)),
            messages: end.messages,
            history_from: self.history_from,
            usage: std::mem::take(&mut self.usage),
            cause: cause.map(str::to_owned),
            at: now(),
        };
        let owes = closing.usage.iter().any(|row| row.owed);
        self.engine.store().close_turn(self.key.id, closing).await?;
        if owes {
            self.engine.inner.owed.notify_one();
        }
        Ok(())
    }

    /// Leaves the turn open in the journal: the next start answers it. What it has used is written down.
    ///
    /// # Errors
    /// When the journal cannot be written: what was set aside counts as used then.
    pub async fn leave_open(mut self) -> Result<(), StoreError> {
        info!(turn.id = %self.key.id, "turn left for the next start");
        let leaving = Leaving { usage: std::mem::take(&mut self.usage), at: now() };
        self.engine.store().leave_turn(self.key.id, leaving).await
    }

    fn settle(&mut self, answer: Answer) -> String {
        match answer.source {
            Source::Model(reply) => self.usage.extend(usage::of_report(&reply.into_report())),
            Source::Ended(report) => self.usage.extend(usage::of_report(&report)),
            Source::Ready(_) => {}
        }
        answer.text
    }

    fn log(&self, outcome: Outcome, cause: Option<&str>, failure: Option<&Failure>) {
        let used = self.usage.last();
        let model = used.map(|row| row.model.as_str());
        let first_token_ms = used.and_then(|row| row.first_token_ms);
        let cost = used.and_then(|row| row.cost_nano_usd);
        let turn = self.key.id;
        match outcome {
            Outcome::Failed | Outcome::Partial => {
                let error = failure.map(|failure| failure as &dyn std::error::Error);
                warn!(turn.id = %turn, turn.outcome = ?outcome, turn.cause = cause, llm.model = model, error, "turn closed without a whole answer");
            }
            _ => {
                info!(turn.id = %turn, turn.outcome = ?outcome, turn.cause = cause, llm.model = model, llm.first_token_ms = first_token_ms, llm.cost_nano_usd = cost, "turn closed");
            }
        }
    }
}

/// How a turn ended, as its surface saw it.
#[derive(Default)]
pub struct End {
    pub answer: Option<Answer>,
    pub failure: Option<Failure>,
    pub display: Display,
    /// What people can read of the answer, where that is not all of it.
    pub shown: Option<String>,
    /// Discord's messages that show the answer, in order.
    pub messages: Vec<MessageId>,
    /// It was found too late to be answered, and somebody was told so.
    pub late: bool,
}

/// What became of an answer on its surface. Codes are short words for the journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Display {
    #[default]
    Shown,
    /// It cannot be shown, or not all of it.
    Failed(&'static str),
    /// Somebody deleted it, or the place where it stood.
    Removed(&'static str),
}

impl End {
    fn outcome(&self) -> Outcome {
        let has_text = self.answer.as_ref().is_some_and(|answer| !answer.text.trim().is_empty());
        match (self.display, &self.failure) {
            (Display::Removed(_), _) | (_, Some(Failure::Deleted)) => Outcome::Cancelled,
            _ if self.late => Outcome::Abandoned,
            // What others hold is free again in a moment: it can be tried again then.
            (_, Some(Failure::Spent(refusal))) if refusal.shortage != Shortage::Held => Outcome::Refused,
            (Display::Failed(_), _) if self.shown.is_some() => Outcome::Partial,
            (Display::Failed(_), _) => Outcome::Failed,
            (Display::Shown, Some(_)) if has_text => Outcome::Partial,
            (Display::Shown, Some(_)) => Outcome::Failed,
            (Display::Shown, None) => Outcome::Done,
        }
    }

    fn cause(&self) -> Option<&'static str> {
        match self.display {
            Display::Failed(code) | Display::Removed(code) => Some(code),
            Display::Shown => self.failure.as_ref().map(Failure::code),
        }
    }
}

impl Answer {
    fn ready(text: String) -> Self {
        Self { source: Source::Ready(Some(text)), text: String::new() }
    }

    /// The models that wrote it, in order, where it was not the first choice alone.
    pub fn byline(&self) -> Vec<String> {
        let report = match &self.source {
            Source::Model(reply) => reply.report(),
            Source::Ended(report) => (**report).clone(),
            Source::Ready(_) => return Vec::new(),
        };
        let mut speakers: Vec<_> = report.speakers().map(str::to_owned).collect();
        speakers.dedup();
        if speakers == [report.first_choice] { Vec::new() } else { speakers }
    }

    async fn next(&mut self) -> Option<Result<String, Failure>> {
        let piece = match &mut self.source {
            Source::Ready(text) => text.take().map(Ok),
            Source::Ended(_) => None,
            Source::Model(reply) => match reply.next().await {
                Some(Ok(piece)) => Some(Ok(piece)),
                end => {
                    let report = reply.report();
                    let failure = why_not_whole(end.is_some(), &report);
                    self.source = Source::Ended(Box::new(report));
                    failure.map(|failure| Err(Failure::Model(failure)))
                }
            },
        };
        if let Some(Ok(piece)) = &piece {
            self.text.push_str(piece);
        }
        piece
    }
}

/// The cause of a break stays in the report; a person only needs to know that the text has no end.
fn why_not_whole(broke_off: bool, report: &llm::Report) -> Option<ModelFailure> {
    if broke_off { Some(ModelFailure::BrokenOff) } else { ModelFailure::of_finish(report.finish) }
}

impl From<EndedBy> for Failure {
    fn from(ended: EndedBy) -> Self {
        match ended {
            EndedBy::Deletion => Self::Deleted,
            EndedBy::Stop => Self::Stopping,
        }
    }
}
