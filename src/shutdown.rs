//! Stopping in good order. Every task is spawned here, so that a stop can wait for it.
//!
//! The signal handler runs on an ordinary OS thread: it must work when the runtime does not.

use std::future::Future;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use std::{io, process};

use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tokio_util::task::TaskTracker;
use tracing::{Instrument, Span, info, warn};

/// Exit code of a stop that was forced: turns may be unfinished, the next start closes them.
pub const FORCED_EXIT: i32 = 1;

/// What is said last must be out by then: nobody may read it, and a full pipe takes nothing.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A handle to the stop of the process, or of one part of it in a test. Clones share one state.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    token: CancellationToken,
    tasks: TaskTracker,
}

impl Shutdown {
    /// Spawns a task that a stop waits for. The current span is kept inside it.
    pub fn spawn<F>(&self, task: F) -> tokio::task::JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.tasks.spawn(task.instrument(Span::current()))
    }

    /// A stop with tasks of its own, which begins with this one, or before.
    #[must_use]
    pub fn child(&self) -> Self {
        Self { token: self.token.child_token(), tasks: TaskTracker::new() }
    }

    /// Begins the stop. Returns at once.
    pub fn begin(&self) {
        self.token.cancel();
    }

    pub fn has_begun(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Completes when the stop begins.
    pub fn begun(&self) -> WaitForCancellationFutureOwned {
        self.token.clone().cancelled_owned()
    }

    /// Runs until the task is done or the stop begins, whichever is first.
    pub async fn unless_begun<F: Future>(&self, task: F) -> Option<F::Output> {
        self.token.run_until_cancelled(task).await
    }

    /// Waits for all tasks, at most for `grace`. Says whether all of them ended.
    pub async fn drain(&self, grace: Duration) -> bool {
        self.tasks.close();
        let ended = tokio::time::timeout(grace, self.tasks.wait()).await.is_ok();
        if !ended {
            warn!(tasks.left = self.tasks.len(), "some tasks did not end within the grace period");
        }
        ended
    }

    /// Makes INT and TERM begin the stop. A second signal, or `hard_stop` after the first, ends the process at once.
    ///
    /// # Errors
    /// When the handler cannot be installed, for example because one is already.
    pub fn listen_for_signals(&self, hard_stop: Duration) -> Result<(), ctrlc::Error> {
        self.end_within(hard_stop);
        let shutdown = self.clone();
        let mut is_second = false;
        ctrlc::set_handler(move || {
            if is_second {
                leave(|| warn!("second signal: leaving at once"));
            }
            is_second = true;
            shutdown.begin();
            // Not left to the task below: it does not run where the runtime does not.
            thread::spawn(move || leave_after(hard_stop));
            // Nothing waits for it, not even the second signal.
            drop(aside(|| {
                info!("stopping: running answers are finished first; a second signal leaves at once");
            }));
        })
    }

    /// Ends the process `hard_stop` after a stop that began without a signal.
    fn end_within(&self, hard_stop: Duration) {
        let begun = self.begun();
        self.spawn(async move {
            begun.await;
            thread::spawn(move || leave_after(hard_stop));
        });
    }
}

#[expect(clippy::disallowed_methods, reason = "this thread exists to wait outside the runtime")]
fn leave_after(hard_stop: Duration) {
    thread::sleep(hard_stop);
    leave(|| warn!("the stop took longer than its hard limit: leaving"));
}

/// Ends the process with [`FORCED_EXIT`], after a second at most, whether what is said last could be said or not.
pub(crate) fn leave(say: impl FnOnce() + Send + 'static) -> ! {
    let (said, is_said) = mpsc::channel::<()>();
    let saying = aside(move || {
        say();
        drop(said);
    });
    if saying.is_ok() {
        // It ends early when all is said.
        let _ = is_said.recv_timeout(LAST_WORDS);
    }
    process::exit(FORCED_EXIT)
}

fn aside(say: impl FnOnce() + Send + 'static) -> io::Result<thread::JoinHandle<()>> {
    thread::Builder::new().name("words".to_owned()).spawn(say)
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use tokio::io::{AsyncBufReadExt, BufReader};
    use tokio::process::Command;

    use super::*;

    const INVITATION: &str = "this process has no working runtime";

    #[cfg(unix)]
    #[tokio::test]
    async fn the_hard_deadline_ends_a_process_whose_runtime_does_nothing_any_more() {
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", "shutdown::tests::victim"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        // Closed, it would set the victim free.
        let _held = victim.stdin.take();
        let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines();
        while !lines.next_line().await.unwrap().unwrap().contains(INVITATION) {}
        let pid = victim.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
        let end = tokio::time::timeout(Duration::from_secs(30), victim.wait()).await.unwrap().unwrap();
        assert_eq!(end.code(), Some(FORCED_EXIT));
    }

    #[tokio::test]
    #[ignore = "run by the test above, in a process of its own"]
    async fn victim() {
        Shutdown::default().listen_for_signals(Duration::from_millis(50)).unwrap();
        println!("{INVITATION}");
        // Blocks the only thread of the runtime for good, or until nobody holds the other end: only an OS thread can
        // end this process now.
        let _ = std::io::stdin().read_line(&mut String::new());
        panic!("the process outlived its deadline");
    }
}
