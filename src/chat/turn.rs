//! One turn: from its place in the lane to the final transaction.

use std::sync::Arc;

use tracing::{info, warn};

use super::answer::Answer;
use super::asking::{Asked, Asking};
use super::budget::Account;
use super::ending::End;
use super::failure::{Failure, ModelFailure};
use super::incoming::clean_name;
use super::joining::Line;
use super::lanes::{Called, Ticket};
use super::running::{EndedBy, Presence};
use super::{Engine, now, usage};
use crate::ids::{ConversationId, EntryId, MessageId, TurnId, UserId};
use crate::llm;
use crate::persona::Persona;
use crate::store::{
    Audience, Closing, Joined, Leaving, Outcome, Prepared, Reserved, StoreError, Trigger, UsageRow, last_of,
};

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
    pub(crate) line: Line,
    /// What is answered with it, oldest first.
    pub(crate) joined: Vec<Joined>,
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
    called: Option<Called>,
    /// The journal does not know yet what is answered with it.
    owes_journal: bool,
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

impl Turn {
    pub(crate) fn new(engine: Engine, key: Key, opened: Opened, place: Place) -> Self {
        Self {
            engine,
            key,
            opened,
            place,
            called: None,
            owes_journal: false,
            question: None,
            history_from: None,
            usage: Vec::new(),
        }
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

    /// The message that its answer replies to: of those that are answered together the last. It is known once the turn
    /// was called.
    pub fn replies_to(&self) -> Option<MessageId> {
        last_of(&self.opened.trigger, &self.opened.joined)
    }

    /// What was asked. Known once the turn has started.
    pub fn question(&self) -> Option<&Question> {
        self.question.as_ref()
    }

    /// Waits until it is the one that runs in its conversation.
    ///
    /// # Errors
    /// When it was told to end before. [`Failure::Joined`]: another turn answers it and closes it too.
    pub async fn called(&mut self) -> Result<(), Failure> {
        let called = tokio::select! {
            biased;
            ended = self.place.running.ended() => return Err(ended.into()),
            called = self.place.ticket.called() => called,
        };
        let is_news = self.called.replace(called).is_none();
        match called {
            Called::ToJoin => Err(Failure::Joined),
            Called::ToRun if is_news => self.gather().await,
            Called::ToRun => Ok(()),
        }
    }

    /// Takes over what its author has said while it waited.
    async fn gather(&mut self) -> Result<(), Failure> {
        let Self { opened, place: Place { running, ticket }, .. } = self;
        if opened.line.is_alone() {
            return Ok(());
        }
        let mut joined = Vec::new();
        ticket.gather(&opened.line, |turn, line| {
            let Some(message) = line.message.filter(|_| running.take_over(turn)) else { return false };
            joined.push(Joined { turn, message });
            true
        });
        self.owes_journal = !joined.is_empty();
        self.opened.joined = joined;
        Ok(self.write_joined().await?)
    }

    /// As long as it has not succeeded, the others are open turns of their own to the journal.
    async fn write_joined(&mut self) -> Result<(), StoreError> {
        if self.owes_journal {
            let others: Vec<_> = self.opened.joined.iter().map(|one| one.turn).collect();
            let joined = self.engine.store().join_turns(self.key.id, &others).await?;
            // What the journal has closed meanwhile is not asked any more.
            self.opened.joined.retain(|one| joined.contains(&one.turn));
            self.owes_journal = false;
        }
        Ok(())
    }

    /// Completes when it is told to end, whatever the reason.
    pub async fn told_to_end(&self) {
        self.place.running.ended().await;
    }

    /// Completes when nobody wants the answer any more.
    pub async fn unwanted(&self) -> Failure {
        self.place.running.unwanted().await.into()
    }

    /// Waits until it is the one that runs, then for the first text of the answer.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn start(&mut self) -> Result<Answer, Failure> {
        self.called().await?;
        let asking = self.asking().await?;
        let begin = move |begun| asking.prepare(&begun);
        let Prepared { work, reserved } =
            self.engine.store().begin_and_reserve(self.key.id, now(), begin).await?;
        match work {
            Asked::Nothing => Err(Failure::Deleted),
            Asked::Called(question) => {
                self.question = Some(question);
                Ok(Answer::ready(self.opened.persona.greeting.clone()))
            }
            Asked::Model(question, request) => {
                self.question = Some(question);
                self.history_from = request.history_from;
                let plan = self.granted(request.plan, reserved)?;
                self.ask(request.request, plan).await
            }
        }
    }

