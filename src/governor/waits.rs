//! How long requests have waited for their places, as a histogram.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The first slot: at once. Slot `n` holds waits below `2^(n-1)` milliseconds, the last one all longer ones.
const SLOTS: usize = 19;

/// Since the start, without intermediate edits and the typing indicator. Those that waited in vain until their patience
/// was over are among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Waits {
    /// Half of all requests waited for less; within a factor of two.
    pub p50_ms: u64,
    pub p99_ms: u64,
    /// How many had to wait at all, and how many there were.
    pub waited: u64,
    pub all: u64,
}

#[derive(Debug, Default)]
pub(super) struct Histogram([AtomicU64; SLOTS]);

impl Histogram {
    pub(super) fn note(&self, wait: Duration) {
        let slot = if wait.is_zero() { 0 } else { 1 + bits(wait.as_millis()) };
        self.0[slot.min(SLOTS - 1)].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> Waits {
        let counts = self.0.each_ref().map(|slot| slot.load(Ordering::Relaxed));
        let all = counts.iter().sum();
        Waits {
            p50_ms: below(&counts, all, 50),
            p99_ms: below(&counts, all, 99),
            waited: all - counts[0],
            all,
        }
    }
}

const fn bits(millis: u128) -> usize {
    (u128::BITS - millis.leading_zeros()) as usize
}

/// So many milliseconds no more than `percent` of a hundred have reached.
fn below(counts: &[u64; SLOTS], all: u64, percent: u64) -> u64 {
    let wanted = all.saturating_mul(percent).div_ceil(100);
    let mut sum = 0;
    for (slot, count) in counts.iter().enumerate() {
        sum += count;
        if sum >= wanted {
            return if slot == 0 { 0 } else { 1 << (slot - 1) };
        }
    }
    1 << SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_tells_the_half_and_the_worst() {
        let histogram = Histogram::default();
        assert_eq!(histogram.read(), Waits::default());
        for _ in 0..98 {
            histogram.note(Duration::ZERO);
        }
        histogram.note(Duration::from_micros(300));
        histogram.note(Duration::from_millis(900));
        let waits = histogram.read();
        assert_eq!((waits.p50_ms, waits.p99_ms, waits.waited, waits.all), (0, 1, 2, 100));
        (0..100).for_each(|_| histogram.note(Duration::from_secs(1_000_000)));
        assert_eq!(histogram.read().p99_ms, 1 << (SLOTS - 2));
    }
}
