//! Folding the log into the database, beside the writer: done by a commit itself, it would make one turn in thirty wait
//! for the disk several times as long as the others.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::SqlitePool;
use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::debug;

use crate::shutdown::Shutdown;

/// Commits after which the log is folded. A quiet one writes about ten pages.
pub(super) const EVERY: u64 = 64;

/// Tells the task what was committed. The task ends with it.
pub(super) struct Checkpoints {
    due: Arc<Notify>,
    _end: DropGuard,
}

impl Checkpoints {
    /// `done`: how often the log was folded.
    pub(super) fn start(readers: SqlitePool, done: Arc<AtomicU64>) -> Self {
        let due = Arc::new(Notify::new());
        let end = CancellationToken::new();
        let task = run(readers, Arc::clone(&due), done);
        Shutdown::default().spawn(end.clone().run_until_cancelled_owned(task));
        Self { due, _end: end.drop_guard() }
    }

    pub(super) fn committed(&self, commits: u64) {
        if commits.is_multiple_of(EVERY) {
            self.due.notify_one();
        }
    }
}

async fn run(readers: SqlitePool, due: Arc<Notify>, done: Arc<AtomicU64>) {
    loop {
        due.notified().await;
        // It waits for nobody and nobody for it: what is in use stays in the log until the next time.
        match sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&readers).await {
            Ok(_) => drop(done.fetch_add(1, Ordering::Relaxed)),
            // The pool is closed at the end, and a full disk is told by the writes themselves.
            Err(error) => debug!(%error, "the log was not folded into the database"),
        }
    }
}
