//! SQLite, and the only SQL of the project. One file per group of tables, methods named by intent.
//!
//! - One task owns the one connection that writes; waiting writes share a transaction (`writer.rs`). A write that was
//!   answered is on the disk.
//! - Reads go through a pool of connections that cannot write, and see every write that was answered.
//! - Every change of a turn's state names the states it may come from, so a turn is closed once.
//! - No query that leads to a prompt or a reply reads more than one scope.
//!
//! Times are milliseconds since 1970, money is nano-dollars.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::SqlitePool;

use crate::shutdown::Shutdown;

mod begin;
mod boot;
mod calendar;
mod checkpoint;
mod choices;
mod close;
mod entries;
mod erase;
mod error;
mod identifies;
mod join;
mod journal;
mod limits;
mod lock;
mod messages;
mod owed;
mod path;
mod replies;
mod reserve;
mod scopes;
mod settings;
mod spending;
mod sums;
#[cfg(test)]
mod tests;
mod turn;
mod usage;
mod writer;

pub use begin::{Begun, Prepared};
pub use boot::OpenError;
pub use calendar::Window;
pub use close::{Closing, Leaving, Outcome};
pub use entries::{Entry, EntryRole, HISTORY_MAX};
pub use erase::Forgotten;
pub use error::{Result, StoreError};
pub use identifies::{SLOT, SessionBudget};
pub use join::Joined;
pub use journal::STOPPED;
pub use limits::{Limit, Limits, Refusal, Reserved, Shortage, Whose};
pub use owed::{OwedCost, SettledCost};
pub use reserve::Reservation;
pub use scopes::Audience;
pub use settings::Target;
pub use spending::{Payer, Spent};
pub use sums::{SumBy, UsageSum};
pub use turn::{Accepted, NewTurn, OpenTurn, Trigger, TurnState};
pub use usage::UsageRow;

pub(crate) use turn::last_of;

use checkpoint::Checkpoints;
use choices::Choices;
use writer::Writer;

/// Where the database is and how much it may take.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The database file. Its folder is created, and `<path>.lock` beside it.
    pub path: PathBuf,
    /// Connections that read.
    pub readers: u32,
    /// Writes that may wait. More wait outside, at most five seconds.
    pub writer_queue: usize,
    /// Writes that may share one transaction.
    pub batch: usize,
}

impl Settings {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), readers: 4, writer_queue: 1024, batch: 500 }
    }
}

/// A handle to the open database. Clones share it.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    writer: Writer,
    readers: SqlitePool,
    choices: Arc<Choices>,
    folded: Arc<AtomicU64>,
    secret: [u8; 32],
}

impl Store {
    /// Opens the database, creating or upgrading it. A stop that begins meanwhile ends the opening.
    ///
    /// # Errors
    /// [`OpenError`], each with its cure.
    pub async fn open(settings: &Settings, shutdown: &Shutdown) -> Result<Self, OpenError> {
        let opened = shutdown.unless_begun(boot::open(settings)).await.ok_or(OpenError::Stopped)??;
        let folded = Arc::default();
        let checkpoints = Checkpoints::start(opened.readers.clone(), Arc::clone(&folded));
        let writer = Writer::start(opened.writer, opened.lock, checkpoints, settings)
            .map_err(|source| OpenError::NoThread { source })?;
        let choices = Arc::default();
        let inner = Inner { writer, readers: opened.readers, choices, folded, secret: opened.secret };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Ends reading, finishes the writes that wait, marks the stop as clean and folds the write-ahead log into the
    /// database. Comes after the last turn was drained: later calls get [`StoreError::Closed`].
    pub async fn close(&self) {
        self.inner.readers.close().await;
        self.inner.writer.close().await;
    }

    /// A key made at the first start of this database, for keyed hashes.
    pub fn secret(&self) -> &[u8; 32] {
        &self.inner.secret
    }

    /// How many write transactions were committed since the start.
    pub fn commits(&self) -> u64 {
        self.inner.writer.commits()
    }

    /// How often the write-ahead log was folded into the database since the start, beside the writes.
    pub fn checkpoints(&self) -> u64 {
        self.inner.folded.load(Ordering::Relaxed)
    }
}
