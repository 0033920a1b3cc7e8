//! The least that Discord's limit on the whole bot leaves possible.

use std::time::{Duration, Instant};

const AT_ONCE: usize = 50;
const WINDOW: Duration = Duration::from_secs(1);

/// When each of these could have been sent, in rising order: fifty at once, and fifty in each second.
pub(crate) fn sent(mut wanted: Vec<Instant>) -> Vec<Instant> {
    wanted.sort();
    let mut sent: Vec<Instant> = Vec::with_capacity(wanted.len());
    for (index, wanted) in wanted.into_iter().enumerate() {
        let free = index.checked_sub(AT_ONCE).map(|before| sent[before] + WINDOW);
        sent.push(free.map_or(wanted, |free| wanted.max(free)));
    }
    sent
}

/// How long these would have waited, had the earliest always gone first.
pub(crate) fn waits(mut wanted: Vec<Instant>) -> impl Iterator<Item = Duration> {
    wanted.sort();
    sent(wanted.clone()).into_iter().zip(wanted).map(|(sent, wanted)| sent - wanted)
}
