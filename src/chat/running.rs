//! The turns that run or wait: their number is bounded, and each can be cancelled by its trigger.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::joining::Line;
use super::lanes::{Position, Room};
use super::told::Told;
use crate::ids::{ChannelId, ConversationId, TurnId, UserId};

/// Conversations that are told in a minute.
const TOLD: usize = 4_096;

#[derive(Clone, Debug)]
pub(crate) struct Running {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    limit: usize,
    stopping: AtomicBool,
    book: Mutex<Book>,
}

#[derive(Debug)]
struct Book {
    turns: HashMap<TurnId, Live>,
    /// Where somebody was told that there is no room. That is news again after a while, or once half of it is free.
    told: Told<ConversationId>,
}

/// A turn. Those that are answered together share one end.
#[derive(Clone, Debug)]
struct Live {
    trigger: u64,
    author: Option<UserId>,
    channel: ChannelId,
    end: Arc<End>,
}

/// A turn that asks for a place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entrant {
    pub(crate) conversation: ConversationId,
    pub(crate) channel: ChannelId,
    pub(crate) position: Position,
    pub(crate) line: Line,
}

/// Who wants a turn to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stopper {
    /// What they have asked themselves.
    Asker(UserId),
    /// Anybody's, in the channel that they keep.
    Keeper(ChannelId),
}

/// Why a turn was told to end, and the token that tells it.
#[derive(Debug, Default)]
struct End {
    token: CancellationToken,
    why: OnceLock<EndedBy>,
    /// Cancelled when the turn has left.
    left: CancellationToken,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndedBy {
    /// The question was deleted.
    Deletion,
    /// Somebody pressed Stop.
    Person,
    /// Its surface has no more time for it.
    Time,
    /// The process stops and the grace period is over.
    Shutdown,
}

/// What became of the wish to stop a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    Now,
    /// Somebody else has asked.
    NotYours,
    /// It has ended, or was never here.
    NotRunning,
}

/// So many turns run or wait that one more is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BotFull {
    /// Somebody was told so already in this conversation.
    pub(crate) told: bool,
}

/// A turn's presence among the running ones. Dropping it takes it out.
#[derive(Debug)]
pub(crate) struct Presence {
    running: Running,
    turn: TurnId,
    /// Those that are answered with it.
    joined: Vec<TurnId>,
    channel: ChannelId,
    end: Arc<End>,
}

impl Running {
    pub(crate) fn new(limit: usize) -> Self {
        let book = Mutex::new(Book { turns: HashMap::new(), told: Told::new(TOLD) });
        Self { shared: Arc::new(Shared { limit, stopping: AtomicBool::new(false), book }) }
    }

    /// Takes a place for a turn.
    pub(crate) fn enter(&self, entrant: Entrant, room: Room) -> Result<Presence, BotFull> {
        let Entrant { conversation, channel, position, line } = entrant;
        let mut book = self.lock();
        if room == Room::Bounded && book.turns.len() >= self.shared.limit {
            return Err(BotFull { told: book.was_told(conversation, line) });
        }
        let end = Arc::<End>::default();
        let live = Live { trigger: position.trigger, author: line.author, channel, end: Arc::clone(&end) };
        book.turns.insert(position.turn, live);
        Ok(Presence { running: self.clone(), turn: position.turn, joined: Vec::new(), channel, end })
    }

    pub(crate) fn cancel(&self, trigger: u64) {
        for live in self.lock().turns.values().filter(|live| live.trigger == trigger) {
            live.end.because(EndedBy::Deletion);
        }
    }

    pub(crate) fn stop(&self, turn: TurnId, by: Stopper) -> Stopped {
        let book = self.lock();
        let may = |live: &Live| match by {
            Stopper::Asker(user) => live.author == Some(user),
            Stopper::Keeper(channel) => live.channel == channel,
        };
        match book.turns.get(&turn) {
            None => Stopped::NotRunning,
            Some(live) if !may(live) => Stopped::NotYours,
            Some(live) => {
                live.end.because(EndedBy::Person);
                Stopped::Now
            }
        }
    }

    /// Ends a turn because its surface has no more time for it.
    pub(crate) fn run_out(&self, turn: TurnId) {
        if let Some(live) = self.lock().turns.get(&turn) {
            live.end.because(EndedBy::Time);
        }
    }

    /// Completes when a turn is not here, or no longer.
    pub(crate) async fn left(&self, turn: TurnId) {
        let end = self.lock().turns.get(&turn).map(|live| Arc::clone(&live.end));
        if let Some(end) = end {
            end.left.cancelled().await;
        }
    }

    pub(crate) fn stop_intake(&self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.shared.stopping.load(Ordering::SeqCst)
    }

    pub(crate) fn interrupt_all(&self) {
        for live in self.lock().turns.values() {
            live.end.because(EndedBy::Shutdown);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().turns.len()
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        // Single map operations cannot leave the map half changed.
        self.shared.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn was_told(&mut self, conversation: ConversationId, line: Line) -> bool {
        let now = Instant::now();
        // Only who is told in the channel is told for all.
        if line.is_alone() {
            return self.told.knows(&conversation, now);
        }
        self.told.was_told(conversation, now)
    }

    /// Takes a turn out that has this end.
    fn leave(&mut self, turn: TurnId, end: &Arc<End>) {
        if self.turns.get(&turn).is_some_and(|live| Arc::ptr_eq(&live.end, end)) {
            self.turns.remove(&turn);
        }
    }
}

impl End {
    fn because(&self, why: EndedBy) {
        // The first reason stays.
        let _ = self.why.set(why);
        self.token.cancel();
    }
}

impl Presence {
    /// Completes when this turn is told to end.
    pub(crate) async fn ended(&self) -> EndedBy {
        self.end.token.cancelled().await;
        self.end.why.get().copied().unwrap_or(EndedBy::Shutdown)
    }

    /// Completes when nobody wants the answer any more. The end of the process is no reason.
    pub(crate) async fn unwanted(&self) -> EndedBy {
        match self.ended().await {
            EndedBy::Shutdown => std::future::pending().await,
            unwanted => unwanted,
        }
    }

    /// Takes over the end of another turn: whatever ends that one ends this one from now on. `false`: that one was
    /// told to end by itself before, or is gone.
    pub(crate) fn take_over(&mut self, other: TurnId) -> bool {
        let mut book = self.running.lock();
        let Some(live) = book.turns.get_mut(&other).filter(|live| !live.end.token.is_cancelled()) else {
            return false;
        };
        live.end = Arc::clone(&self.end);
        self.joined.push(other);
        true
    }

    /// The same for a turn that an earlier run of the process has joined.
    pub(crate) fn take_along(&mut self, position: Position, author: Option<UserId>) {
        let (channel, end) = (self.channel, Arc::clone(&self.end));
        let live = Live { trigger: position.trigger, author, channel, end };
        self.running.lock().turns.insert(position.turn, live);
        self.joined.push(position.turn);
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        let mut book = self.running.lock();
        for turn in self.joined.iter().chain([&self.turn]) {
            book.leave(*turn, &self.end);
        }
        if book.turns.len() <= self.running.shared.limit / 2 {
            book.told.clear();
        }
        drop(book);
        self.end.left.cancel();
    }
}

#[cfg(test)]
mod tests;
