//! Those who wait for a place, in the order in which they are served.
//!
//! Each bucket has its line. A line whose bucket is exhausted is parked until an answer or the clock may have changed
//! that, so that nobody looks through those who cannot go anyway.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::book::Key;
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

#[derive(Debug)]
struct Entry {
    key: Key,
    waiter: Waiter,
}

/// Those who wait for one bucket.
#[derive(Debug, Default)]
struct Line {
    turns: BTreeSet<Turn>,
    listed: Listed,
}

/// Where a line is to be found, by the turn that was its first when it was put there.
#[derive(Clone, Copy, Debug, Default)]
enum Listed {
    #[default]
    Nowhere,
    Ready(Turn, Credential),
    Parked(Instant, Turn),
}

#[derive(Debug)]
pub(super) struct Queue {
    all: BTreeMap<Turn, Entry>,
    lines: HashMap<Key, Line>,
    /// Lines whose buckets may have room, by their first turn. Requests that count against the limit of the whole bot
    /// stand apart, so that they need not be looked through when that limit is reached, and the other way round.
    counted: BTreeMap<Turn, Key>,
    exempt: BTreeMap<Turn, Key>,
    parked: BTreeSet<(Instant, Turn)>,
    /// How many wait, by class.
    classes: [usize; Class::ALL.len()],
    counter: u64,
    bound: usize,
    ageing: Duration,
}

