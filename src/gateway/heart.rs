//! The heartbeat of one connection, as plain state.

use std::time::Duration;

use tokio::time::Instant;

/// A beat may be acknowledged so much later than the next one is due: the machine may have slept.
const GRACE: f64 = 0.25;

#[derive(Debug)]
pub(super) struct Heart {
    interval: Duration,
    due: Instant,
    /// When the beat went out that waits for its acknowledgement.
    unanswered: Option<Instant>,
    is_late: bool,
}

/// What to do when a beat is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beat {
    Send,
    /// The last one is not acknowledged; there is a little time left for it.
    Wait,
    /// It was not acknowledged in time.
    Dead,
}

impl Heart {
    /// `jitter`: from 0 to 1, so that not all bots of the world beat at once after an outage.
    pub(super) fn new(interval: Duration, jitter: f64, now: Instant) -> Self {
        let due = now + interval.mul_f64(jitter.clamp(0.0, 1.0));
        Self { interval, due, unanswered: None, is_late: false }
    }

    pub(super) const fn due(&self) -> Instant {
        self.due
    }

    /// `can_hear`: acknowledgements are being read; otherwise none can be missing.
    pub(super) fn beat(&mut self, can_hear: bool, now: Instant) -> Beat {
        match (self.unanswered.is_some() && can_hear, self.is_late) {
            (true, true) => Beat::Dead,
            (true, false) => {
                self.is_late = true;
                self.due = now + self.interval.mul_f64(GRACE);
                Beat::Wait
            }
            (false, _) => {
                self.is_late = false;
                self.sent(now);
                Beat::Send
            }
        }
    }

    /// Discord asks for a beat out of turn.
    pub(super) fn asked(&mut self, now: Instant) {
        self.sent(now);
    }

    /// Something was said: the acknowledgement may stand in line behind it.
    pub(super) const fn heard(&mut self) {
        self.is_late = false;
    }

    /// How long the acknowledgement took.
    pub(super) fn acknowledged(&mut self, now: Instant) -> Option<Duration> {
        self.is_late = false;
        self.unanswered.take().map(|sent| now.duration_since(sent))
    }

    fn sent(&mut self, now: Instant) {
        self.unanswered.get_or_insert(now);
        self.due = now + self.interval;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(40);

    #[tokio::test(start_paused = true)]
    async fn a_beat_that_is_not_acknowledged_in_time_ends_the_connection() {
        let now = Instant::now();
        let mut heart = Heart::new(INTERVAL, 0.5, now);
        let first = heart.due();
        assert_eq!(first, now + INTERVAL / 2);
        assert_eq!(heart.beat(true, first), Beat::Send);
        assert_eq!(heart.acknowledged(first + Duration::from_millis(30)), Some(Duration::from_millis(30)));
        let second = heart.due();
        assert_eq!(second, first + INTERVAL);
        assert_eq!(heart.beat(true, second), Beat::Send);
        assert_eq!(heart.beat(true, heart.due()), Beat::Wait);
        assert_eq!(heart.due(), second + INTERVAL + INTERVAL / 4);
        assert_eq!(heart.beat(true, heart.due()), Beat::Dead);
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_listen_misses_nothing() {
        let mut heart = Heart::new(INTERVAL, 0.0, Instant::now());
        assert_eq!(heart.beat(true, heart.due()), Beat::Send);
        for _ in 0..9 {
            assert_eq!(heart.beat(false, heart.due()), Beat::Send, "Discord still wants to hear of it");
        }
        assert_eq!(heart.beat(true, heart.due()), Beat::Wait, "it has listened for a moment only");
        heart.heard();
        assert_eq!(heart.beat(true, heart.due()), Beat::Wait, "there is much to hear");
        assert!(heart.acknowledged(heart.due()).is_some());
        assert_eq!(heart.beat(true, heart.due()), Beat::Send);
    }

    #[tokio::test(start_paused = true)]
    async fn a_beat_out_of_turn_takes_the_place_of_the_next() {
        let now = Instant::now();
        let mut heart = Heart::new(INTERVAL, 0.1, now);
        heart.asked(now);
        assert_eq!(heart.due(), now + INTERVAL);
        assert!(heart.acknowledged(now).is_some());
        assert_eq!(heart.acknowledged(now), None);
    }
}
