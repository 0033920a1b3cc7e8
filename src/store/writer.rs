//! The one thread that writes. Writes that wait while the disk is busy share the next transaction (group commit), each
//! in a savepoint of its own, so that one that fails takes nothing of the others with it. One that is alone needs none.
//!
//! It is a thread of its own, because each statement is a way to SQLite's thread and back: on the runtime that the rest
//! of the bot shares, each way back would wake a second worker to look for work that there is not.
//!
//! Required: a write is answered after its commit; a failed commit fails every write in it; no failure of the database ends the thread.
//! It outlives the stop of everything else, because turns that are drained still write: it ends by [`Writer::close`],
//! or when the last handle of the store is dropped, which leaves the mark of an unclean stop.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::{hint, io};

use futures_util::future::BoxFuture;
use sqlx::{Connection, SqliteConnection};
use tokio::runtime::Builder;
use tokio::sync::mpsc::error::SendTimeoutError;
use tokio::sync::{mpsc, oneshot};
use tracing::warn;

use super::Settings;
use super::boot::BUSY_WAIT;
use super::checkpoint::Checkpoints;
use super::error::{Result, StoreError};
use super::lock::Lock;

/// A statement of a single write is mostly done before this thread would have fallen asleep and been woken again.
const AWAKE: Duration = Duration::from_micros(50);

/// Gets the connection inside a savepoint, or the reason why there is none.
type Job = Box<dyn for<'c> FnOnce(Result<&'c mut SqliteConnection>) -> BoxFuture<'c, Done> + Send>;
type Answer = Box<dyn FnOnce(Result<()>) + Send>;

enum Order {
    Write(Job),
    Close(oneshot::Sender<()>),
}

/// A write that ran. The answer waits for the commit.
struct Done {
    failure: Option<StoreError>,
    answer: Answer,
}

pub(super) struct Writer {
    /// Dropped before the thread, which ends with it.
    orders: mpsc::Sender<Order>,
    commits: Arc<AtomicU64>,
    _thread: Thread,
}

/// Ended when dropped: whoever opens the database next finds it free.
struct Thread(Option<JoinHandle<()>>);

impl Drop for Thread {
    fn drop(&mut self) {
        // A write may hold the last handle of the store: it ends right after it then.
        if let Some(thread) = self.0.take_if(|thread| thread.thread().id() != thread::current().id()) {
            // A panic of a write was told when it happened.
            let _ = thread.join();
        }
    }
}

impl Writer {
    /// # Errors
    /// When the system has no thread for it.
    pub(super) fn start(
        db: SqliteConnection,
        lock: Lock,
        checkpoints: Checkpoints,
        settings: &Settings,
    ) -> io::Result<Self> {
        let (orders, queue) = mpsc::channel(settings.writer_queue.max(1));
        let commits = Arc::new(AtomicU64::new(0));
        let task = Task {
            db,
            queue,
            batch: settings.batch.max(1),
            commits: Arc::clone(&commits),
            checkpoints,
            _lock: lock,
        };
        let (tell, told) = sync_channel(1);
        let thread = thread::Builder::new().name("store".to_owned());
        let thread = Thread(Some(thread.spawn(move || task.live(&tell))?));
        told.recv().unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()))?;
        Ok(Self { orders, commits, _thread: thread })
    }

    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    pub(super) async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T>> + Send + 'static,
    {
        self.write_then(work, || {}).await
    }

    /// `then` runs between the commit and the answer, also when nobody waits for the answer any more.
    pub(super) async fn write_then<T, F>(&self, work: F, then: impl FnOnce() + Send + 'static) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T>> + Send + 'static,
    {
        let (sender, answered) = oneshot::channel();
        let job: Job = Box::new(move |db| {
            Box::pin(async move {
                let result = match db {
                    Ok(db) => work(db).await,
                    Err(error) => Err(error),
                };
                let failure = result.as_ref().err().cloned();
                let answer: Answer = Box::new(move |commit| {
                    then();
                    drop(sender.send(commit.and(result)));
                });
                Done { failure, answer }
            })
        });
        self.orders.send_timeout(Order::Write(job), BUSY_WAIT).await.map_err(|error| match error {
            SendTimeoutError::Timeout(_) => StoreError::Busy,
            SendTimeoutError::Closed(_) => StoreError::Closed,
        })?;
        answered.await.unwrap_or(Err(StoreError::Closed))
    }

    pub(super) async fn close(&self) {
        let (sender, closed) = oneshot::channel();
        if self.orders.send(Order::Close(sender)).await.is_ok() {
            // An error means that another call has closed it.
            let _ = closed.await;
        }
    }
}

struct Task {
    db: SqliteConnection,
    queue: mpsc::Receiver<Order>,
    batch: usize,
    commits: Arc<AtomicU64>,
    checkpoints: Checkpoints,
    _lock: Lock,
}

