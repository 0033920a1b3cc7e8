//! The emulator's own time and the ids made from it.

use std::time::{Duration, Instant};

use crate::ids::DISCORD_EPOCH_MS;
use crate::status::now_ms;

/// Runs with the real time, never backwards, and can be moved ahead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    started: Instant,
    started_at: u64,
    ahead: Duration,
}

impl Clock {
    pub(super) fn start() -> Self {
        Self { started: Instant::now(), started_at: now_ms(), ahead: Duration::ZERO }
    }

    /// Milliseconds since 1970.
    pub(super) fn now(&self) -> u64 {
        let since = self.started.elapsed() + self.ahead;
        self.started_at + whole_ms(since)
    }

    pub(super) fn advance(&mut self, by: Duration) {
        self.ahead += by;
    }
}

pub(super) fn whole_ms(duration: Duration) -> u64 {
    duration.as_millis().try_into().unwrap_or(u64::MAX)
}

/// Makes snowflakes: unique and increasing, their upper bits the emulator's time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Snowflakes {
    last: u64,
}

impl Snowflakes {
    pub(super) fn next(&mut self, now: u64) -> u64 {
        let of_now = now.saturating_sub(DISCORD_EPOCH_MS) << 22;
        self.last = of_now.max(self.last + 1);
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::MessageId;

    #[test]
    fn ids_increase_within_one_millisecond_and_carry_the_time() {
        let mut ids = Snowflakes::default();
        let made: Vec<_> = (0..10_000).map(|_| ids.next(1_790_000_000_123)).collect();
        assert!(made.is_sorted_by(|a, b| a < b));
        assert_eq!(MessageId::new(made[9_999]).created_at_ms(), 1_790_000_000_123);
    }

    #[test]
    fn time_can_be_moved_ahead_only() {
        let mut clock = Clock::start();
        let before = clock.now();
        clock.advance(Duration::from_secs(900));
        assert!(clock.now() >= before + 900_000);
    }
}
