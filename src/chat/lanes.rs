//! Lanes: the turns of one conversation run one after another, oldest trigger first; conversations never wait for
//! each other. The lock is held for map work only, never across an await.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

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
    waiting: BTreeMap<Position, oneshot::Sender<()>>,
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

/// A turn's place in its lane. Dropping it lets the next one go.
#[derive(Debug)]
pub(crate) struct Ticket {
    lanes: Lanes,
    conversation: ConversationId,
    position: Position,
    call: Option<oneshot::Receiver<()>>,
}

/// So many turns wait in this conversation that one more is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LaneFull;

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
    ) -> Result<Ticket, LaneFull> {
        let mut lanes = self.lock();
        let call = match lanes.get_mut(&conversation) {
            None => {
                lanes.insert(conversation, Lane::default());
                None
            }
            Some(lane) if room == Room::Bounded && lane.waiting.len() >= self.waiting_limit => {
                return Err(LaneFull);
            }
            Some(lane) => {
                let (caller, call) = oneshot::channel();
                lane.waiting.insert(position, caller);
                Some(call)
            }
        };
        Ok(Ticket { lanes: self.clone(), conversation, position, call })
    }

    fn let_next_go(&self, conversation: ConversationId) {
        let mut lanes = self.lock();
        let Some(lane) = lanes.get_mut(&conversation) else { return };
        while let Some((_, caller)) = lane.waiting.pop_first() {
            if caller.send(()).is_ok() {
                return;
            }
        }
        lanes.remove(&conversation);
    }

    fn leave_queue(&self, conversation: ConversationId, position: Position) -> bool {
        self.lock().get_mut(&conversation).is_some_and(|lane| lane.waiting.remove(&position).is_some())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ConversationId, Lane>> {
        // Nothing in here can panic half-way through a change, so a poisoned map is still whole.
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket {
    /// Completes when this turn is the one that runs.
    pub(crate) async fn called(&mut self) {
        if let Some(call) = self.call.as_mut() {
            // The caller is dropped only after it called: see `let_next_go`.
            let _ = call.await;
            self.call = None;
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let still_waiting = self.call.is_some() && self.lanes.leave_queue(self.conversation, self.position);
        if !still_waiting {
            self.lanes.let_next_go(self.conversation);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: ConversationId = ConversationId::new(1);
    const THERE: ConversationId = ConversationId::new(2);

    fn position(trigger: u64) -> Position {
        Position { trigger, turn: TurnId::new(trigger.cast_signed()) }
    }

    fn enter(lanes: &Lanes, conversation: ConversationId, trigger: u64) -> Result<Ticket, LaneFull> {
        lanes.enter(conversation, position(trigger), Room::Bounded)
    }

    fn is_called(ticket: &mut Ticket) -> bool {
        ticket.call.as_mut().is_none_or(|call| call.try_recv().is_ok())
    }

    #[tokio::test]
    async fn waiting_turns_go_in_the_order_of_their_triggers() {
        let lanes = Lanes::new(10);
        let first = enter(&lanes, HERE, 5).unwrap();
        let mut late = enter(&lanes, HERE, 9).unwrap();
        let mut early = enter(&lanes, HERE, 7).unwrap();
        drop(first);
        assert!(is_called(&mut early));
        assert!(!is_called(&mut late));
        early.call = None;
        drop(early);
        late.called().await;
    }

    #[test]
    fn conversations_do_not_wait_for_each_other() {
        let lanes = Lanes::new(10);
        let _here = enter(&lanes, HERE, 1).unwrap();
        assert!(is_called(&mut enter(&lanes, THERE, 2).unwrap()));
    }

    #[test]
    fn the_queue_is_bounded() {
        let lanes = Lanes::new(2);
        let tickets: Vec<_> = (0..3).map(|trigger| enter(&lanes, HERE, trigger).unwrap()).collect();
        assert_eq!(enter(&lanes, HERE, 9).unwrap_err(), LaneFull);
        let promised = lanes.enter(HERE, position(9), Room::Promised).unwrap();
        drop((promised, tickets));
        assert!(lanes.lock().is_empty(), "an idle lane takes no room");
    }

    #[test]
    fn a_turn_that_leaves_the_queue_lets_nobody_pass() {
        let lanes = Lanes::new(10);
        let running = enter(&lanes, HERE, 1).unwrap();
        let quitter = enter(&lanes, HERE, 2).unwrap();
        let mut patient = enter(&lanes, HERE, 3).unwrap();
        drop(quitter);
        assert!(!is_called(&mut patient));
        drop(running);
        assert!(is_called(&mut patient));
    }

    #[test]
    fn a_turn_dropped_after_its_call_passes_it_on() {
        let lanes = Lanes::new(10);
        let running = enter(&lanes, HERE, 1).unwrap();
        let called_and_dropped = enter(&lanes, HERE, 2).unwrap();
        let mut next = enter(&lanes, HERE, 3).unwrap();
        drop(running);
        drop(called_and_dropped);
        assert!(is_called(&mut next));
    }
}