impl Queue {
    pub(super) fn new(bound: usize, ageing: Duration) -> Self {
        Self {
            all: BTreeMap::new(),
            lines: HashMap::new(),
            counted: BTreeMap::new(),
            exempt: BTreeMap::new(),
            parked: BTreeSet::new(),
            classes: [0; Class::ALL.len()],
            counter: 0,
            bound,
            ageing,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// How many of each class wait.
    pub(super) const fn classes(&self) -> [usize; Class::ALL.len()] {
        self.classes
    }

    /// When the first parked line is to be looked at.
    pub(super) fn next(&self) -> Option<Instant> {
        self.parked.first().map(|(at, _)| *at)
    }

    pub(super) fn push(&mut self, waiter: Waiter, key: Key) -> Turn {
        self.counter += 1;
        let turn = Turn { rank: waiter.class.rank(), number: self.counter };
        self.classes[usize::from(waiter.class.rank())] += 1;
        self.insert(turn, Entry { key, waiter });
        turn
    }

    /// The first of those whose buckets may have room.
    pub(super) fn first(&self, credential: Credential) -> Option<(Turn, &Waiter, &Key)> {
        let (turn, key) = self.ready(credential).first_key_value()?;
        Some((*turn, &self.all.get(turn)?.waiter, key))
    }

    /// Takes out one who is served, or no longer waits. It may have moved up since.
    pub(super) fn remove(&mut self, turn: Turn) -> Option<Waiter> {
        let turn = [turn, turn.moved_up()].into_iter().find(|turn| self.all.contains_key(turn))?;
        let Entry { waiter, .. } = self.take(turn)?;
        self.classes[usize::from(waiter.class.rank())] -= 1;
        Some(waiter)
    }

    pub(super) fn route(&self, turn: Turn) -> Option<&Route> {
        self.all.get(&turn).map(|entry| &entry.waiter.route)
    }

    /// One waits for another bucket than it was known to.
    pub(super) fn rekey(&mut self, turn: Turn, key: Key) {
        if let Some(entry) = self.take(turn) {
            self.insert(turn, Entry { key, ..entry });
        }
    }

    /// The line of this one cannot go on before then, or before an answer.
    pub(super) fn park(&mut self, turn: Turn, until: Option<Instant>) {
        let Some(key) = self.all.get(&turn).map(|entry| entry.key.clone()) else { return };
        let Some(listed) = self.lines.get(&key).map(|line| line.listed) else { return };
        self.unlist(listed);
        let listed = until.map_or(Listed::Nowhere, |at| Listed::Parked(at, turn));
        if let Listed::Parked(at, turn) = listed {
            self.parked.insert((at, turn));
        }
        if let Some(line) = self.lines.get_mut(&key) {
            line.listed = listed;
        }
    }

    /// The bucket of a line may have room again.
    pub(super) fn wake(&mut self, key: &Key) {
        let Some(line) = self.lines.get(key) else { return };
        let (listed, first) = (line.listed, line.turns.first().copied());
        self.unlist(listed);
        let Some(first) = first else {
            self.lines.remove(key);
            return;
        };
        let Some(credential) = self.all.get(&first).map(|entry| entry.waiter.route.credential) else {
            return;
        };
        self.ready_mut(credential).insert(first, key.clone());
        if let Some(line) = self.lines.get_mut(key) {
            line.listed = Listed::Ready(first, credential);
        }
    }

    /// Looks at the lines whose time has come.
    pub(super) fn wake_parked(&mut self, now: Instant) {
        while let Some((at, turn)) = self.parked.first().copied() {
            if at > now {
                return;
            }
            self.parked.pop_first();
            if let Some(key) = self.all.get(&turn).map(|entry| entry.key.clone()) {
                self.wake(&key);
            }
        }
    }

    /// Refuses those who are too many, the last first. Called when everybody was served who may go.
    pub(super) fn shed(&mut self) {
        while self.len() > self.bound {
            let Some(last) = self.all.last_key_value().map(|(turn, _)| *turn) else { return };
            self.refuse(last, Refused::QueueFull);
        }
    }

    /// Refuses all that may not go now.
    pub(super) fn dismiss(&mut self, is_admitted: impl Fn(Class) -> bool) {
        let refused = self.all.iter().filter(|(_, entry)| !is_admitted(entry.waiter.class));
        let refused: Vec<Turn> = refused.map(|(turn, _)| *turn).collect();
        for turn in refused {
            self.refuse(turn, Refused::Paused);
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self { counter: self.counter, ..Self::new(self.bound, self.ageing) };
    }

    /// Moves up those who have waited for long.
    pub(super) fn age(&mut self, now: Instant) {
        for class in [Class::FinalEdit, Class::Other] {
            while let Some(turn) = self.oldest(class, now) {
                let Some(entry) = self.take(turn) else { return };
                self.insert(turn.moved_up(), entry);
            }
        }
    }

    fn oldest(&self, class: Class, now: Instant) -> Option<Turn> {
        let first_of = |rank| Turn { rank, number: 0 };
        let (turn, entry) = self.all.range(first_of(class.rank())..first_of(class.rank() + 1)).next()?;
        (now.duration_since(entry.waiter.since) >= self.ageing).then_some(*turn)
    }

    fn refuse(&mut self, turn: Turn, why: Refused) {
        if let Some(waiter) = self.remove(turn) {
            drop(waiter.to.send(Err(why)));
        }
    }

    fn insert(&mut self, turn: Turn, entry: Entry) {
        let key = entry.key.clone();
        self.all.insert(turn, entry);
        let line = self.lines.entry(key.clone()).or_default();
        line.turns.insert(turn);
        // Behind others there is nothing to look at; a new first one may need less than those.
        if line.turns.first() == Some(&turn) {
            self.wake(&key);
        }
    }

    fn take(&mut self, turn: Turn) -> Option<Entry> {
        let entry = self.all.remove(&turn)?;
        if let Some(line) = self.lines.get_mut(&entry.key) {
            let was_first = line.turns.first() == Some(&turn);
            line.turns.remove(&turn);
            if was_first {
                self.wake(&entry.key);
            }
        }
        Some(entry)
    }

    fn unlist(&mut self, listed: Listed) {
        match listed {
            Listed::Nowhere => {}
            Listed::Ready(turn, credential) => drop(self.ready_mut(credential).remove(&turn)),
            Listed::Parked(at, turn) => drop(self.parked.remove(&(at, turn))),
        }
    }

    const fn ready(&self, credential: Credential) -> &BTreeMap<Turn, Key> {
        match credential {
            Credential::Bot => &self.counted,
            Credential::Path => &self.exempt,
        }
    }

    const fn ready_mut(&mut self, credential: Credential) -> &mut BTreeMap<Turn, Key> {
        match credential {
            Credential::Bot => &mut self.counted,
            Credential::Path => &mut self.exempt,
        }
    }
}

impl Turn {
    const fn moved_up(self) -> Self {
        Self { rank: Class::FirstWords.rank(), number: self.number }
    }
}
