//! What goes wrong on the gateway, on request.

use super::lines::Errand;
use super::order::Order;
use super::starts::SessionStarts;
use super::{frame, sessions};
use crate::emulator::{Change, Emulator};

impl Emulator {
    /// Asks every connection to come again (op 7). One that stays is closed after [`reconnect_grace`] with 4000; its
    /// session can be resumed. Returns how many there were.
    ///
    /// [`reconnect_grace`]: crate::emulator::Settings::reconnect_grace
    pub fn ask_to_reconnect(&self) -> usize {
        self.act(|state| state.sessions.lines.send(Errand::Reconnect))
    }

    /// Tells every connection that its session is over (op 9): `resumable` says whether it can be taken up again.
    /// Otherwise all sessions are forgotten. A connection that does neither RESUME nor IDENTIFY within the grace of
    /// [`Self::ask_to_reconnect`] is closed. Returns how many there were.
    pub fn invalidate_sessions(&self, resumable: bool) -> usize {
        self.part(|sessions| {
            if !resumable {
                sessions.clear();
            }
            sessions.lines.send(Errand::Invalidate { resumable })
        })
    }

    /// Closes all connections with a code. Codes after which Discord wants a new session forget theirs.
    /// Returns how many there were.
    pub fn close_sockets(&self, code: u16) -> usize {
        self.part(|sessions| {
            if frame::ends_session(code) {
                sessions.clear();
            }
            sessions.lines.send(Errand::Close(code))
        })
    }

    /// From now on every IDENTIFY is answered by this close code; None: as usual.
    pub fn refuse_identifies(&self, code: Option<u16>) {
        self.act(|state| state.sessions.refusal = code);
    }

    /// Leaves the present connections half open: nothing is read from them, written or acknowledged any more, and
    /// their sessions wait for a resume on a new connection. Returns how many there were.
    ///
    /// They no longer count as connected, but nobody is told that the bot is gone.
    pub fn freeze_sockets(&self) -> usize {
        self.act(|state| {
            state.sessions.part();
            state.sessions.lines.freeze()
        })
    }

    /// Delivers no event to the connections that have a session now, nor an answer to op 8; heartbeats are
    /// acknowledged. What happens is kept: for a resume, which is told at once, and for `false`, which tells it all.
    pub fn mute_sessions(&self, on: bool) {
        self.act(|state| state.sessions.mute(on));
    }

    /// Whether heartbeats are acknowledged, on whatever connection.
    pub fn acknowledge_heartbeats(&self, on: bool) {
        self.act(|state| state.sessions.deaf_to_hearts = !on);
    }

    /// Holds back what happens from now on. People see it; the bot is told at [`Self::release_events`].
    /// At most 10,000 events are held for a session, beyond that the oldest goes out.
    pub fn hold_events(&self) {
        self.act(|state| state.sessions.hold_events());
    }

    /// Tells the bot what was held back, in this order.
    pub fn release_events(&self, order: Order) {
        self.act(|state| state.sessions.release_events(order));
    }

    /// Number and count of the shard of each connected session, oldest session first.
    pub fn shards(&self) -> Vec<(u64, u64)> {
        self.read(|state| state.sessions.shards().map(|shard| (shard.number, shard.count)).collect())
    }

    /// Changes how many sessions may begin.
    pub fn set_session_starts(&self, starts: SessionStarts) {
        self.act(|state| state.sessions.budget.starts = starts);
    }

    /// How many sessions may begin.
    pub fn session_starts(&self) -> SessionStarts {
        self.read(|state| state.sessions.budget.starts)
    }

    /// How many resumes came to another address than `resume_gateway_url`.
    pub fn resumes_elsewhere(&self) -> u64 {
        self.read(|state| state.sessions.resumes_elsewhere())
    }

    /// Takes the sockets away from all sessions, and tells everybody so.
    fn part(&self, change: impl FnOnce(&mut sessions::Sessions) -> usize) -> usize {
        let (parted, count) = self.act(|state| {
            let connected = state.sessions.connected();
            let count = change(&mut state.sessions);
            state.sessions.part();
            (connected, count)
        });
        for _ in 0..parted {
            self.tell(Change::BotDisconnected);
        }
        count
    }
}
