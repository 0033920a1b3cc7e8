//! Numbers for the pages that show how the bot stands with Discord.

use std::sync::atomic::{AtomicU64, Ordering};

use super::headers::Scope;

/// Counts since the start, and the state of one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counters {
    /// Requests that went out, repeats included.
    pub sent: u64,
    /// Requests that had to wait for their place.
    pub waited: u64,
    /// Answers 429, by the limit that was met.
    pub refused_user: u64,
    pub refused_global: u64,
    pub refused_shared: u64,
    /// 429 without a wait: not from Discord's API, but from something before it.
    pub refused_outside: u64,
    /// Bodies that could have pinged somebody and were made safe.
    pub repaired: u64,
    /// Requests that wait now.
    pub waiting: usize,
    /// Answers that are being shown now.
    pub live: usize,
    /// Buckets that are remembered now.
    pub buckets: usize,
}

#[derive(Debug, Default)]
pub(super) struct Tally {
    sent: AtomicU64,
    waited: AtomicU64,
    user: AtomicU64,
    global: AtomicU64,
    shared: AtomicU64,
    outside: AtomicU64,
    repaired: AtomicU64,
}

impl Tally {
    pub(super) fn sent(&self) {
        add_one(&self.sent);
    }

    pub(super) fn waited(&self) {
        add_one(&self.waited);
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

    /// The counts; the moment's state is left at zero.
    pub(super) fn read(&self) -> Counters {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Counters {
            sent: read(&self.sent),
            waited: read(&self.waited),
            refused_user: read(&self.user),
            refused_global: read(&self.global),
            refused_shared: read(&self.shared),
            refused_outside: read(&self.outside),
            repaired: read(&self.repaired),
            ..Counters::default()
        }
    }
}

fn add_one(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}
