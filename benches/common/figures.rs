//! Times, and what they may be.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

const SYNCS: usize = 100;

/// Times in rising order.
pub(crate) struct Sample {
    times: Vec<Duration>,
}

/// What a figure may be at most, in the unit of its line.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Limit {
    /// For the middle of a sample, where there are several figures.
    AtMost(f64),
    /// For the middle of a sample, and for its worst.
    Both(f64, f64),
    #[default]
    None,
}

impl Sample {
    pub(crate) fn of(times: impl IntoIterator<Item = Duration>) -> Self {
        let mut times: Vec<_> = times.into_iter().collect();
        times.sort();
        Self { times }
    }

    /// Milliseconds that this share of the times does not exceed: the nearest rank.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let count = self.times.len();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a position among a few hundred"
        )]
        let rank = (count as f64 * share).ceil() as usize;
        self.times.get(rank.saturating_sub(1)).map_or(f64::NAN, |time| time.as_secs_f64() * 1_000.0)
    }
}

impl Limit {
    /// That of the first figure of a line, and that of its second.
    pub(crate) const fn bounds(self) -> (Option<f64>, Option<f64>) {
        match self {
            Self::AtMost(limit) => (Some(limit), None),
            Self::Both(middle, worst) => (Some(middle), Some(worst)),
            Self::None => (None, None),
        }
    }
}

/// How long the disk itself takes to keep something, where the database is.
pub(crate) fn disk(folder: &Path) -> Result<Sample> {
    let mut file = fs::File::create(folder.join("sync"))?;
    let block = [7; 4_096];
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let begun = Instant::now();
        file.write_all(&block)?;
        file.sync_data()?;
        times.push(begun.elapsed());
    }
    Ok(Sample::of(times))
}
