//! Vital signs. Parts write them, health pages and commands read them; nobody waits for anybody.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

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
}

/// What the signs said at one moment. Times are milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Vitals {
    pub store_open: bool,
    pub gateway_ready: bool,
    pub last_model_success: Option<u64>,
    pub last_model_failure: Option<u64>,
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

    pub fn vitals(&self) -> Vitals {
        let time = |sign: &AtomicU64| Some(sign.load(Ordering::Relaxed)).filter(|ms| *ms > 0);
        Vitals {
            store_open: self.signs.store_open.load(Ordering::Relaxed),
            gateway_ready: self.signs.gateway_ready.load(Ordering::Relaxed),
            last_model_success: time(&self.signs.last_model_success),
            last_model_failure: time(&self.signs.last_model_failure),
        }
    }
}

/// Milliseconds since 1970.
pub fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis().try_into().unwrap_or(u64::MAX))
}
