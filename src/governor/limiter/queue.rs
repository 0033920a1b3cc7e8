//! Those who wait for a place, in the order in which they are served.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::{Permit, Refused};
use crate::governor::class::Class;
use crate::governor::route::{Credential, Route};

#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) route: Route,
    pub(super) class: Class,
    pub(super) since: Instant,
    pub(super) to: oneshot::Sender<Result<Permit, Refused>>,
}

/// A position: class first, then arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    rank: u8,
    number: u64,
}

pub(super) type Line = BTreeMap<Turn, Waiter>;

#[derive(Debug)]
pub(super) struct Queue {
    /// Requests that count against the limit of the whole bot.
    pub(super) counted: Line,
    /// Requests that do not, so that they need not be looked through when that limit is reached, and the other way round.
    pub(super) exempt: Line,
    counter: u64,
    bound: usize,
    ageing: Duration,
}

impl Queue {
    pub(super) const fn new(bound: usize, ageing: Duration) -> Self {
        Self { counted: BTreeMap::new(), exempt: BTreeMap::new(), counter: 0, bound, ageing }
    }

    pub(super) fn len(&self) -> usize {
        self.counted.len() + self.exempt.len()
    }

    pub(super) fn push(&mut self, waiter: Waiter) -> Turn {
        self.counter += 1;
        let turn = Turn { rank: waiter.class.rank(), number: self.counter };
        match waiter.route.credential {
            Credential::Bot => self.counted.insert(turn, waiter),
            Credential::Path => self.exempt.insert(turn, waiter),
        };
        turn
    }

    /// Refuses those who are too many, the last first. Called when everybody was served who may go.
    pub(super) fn shed(&mut self) {
        while self.len() > self.bound {
            let is_counted = self.counted.last_key_value().map(|last| last.0)
                > self.exempt.last_key_value().map(|last| last.0);
            let line = if is_counted { &mut self.counted } else { &mut self.exempt };
            if let Some((_, waiter)) = line.pop_last() {
                drop(waiter.to.send(Err(Refused::QueueFull)));
            }
        }
    }

    /// Takes out one who no longer waits. It may have moved up since, or have been served.
    pub(super) fn remove(&mut self, turn: Turn) {
        for turn in [turn, turn.moved_up()] {
            self.counted.remove(&turn);
            self.exempt.remove(&turn);
        }
    }

    pub(super) fn clear(&mut self) {
        self.counted.clear();
        self.exempt.clear();
    }

    /// Moves up those who have waited for long.
    pub(super) fn age(&mut self, now: Instant) {
        for line in [&mut self.counted, &mut self.exempt] {
            for class in [Class::FinalEdit, Class::Other] {
                age(line, class, now, self.ageing);
            }
        }
    }
}

impl Turn {
    const fn moved_up(self) -> Self {
        Self { rank: Class::FirstWords.rank(), number: self.number }
    }
}

fn age(line: &mut Line, class: Class, now: Instant, ageing: Duration) {
    let first_of = |rank| Turn { rank, number: 0 };
    let range = first_of(class.rank())..first_of(class.rank() + 1);
    while let Some((turn, waiter)) = line.range(range.clone()).next() {
        if now.duration_since(waiter.since) < ageing {
            return;
        }
        let turn = *turn;
        if let Some(waiter) = line.remove(&turn) {
            line.insert(turn.moved_up(), waiter);
        }
    }
}
