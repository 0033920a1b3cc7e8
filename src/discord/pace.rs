//! When the next change of a growing answer may be shown.

use std::time::Duration;

use tokio::time::Instant;

use super::Settings;

/// The clocks of one answer.
#[derive(Debug)]
pub(crate) struct Pace {
    /// So many characters are worth showing at once.
    first_words: usize,
    /// Fewer are shown from then on.
    few_words_at: Instant,
    /// Between two edits, and before a failed call is tried again.
    interval: Duration,
    next_edit: Instant,
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
    Edit,
}

impl Pace {
    pub(crate) fn new(settings: &Settings) -> Self {
        let now = Instant::now();
        Self {
            first_words: settings.first_words,
            few_words_at: now + settings.first_words_after,
            interval: settings.edit_interval,
            next_edit: now,
            next_try: now,
        }
    }

    /// When a change may be made, now or later.
    pub(crate) fn due(&self, change: Change) -> Instant {
        let due = match change {
            Change::FirstWords(characters) if characters < self.first_words => self.few_words_at,
            Change::FirstWords(_) | Change::Create => self.next_try,
            Change::Edit => self.next_edit,
        };
        due.max(self.next_try)
    }

    pub(crate) fn shown(&mut self) {
        self.next_edit = Instant::now() + self.interval;
    }

    pub(crate) fn failed(&mut self) {
        self.next_try = Instant::now() + self.interval;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn words_worth_reading_go_at_once_and_edits_at_their_pace() {
        let settings = Settings::default();
        let (start, mut pace) = (Instant::now(), Pace::new(&settings));
        assert_eq!(pace.due(Change::FirstWords(settings.first_words)), start);
        assert_eq!(pace.due(Change::FirstWords(1)), start + settings.first_words_after);
        pace.shown();
        assert_eq!(pace.due(Change::Edit), start + settings.edit_interval);
        assert_eq!(pace.due(Change::Create), start);
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_failure_everything_waits() {
        let settings = Settings::default();
        let (start, mut pace) = (Instant::now(), Pace::new(&settings));
        pace.failed();
        for change in [Change::FirstWords(99), Change::Create, Change::Edit] {
            assert_eq!(pace.due(change), start + settings.edit_interval, "{change:?}");
        }
    }
}
