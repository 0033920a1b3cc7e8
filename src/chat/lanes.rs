//! Lanes: the turns of one conversation run one after another, oldest trigger first; conversations never wait for
//! each other. What one person said while they waited is answered together. The lock is held for map work only, never
//! across an await.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::joining::Line;
use super::told;
use crate::ids::{ConversationId, TurnId};

/// All lanes that have a turn running. Clones share one state.
#[derive(Clone, Debug)]
pub(crate) struct Lanes {
    waiting_limit: usize,
    lanes: Arc<Mutex<HashMap<ConversationId, Lane>>>,
}

/// One running turn and those behind it, in the order of their triggers.
#[derive(Debug, Default)]
struct Lane {
    waiting: BTreeMap<Position, Waiting>,
    /// When somebody was told that it is full. That is news again after a while, or once all of it is answered.
    told: Option<Instant>,
}

#[derive(Debug)]
struct Waiting {
    line: Line,
    caller: oneshot::Sender<Called>,
}

/// The place of a turn: the snowflake of its trigger, then the turn itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) trigger: u64,
    pub(crate) turn: TurnId,
}

/// Whether a turn may be turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    Bounded,
    /// It was accepted before, by an earlier run.
    Promised,
}

/// Why a turn waits no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Called {
    /// It is the one that runs.
    ToRun,
    /// It is answered with an earlier one, which closes it too.
    ToJoin,
}

/// A turn's place in its lane. Dropping it lets the next one go.
#[derive(Debug)]
pub(crate) struct Ticket {
    lanes: Lanes,
    conversation: ConversationId,
    position: Position,
    standing: Standing,
}

#[derive(Debug)]
enum Standing {
    Waiting(oneshot::Receiver<Called>),
    Called(Called),
    /// It waits no longer and was not called.
    Left,
}

/// So many turns wait in this conversation that one more is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LaneFull {
    /// Somebody was told so already.
    pub(crate) told: bool,
}

impl Lanes {
    pub(crate) fn new(waiting_limit: usize) -> Self {
        Self { waiting_limit, lanes: Arc::default() }
    }

    /// Takes a place: at once at the front of an idle lane, otherwise among those who wait.
    pub(crate) fn enter(
        &self,
        conversation: ConversationId,
        position: Position,
        room: Room,
        line: Line,
    ) -> Result<Ticket, LaneFull> {
        let mut lanes = self.lock();
        let standing = match lanes.get_mut(&conversation) {
            None => {
                lanes.insert(conversation, Lane::default());
                Standing::Called(Called::ToRun)
            }
            Some(lane) if room == Room::Bounded && lane.waiting.len() >= self.waiting_limit => {
                return Err(LaneFull { told: lane.was_told(line) });
            }
            Some(lane) => {
                let (caller, call) = oneshot::channel();
                lane.waiting.insert(position, Waiting { line, caller });
                Standing::Waiting(call)
            }
        };
        Ok(Ticket { lanes: self.clone(), conversation, position, standing })
    }

    fn let_next_go(lanes: &mut HashMap<ConversationId, Lane>, conversation: ConversationId) {
        let Some(lane) = lanes.get_mut(&conversation) else { return };
        while let Some((_, next)) = lane.waiting.pop_first() {
            if next.caller.send(Called::ToRun).is_ok() {
                return;
            }
        }
        lanes.remove(&conversation);
    }

    /// How many of them have a turn running.
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ConversationId, Lane>> {
        // Nothing in here can panic half-way through a change, so a poisoned map is still whole.
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lane {
    fn was_told(&mut self, line: Line) -> bool {
        let now = Instant::now();
        let told = self.told.is_some_and(|said| told::is_fresh(said, now));
        // Only who is told in the channel is told for all.
        if !told && !line.is_alone() {
            self.told = Some(now);
        }
        told
    }

    /// What its author has said around it, on each side up to the first that needs an answer of its own. Something
    /// earlier waits only where events came in another order than things were said.
    fn beside(&self, position: Position, first: &Line) -> Vec<Position> {
        let joins = |waiting: &Waiting| waiting.line.may_join(first);
        let own = |(_, waiting): &(&Position, &Waiting)| waiting.line.author == first.author;
        let earlier = self.waiting.range(..position).rev().filter(own);
        let later = self.waiting.range(position..).filter(own);
        let earlier = earlier.take_while(|(_, waiting)| joins(waiting));
        let later = later.take_while(|(_, waiting)| joins(waiting));
        let mut beside: Vec<_> = earlier.chain(later).map(|(position, _)| *position).collect();
        beside.sort_unstable();
        beside
    }
}

impl Ticket {
    /// Completes when this turn waits no longer.
    pub(crate) async fn called(&mut self) -> Called {
        let called = match &mut self.standing {
            Standing::Called(called) => return *called,
            Standing::Left => return std::future::pending().await,
            // The caller is dropped only after it called: see `let_next_go`.
            Standing::Waiting(call) => call.await.unwrap_or(Called::ToRun),
        };
        self.standing = Standing::Called(called);
        called
    }

    /// Leaves the queue if this turn still waits there. `true`: it is answered with another one, which closes it too.
    pub(crate) fn leave(&mut self) -> bool {
        if let Standing::Waiting(call) = &mut self.standing {
            let mut lanes = self.lanes.lock();
            // Calls are made under the lock, so none is on its way.
            let called = call.try_recv().ok();
            if called.is_none() {
                drop(lanes.get_mut(&self.conversation).map(|lane| lane.waiting.remove(&self.position)));
            }
            self.standing = called.map_or(Standing::Left, Standing::Called);
        }
        matches!(self.standing, Standing::Called(Called::ToJoin))
    }

    /// Takes those out of the queue who are answered with this turn, which is the one that runs. `take`: whether one of
    /// them, named by its turn, comes along.
    pub(crate) fn gather(&self, first: &Line, mut take: impl FnMut(TurnId, Line) -> bool) {
        let mut lanes = self.lanes.lock();
        let Some(lane) = lanes.get_mut(&self.conversation) else { return };
        for position in lane.beside(self.position, first) {
            let Entry::Occupied(one) = lane.waiting.entry(position) else { continue };
            if take(position.turn, one.get().line) {
                // Its ticket leaves under this lock, so there is one that hears it.
                let _ = one.remove().caller.send(Called::ToJoin);
            }
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.leave();
        if matches!(self.standing, Standing::Called(Called::ToRun)) {
            Lanes::let_next_go(&mut self.lanes.lock(), self.conversation);
        }
    }
}

#[cfg(test)]
mod tests;
