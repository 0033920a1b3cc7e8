//! When the next change of a growing answer may be shown.

use std::time::Duration;

use tokio::time::Instant;

use super::Settings;
use crate::governor::Pressure;

/// The clocks of one answer.
#[derive(Debug)]
pub(crate) struct Pace {
    /// So many characters are worth showing at once.
    first_words: usize,
    /// Fewer are shown from then on.
    few_words_at: Instant,
    /// Between two edits, and before a failed call is tried again.
    interval: Duration,
    /// The longest time between two edits, however many answers grow.
    slowest: Duration,
    last_shown: Option<Instant>,
    /// After a failure nothing is tried before then.
    next_try: Instant,
}

/// A change that could be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// The first words of the answer; so many characters are there.
    FirstWords(usize),
    /// One more message.
    Create,
    /// What grows is shown anew. The time between two of them is stretched by how much all answers together ask for.
    Edit(Pressure),
}

impl Pace {
    pub(crate) fn new(settings: &Settings) -> Self {
        let now = Instant::now();
        Self {
            first_words: settings.first_words,
            few_words_at: now + settings.first_words_after,
            interval: settings.edit_interval,
            slowest: settings.slowest_edits.max(settings.edit_interval),
            last_shown: None,
            next_try: now,
        }
    }

    /// When a change may be made, now or later.
    pub(crate) fn due(&self, change: Change) -> Instant {
        let due = match change {
            Change::FirstWords(characters) if characters < self.first_words => self.few_words_at,
            Change::FirstWords(_) | Change::Create => self.next_try,
            Change::Edit(pressure) => {
                self.last_shown.map_or(self.next_try, |shown| shown + self.stretched(pressure))
            }
        };
        due.max(self.next_try)
    }

    /// As long as all growing answers need for one edit each: more would only queue. What else waits goes first, so it
    /// counts as one more answer.
    fn stretched(&self, pressure: Pressure) -> Duration {
        let edits = u32::try_from(pressure.live + pressure.ahead).unwrap_or(u32::MAX);
        let per_second = u32::try_from(pressure.intermediates_per_second).unwrap_or(u32::MAX);
        if pressure.sparing || per_second == 0 {
            return self.slowest;
        }
        (Duration::from_secs(1) * edits / per_second).clamp(self.interval, self.slowest)
    }

    pub(crate) fn shown(&mut self) {
        self.last_shown = Some(Instant::now());
    }

    pub(crate) fn failed(&mut self) {
        self.next_try = Instant::now() + self.interval;
    }

    /// How long to wait before the complete text is tried once more, after so many failures.
    pub(crate) fn patience(&self, failures: u32) -> Duration {
        (self.interval * 2_u32.saturating_pow(failures.saturating_sub(1))).min(self.slowest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALM: Pressure = Pressure {
        live: 1,
        waiting: 0,
        ahead: 0,
        intermediates: 0,
        intermediates_per_second: 30,
        sparing: false,
    };

    #[tokio::test(start_paused = true)]
    async fn words_worth_reading_go_at_once_and_edits_at_their_pace() {
        let settings = Settings::default();
        let (start, mut pace) = (Instant::now(), Pace::new(&settings));
        assert_eq!(pace.due(Change::FirstWords(settings.first_words)), start);
        assert_eq!(pace.due(Change::FirstWords(1)), start + settings.first_words_after);
        pace.shown();
        assert_eq!(pace.due(Change::Edit(CALM)), start + settings.edit_interval);
        assert_eq!(pace.due(Change::Create), start);
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_failure_everything_waits() {
        let settings = Settings::default();
        let (start, mut pace) = (Instant::now(), Pace::new(&settings));
        pace.failed();
        for change in [Change::FirstWords(99), Change::Create, Change::Edit(CALM)] {
            assert_eq!(pace.due(change), start + settings.edit_interval, "{change:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn edits_are_as_far_apart_as_all_answers_together_need() {
        let settings = Settings::default();
        let (start, mut pace) = (Instant::now(), Pace::new(&settings));
        pace.shown();
        let crowd = |live, ahead| Pressure { live, ahead, intermediates_per_second: 25, ..CALM };
        for (pressure, interval) in [
            (crowd(30, 0), settings.edit_interval),
            (crowd(100, 0), Duration::from_secs(4)),
            (crowd(100, 50), Duration::from_secs(6)),
            (Pressure { waiting: 50, ..crowd(100, 0) }, Duration::from_secs(4)),
            (crowd(100_000, 0), settings.slowest_edits),
            (Pressure { intermediates_per_second: 0, ..crowd(500, 0) }, settings.slowest_edits),
            (Pressure { sparing: true, ..CALM }, settings.slowest_edits),
        ] {
            assert_eq!(pace.due(Change::Edit(pressure)), start + interval, "{pressure:?}");
            assert_eq!(pace.due(Change::FirstWords(99)), start, "first words are never stretched");
            assert_eq!(pace.due(Change::Create), start);
        }
    }
}
