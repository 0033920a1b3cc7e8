//! The requests that the whole bot may make in one second.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

/// A place comes back this long after its request was answered: by then Discord's second is over, too.
const AFTER_ANSWER: Duration = Duration::from_secs(1);
/// Or this long after it was sent, if that is sooner, so that an answer that never comes takes no place for ever. Until
/// then Discord may not have counted the request: a shorter time lets two bursts meet in one second when it is slow.
const AFTER_SENDING: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Places {
    size: usize,
    /// Places whose requests have not gone out yet.
    unsent: usize,
    /// The other places that are taken, by the moment they come back.
    sent: BTreeSet<Taken>,
    counter: u64,
    blocked_until: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Taken {
    back_at: Instant,
    number: u64,
}

impl Places {
    pub(super) const fn new(size: usize) -> Self {
        Self { size, unsent: 0, sent: BTreeSet::new(), counter: 0, blocked_until: None }
    }

    /// Whether a place is free and `spare` more stay free; if not, when to look again.
    pub(super) fn check(&mut self, spare: usize, now: Instant) -> Result<(), Option<Instant>> {
        self.refresh(now);
        if self.blocked_until.is_some() {
            Err(self.blocked_until)
        } else if self.unsent + self.sent.len() + spare >= self.size {
            Err(self.sent.first().map(|taken| taken.back_at))
        } else {
            Ok(())
        }
    }

    pub(super) const fn take(&mut self) {
        self.unsent += 1;
    }

    /// The request was never sent.
    pub(super) const fn give_back(&mut self) {
        self.unsent = self.unsent.saturating_sub(1);
    }

    pub(super) fn send(&mut self, now: Instant) -> Taken {
        self.give_back();
        self.counter += 1;
        let taken = Taken { back_at: now + AFTER_SENDING, number: self.counter };
        self.sent.insert(taken);
        taken
    }

    pub(super) fn answered(&mut self, taken: Taken, now: Instant) {
        let back_at = taken.back_at.min(now + AFTER_ANSWER);
        if self.sent.remove(&taken) {
            self.sent.insert(Taken { back_at, ..taken });
        }
    }

    pub(super) fn block(&mut self, until: Instant) {
        self.blocked_until = self.blocked_until.max(Some(until));
    }

    fn refresh(&mut self, now: Instant) {
        self.blocked_until = self.blocked_until.filter(|until| *until > now);
        while self.sent.first().is_some_and(|taken| taken.back_at <= now) {
            self.sent.pop_first();
        }
    }
}
