//! A session: what it was told, so that a lost socket can take it up again.
//!
//! A socket has no queue of its own. It reads the session's buffer from where it stands, which makes live delivery
//! and replay the same thing; a reader that falls out of the buffer is too slow and loses its socket.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::Arc;

use axum::extract::ws::Message;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use tokio::sync::Notify;

use super::intents::Intents;
use super::shard::Shard;

/// Events kept for a resume.
pub(super) const BUFFERED: usize = 10_000;
/// Events that one read hands out, so that a socket listens between them.
const AT_ONCE: usize = 500;
/// Events held back for a session; beyond, the oldest goes out.
const HELD: usize = 10_000;

/// What a client asked for with its IDENTIFY.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) intents: Intents,
    pub(super) shard: Shard,
    /// READY and the guilds travel packed.
    pub(super) packed: bool,
}

#[derive(Debug)]
pub(in crate::emulator) struct Session {
    pub(super) id: String,
    pub(super) terms: Terms,
    /// The number of the latest event.
    seq: u64,
    /// The number of the latest event that was written to the socket.
    written: u64,
    buffer: VecDeque<Message>,
    socket: Option<Socket>,
    /// Events without a number: they go out in another order.
    held: VecDeque<(&'static str, String)>,
}

#[derive(Clone, Debug)]
struct Socket {
    number: u64,
    wake: Arc<Notify>,
    /// Nothing is delivered here, it is kept for a resume.
    muted: bool,
}

/// What a socket does next.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Delivery {
    /// These payloads; the next read starts after this number.
    Send(Vec<Message>, u64),
    /// The session has gone on without this socket: leave without a close frame.
    Lost,
}

impl Session {
    pub(super) const fn new(id: String, terms: Terms) -> Self {
        Self { id, terms, seq: 0, written: 0, buffer: VecDeque::new(), socket: None, held: VecDeque::new() }
    }

    /// Adds an event to what the session is told.
    pub(super) fn tell(&mut self, name: &str, body: &str) {
        self.seq += 1;
        if self.buffer.len() == BUFFERED {
            self.buffer.pop_front();
        }
        let text = format!(r#"{{"op":0,"t":"{name}","s":{},"d":{body}}}"#, self.seq);
        let is_packed = self.terms.packed && matches!(name, "READY" | "GUILD_CREATE");
        let packed = is_packed.then(|| pack(&text)).flatten();
        self.buffer.push_back(packed.unwrap_or_else(|| Message::Text(text.into())));
        self.wake();
    }

    /// Keeps an event until [`Self::take_held`].
    pub(super) fn hold_back(&mut self, name: &'static str, body: String) {
        if self.held.len() == HELD
            && let Some((name, body)) = self.held.pop_front()
        {
            self.tell(name, &body);
        }
        self.held.push_back((name, body));
    }

    pub(super) fn take_held(&mut self) -> Vec<(&'static str, String)> {
        std::mem::take(&mut self.held).into()
    }

    /// Whether what came after the number `from` is still there.
    pub(super) fn keeps(&self, from: u64) -> bool {
        self.place_of(from).is_some()
    }

    pub(super) const fn seq(&self) -> u64 {
        self.seq
    }

    /// How many events the socket has not written yet; None without a socket that would.
    pub(super) fn backlog(&self) -> Option<u64> {
        self.socket.as_ref().filter(|socket| !socket.muted).map(|_| self.seq - self.written)
    }

    /// What the socket sends after the number `from`; all before is written.
    pub(super) fn read(&mut self, socket: u64, from: u64) -> Delivery {
        let Some(own) = self.socket.as_ref().filter(|own| own.number == socket) else {
            return Delivery::Lost;
        };
        if own.muted {
            return Delivery::Send(Vec::new(), from);
        }
        let Some(place) = self.place_of(from) else { return Delivery::Lost };
        self.written = from;
        let payloads: Vec<_> = self.buffer.iter().skip(place).take(AT_ONCE).cloned().collect();
        let last = from + payloads.len() as u64;
        Delivery::Send(payloads, last)
    }

    /// Gives the session a new socket; an older one learns that it lost it.
    pub(super) fn hold(&mut self, number: u64, wake: Arc<Notify>) {
        self.wake();
        self.socket = Some(Socket { number, wake, muted: false });
    }

    /// Takes the socket away and returns its number.
    pub(super) fn let_go(&mut self) -> Option<u64> {
        self.wake();
        self.socket.take().map(|socket| socket.number)
    }

    pub(super) fn mute(&mut self, on: bool) {
        if let Some(socket) = &mut self.socket {
            socket.muted = on;
        }
        self.wake();
    }

    pub(super) fn is_held_by(&self, number: u64) -> bool {
        self.socket.as_ref().is_some_and(|socket| socket.number == number)
    }

    pub(super) const fn is_connected(&self) -> bool {
        self.socket.is_some()
    }

    fn wake(&self) {
        if let Some(socket) = &self.socket {
            socket.wake.notify_one();
        }
    }

    /// Where in the buffer the event after the number `from` stands; None when it is no longer, or not yet, there.
    fn place_of(&self, from: u64) -> Option<usize> {
        let first_kept = self.seq - self.buffer.len() as u64;
        let skip = usize::try_from(from.checked_sub(first_kept)?).ok()?;
        (from <= self.seq).then_some(skip)
    }
}

/// A payload as a zlib stream of its own; None never in practice, since nothing is written but memory.
fn pack(text: &str) -> Option<Message> {
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(text.len() / 4), Compression::fast());
    encoder.write_all(text.as_bytes()).ok()?;
    Some(Message::Binary(encoder.finish().ok()?.into()))
}
