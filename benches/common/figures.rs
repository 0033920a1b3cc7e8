//! What was measured, on one page, each figure beside its limit.

use std::fmt::{self, Write as _};
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
#[derive(Clone, Copy)]
pub(crate) enum Limit {
    AtMost(f64),
    None,
}

/// Lines to print.
#[derive(Default)]
pub(crate) struct Page {
    text: String,
}

impl Sample {
    pub(crate) fn of(times: impl IntoIterator<Item = Duration>) -> Self {
        let mut times: Vec<_> = times.into_iter().collect();
        times.sort();
        Self { times }
    }

    /// Milliseconds that this share of the times does not exceed.
    fn quantile(&self, share: f64) -> f64 {
        let last = self.times.len().saturating_sub(1);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a position among a few hundred"
        )]
        let position = (last as f64 * share).round() as usize;
        self.times.get(position).map_or(f64::NAN, |time| time.as_secs_f64() * 1_000.0)
    }
}

impl Page {
    pub(crate) fn machine(&mut self) {
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let cpus = read("/proc/cpuinfo");
        let cpu = cpus
            .lines()
            .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
            .map(|(_, name)| name);
        let (kernel, cpu) = (read("/proc/sys/kernel/osrelease"), cpu.unwrap_or("unknown processor"));
        self.line(format_args!("{cores} cores, {cpu}, {} {}", std::env::consts::OS, kernel.trim()));
    }

    pub(crate) fn heading(&mut self, heading: &str) {
        self.line(format_args!("\n{heading:<58} {:>12} {:>12} {:>12}", "p50", "p99", "limit (p50)"));
    }

    /// A heading over figures that are no times.
    pub(crate) fn title(&mut self, title: &str) {
        self.line(format_args!("\n{title:<58} {:>12} {:>12} {:>12}", "", "", "limit"));
    }

    /// What comes to a time, in the middle and among the worst. The limit holds for both.
    pub(crate) fn added(&mut self, name: &str, (before, after): (&Sample, &Sample), limit: Limit) {
        let [middle, worst] = [0.5, 0.99].map(|share| after.quantile(share) - before.quantile(share));
        let beside = limit.beside(middle.max(worst), "ms");
        self.line(format_args!("{name:<58} {middle:>9.2} ms {worst:>9.2} ms {beside}"));
    }

    pub(crate) fn count(&mut self, name: &str, count: usize) {
        self.line(format_args!("{name:<58} {count:>12}"));
    }

    pub(crate) fn seconds(&mut self, name: &str, time: Duration) {
        self.line(format_args!("{name:<58} {:>10.1} s", time.as_secs_f64()));
    }

    /// Nano-dollars.
    #[expect(clippy::cast_precision_loss, reason = "sums of a few dollars")]
    pub(crate) fn money(&mut self, name: &str, nano: i64, limit: Option<i64>) {
        let dollars = nano as f64 / 1e9;
        let limit = limit.map_or(Limit::None, |limit| Limit::AtMost(limit as f64 / 1e9));
        self.line(format_args!("{name:<58} {dollars:>8.5} USD {:>12} {}", "", limit.beside(dollars, "USD")));
    }

    pub(crate) fn note(&mut self, note: &str) {
        self.line(format_args!("{note}"));
    }

    pub(crate) fn times(&mut self, name: &str, sample: &Sample, limit: Limit) {
        let (middle, worst) = (sample.quantile(0.5), sample.quantile(0.99));
        self.line(format_args!("{name:<58} {middle:>9.2} ms {worst:>9.2} ms {}", limit.beside(middle, "ms")));
    }

    pub(crate) fn memory(&mut self, name: &str, mib: Option<f64>, limit: Limit) {
        match mib {
            Some(mib) => {
                self.line(format_args!("{name:<58} {mib:>8.1} MiB {:>12} {}", "", limit.beside(mib, "MiB")))
            }
            None => self.line(format_args!("{name:<58} unknown on this system")),
        }
    }

    pub(crate) fn binary(&mut self, path: &Path, limit: Limit) -> Result<()> {
        #[expect(clippy::cast_precision_loss, reason = "a file of some megabytes")]
        let mb = fs::metadata(path)?.len() as f64 / 1e6;
        self.line(format_args!("{:<58} {mb:>9.1} MB {:>12} {}", "binary", "", limit.beside(mb, "MB")));
        Ok(())
    }

    fn line(&mut self, line: fmt::Arguments<'_>) {
        // Writing into a text does not fail.
        let _ = writeln!(self.text, "{}", line.to_string().trim_end());
    }
}

impl Limit {
    fn beside(self, measured: f64, unit: &str) -> String {
        match self {
            Self::None => String::new(),
            Self::AtMost(limit) => {
                let over = if measured > limit { "  OVER" } else { "" };
                format!("{limit:>8} {unit}{over}")
            }
        }
    }
}

impl fmt::Display for Page {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
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
