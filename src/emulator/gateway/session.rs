//! Sessions: what each was told, so that a lost socket can take it up again.
//!
//! A socket has no queue of its own. It reads the session's buffer from where it stands, which makes live delivery
//! and replay the same thing; a reader that falls out of the buffer is too slow and loses its socket.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::extract::ws::Utf8Bytes;
use tokio::sync::Notify;

use super::intents::Intents;

/// Events kept for a resume.
const BUFFERED: usize = 2_000;
/// Sessions without a socket are forgotten beyond this many, the oldest first.
const KEPT: usize = 32;

#[derive(Debug)]
pub(in crate::emulator) struct Session {
    pub(super) id: String,
    pub(super) intents: Intents,
    /// The number of the latest event.
    seq: u64,
    buffer: VecDeque<Utf8Bytes>,
    socket: Option<Socket>,
}

#[derive(Clone, Debug)]
struct Socket {
    number: u64,
    wake: Arc<Notify>,
}

/// What a socket does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// These payloads; the next read starts after this number.
    Send(Vec<Utf8Bytes>, u64),
    /// The session has gone on without this socket: leave without a close frame.
    Lost,
}

impl Session {
    fn new(id: String, intents: Intents) -> Self {
        Self { id, intents, seq: 0, buffer: VecDeque::new(), socket: None }
    }

    /// Adds an event; `payload` is given its number.
    pub(super) fn push(&mut self, payload: impl FnOnce(u64) -> String) {
        self.seq += 1;
        if self.buffer.len() == BUFFERED {
            self.buffer.pop_front();
        }
        self.buffer.push_back(payload(self.seq).into());
        if let Some(socket) = &self.socket {
            socket.wake.notify_one();
        }
    }

    /// The payloads after the number `from`; None when they are no longer, or not yet, there.
    fn after(&self, from: u64) -> Option<Vec<Utf8Bytes>> {
        let first_kept = self.seq - self.buffer.len() as u64;
        let skip = usize::try_from(from.checked_sub(first_kept)?).ok()?;
        (from <= self.seq).then(|| self.buffer.iter().skip(skip).cloned().collect())
    }

    /// Gives the session a new socket; an older one learns that it lost it.
    fn hold(&mut self, number: u64) -> Hold {
        let wake = Arc::<Notify>::default();
        if let Some(older) = self.socket.replace(Socket { number, wake: wake.clone() }) {
            older.wake.notify_one();
        }
        Hold { session: self.id.clone(), socket: number, wake }
    }

    pub(super) const fn is_connected(&self) -> bool {
        self.socket.is_some()
    }
}

/// All sessions, and how often each way in was used.
#[derive(Debug, Default)]
pub(in crate::emulator) struct Sessions {
    list: VecDeque<Session>,
    sockets: u64,
    identifies: u64,
    resumes: u64,
}

/// A socket's hold on a session.
#[derive(Clone, Debug)]
pub(super) struct Hold {
    pub(super) session: String,
    socket: u64,
    pub(super) wake: Arc<Notify>,
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
    /// Begins a session and gives the socket its hold on it.
    pub(super) fn begin(&mut self, id: String, intents: Intents) -> Hold {
        self.identifies += 1;
        while self.list.len() >= KEPT {
            let stale = self.list.iter().position(|session| !session.is_connected()).unwrap_or(0);
            self.list.remove(stale);
        }
        let mut session = Session::new(id, intents);
        let hold = session.hold(self.next_socket());
        self.list.push_back(session);
        hold
    }

    /// Takes a session up after the event `seq`.
    pub(super) fn resume(&mut self, id: &str, seq: u64) -> Result<Hold, NotResumed> {
        let session = self.find(id).ok_or(NotResumed::Unknown)?;
        if seq > session.seq {
            return Err(NotResumed::FromTheFuture);
        }
        session.after(seq).ok_or(NotResumed::Unknown)?;
        let socket = self.next_socket();
        let session = self.find_mut(id).ok_or(NotResumed::Unknown)?;
        let hold = session.hold(socket);
        self.resumes += 1;
        Ok(hold)
    }

