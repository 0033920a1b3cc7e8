//! The rules, as plain state: who may go now, and when to look again.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::book::{Book, Key};
use super::bucket::Bucket;
use super::crowd::Crowd;
use super::invalid::{Invalid, Level};
use super::places::{Places, Taken};
use super::queue::{Queue, Turn, Waiter};
use super::standing::Standing;
use super::{Load, Mode, Outcome, Permit, Refused, Size};
use crate::governor::class::Class;
use crate::governor::headers::Scope;
use crate::governor::pressure::Pressure;
use crate::governor::route::{Credential, Major, Route};
use crate::governor::rules::Rules;

/// How long all resources of an unknown route wait for the first answer of one of them.
const PROBE_PATIENCE: Duration = Duration::from_secs(2);
/// Idle buckets are looked for this often.
const SWEEP: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct State {
    pub(super) queue: Queue,
    rules: Rules,
    mode: Mode,
    book: Book,
    buckets: HashMap<Key, Bucket>,
    places: Places,
    size: usize,
    crowd: Crowd,
    invalid: Invalid,
    stopped: bool,
    /// Time alone may let somebody go then.
    next: Option<Instant>,
    next_sweep: Option<Instant>,
    /// How many of those who wait were looked at.
    #[cfg(test)]
    pub(super) looks: usize,
}

/// What somebody took who may go: a request of a bucket, and a place of the whole bot unless the route is exempt.
#[derive(Debug)]
pub(super) struct Held {
    route: Route,
    key: Key,
    /// The place, once the request has gone out.
    sent: Option<Taken>,
}

/// One who may go. Delivered without the lock: the receiver may be gone, and then the place comes back at once.
#[derive(Debug)]
pub(super) struct Grant {
    pub(super) held: Held,
    pub(super) to: oneshot::Sender<Result<Permit, Refused>>,
}

/// What came of looking who may go.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) grants: Vec<Grant>,
    /// How much is refused, where that has changed, with the number of invalid requests.
    pub(super) level: Option<(Level, usize)>,
}

impl State {
    pub(super) fn new(size: Size, mode: Mode, rules: Rules) -> Self {
        Self {
            queue: Queue::new(size.queue, rules.ageing),
            book: Book::default(),
            buckets: HashMap::new(),
            places: Places::new(size.places),
            size: size.places,
            crowd: Crowd::default(),
            invalid: Invalid::new(rules.invalid),
            stopped: false,
            next: None,
            next_sweep: None,
            #[cfg(test)]
            looks: 0,
            mode,
            rules,
        }
    }

    pub(super) fn push(&mut self, waiter: Waiter, now: Instant) -> Result<Turn, Refused> {
        self.invalid.refresh(now);
        if self.stopped {
            Err(Refused::Stopped)
        } else if self.invalid.admits(waiter.class) {
            let key = self.book.key(&waiter.route);
            Ok(self.queue.push(waiter, key))
        } else {
            Err(Refused::Paused)
        }
    }

    /// Lets nobody go any more. Those who wait see their sender dropped. Says whether this was the first stop.
    pub(super) fn stop(&mut self) -> bool {
        self.queue.clear();
        !std::mem::replace(&mut self.stopped, true)
    }

    pub(super) const fn is_stopped(&self) -> bool {
        self.stopped
    }

    pub(super) const fn next(&self) -> Option<Instant> {
        self.next
    }

    pub(super) fn show(&mut self, now: Instant) {
        self.crowd.show(&self.rules, now);
    }

    pub(super) const fn hide(&mut self) {
        self.crowd.hide(&self.rules);
    }

    /// Discord has given an answer of those that it counts as invalid.
    pub(super) fn note_invalid(&mut self, now: Instant) {
        self.invalid.note(now);
    }

    pub(super) fn load(&self) -> Load {
        Load {
            classes: self.queue.classes(),
            live: self.crowd.live(),
            buckets: self.buckets.len(),
            invalid: self.invalid.total(),
            standing: Standing::of(self.stopped, self.invalid.level(), self.mode),
        }
    }

    pub(super) fn pressure(&self) -> Pressure {
        let (classes, rank) = (self.queue.classes(), usize::from(Class::Intermediate.rank()));
        Pressure {
            live: self.crowd.live(),
            waiting: self.queue.len(),
            intermediates: classes[rank],
            ahead: classes[..rank].iter().sum(),
            intermediates_per_second: self.crowd.rate(&self.rules, self.size),
            sparing: self.stopped || self.invalid.level() != Level::Well,
        }
    }

    /// Lets everybody go who may, in order of service, and notes when to look again.
    pub(super) fn serve(&mut self, now: Instant) -> Served {
        self.sweep(now);
        let level = self.invalid.refresh(now);
        if level.is_some() || !self.invalid.admits(Class::Callback) {
            let invalid = &self.invalid;
            self.queue.dismiss(|class| invalid.admits(class));
        }
        self.queue.wake_parked(now);
        self.queue.age(now);
        let mut grants = Vec::new();
        self.serve_line(Credential::Path, now, &mut grants);
        let full = self.serve_line(Credential::Bot, now, &mut grants);
        self.queue.shed();
        let sooner = [full, self.queue.next(), self.next_sweep, self.invalid.next()];
        self.next = sooner.into_iter().flatten().min();
        Served { grants, level: level.map(|level| (level, self.invalid.total())) }
    }

