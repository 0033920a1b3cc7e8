//! Who may send to Discord now. Pure state under one lock, no I/O; time is tokio's, so that a paused clock tests it.
//!
//! What is handed out is a permit: the right to send one request. It counts as under way until it is settled with
//! the outcome, and comes back by itself when it is dropped.

mod book;
mod bucket;
mod places;
mod queue;
mod state;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot::error::TryRecvError;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep_until};

use super::class::Class;
use super::headers::{Limits, Scope, Seen};
use super::route::Route;
use queue::{Turn, Waiter};
use state::{Grant, Held, State};

/// The numbers that a benchmark may want to turn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// Requests of the whole bot in one second.
    pub(super) places: usize,
    /// Requests that may wait at once.
    pub(super) queue: usize,
    /// After this wait a final edit or an ordinary request is served like first words.
    pub(super) ageing: Duration,
}

/// Why a request was not let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("too many requests to Discord are waiting already")]
    QueueFull,
    #[error("Discord's limits left no room for the request in time")]
    TooLong,
    #[error("Discord has refused the bot token, so nothing more is sent")]
    Stopped,
}

/// What became of a request that was sent.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Answered {
        success: bool,
        seen: Seen,
    },
    /// 429.
    Refused {
        seen: Seen,
        scope: Scope,
        wait: Duration,
    },
    /// No answer came, or none that can be read.
    Lost,
}

impl Outcome {
    const fn limits(&self) -> Option<&Limits> {
        match self {
            Self::Answered { seen, .. } | Self::Refused { seen, .. } => seen.limits(),
            Self::Lost => None,
        }
    }

    /// An error without limit headers tells nothing; a success without them does.
    const fn shows_no_limit(&self) -> bool {
        matches!(self, Self::Answered { success: true, seen: Seen::Absent })
    }
}

/// How full it is at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Load {
    pub(super) waiting: usize,
    pub(super) live: usize,
    pub(super) buckets: usize,
}

/// Clones share one state.
#[derive(Clone, Debug)]
pub(super) struct Limiter {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// The moment to look again has changed.
    changed: Notify,
}

impl Limiter {
    pub(super) fn new(rules: Rules) -> Self {
        Self { shared: Arc::new(Shared { state: Mutex::new(State::new(rules)), changed: Notify::new() }) }
    }

    /// Waits for the right to send one request. Dropping the future leaves the queue.
    pub(super) async fn permit(&self, route: &Route, class: Class) -> Result<Permit, Refused> {
        self.enqueue(route, class)?.granted().await
    }

    fn enqueue(&self, route: &Route, class: Class) -> Result<Waiting, Refused> {
        let (to, from) = oneshot::channel();
        let turn =
            self.update(|state, now| state.push(Waiter { route: route.clone(), class, since: now, to }))?;
        Ok(Waiting { limiter: self.clone(), turn, from })
    }

    /// Lets requests go when their time has come. Runs for as long as the limiter is used.
    pub(super) async fn drive(&self) {
        loop {
            let next = self.lock().next();
            let changed = self.shared.changed.notified();
            match next {
                None => changed.await,
                Some(at) => tokio::select! {
                    () = changed => {}
                    () = sleep_until(at) => self.update(|_, _| ()),
                },
            }
        }
    }

    /// Lets nobody go any more. Says whether this was the first stop.
    pub(super) fn stop(&self) -> bool {
        self.update(|state, _| state.stop())
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.lock().is_stopped()
    }

    /// A stream is being shown until [`Limiter::hide`].
    pub(super) fn show(&self) {
        self.lock().show();
    }

    pub(super) fn hide(&self) {
        self.update(|state, _| state.hide());
    }

    pub(super) fn load(&self) -> Load {
        let state = self.lock();
        Load { waiting: state.queue.len(), live: state.live(), buckets: state.buckets() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and serves whoever may go after it. Grants leave the lock before they are delivered.
    fn update<T>(&self, change: impl FnOnce(&mut State, Instant) -> T) -> T {
        let now = Instant::now();
        let (value, grants, changed) = {
            let mut state = self.lock();
            let before = state.next();
            let value = change(&mut state, now);
            let grants = state.serve(now);
            (value, grants, state.next() != before)
        };
        if changed {
            self.shared.changed.notify_one();
        }
        for Grant { held, to } in grants {
            // Nobody listens any more: the permit comes back and is dropped here, outside the lock.
            drop(to.send(Ok(Permit { limiter: self.clone(), held: Some(held), sent: false, waited: false })));
        }
        value
    }
}

/// One who stands in the queue, and leaves it when dropped.
#[derive(Debug)]
struct Waiting {
    limiter: Limiter,
    turn: Turn,
    from: oneshot::Receiver<Result<Permit, Refused>>,
}

impl Waiting {
    async fn granted(mut self) -> Result<Permit, Refused> {
        match self.from.try_recv() {
            Ok(at_once) => return at_once,
            Err(TryRecvError::Closed) => return Err(Refused::Stopped),
            Err(TryRecvError::Empty) => {}
        }
        let mut permit = (&mut self.from).await.map_err(|_| Refused::Stopped)??;
        permit.waited = true;
        Ok(permit)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.limiter.lock().queue.remove(self.turn);
    }
}

/// The right to send one request.
#[derive(Debug)]
pub(super) struct Permit {
    limiter: Limiter,
    held: Option<Held>,
    sent: bool,
    waited: bool,
}

impl Permit {
    /// Whether it could not be had at once.
    pub(super) const fn has_waited(&self) -> bool {
        self.waited
    }

    /// From here on the request may count at Discord, even if its answer is never seen.
    pub(super) fn mark_sent(&mut self) {
        self.sent = true;
        if let Some(held) = &mut self.held {
            self.limiter.lock().send(held, Instant::now());
        }
    }

    pub(super) fn settle(mut self, outcome: &Outcome) {
        self.finish(outcome);
    }

    fn finish(&mut self, outcome: &Outcome) {
        if let Some(held) = self.held.take() {
            self.limiter.update(|state, now| state.settle(held, outcome, now));
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.sent {
            self.finish(&Outcome::Lost);
        } else if let Some(held) = self.held.take() {
            self.limiter.update(|state, _| state.give_back(held));
        }
    }
}
