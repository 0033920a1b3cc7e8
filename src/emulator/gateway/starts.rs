//! How many sessions a bot may begin.

use std::collections::VecDeque;

/// IDENTIFYs beyond `max_concurrency` within this many milliseconds are refused.
const WINDOW_MS: u64 = 5_000;
/// IDENTIFYs remembered for the window.
const REMEMBERED: usize = 1_000;

/// What `GET /gateway/bot` says. Each IDENTIFY takes one of those that remain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionStarts {
    /// A day's.
    pub total: u64,
    pub remaining: u64,
    /// IDENTIFYs in five seconds; counted only while rate limits are on.
    pub max_concurrency: u64,
    /// How many shards Discord recommends.
    pub shards: u64,
}

impl Default for SessionStarts {
    fn default() -> Self {
        Self { total: 1_000, remaining: 1_000, max_concurrency: 1, shards: 1 }
    }
}

/// What remains, and when the latest were taken.
#[derive(Debug, Default)]
pub(in crate::emulator) struct Budget {
    pub(in crate::emulator) starts: SessionStarts,
    recent: VecDeque<u64>,
}

/// Whether a session may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    Granted,
    /// More than `max_concurrency` in five seconds.
    TooSoon,
    /// None remain: Discord ends all sessions and resets the token.
    Spent,
}

impl Budget {
    pub(super) fn take(&mut self, now: u64, limits: bool) -> Start {
        if self.starts.remaining == 0 {
            return Start::Spent;
        }
        self.starts.remaining -= 1;
        self.recent.retain(|at| at + WINDOW_MS > now);
        let is_crowded = self.recent.len() as u64 >= self.starts.max_concurrency;
        if self.recent.len() < REMEMBERED {
            self.recent.push_back(now);
        }
        if limits && is_crowded { Start::TooSoon } else { Start::Granted }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_start_takes_one_and_none_begins_without() {
        let starts = SessionStarts { remaining: 2, ..SessionStarts::default() };
        let mut budget = Budget { starts, ..Budget::default() };
        assert_eq!(
            [0, 1, 2].map(|now| budget.take(now, false)),
            [Start::Granted, Start::Granted, Start::Spent]
        );
    }

    #[test]
    fn too_many_at_once_are_refused_until_five_seconds_have_passed() {
        let starts = SessionStarts { max_concurrency: 2, ..SessionStarts::default() };
        let mut budget = Budget { starts, ..Budget::default() };
        let taken = [0, 10, 20, 5_020].map(|now| budget.take(now, true));
        assert_eq!(taken, [Start::Granted, Start::Granted, Start::TooSoon, Start::Granted]);
    }
}