    /// Serves until nobody has room in its bucket, or the whole bot has no place; gives when it may have one.
    fn serve_line(
        &mut self,
        credential: Credential,
        now: Instant,
        grants: &mut Vec<Grant>,
    ) -> Option<Instant> {
        while let Some((turn, waiter, key)) = self.queue.first(credential) {
            #[cfg(test)]
            {
                self.looks += 1;
            }
            let (class, known) = (waiter.class, self.book.key(&waiter.route));
            if known != *key {
                self.queue.rekey(turn, known);
                continue;
            }
            if let Err(full) = self.room(credential, class, now) {
                return full;
            }
            match self.take(known, class, now) {
                Ok(key) => grants.extend(self.grant(turn, key)),
                Err(Some(then)) if then <= now => self.try_apart(turn),
                Err(blocked) => self.queue.park(turn, blocked),
            }
        }
        None
    }

    /// The request that is to tell about a route gets no answer: others try for themselves, each in its resource.
    fn try_apart(&mut self, turn: Turn) {
        if let Some(route) = self.queue.route(turn).cloned() {
            let alone = self.book.set_alone(&route);
            self.queue.rekey(turn, alone);
        }
    }

    fn grant(&mut self, turn: Turn, key: Key) -> Option<Grant> {
        let Waiter { route, to, .. } = self.queue.remove(turn)?;
        if self.limits(&route) {
            self.places.take();
        }
        Some(Grant { held: Held { route, key, sent: None }, to })
    }

    /// Whether the whole bot has a place for a request of this class. Who comes later in the order of service needs as
    /// much or more.
    fn room(&mut self, credential: Credential, class: Class, now: Instant) -> Result<(), Option<Instant>> {
        if credential == Credential::Path || self.mode == Mode::Off {
            return Ok(());
        }
        let spare = if class.is_passing() {
            self.crowd.spare(&self.rules, self.size, now).map_err(Some)?
        } else {
            0
        };
        self.places.check(spare, now)
    }

    /// Takes a request of a bucket; if it has none, says when to look again, unless an answer has to come first.
    fn take(&mut self, key: Key, class: Class, now: Instant) -> Result<Key, Option<Instant>> {
        if self.mode == Mode::Off {
            return Ok(key);
        }
        let needed = if matches!(key, Key::Probe(..)) { 1 } else { class.needs() };
        let is_first = matches!(key, Key::Probe(_, Major::NONE));
        let bucket = self.bucket(&key);
        let patience = bucket.unanswered_since().filter(|_| is_first).map(|since| since + PROBE_PATIENCE);
        bucket.check(needed, now).map_err(|blocked| blocked.or(patience))?;
        bucket.take(now);
        self.next_sweep.get_or_insert(now + SWEEP);
        Ok(key)
    }

    /// A place comes back unused.
    pub(super) fn give_back(&mut self, held: &Held) {
        self.release(&held.key);
        if self.limits(&held.route) {
            self.places.give_back();
        }
    }

    /// The request goes out now.
    pub(super) fn send(&mut self, held: &mut Held, now: Instant) {
        if self.limits(&held.route) {
            held.sent = Some(self.places.send(now));
        }
    }

    pub(super) fn settle(&mut self, held: Held, outcome: &Outcome, now: Instant) {
        // What is under way settles where it was counted, even if Discord has moved the route to another bucket:
        // the new one never knew of it.
        self.release(&held.key);
        if let Some(taken) = held.sent {
            self.places.answered(taken, now);
        }
        if self.mode == Mode::Off {
            return;
        }
        let route = held.route.clone();
        let mut key = self.learn(held, outcome, now);
        if matches!((outcome, &key), (Outcome::Refused { .. }, Key::Probe(_, Major::NONE))) {
            key = self.book.set_alone(&route);
        }
        if let Outcome::Refused { scope, wait, .. } = outcome {
            self.refuse(&key, *scope, now + *wait);
        }
        self.queue.wake(&key);
    }

    fn learn(&mut self, held: Held, outcome: &Outcome, now: Instant) -> Key {
        if let Some(limits) = outcome.limits() {
            let key = self.book.learn(&held.route, limits, now);
            self.bucket(&key).learn(limits, now);
            return key;
        }
        if outcome.shows_no_limit() {
            self.book.learn_unlimited(&held.route, now);
        }
        self.bucket(&held.key).count_blindly(now);
        held.key
    }

    fn refuse(&mut self, key: &Key, scope: Scope, until: Instant) {
        if scope == Scope::Global {
            self.places.block(until);
        }
        // Routes with a token of their own take no place of the whole bot.
        self.bucket(key).block(until);
    }

    fn release(&mut self, key: &Key) {
        if let Some(bucket) = self.buckets.get_mut(key) {
            bucket.release();
        }
        self.queue.wake(key);
    }

    /// Whether the route counts against the limit of the whole bot.
    fn limits(&self, route: &Route) -> bool {
        self.mode == Mode::On && route.credential == Credential::Bot
    }

    fn bucket(&mut self, key: &Key) -> &mut Bucket {
        let book = &self.book;
        self.buckets.entry(key.clone()).or_insert_with_key(|key| book.new_bucket(key))
    }

    fn sweep(&mut self, now: Instant) {
        if self.next_sweep.is_none_or(|at| at > now) {
            return;
        }
        self.buckets.retain(|_, bucket| !bucket.is_idle(now));
        self.buckets.shrink_to(self.buckets.len() * 2);
        self.book.sweep(&self.buckets, now);
        self.next_sweep = (!self.buckets.is_empty()).then_some(now + SWEEP);
    }
}
