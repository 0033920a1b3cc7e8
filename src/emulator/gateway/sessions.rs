//! All sessions and connections, and how often each way in was used.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::Notify;

use super::lines::{Errand, Line, Lines};
use super::order::Order;
use super::session::{Delivery, Session, Terms};
use super::shard::Shard;
use super::starts::Budget;

/// Sessions are forgotten beyond this many: those without a socket first, then the oldest.
const KEPT: usize = 64;

#[derive(Debug, Default)]
pub(in crate::emulator) struct Sessions {
    /// No heartbeat is acknowledged.
    pub(super) deaf_to_hearts: bool,
    list: VecDeque<Session>,
    pub(super) lines: Lines,
    pub(in crate::emulator) budget: Budget,
    /// Every IDENTIFY is answered by this close code.
    pub(in crate::emulator) refusal: Option<u16>,
    /// Events wait for [`Self::release_events`].
    pub(super) holding: bool,
    /// A socket has written what there was.
    drained: Arc<Notify>,
    pub(super) identifies: u64,
    resumes: u64,
    pub(super) resumes_elsewhere: u64,
}

/// A socket's hold on a session.
#[derive(Clone, Debug)]
pub(super) struct Hold {
    pub(super) session: String,
    socket: u64,
}

/// Why a session cannot be taken up again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotResumed {
    /// Unknown, or what was missed is no longer kept.
    Unknown,
    /// The client says it read more than there was.
    FromTheFuture,
}

impl Sessions {
    /// Begins a session and gives the connection its hold on it.
    pub(super) fn begin(&mut self, id: String, terms: Terms, line: &Line) -> Hold {
        while self.list.len() >= KEPT {
            let stale = self.list.iter().position(|session| !session.is_connected()).unwrap_or(0);
            self.list.remove(stale);
        }
        let mut session = Session::new(id, terms);
        session.hold(line.number, line.wake.clone());
        let hold = Hold { session: session.id.clone(), socket: line.number };
        self.list.push_back(session);
        hold
    }

    /// Takes a session up after the event `seq`.
    pub(super) fn resume(&mut self, id: &str, seq: u64, line: &Line) -> Result<Hold, NotResumed> {
        let session = self.find_mut(id).ok_or(NotResumed::Unknown)?;
        if seq > session.seq() {
            return Err(NotResumed::FromTheFuture);
        }
        if !session.keeps(seq) {
            return Err(NotResumed::Unknown);
        }
        session.hold(line.number, line.wake.clone());
        self.resumes += 1;
        Ok(Hold { session: id.to_owned(), socket: line.number })
    }

    /// What the holder of `hold` sends next, after the event `from`.
    pub(super) fn read(&mut self, hold: &Hold, from: u64) -> Delivery {
        let session = self.list.iter_mut().find(|session| session.id == hold.session);
        let delivery = session.map_or(Delivery::Lost, |session| session.read(hold.socket, from));
        self.drained.notify_waiters();
        delivery
    }

    /// The socket is gone. `for_good` ends the session too. False when another socket has it by now.
    pub(super) fn release(&mut self, hold: &Hold, for_good: bool) -> bool {
        let held = self.find_mut(&hold.session).filter(|session| session.is_held_by(hold.socket));
        let Some(session) = held else { return false };
        session.let_go();
        if for_good {
            self.list.retain(|session| session.id != hold.session);
        }
        self.drained.notify_waiters();
        true
    }

    /// Takes the sockets away from all sessions. Returns how many there were.
    pub(super) fn part(&mut self) -> usize {
        let parted = self.list.iter_mut().filter_map(Session::let_go).count();
        self.drained.notify_waiters();
        parted
    }

    /// Cuts all connections. Returns how many had a session.
    pub(in crate::emulator) fn drop_sockets(&mut self) -> usize {
        self.lines.send(Errand::Cut);
        self.part()
    }

    /// Forgets all sessions: the next resume fails.
    pub(in crate::emulator) fn forget(&mut self) {
        self.drop_sockets();
        self.list.clear();
    }

    /// Forgets all sessions without touching their connections.
    pub(super) fn clear(&mut self) {
        self.part();
        self.list.clear();
    }

    /// Delivers nothing to the present sockets, or again.
    pub(in crate::emulator) fn mute(&mut self, on: bool) {
        self.list.iter_mut().for_each(|session| session.mute(on));
        self.drained.notify_waiters();
    }

    pub(in crate::emulator) fn hold_events(&mut self) {
        self.holding = true;
    }

