//! The turns that run or wait: their number is bounded, and each can be cancelled by its trigger.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio_util::sync::CancellationToken;

use super::lanes::{Position, Room};
use crate::ids::TurnId;

#[derive(Clone, Debug)]
pub(crate) struct Running {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    limit: usize,
    stopping: AtomicBool,
    turns: Mutex<HashMap<TurnId, Live>>,
}

#[derive(Clone, Debug)]
struct Live {
    trigger: u64,
    end: Arc<End>,
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
    /// The process stops and the grace period is over.
    Stop,
}

/// A turn's presence among the running ones. Dropping it takes it out.
#[derive(Debug)]
pub(crate) struct Presence {
    running: Running,
    turn: TurnId,
    end: Arc<End>,
}

impl Running {
    pub(crate) fn new(limit: usize) -> Self {
        Self { shared: Arc::new(Shared { limit, stopping: AtomicBool::new(false), turns: Mutex::default() }) }
    }

    /// `None`: as many turns as allowed run already.
    pub(crate) fn enter(&self, position: Position, room: Room) -> Option<Presence> {
        let mut turns = self.lock();
        if room == Room::Bounded && turns.len() >= self.shared.limit {
            return None;
        }
        let end = Arc::<End>::default();
        turns.insert(position.turn, Live { trigger: position.trigger, end: Arc::clone(&end) });
        Some(Presence { running: self.clone(), turn: position.turn, end })
    }

    pub(crate) fn cancel(&self, trigger: u64) {
        for live in self.lock().values().filter(|live| live.trigger == trigger) {
            live.end.because(EndedBy::Deletion);
        }
    }

    /// Completes when a turn is not here, or no longer.
    pub(crate) async fn left(&self, turn: TurnId) {
        let end = self.lock().get(&turn).map(|live| Arc::clone(&live.end));
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
        for live in self.lock().values() {
            live.end.because(EndedBy::Stop);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TurnId, Live>> {
        // Single map operations cannot leave the map half changed.
        self.shared.turns.lock().unwrap_or_else(PoisonError::into_inner)
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
        self.end.why.get().copied().unwrap_or(EndedBy::Stop)
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.running.lock().remove(&self.turn);
        self.end.left.cancel();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(turn: i64) -> Position {
        Position { trigger: turn.cast_unsigned() * 10, turn: TurnId::new(turn) }
    }

    #[test]
    fn the_number_of_turns_is_bounded_and_places_come_back() {
        let running = Running::new(1);
        let first = running.enter(position(1), Room::Bounded).unwrap();
        assert!(running.enter(position(2), Room::Bounded).is_none());
        drop(first);
        assert!(running.enter(position(2), Room::Bounded).is_some());
    }

    #[tokio::test]
    async fn a_turn_is_cancelled_by_its_trigger_alone() {
        let running = Running::new(9);
        let (first, second) = (
            running.enter(position(1), Room::Bounded).unwrap(),
            running.enter(position(2), Room::Bounded).unwrap(),
        );
        running.cancel(10);
        assert_eq!(first.ended().await, EndedBy::Deletion);
        running.interrupt_all();
        assert_eq!(first.ended().await, EndedBy::Deletion, "the first reason stays");
        assert_eq!(second.ended().await, EndedBy::Stop);
    }
}
