//! The rules, as plain state: who may go now, and when to look again.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::book::{Book, Key};
use super::bucket::Bucket;
use super::places::{Places, Taken};
use super::queue::{Line, Queue, Turn, Waiter};
use super::{Outcome, Permit, Refused, Rules};
use crate::governor::class::Class;
use crate::governor::headers::Scope;
use crate::governor::route::{Credential, Route};

/// Idle buckets are looked for this often.
const SWEEP: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct State {
    pub(super) queue: Queue,
    rules: Rules,
    book: Book,
    buckets: HashMap<Key, Bucket>,
    places: Places,
    /// Streams that are being shown.
    live: usize,
    stopped: bool,
    /// Time alone may let somebody go then.
    next: Option<Instant>,
    next_sweep: Option<Instant>,
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

impl State {
    pub(super) fn new(rules: Rules) -> Self {
        Self {
            queue: Queue::new(rules.queue, rules.ageing),
            book: Book::default(),
            buckets: HashMap::new(),
            places: Places::new(rules.places),
            live: 0,
            stopped: false,
            next: None,
            next_sweep: None,
            rules,
        }
    }

    pub(super) fn push(&mut self, waiter: Waiter) -> Result<Turn, Refused> {
        if self.stopped { Err(Refused::Stopped) } else { Ok(self.queue.push(waiter)) }
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

    pub(super) const fn show(&mut self) {
        self.live += 1;
    }

    pub(super) const fn hide(&mut self) {
        self.live = self.live.saturating_sub(1);
    }

    pub(super) const fn live(&self) -> usize {
        self.live
    }

    pub(super) fn buckets(&self) -> usize {
        self.buckets.len()
    }

    /// Lets everybody go who may, in order of service, and notes when to look again.
    pub(super) fn serve(&mut self, now: Instant) -> Vec<Grant> {
        self.sweep(now);
        self.queue.age(now);
        let mut grants = Vec::new();
        let mut exempt = std::mem::take(&mut self.queue.exempt);
        let mut counted = std::mem::take(&mut self.queue.counted);
        let sooner = self.serve_line(&mut exempt, now, &mut grants);
        let later = self.serve_line(&mut counted, now, &mut grants);
        self.queue.exempt = exempt;
        self.queue.counted = counted;
        self.queue.shed();
        self.next = [sooner, later, self.next_sweep].into_iter().flatten().min();
        grants
    }

    fn serve_line(&mut self, line: &mut Line, now: Instant, grants: &mut Vec<Grant>) -> Option<Instant> {
        let mut next = None;
        let mut served = Vec::new();
        for (turn, waiter) in line.iter() {
            if let Some(full) = counts(&waiter.route).then(|| self.places.check(0, now).err()).flatten() {
                next = sooner(next, full);
                break;
            }
            match self.take(&waiter.route, waiter.class, now) {
                Ok(held) => served.push((*turn, held)),
                Err(blocked) => next = sooner(next, blocked),
            }
        }
        grants.extend(
            served
                .into_iter()
                .filter_map(|(turn, held)| line.remove(&turn).map(|waiter| Grant { held, to: waiter.to })),
        );
        next
    }

    /// Takes what one request needs; if something is missing, says when to look again, unless an answer has to come first.
    fn take(&mut self, route: &Route, class: Class, now: Instant) -> Result<Held, Option<Instant>> {
        let counts = counts(route);
        if counts {
            self.places.check(self.spare(class), now)?;
        }
        let key = self.book.key(route);
        let needed = if matches!(key, Key::Probe(..)) { 1 } else { class.needs() };
        let book = &self.book;
        let bucket = self.buckets.entry(key.clone()).or_insert_with_key(|key| book.new_bucket(key));
        bucket.check(needed, now)?;
        bucket.take();
        self.next_sweep.get_or_insert(now + SWEEP);
        if counts {
            self.places.take();
        }
        Ok(Held { route: route.clone(), key, sent: None })
    }

    /// How many places a request must leave free for better ones.
    fn spare(&self, class: Class) -> usize {
        if class.is_passing() { (self.rules.places * 2 / 5).max(self.live / 4) } else { 0 }
    }

    /// A place comes back unused.
    pub(super) fn give_back(&mut self, held: Held) {
        self.release(&held.key);
        if counts(&held.route) {
            self.places.give_back();
        }
    }

    /// The request goes out now.
    pub(super) fn send(&mut self, held: &mut Held, now: Instant) {
        if counts(&held.route) {
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
        let key = self.learn(held, outcome, now);
        if let Outcome::Refused { scope, wait, .. } = outcome {
            self.refuse(key, *scope, now + *wait);
        }
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

    fn refuse(&mut self, key: Key, scope: Scope, until: Instant) {
        match scope {
            Scope::Global => self.places.block(until),
            Scope::User | Scope::Shared => self.bucket(&key).block(until),
        }
    }

    fn release(&mut self, key: &Key) {
        if let Some(bucket) = self.buckets.get_mut(key) {
            bucket.release();
        }
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

/// Whether the route counts against the limit of the whole bot.
fn counts(route: &Route) -> bool {
    route.credential == Credential::Bot
}

fn sooner(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    [one, other].into_iter().flatten().min()
}
