//! The bot's process, second by second.

use std::time::Duration;

use crate::common::bot::Bot;

/// This share of the time is warm-up.
const WARM: f64 = 1.0 / 3.0;
/// Fewer seconds after the warm-up say nothing about growth.
const ENOUGH: usize = 120;

#[derive(Default)]
pub(crate) struct Gauge {
    seconds: Vec<Second>,
    /// At the start, and after each minute.
    tasks: Vec<usize>,
    cpu: Duration,
}

#[derive(Clone, Copy)]
struct Second {
    at: f64,
    mib: f64,
    threads: usize,
    files: usize,
}

/// A process that nobody asks anything.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AtRest {
    pub(crate) mib: Option<f64>,
    pub(crate) threads: Option<usize>,
    pub(crate) files: Option<usize>,
    pub(crate) tasks: Option<usize>,
}

impl Gauge {
    /// Remembers how the process is; nothing where the system does not tell.
    pub(crate) fn look(&mut self, bot: &Bot, elapsed: Duration) {
        if let (Some(mib), Some(threads), Some(files)) = (bot.resident_mib(), bot.threads(), bot.files()) {
            self.seconds.push(Second { at: elapsed.as_secs_f64(), mib, threads, files });
        }
    }

    /// Remembers how many tasks have not ended.
    pub(crate) fn count_tasks(&mut self, alive: usize) {
        self.tasks.push(alive);
    }

    /// What a line says of it.
    pub(crate) fn minute(&mut self, bot: &Bot) -> String {
        let Some(last) = self.seconds.last() else { return "nothing is known of the process".to_owned() };
        let cpu = bot.cpu().unwrap_or_default();
        let used = cpu.saturating_sub(self.cpu);
        self.cpu = cpu;
        format!(
            "{:>6.1} min, {:.1} MiB, {} threads, {} files, {} tasks, {:.2} s of processor",
            last.at / 60.0,
            last.mib,
            last.threads,
            last.files,
            self.tasks.last().copied().unwrap_or_default(),
            used.as_secs_f64()
        )
    }

    pub(crate) fn lasted(&self) -> Duration {
        self.seconds.last().map_or(Duration::ZERO, |last| Duration::from_secs_f64(last.at))
    }

    pub(crate) fn at_rest(&self, bot: &Bot, tasks: usize) -> AtRest {
        AtRest { mib: bot.resident_mib(), threads: bot.threads(), files: bot.files(), tasks: Some(tasks) }
    }

    /// How the process was at the beginning, connected and idle.
    pub(crate) fn first(&self) -> AtRest {
        self.seconds.first().map_or_else(AtRest::default, |first| AtRest {
            mib: Some(first.mib),
            threads: Some(first.threads),
            files: Some(first.files),
            tasks: self.tasks.first().copied(),
        })
    }

    /// MiB by which the memory grew after the warm-up, along the straight line that fits best. `None`: too short to
    /// tell.
    pub(crate) fn growth(&self) -> Option<f64> {
        let whole = self.seconds.last()?.at;
        let warm: Vec<_> = self.seconds.iter().filter(|second| second.at >= whole * WARM).collect();
        if warm.len() < ENOUGH {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "a few hours of seconds")]
        let count = warm.len() as f64;
        let mean = |of: fn(&Second) -> f64| warm.iter().map(|second| of(second)).sum::<f64>() / count;
        let (at, mib) = (mean(|second| second.at), mean(|second| second.mib));
        let along: f64 = warm.iter().map(|second| (second.at - at) * (second.mib - mib)).sum();
        let square: f64 = warm.iter().map(|second| (second.at - at).powi(2)).sum();
        Some(along / square * (whole * (1.0 - WARM)))
    }
}
