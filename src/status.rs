//! Vital signs. Parts write them, health pages and commands read them; nobody waits for anybody.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

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
    gateway_ready: AtomicBool,
    last_model_success: AtomicU64,
    last_model_failure: AtomicU64,
    notices: Mutex<BTreeMap<String, String>>,
}

/// What the signs said at one moment. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Vitals {
    pub store_open: bool,
    pub gateway_ready: bool,
    pub last_model_success: Option<u64>,
    pub last_model_failure: Option<u64>,
    /// What the operator should see to, one sentence each.
    pub notices: Vec<String>,
}

impl Status {
    pub fn set_store_open(&self, open: bool) {
        self.signs.store_open.store(open, Ordering::Relaxed);
    }

    pub fn set_gateway_ready(&self, ready: bool) {
        self.signs.gateway_ready.store(ready, Ordering::Relaxed);
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
        let time = |sign: &AtomicU64| Some(sign.load(Ordering::Relaxed)).filter(|ms| *ms > 0);
        Vitals {
            store_open: self.signs.store_open.load(Ordering::Relaxed),
            gateway_ready: self.signs.gateway_ready.load(Ordering::Relaxed),
            last_model_success: time(&self.signs.last_model_success),
            last_model_failure: time(&self.signs.last_model_failure),
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
