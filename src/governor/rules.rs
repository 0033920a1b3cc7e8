//! The numbers by which places are shared out, for benchmarks to turn.

use std::time::Duration;

/// What edits of growing answers leave to better requests, and when everything is slowed down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// After this wait a final edit or an ordinary request is served like first words.
    pub ageing: Duration,
    /// Hundredths of the places of the whole bot that an intermediate edit always leaves free...
    pub reserve_percent: usize,
    /// ... or one for each so many live answers, if that is more: each of them soon needs one for its last edit.
    pub live_per_place: usize,
    pub waves: Waves,
    pub invalid: InvalidBounds,
}

/// With many live answers, intermediate edits go together, and between two waves all places are free for last edits.
/// Spread evenly they would keep the second half full all the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waves {
    /// Beyond so many live answers.
    pub from: usize,
    pub every: Duration,
    /// How long one takes.
    pub length: Duration,
    /// As in [`Rules`], inside of a wave.
    pub reserve_percent: usize,
    pub live_per_place: usize,
}

/// Discord bans an address that makes 10,000 requests in ten minutes which it answers by 401, 403 or 429. These are
/// the numbers within ten minutes from which less is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidBounds {
    /// Intermediate edits and the typing indicator stop.
    pub sparing: usize,
    /// All but callbacks stop: without these, people would see that the application does not respond.
    pub paused: usize,
    /// Callbacks stop, too.
    pub silent: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            ageing: Duration::from_secs(3),
            reserve_percent: 40,
            live_per_place: 4,
            waves: Waves {
                from: 25,
                every: Duration::from_secs(2),
                length: Duration::from_millis(60),
                reserve_percent: 20,
                live_per_place: 8,
            },
            invalid: InvalidBounds { sparing: 2_000, paused: 6_000, silent: 9_000 },
        }
    }
}