    /// Tells every session what was held back.
    pub(in crate::emulator) fn release_events(&mut self, order: Order) {
        self.holding = false;
        for session in &mut self.list {
            let mut held = session.take_held();
            order.arrange(&mut held);
            for (name, body) in held {
                session.tell(name, &body);
            }
        }
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Session> {
        self.list.iter_mut()
    }

    pub(super) fn find_mut(&mut self, id: &str) -> Option<&mut Session> {
        self.list.iter_mut().find(|session| session.id == id)
    }

    /// How many sessions have a socket.
    pub(in crate::emulator) fn connected(&self) -> usize {
        self.list.iter().filter(|session| session.is_connected()).count()
    }

    /// How many sessions have none.
    pub(in crate::emulator) fn waiting(&self) -> usize {
        self.list.len() - self.connected()
    }

    /// The shards of the sessions that have a socket.
    pub(super) fn shards(&self) -> impl Iterator<Item = Shard> {
        self.list.iter().filter(|session| session.is_connected()).map(|session| session.terms.shard)
    }

    pub(super) fn drained(&self) -> Arc<Notify> {
        self.drained.clone()
    }

    /// The most events that a socket has yet to write.
    pub(super) fn longest_backlog(&self) -> u64 {
        self.list.iter().filter_map(Session::backlog).max().unwrap_or(0)
    }

    pub(in crate::emulator) const fn identifies(&self) -> u64 {
        self.identifies
    }

    pub(in crate::emulator) const fn resumes(&self) -> u64 {
        self.resumes
    }

    pub(in crate::emulator) const fn resumes_elsewhere(&self) -> u64 {
        self.resumes_elsewhere
    }
}

#[cfg(test)]
mod tests {
    use axum::extract::ws::Message;

    use super::super::intents::Intents;
    use super::super::session::BUFFERED;
    use super::*;

    const TERMS: Terms = Terms { intents: Intents::GUILDS, shard: Shard::WHOLE, packed: false };

    fn sessions() -> (Sessions, Hold) {
        let mut sessions = Sessions::default();
        let line = sessions.lines.open();
        let hold = sessions.begin("s".to_owned(), TERMS, &line);
        (sessions, hold)
    }

    fn tell(sessions: &mut Sessions, count: usize) {
        for _ in 0..count {
            sessions.find_mut("s").unwrap().tell("E", "0");
        }
    }

    fn sent(delivery: Delivery) -> Vec<u64> {
        let Delivery::Send(payloads, _) = delivery else { panic!("the socket was lost") };
        let number = |payload: &Message| {
            let value: serde_json::Value = serde_json::from_str(payload.to_text().unwrap()).unwrap();
            value["s"].as_u64().unwrap()
        };
        payloads.iter().map(number).collect()
    }

    #[test]
    fn a_resume_replays_exactly_what_was_missed() {
        let (mut sessions, hold) = sessions();
        tell(&mut sessions, 3);
        assert!(sessions.release(&hold, false));
        tell(&mut sessions, 2);
        let line = sessions.lines.open();
        let again = sessions.resume("s", 2, &line).unwrap();
        assert_eq!(sent(sessions.read(&again, 2)), [3, 4, 5]);
        assert_eq!(sessions.read(&hold, 2), Delivery::Lost);
    }

    #[test]
    fn what_cannot_be_replayed_cannot_be_resumed() {
        let (mut sessions, hold) = sessions();
        tell(&mut sessions, BUFFERED + 10);
        let line = sessions.lines.open();
        let mut resume = |id: &str, seq: u64| sessions.resume(id, seq, &line).map(|hold| hold.socket);
        assert_eq!(resume("s", 9), Err(NotResumed::Unknown));
        assert_eq!(resume("s", 10), Ok(2));
        assert_eq!(resume("s", BUFFERED as u64 + 11), Err(NotResumed::FromTheFuture));
        assert_eq!(resume("other", 0), Err(NotResumed::Unknown));
        assert!(!sessions.release(&hold, false), "a newer socket holds it");
    }

    #[test]
    fn a_clean_close_ends_the_session() {
        let (mut sessions, hold) = sessions();
        assert!(sessions.release(&hold, true));
        let line = sessions.lines.open();
        assert_eq!(sessions.resume("s", 0, &line).unwrap_err(), NotResumed::Unknown);
    }

    #[test]
    fn sessions_are_bounded_and_the_connected_stay() {
        let (mut sessions, _hold) = sessions();
        for number in 0..100 {
            let line = sessions.lines.open();
            let hold = sessions.begin(number.to_string(), TERMS, &line);
            sessions.release(&hold, false);
        }
        assert_eq!(sessions.list.len(), KEPT);
        assert_eq!(sessions.connected(), 1);
    }

    #[test]
    fn a_muted_socket_is_told_later_and_a_new_one_at_once() {
        let (mut sessions, hold) = sessions();
        sessions.mute(true);
        tell(&mut sessions, 2);
        assert_eq!(sent(sessions.read(&hold, 0)), [] as [u64; 0]);
        sessions.mute(false);
        assert_eq!(sent(sessions.read(&hold, 0)), [1, 2]);
        sessions.mute(true);
        let line = sessions.lines.open();
        let again = sessions.resume("s", 1, &line).unwrap();
        assert_eq!(sent(sessions.read(&again, 1)), [2]);
    }
}
