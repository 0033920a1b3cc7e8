//! One of Discord's buckets: so many requests, then none until its window ends.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use crate::governor::headers::Limits;

#[derive(Debug)]
pub(super) struct Bucket {
    limit: u32,
    /// Left in this window, as far as answers have told. Requests under way are not taken off yet.
    remaining: u32,
    in_flight: u32,
    /// When the last of them was let through.
    taken: Option<Instant>,
    /// Requests whose answer told nothing: each may have counted, in this window or the next. Taken off until then.
    ghosts: VecDeque<Instant>,
    window: Duration,
    /// The end of the window, on our clock: never before Discord's, as it is counted from the answer's arrival.
    resets_at: Option<Instant>,
    /// A 429 said to keep away until then.
    blocked_until: Option<Instant>,
}

impl Bucket {
    pub(super) const fn new(limit: u32, window: Duration) -> Self {
        Self {
            limit,
            remaining: limit,
            in_flight: 0,
            taken: None,
            ghosts: VecDeque::new(),
            window,
            resets_at: None,
            blocked_until: None,
        }
    }

    /// For a route of which nothing is known: one request at a time.
    pub(super) const fn probe() -> Self {
        Self::new(1, Duration::ZERO)
    }

    /// For a route that has no limit of its own.
    pub(super) const fn unlimited() -> Self {
        Self::new(u32::MAX, Duration::ZERO)
    }

    /// Whether `needed` more requests could go now; if not, when to look again, unless an answer has to come first.
    pub(super) fn check(&mut self, needed: u32, now: Instant) -> Result<(), Option<Instant>> {
        self.refresh(now);
        if self.blocked_until.is_some() {
            Err(self.blocked_until)
        } else if self.free() < needed.min(self.limit) {
            Err([self.resets_at, self.ghosts.front().copied()].into_iter().flatten().min())
        } else {
            Ok(())
        }
    }

    pub(super) const fn take(&mut self, now: Instant) {
        self.in_flight += 1;
        self.taken = Some(now);
    }

    /// Since when no answer has come. `None`: none is waited for.
    pub(super) fn unanswered_since(&self) -> Option<Instant> {
        self.taken.filter(|_| self.in_flight > 0)
    }

    /// The request is no longer under way.
    pub(super) const fn release(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// A request was sent whose answer told nothing: it may have counted.
    pub(super) fn count_blindly(&mut self, now: Instant) {
        if !self.window.is_zero() {
            self.ghosts.push_back(now + self.window);
        }
    }

    /// Takes over what an answer announced. Answers overtake each other, so inside one window the smaller
    /// `remaining` and the later end hold. A window is a new one if it ends much later than the known one.
    pub(super) fn learn(&mut self, limits: &Limits, now: Instant) {
        self.refresh(now);
        let ends = now + limits.reset_after;
        self.limit = limits.limit;
        self.window = self.window.max(limits.reset_after);
        match self.resets_at {
            Some(known) if ends > known + self.window / 2 => self.begin_window(limits.remaining, ends),
            Some(known) => self.begin_window(self.remaining.min(limits.remaining), ends.max(known)),
            None => self.begin_window(self.remaining.min(limits.remaining), ends),
        }
    }

    pub(super) fn block(&mut self, until: Instant) {
        self.blocked_until = self.blocked_until.max(Some(until));
    }

    /// Whether a new bucket would behave the same.
    pub(super) fn is_idle(&mut self, now: Instant) -> bool {
        self.refresh(now);
        self.in_flight == 0
            && self.ghosts.is_empty()
            && self.resets_at.is_none()
            && self.blocked_until.is_none()
    }

    const fn begin_window(&mut self, remaining: u32, ends: Instant) {
        self.remaining = remaining;
        self.resets_at = Some(ends);
    }

    fn free(&self) -> u32 {
        let ghosts = u32::try_from(self.ghosts.len()).unwrap_or(u32::MAX);
        self.remaining.saturating_sub(self.in_flight).saturating_sub(ghosts)
    }

    fn refresh(&mut self, now: Instant) {
        while self.ghosts.front().is_some_and(|until| *until <= now) {
            self.ghosts.pop_front();
        }
        self.blocked_until = self.blocked_until.filter(|until| *until > now);
        if self.resets_at.is_some_and(|ends| ends <= now) {
            self.resets_at = None;
            self.remaining = self.limit;
        }
    }
}