    async fn asking(&self) -> Result<Asking, Failure> {
        let guild = self.opened.audience.guild();
        let account = Account { user: self.opened.author, guild, persona: self.opened.persona.id.clone() };
        Ok(Asking {
            engine: self.engine.clone(),
            persona: Arc::clone(&self.opened.persona),
            conversation: self.key.conversation,
            account,
            chosen: self.engine.model_of(guild).await?,
            at: now(),
        })
    }

    /// The models that may be asked with what was set aside for them.
    fn granted(&self, plan: llm::Plan, reserved: Option<Reserved>) -> Result<llm::Plan, Failure> {
        match reserved {
            None | Some(Reserved::Full) => Ok(plan),
            Some(Reserved::Least) => Ok(plan.cheapest()),
            Some(Reserved::Refused(refusal)) => {
                warn!(
                    turn.id = %self.key.id, budget.whose = ?refusal.whose, budget.window = ?refusal.window,
                    budget.shortage = ?refusal.shortage, "a budget has no room for a reply"
                );
                Err(Failure::Spent(refusal))
            }
        }
    }

    async fn ask(&mut self, request: llm::Request, plan: llm::Plan) -> Result<Answer, Failure> {
        let mut reply = Box::new(self.engine.inner.parts.ladder.ask(request, plan));
        let opened = tokio::select! {
            biased;
            ended = self.place.running.ended() => Err(ended.into()),
            opened = reply.open() => opened.map_err(|failure| Failure::Model(ModelFailure::of(failure))),
        };
        match opened {
            Ok(()) => Ok(Answer::of_model(reply)),
            Err(failure) => {
                self.usage.extend(usage::of_report(&reply.into_report()));
                Err(failure)
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
        if self.place.ticket.leave() {
            return Ok(());
        }
        self.write_joined().await?;
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
        if self.place.ticket.leave() {
            return Ok(());
        }
        info!(turn.id = %self.key.id, "turn left for the next start");
        let leaving = Leaving { usage: std::mem::take(&mut self.usage), at: now() };
        let owes = leaving.usage.iter().any(|row| row.owed);
        self.engine.store().leave_turn(self.key.id, leaving).await?;
        if owes {
            self.engine.inner.owed.notify_one();
        }
        Ok(())
    }

    /// Takes what an answer has used into account, and gives its text. An answer that is not handed to [`Self::close`]
    /// belongs here: it would be free otherwise.
    pub fn settle(&mut self, answer: Answer) -> String {
        let (text, usage) = answer.into_parts();
        self.usage.extend(usage);
        text
    }

    fn log(&self, outcome: Outcome, cause: Option<&str>, failure: Option<&Failure>) {
        let used = self.usage.last();
        let model = used.map(|row| row.model.as_str());
        let first_token_ms = used.and_then(|row| row.first_token_ms);
        let cost = used.and_then(|row| row.cost_nano_usd);
        let turn = self.key.id;
        match outcome {
            Outcome::Failed | Outcome::Partial if !matches!(failure, Some(Failure::Stopped)) => {
                let error = failure.map(|failure| failure as &dyn std::error::Error);
                warn!(turn.id = %turn, turn.outcome = ?outcome, turn.cause = cause, llm.model = model, error, "turn closed without a whole answer");
            }
            _ => {
                info!(turn.id = %turn, turn.outcome = ?outcome, turn.cause = cause, llm.model = model, llm.first_token_ms = first_token_ms, llm.cost_nano_usd = cost, "turn closed");
            }
        }
    }
}

impl From<EndedBy> for Failure {
    fn from(ended: EndedBy) -> Self {
        match ended {
            EndedBy::Deletion => Self::Deleted,
            EndedBy::Person => Self::Stopped,
            EndedBy::Time => Self::OutOfTime,
            EndedBy::Shutdown => Self::Stopping,
        }
    }
}
