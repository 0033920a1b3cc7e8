//! Numbers for the pages that show how the bot stands with Discord.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::class::Class;
use super::headers::Scope;
use super::limiter::{Load, Refused, Standing};
use super::waits::{Histogram, Waits};

/// Counts since the start, and the state of one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counters {
    /// How the bot stands with Discord now.
    pub standing: Standing,
    /// Requests that went out, repeats included.
    pub sent: u64,
    /// How long they waited for their places.
    pub waits: Waits,
    /// Answers 429, by the limit that was met.
    pub refused_user: u64,
    pub refused_global: u64,
    pub refused_shared: u64,
    /// 429 without a wait: not from Discord's API, but from something before it.
    pub refused_outside: u64,
    /// Answers of the last ten minutes that Discord counts against the address: 401, 403, and 429 that is not shared.
    pub invalid: usize,
    /// Requests that were refused here, in words, and never sent.
    pub unsent: Unsent,
    /// Bodies that could have pinged somebody and were made safe.
    pub repaired: u64,
    /// Requests that wait now.
    pub waiting: usize,
    pub waiting_by_class: ByClass,
    /// Answers that are being shown now.
    pub live: usize,
    /// Buckets that are remembered now.
    pub buckets: usize,
}

/// Requests that were never sent, by the reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Unsent {
    /// Too many others waited.
    pub queue_full: u64,
    /// No place came free in time.
    pub too_long: u64,
    /// Discord had refused too much.
    pub paused: u64,
    /// Discord had refused the bot token.
    pub stopped: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct ByClass {
    pub callback: usize,
    pub first_words: usize,
    pub final_edit: usize,
    pub other: usize,
    pub intermediate: usize,
    pub typing: usize,
}

#[derive(Debug, Default)]
pub(super) struct Tally {
    sent: AtomicU64,
    waits: Histogram,
    user: AtomicU64,
    global: AtomicU64,
    shared: AtomicU64,
    outside: AtomicU64,
    queue_full: AtomicU64,
    too_long: AtomicU64,
    paused: AtomicU64,
    stopped: AtomicU64,
    repaired: AtomicU64,
}

impl Tally {
    pub(super) fn sent(&self) {
        add_one(&self.sent);
    }

    pub(super) fn waited(&self, class: Class, wait: Duration) {
        if !class.is_passing() {
            self.waits.note(wait);
        }
    }

    pub(super) fn repaired(&self) {
        add_one(&self.repaired);
    }

    pub(super) fn refused(&self, scope: Option<Scope>) {
        add_one(match scope {
            Some(Scope::User) => &self.user,
            Some(Scope::Global) => &self.global,
            Some(Scope::Shared) => &self.shared,
            None => &self.outside,
        });
    }

    pub(super) fn unsent(&self, why: Refused) {
        add_one(match why {
            Refused::QueueFull => &self.queue_full,
            Refused::TooLong => &self.too_long,
            Refused::Paused => &self.paused,
            Refused::Stopped => &self.stopped,
        });
    }

    pub(super) fn read(&self, load: Load) -> Counters {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Counters {
            standing: load.standing,
            sent: read(&self.sent),
            waits: self.waits.read(),
            refused_user: read(&self.user),
            refused_global: read(&self.global),
            refused_shared: read(&self.shared),
            refused_outside: read(&self.outside),
            invalid: load.invalid,
            unsent: Unsent {
                queue_full: read(&self.queue_full),
                too_long: read(&self.too_long),
                paused: read(&self.paused),
                stopped: read(&self.stopped),
            },
            repaired: read(&self.repaired),
            waiting: load.waiting(),
            waiting_by_class: ByClass::of(load.classes),
            live: load.live,
            buckets: load.buckets,
        }
    }
}

impl ByClass {
    const fn of(classes: [usize; Class::ALL.len()]) -> Self {
        let [callback, first_words, final_edit, other, intermediate, typing] = classes;
        Self { callback, first_words, final_edit, other, intermediate, typing }
    }
}

fn add_one(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}
