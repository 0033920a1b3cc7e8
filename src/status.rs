//! Vital signs. Parts write them, health pages and commands read them; nobody waits for anybody.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The most notices at a time. One more is not taken: what does not fit is in the log.
const MAX_NOTICES: usize = 100;

/// A handle to the vital signs of one bot. Clones share one state.
#[derive(Clone, Debug, Default)]
pub struct Status {
    signs: Arc<Signs>,
}

#[derive(Debug, Default)]
struct Signs {
    store_open: AtomicBool,
    shards: Mutex<BTreeMap<u32, ShardSigns>>,
    /// Counts up as long as the runtime does its work.
    beats: AtomicU64,
    tasks: AtomicUsize,
    last_model_success: AtomicU64,
    last_model_failure: AtomicU64,
    notices: Mutex<BTreeMap<String, String>>,
}

/// What the signs said at one moment. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Vitals {
    pub store_open: bool,
    /// All shards of this process are connected.
    pub gateway_ready: bool,
    pub shards: BTreeMap<u32, ShardSigns>,
    pub last_model_success: Option<u64>,
    pub last_model_failure: Option<u64>,
    /// Tasks of the runtime that have not ended.
    pub tasks: usize,
    /// What the operator should see to, one sentence each.
    pub notices: Vec<String>,
}

/// The signs of one shard's connection to Discord.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct ShardSigns {
    pub ready: bool,
    /// A heartbeat was not acknowledged in time, and none has been since.
    pub unacknowledged: bool,
    /// Discord was asked for a sign of life and has not given one.
    pub asked: bool,
    /// Between the last heartbeat and its acknowledgement.
    pub latency_ms: Option<u64>,
    pub identifies: u64,
    pub resumes: u64,
}

impl ShardSigns {
    pub fn acknowledged(&mut self, latency: Option<Duration>) {
        self.unacknowledged = false;
        let millis = latency.map(|latency| latency.as_millis().try_into().unwrap_or(u64::MAX));
        self.latency_ms = millis.or(self.latency_ms);
    }
}

impl Status {
    pub fn set_store_open(&self, open: bool) {
        self.signs.store_open.store(open, Ordering::Relaxed);
    }

    /// Changes the signs of a shard. One that was never named is expected from now on.
    pub fn shard(&self, shard: u32, change: impl FnOnce(&mut ShardSigns)) {
        change(self.known_shards().entry(shard).or_default());
    }

    pub fn shards(&self) -> BTreeMap<u32, ShardSigns> {
        self.known_shards().clone()
    }

    /// The runtime is at work.
    pub fn beat(&self) {
        self.signs.beats.fetch_add(1, Ordering::Relaxed);
    }

    pub fn beats(&self) -> u64 {
        self.signs.beats.load(Ordering::Relaxed)
    }

    pub fn set_tasks(&self, alive: usize) {
        self.signs.tasks.store(alive, Ordering::Relaxed);
    }

    fn known_shards(&self) -> MutexGuard<'_, BTreeMap<u32, ShardSigns>> {
        self.signs.shards.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn model_succeeded(&self) {
        self.signs.last_model_success.store(now_ms(), Ordering::Relaxed);
    }

    pub fn model_failed(&self) {
        self.signs.last_model_failure.store(now_ms(), Ordering::Relaxed);
    }

    /// Says what the operator should see to, until it is said anew under the same key or taken back with `None`.
    pub fn notice(&self, key: &str, text: Option<String>) {
        let mut notices = self.known_notices();
        let Some(text) = text else {
            notices.remove(key);
            return;
        };
        if notices.len() < MAX_NOTICES || notices.contains_key(key) {
            notices.insert(key.to_owned(), text);
        }
    }

    /// What the operator should see to, in the order of its keys.
    pub fn notices(&self) -> Vec<String> {
        self.known_notices().values().cloned().collect()
    }

    fn known_notices(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.signs.notices.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn vitals(&self) -> Vitals {
        let shards = self.shards();
        let time = |sign: &AtomicU64| Some(sign.load(Ordering::Relaxed)).filter(|ms| *ms > 0);
        Vitals {
            store_open: self.signs.store_open.load(Ordering::Relaxed),
            gateway_ready: !shards.is_empty() && shards.values().all(|signs| signs.ready),
            shards,
            last_model_success: time(&self.signs.last_model_success),
            last_model_failure: time(&self.signs.last_model_failure),
            tasks: self.signs.tasks.load(Ordering::Relaxed),
            notices: self.notices(),
        }
    }
}

/// Milliseconds since 1970.
pub fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis().try_into().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_stands_until_it_is_taken_back() {
        let status = Status::default();
        status.notice("b", Some("second".to_owned()));
        status.notice("a", Some("first".to_owned()));
        status.notice("b", Some("second, anew".to_owned()));
        assert_eq!(status.vitals().notices, ["first", "second, anew"]);
        status.notice("a", None);
        status.notice("never said", None);
        assert_eq!(status.notices(), ["second, anew"]);
    }

    #[test]
    fn the_gateway_is_ready_when_all_its_shards_are() {
        let status = Status::default();
        assert!(!status.vitals().gateway_ready);
        status.shard(0, |signs| signs.ready = true);
        assert!(status.vitals().gateway_ready);
        status.shard(1, |_| {});
        assert!(!status.vitals().gateway_ready);
    }

    #[test]
    fn notices_are_bounded() {
        let status = Status::default();
        for number in 0..=MAX_NOTICES {
            status.notice(&number.to_string(), Some("old".to_owned()));
        }
        assert_eq!(status.notices().len(), MAX_NOTICES);
        status.notice("0", Some("new".to_owned()));
        assert!(status.notices().contains(&"new".to_owned()));
    }
}