impl Task {
    /// Says whether it could begin. A runtime may not be dropped inside another one, so this thread makes its own.
    fn live(self, tell: &SyncSender<io::Result<()>>) {
        // It waits for nothing but orders and SQLite, so it needs neither timers nor sockets.
        let (begun, runtime) = match Builder::new_current_thread().build() {
            Ok(runtime) => (Ok(()), Some(runtime)),
            Err(failure) => (Err(failure), None),
        };
        // Whoever opens the database waits for it.
        let _ = tell.send(begun);
        if let Some(runtime) = runtime {
            runtime.block_on(self.run());
        }
    }

    async fn run(mut self) {
        while let Some(order) = self.queue.recv().await {
            let (jobs, close) = self.gather(order);
            if !jobs.is_empty() {
                self.commit(jobs).await;
            }
            if let Some(closed) = close {
                self.finish().await;
                // Whoever asked may have stopped waiting.
                let _ = closed.send(());
                return;
            }
        }
    }

    /// What waits already, up to one batch, or up to the order to close.
    fn gather(&mut self, first: Order) -> (Vec<Job>, Option<oneshot::Sender<()>>) {
        let mut jobs = Vec::new();
        let mut next = Some(first);
        while let Some(order) = next {
            match order {
                Order::Write(job) => jobs.push(job),
                Order::Close(closed) => return (jobs, Some(closed)),
            }
            next = if jobs.len() < self.batch { self.queue.try_recv().ok() } else { None };
        }
        (jobs, None)
    }

    async fn commit(&mut self, mut jobs: Vec<Job>) {
        let mut answers = Vec::with_capacity(jobs.len());
        let result = match (jobs.pop(), jobs.is_empty()) {
            (Some(job), true) => awake(self.transact_one(job, &mut answers)).await,
            (last, _) => {
                jobs.extend(last);
                self.transact(jobs, &mut answers).await
            }
        };
        match &result {
            Ok(()) => self.checkpoints.committed(self.commits.fetch_add(1, Ordering::Relaxed) + 1),
            // Often there is nothing left to roll back: SQLite does it by itself when the disk fails.
            Err(_) => drop(run(&mut self.db, "ROLLBACK").await),
        }
        for answer in answers {
            answer(result.clone());
        }
    }

    /// The usual case on a quiet day. Each statement is a way to another thread and back, so there are as few as can be.
    async fn transact_one(&mut self, job: Job, answers: &mut Vec<Answer>) -> Result<()> {
        let begun = run(&mut self.db, "BEGIN IMMEDIATE").await;
        let Done { failure, answer } = job(begun.map(|()| &mut self.db)).await;
        answers.push(answer);
        match failure {
            None => run(&mut self.db, "COMMIT").await,
            Some(cause) => Err(cause),
        }
    }

    /// Collects one answer for every job, also for those that an error kept from running.
    async fn transact(&mut self, jobs: Vec<Job>, answers: &mut Vec<Answer>) -> Result<()> {
        let mut state = run(&mut self.db, "BEGIN IMMEDIATE; SAVEPOINT job").await;
        for job in jobs {
            let answer = match &state {
                Ok(()) => {
                    let (answer, after) = self.attempt(job).await;
                    state = after;
                    answer
                }
                Err(error) => job(Err(error.clone())).await.answer,
            };
            answers.push(answer);
        }
        state?;
        run(&mut self.db, "RELEASE job; COMMIT").await
    }

    /// Runs one job inside the savepoint and begins the next one. An error means that the whole transaction is lost.
    async fn attempt(&mut self, job: Job) -> (Answer, Result<()>) {
        let Done { failure, answer } = job(Ok(&mut self.db)).await;
        let next = match failure {
            None => run(&mut self.db, "RELEASE job; SAVEPOINT job").await,
            // When SQLite has rolled everything back, the savepoint is gone and the failure is everybody's.
            Some(cause) => run(&mut self.db, "ROLLBACK TO job").await.map_err(|_| cause),
        };
        (answer, next)
    }

    async fn finish(self) {
        let Self { mut db, .. } = self;
        let result = leave(&mut db).await;
        let closed = db.close().await.map_err(StoreError::from);
        if let Err(error) = result.and(closed) {
            warn!(%error, "the database was not closed cleanly: the next start checks it");
        }
    }
}

/// The mark comes before the checkpoint, so that the log is empty at the end.
async fn leave(db: &mut SqliteConnection) -> Result<()> {
    run(db, "PRAGMA optimize").await?;
    sqlx::query!("UPDATE meta SET stopped_cleanly = 1 WHERE id = 1").execute(&mut *db).await?;
    run(db, "PRAGMA wal_checkpoint(TRUNCATE)").await
}

/// Looks again for a moment before it sleeps, each time it has to wait.
async fn awake<F: Future>(work: F) -> F::Output {
    let mut work = pin!(work);
    poll_fn(|context| {
        let begun = Instant::now();
        loop {
            let done = work.as_mut().poll(context);
            if done.is_ready() || begun.elapsed() >= AWAKE {
                return done;
            }
            hint::spin_loop();
        }
    })
    .await
}

async fn run(db: &mut SqliteConnection, statement: &'static str) -> Result<()> {
    sqlx::query(statement).execute(db).await?;
    Ok(())
}
