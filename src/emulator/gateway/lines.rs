//! The open connections, and what each is made to do from outside.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use tokio::sync::Notify;

/// Errands that wait for one connection; more are forgotten.
const MOST_ERRANDS: usize = 16;
/// Frozen connections beyond this many are cut, the oldest first.
const MOST_FROZEN: usize = 64;

/// What a connection is made to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    /// Ask the client to come again.
    Reconnect,
    /// Tell the client that its session is over, or can only be resumed.
    Invalidate { resumable: bool },
    /// Close with this code.
    Close(u16),
    /// Neither read nor write any more.
    Freeze,
    /// End without a word.
    Cut,
}

/// A connection's own handle.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) number: u64,
    pub(super) wake: Arc<Notify>,
}

#[derive(Debug, Default)]
pub(super) struct Lines {
    last: u64,
    open: BTreeMap<u64, Open>,
}

#[derive(Debug, Default)]
struct Open {
    wake: Arc<Notify>,
    errands: VecDeque<Errand>,
    /// Frozen, or about to end.
    deaf: bool,
}

impl Lines {
    pub(super) fn open(&mut self) -> Line {
        self.last += 1;
        let open = self.open.entry(self.last).or_default();
        Line { number: self.last, wake: open.wake.clone() }
    }

    pub(super) fn close(&mut self, number: u64) {
        self.open.remove(&number);
    }

    pub(super) fn next_errand(&mut self, number: u64) -> Option<Errand> {
        self.open.get_mut(&number)?.errands.pop_front()
    }

    /// Sends every connection that still listens on an errand. Returns how many there are.
    pub(super) fn send(&mut self, errand: Errand) -> usize {
        let listening = self.open.values_mut().filter(|open| errand == Errand::Cut || !open.deaf);
        listening.map(|open| open.send(errand)).count()
    }

    /// Freezes what listens. Returns how many there are.
    pub(super) fn freeze(&mut self) -> usize {
        let listening = self.open.values_mut().filter(|open| !open.deaf);
        let frozen = listening.map(|open| open.send(Errand::Freeze)).count();
        let all: Vec<_> = self.open.iter().filter(|(_, open)| open.deaf).map(|(own, _)| *own).collect();
        for number in all.iter().take(all.len().saturating_sub(MOST_FROZEN)) {
            self.open.get_mut(number).into_iter().for_each(|open| open.send(Errand::Cut));
        }
        frozen
    }
}

impl Open {
    fn send(&mut self, errand: Errand) {
        self.deaf |= matches!(errand, Errand::Freeze | Errand::Close(_) | Errand::Cut);
        if self.errands.len() < MOST_ERRANDS {
            self.errands.push_back(errand);
        }
        self.wake.notify_one();
    }
}
