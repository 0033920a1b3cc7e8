//! The requests of the last ten minutes that Discord counts as invalid.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use crate::governor::class::Class;
use crate::governor::rules::InvalidBounds;

/// Discord's window.
const WINDOW: Duration = Duration::from_secs(600);
/// Counted together, and kept until the last of them is old enough.
const SLOT: Duration = Duration::from_secs(10);

/// How much Discord has refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Well,
    /// Much: nothing is sent that can be done without.
    Sparing,
    /// So much that only callbacks are sent.
    Paused,
}

#[derive(Debug)]
pub(super) struct Invalid {
    bounds: InvalidBounds,
    /// When each slot began, and its count.
    slots: VecDeque<(Instant, usize)>,
    total: usize,
    level: Level,
}

impl Invalid {
    pub(super) const fn new(bounds: InvalidBounds) -> Self {
        Self { bounds, slots: VecDeque::new(), total: 0, level: Level::Well }
    }

    pub(super) fn note(&mut self, now: Instant) {
        match self.slots.back_mut() {
            Some((began, count)) if now.duration_since(*began) < SLOT => *count += 1,
            _ => self.slots.push_back((now, 1)),
        }
        self.total += 1;
    }

    pub(super) const fn total(&self) -> usize {
        self.total
    }

    pub(super) const fn level(&self) -> Level {
        self.level
    }

    /// Lets what is old go. Gives the level if it has changed.
    pub(super) fn refresh(&mut self, now: Instant) -> Option<Level> {
        while let Some((began, count)) = self.slots.front()
            && *began + WINDOW + SLOT <= now
        {
            self.total -= count;
            self.slots.pop_front();
        }
        let before = self.level;
        self.level = self.judge();
        (before != self.level).then_some(self.level)
    }

    /// When something may change by itself.
    pub(super) fn next(&self) -> Option<Instant> {
        let (began, _) = self.slots.front()?;
        (self.level != Level::Well).then_some(*began + WINDOW + SLOT)
    }

    pub(super) fn admits(&self, class: Class) -> bool {
        match self.level {
            Level::Sparing => !class.is_passing(),
            Level::Paused => class == Class::Callback && self.total < self.bounds.silent,
            Level::Well => true,
        }
    }

    /// A bound is left only some way below it, so that the log does not tell of each request at the edge.
    const fn judge(&self) -> Level {
        let is_paused = matches!(self.level, Level::Paused);
        let is_sparing = is_paused || matches!(self.level, Level::Sparing);
        let paused = if is_paused { edge_of(self.bounds.paused) } else { self.bounds.paused };
        let sparing = if is_sparing { edge_of(self.bounds.sparing) } else { self.bounds.sparing };
        if self.total >= paused {
            Level::Paused
        } else if self.total >= sparing {
            Level::Sparing
        } else {
            Level::Well
        }
    }
}

const fn edge_of(bound: usize) -> usize {
    bound - bound / 10
}
