//! Who may send to Discord now. Pure state under one lock, no I/O; time is tokio's, so that a paused clock tests it.
//!
//! What is handed out is a permit: the right to send one request. It counts as under way until it is settled with
//! the outcome, and comes back by itself when it is dropped.

mod book;
mod bucket;
mod crowd;
mod invalid;
mod places;
mod queue;
mod standing;
mod state;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot::error::TryRecvError;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep_until};
use tracing::{error, info, warn};

use super::class::Class;
use super::headers::{Limits, Scope, Seen};
use super::pressure::Pressure;
use super::route::Route;
use super::rules::Rules;
use invalid::Level;
use queue::{Turn, Waiter};
use state::{Grant, Held, State};

pub use standing::Standing;

/// How much there is to share out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    /// Requests of the whole bot in one second.
    pub(super) places: usize,
    /// Requests that may wait at once.
    pub(super) queue: usize,
}

/// Who keeps Discord's limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    #[default]
    On,
    /// Another proxy, at the address that stands for Discord's: it holds requests back itself.
    Off,
}

/// Why a request was not let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("too many requests to Discord are waiting already")]
    QueueFull,
    #[error("Discord's limits left no room for the request in time")]
    TooLong,
    #[error("Discord has refused too many requests lately, so this one was not sent")]
    Paused,
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
    /// Those who wait, by class.
    pub(super) classes: [usize; Class::ALL.len()],
    pub(super) live: usize,
    pub(super) buckets: usize,
    /// Invalid requests of the last ten minutes.
    pub(super) invalid: usize,
    pub(super) standing: Standing,
}

impl Load {
    pub(super) fn waiting(&self) -> usize {
        self.classes.iter().sum()
    }
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
    pub(super) fn new(size: Size, mode: Mode, rules: Rules) -> Self {
        let state = Mutex::new(State::new(size, mode, rules));
        Self { shared: Arc::new(Shared { state, changed: Notify::new() }) }
    }

    /// Waits for the right to send one request. Dropping the future leaves the queue.
    pub(super) async fn permit(&self, route: &Route, class: Class) -> Result<Permit, Refused> {
        self.enqueue(route, class)?.granted().await
    }

    fn enqueue(&self, route: &Route, class: Class) -> Result<Waiting, Refused> {
        let (to, from) = oneshot::channel();
        let waiter = |since| Waiter { route: route.clone(), class, since, to };
        let turn = self.update(|state, now| state.push(waiter(now), now))?;
        Ok(Waiting { limiter: self.clone(), turn, since: Instant::now(), from })
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

    /// Discord has given an answer of those that it counts as invalid.
    pub(super) fn note_invalid(&self) {
        self.update(State::note_invalid);
    }

    /// A stream is being shown until [`Limiter::hide`].
    pub(super) fn show(&self) {
        self.lock().show(Instant::now());
    }

    pub(super) fn hide(&self) {
        self.update(|state, _| state.hide());
    }

    pub(super) fn load(&self) -> Load {
        self.lock().load()
    }

    pub(super) fn pressure(&self) -> Pressure {
        self.lock().pressure()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and serves whoever may go after it. Grants leave the lock before they are delivered.
    fn update<T>(&self, change: impl FnOnce(&mut State, Instant) -> T) -> T {
        let now = Instant::now();
        let (value, served, changed) = {
            let mut state = self.lock();
            let before = state.next();
            let value = change(&mut state, now);
            let served = state.serve(now);
            (value, served, state.next() != before)
        };
        if changed {
            self.shared.changed.notify_one();
        }
        if let Some((level, invalid)) = served.level {
            tell(level, invalid);
        }
        for Grant { held, to } in served.grants {
            // Nobody listens any more: the permit comes back and is dropped here, outside the lock.
            let waited = Duration::ZERO;
            drop(to.send(Ok(Permit { limiter: self.clone(), held: Some(held), sent: false, waited })));
        }
        value
    }
}

fn tell(level: Level, invalid: usize) {
    match level {
        Level::Sparing => {
            warn!(invalid, "Discord has refused many requests: no intermediate edits and no typing");
        }
        Level::Paused => {
            error!(invalid, "Discord has refused too many requests: only callbacks are sent");
        }
        Level::Well => {
            info!(invalid, "Discord has refused few requests lately: everything is sent again");
        }
    }
}

/// One who stands in the queue, and leaves it when dropped.
#[derive(Debug)]
struct Waiting {
    limiter: Limiter,
    turn: Turn,
    since: Instant,
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
        permit.waited = self.since.elapsed();
        Ok(permit)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let has_left = self.limiter.lock().queue.remove(self.turn).is_some();
        if has_left {
            // It may have stood before others that need less.
            self.limiter.update(|_, _| ());
        }
    }
}

/// The right to send one request.
#[derive(Debug)]
pub(super) struct Permit {
    limiter: Limiter,
    held: Option<Held>,
    sent: bool,
    waited: Duration,
}

impl Permit {
    /// Zero when it could be had at once.
    pub(super) const fn waited(&self) -> Duration {
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
            self.limiter.update(|state, _| state.give_back(&held));
        }
    }
}
