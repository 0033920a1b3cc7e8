//! The bot as a process.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

const PATIENCE: Duration = Duration::from_secs(60);
/// What Linux counts processor time in, on every machine that there is.
const TICK: Duration = Duration::from_millis(10);

/// A running bot. It ends with this value.
pub(crate) struct Bot {
    process: Child,
}

impl Bot {
    pub(crate) fn start<const N: usize>(
        binary: &Path,
        config: &Path,
        variables: [(&str, String); N],
    ) -> Result<Self> {
        let mut command = Command::new(binary);
        command.arg("run").arg("--config").arg(config).env_clear().envs(variables);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().with_context(|| format!("{} does not run", binary.display()))?;
        Ok(Self { process })
    }

    /// `None` where the system does not tell.
    pub(crate) fn resident_mib(&self) -> Option<f64> {
        mib(&self.process.id().to_string(), "VmRSS:")
    }

    /// The most that it ever was.
    pub(crate) fn peak_mib(&self) -> Option<f64> {
        mib(&self.process.id().to_string(), "VmHWM:")
    }

    /// Processor time of all its threads since its start, in ticks of 10 ms.
    pub(crate) fn cpu(&self) -> Option<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id())).ok()?;
        // The name in parentheses may hold anything; after it, user and system time are the 12th and 13th.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
        let mut ticks = || fields.next()?.parse::<u64>().ok();
        Some(TICK * u32::try_from(ticks()? + ticks()?).ok()?)
    }

    pub(crate) fn threads(&self) -> Option<usize> {
        Some(fs::read_dir(format!("/proc/{}/task", self.process.id())).ok()?.count())
    }

    /// Open files and connections.
    pub(crate) fn files(&self) -> Option<usize> {
        Some(fs::read_dir(format!("/proc/{}/fd", self.process.id())).ok()?.count())
    }

    /// How often its threads have gone to sleep of their own will.
    pub(crate) fn sleeps(&self) -> Option<u64> {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.process.id())).ok()?;
        let sleeps = |task: fs::DirEntry| {
            let status = fs::read_to_string(task.path().join("status")).ok()?;
            let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
            line.trim().parse::<u64>().ok()
        };
        Some(tasks.filter_map(|task| sleeps(task.ok()?)).sum())
    }

    /// `None`: it runs.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.process.try_wait()?)
    }

    /// In good order, so that the next start finds a clean database.
    pub(crate) async fn stop(mut self) -> Result<()> {
        let id = self.process.id().to_string();
        let sent = Command::new("sh").args(["-c", "kill -s TERM \"$0\"", &id]).status()?;
        ensure!(sent.success(), "the signal could not be sent");
        let begun = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait()? {
                ensure!(status.success(), "the bot ended with {status}");
                return Ok(());
            }
            ensure!(begun.elapsed() < PATIENCE, "the bot does not stop");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// A figure of a process's memory: its id, or `self`. `None` where the system does not tell.
pub(crate) fn mib(process: &str, figure: &str) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(figure))?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kib / 1024.0)
}

impl Drop for Bot {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