    /// What the holder of `hold` sends next, after the event `from`.
    pub(super) fn read(&mut self, hold: &Hold, from: u64) -> Delivery {
        let session = self.list.iter().find(|session| {
            session.id == hold.session
                && session.socket.as_ref().is_some_and(|socket| socket.number == hold.socket)
        });
        let payloads = session.and_then(|session| Some((session.after(from)?, session.seq)));
        payloads.map_or(Delivery::Lost, |(payloads, seq)| Delivery::Send(payloads, seq))
    }

    /// The socket is gone. `for_good` ends the session too. False when another socket has it by now.
    pub(super) fn release(&mut self, hold: &Hold, for_good: bool) -> bool {
        let Some(session) = self.find_mut(&hold.session) else { return false };
        if session.socket.as_ref().is_none_or(|socket| socket.number != hold.socket) {
            return false;
        }
        session.socket = None;
        if for_good {
            self.list.retain(|session| session.id != hold.session);
        }
        true
    }

    /// Takes the sockets away from all sessions. Returns how many there were.
    pub(in crate::emulator) fn drop_sockets(&mut self) -> usize {
        let sockets: Vec<_> = self.list.iter_mut().filter_map(|session| session.socket.take()).collect();
        for socket in &sockets {
            socket.wake.notify_one();
        }
        sockets.len()
    }

    /// Forgets all sessions: the next resume fails.
    pub(in crate::emulator) fn forget(&mut self) {
        self.drop_sockets();
        self.list.clear();
    }

    /// The intents of all sessions, in their order.
    pub(super) fn intents(&self) -> Vec<Intents> {
        self.list.iter().map(|session| session.intents).collect()
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

    pub(in crate::emulator) const fn identifies(&self) -> u64 {
        self.identifies
    }

    pub(in crate::emulator) const fn resumes(&self) -> u64 {
        self.resumes
    }

    fn find(&self, id: &str) -> Option<&Session> {
        self.list.iter().find(|session| session.id == id)
    }

    fn next_socket(&mut self) -> u64 {
        self.sockets += 1;
        self.sockets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions() -> (Sessions, Hold) {
        let mut sessions = Sessions::default();
        let hold = sessions.begin("s".to_owned(), Intents::GUILDS);
        (sessions, hold)
    }

    fn push(sessions: &mut Sessions, count: usize) {
        for _ in 0..count {
            sessions.find_mut("s").unwrap().push(|seq| seq.to_string());
        }
    }

    fn sent(delivery: Delivery) -> Vec<String> {
        match delivery {
            Delivery::Send(payloads, _) => payloads.iter().map(ToString::to_string).collect(),
            Delivery::Lost => panic!("the socket was lost"),
        }
    }

    #[test]
    fn a_resume_replays_exactly_what_was_missed() {
        let (mut sessions, hold) = sessions();
        push(&mut sessions, 3);
        assert!(sessions.release(&hold, false));
        push(&mut sessions, 2);
        let again = sessions.resume("s", 2).unwrap();
        assert_eq!(sent(sessions.read(&again, 2)), ["3", "4", "5"]);
        assert_eq!(sessions.read(&hold, 2), Delivery::Lost);
    }

    #[test]
    fn what_cannot_be_replayed_cannot_be_resumed() {
        let (mut sessions, hold) = sessions();
        push(&mut sessions, BUFFERED + 10);
        assert_eq!(sessions.resume("s", 9).unwrap_err(), NotResumed::Unknown);
        assert!(sessions.resume("s", 10).is_ok());
        assert_eq!(sessions.resume("s", BUFFERED as u64 + 11).unwrap_err(), NotResumed::FromTheFuture);
        assert_eq!(sessions.resume("other", 0).unwrap_err(), NotResumed::Unknown);
        assert!(!sessions.release(&hold, false), "a newer socket holds it");
    }

    #[test]
    fn a_clean_close_ends_the_session() {
        let (mut sessions, hold) = sessions();
        assert!(sessions.release(&hold, true));
        assert_eq!(sessions.resume("s", 0).unwrap_err(), NotResumed::Unknown);
    }

    #[test]
    fn sessions_are_bounded_and_the_connected_stay() {
        let (mut sessions, _hold) = sessions();
        for number in 0..100 {
            let hold = sessions.begin(number.to_string(), Intents::GUILDS);
            sessions.release(&hold, false);
        }
        assert_eq!(sessions.list.len(), KEPT);
        assert_eq!(sessions.connected(), 1);
    }
}
