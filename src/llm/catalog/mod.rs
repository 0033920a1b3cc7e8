//! The models that a server offers: what they cost and can do, and how long they stay.
//!
//! `GET /models` becomes a [`Snapshot`], which stands until a newer one is there: who looks never waits. It is kept on
//! disk for a start without network.

mod date;
mod disk;
mod facts;
mod fetch;
mod listing;
mod naming;
mod object;
mod snapshot;
mod successor;
mod watch;

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch as channel;
use tracing::{debug, info, warn};

use crate::shutdown::Shutdown;
use crate::status::{Status, now_ms};

pub use facts::ModelFacts;
pub(in crate::llm) use fetch::Source;
pub(in crate::llm) use fetch::{Unread, whole};
pub(in crate::llm) use object::Object;
pub(in crate::llm) use snapshot::Snapshot;

use fetch::Trouble;
use watch::Watched;

/// The first pause after a failure; it doubles up to the longest.
const PAUSE: Duration = Duration::from_secs(30);
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);
/// How often models under watch are looked at when no new list comes.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How the list of models is kept.
#[derive(Clone, Debug)]
pub struct CatalogSettings {
    /// Where lists are kept on disk. `None`: in memory only.
    pub folder: Option<PathBuf>,
    /// How long a list is taken for new.
    pub fresh: Duration,
    /// How long one reading of the whole list may take.
    pub timeout: Duration,
}

impl Default for CatalogSettings {
    fn default() -> Self {
        Self { folder: None, fresh: Duration::from_secs(15 * 60), timeout: Duration::from_secs(10) }
    }
}

/// A handle to the models of one server. Clones share one list.
#[derive(Clone)]
pub(in crate::llm) struct Catalog {
    inner: Arc<Inner>,
}

struct Inner {
    settings: CatalogSettings,
    source: Source,
    status: Status,
    shutdown: Shutdown,
    first_pause: Duration,
    current: channel::Sender<Arc<Snapshot>>,
    phase: channel::Sender<Phase>,
    /// The last list could not be kept, and that was said.
    is_disk_bad: AtomicBool,
}

/// What the one refresh is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Idle,
    Asking,
    /// After a failure.
    Pausing,
}

impl Catalog {
    /// Takes what was kept on disk. The server is asked when somebody looks.
    pub(in crate::llm) fn start(
        settings: CatalogSettings,
        source: Source,
        status: Status,
        shutdown: Shutdown,
    ) -> Self {
        Self::with_pause(settings, source, status, shutdown, PAUSE)
    }

    fn with_pause(
        settings: CatalogSettings,
        source: Source,
        status: Status,
        shutdown: Shutdown,
        first_pause: Duration,
    ) -> Self {
        let kept = kept(&settings, &source).unwrap_or_default();
        let inner = Inner {
            settings,
            source,
            status,
            shutdown,
            first_pause,
            current: channel::Sender::new(Arc::new(kept)),
            phase: channel::Sender::new(Phase::Idle),
            is_disk_bad: AtomicBool::new(false),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The newest list that is there. Never waits; one that is not fresh any more is read anew in the background.
    pub(in crate::llm) fn look(&self) -> Arc<Snapshot> {
        let snapshot = self.inner.current.borrow().clone();
        self.refresh();
        snapshot
    }

    /// A fresh list, or the newest there is when the server does not answer in time.
    pub(in crate::llm) async fn fetched(&self) -> Arc<Snapshot> {
        self.refresh();
        // Never closed: the sender lives in `self`.
        let _ = self.inner.phase.subscribe().wait_for(|phase| *phase != Phase::Asking).await;
        self.inner.current.borrow().clone()
    }

    /// Warns of models that are gone or about to go, now, with every new list, and daily. Ids are the server's own.
    pub(in crate::llm) fn watch(&self, models: Vec<String>) {
        let source = &self.inner.source;
        let addressed = models.into_iter().map(|model| (model.clone(), source.address(&model))).collect();
        let mut watched = Watched::new(addressed);
        let (catalog, shutdown) = (self.clone(), self.inner.shutdown.clone());
        let mut news = self.inner.current.subscribe();
        self.inner.shutdown.spawn(async move {
            catalog.refresh();
            loop {
                let snapshot = news.borrow_and_update().clone();
                watch::tell(watched.check(&snapshot, now_ms()), &catalog.inner.status);
                match shutdown.unless_begun(tokio::time::timeout(DAY, news.changed())).await {
                    None => return,
                    Some(Ok(_)) => {}
                    Some(Err(_)) => catalog.refresh(),
                }
            }
        });
    }

    /// Begins a refresh unless one is running or none is due.
    fn refresh(&self) {
        let inner = &self.inner;
        if inner.shutdown.has_begun() {
            return;
        }
        let begins = inner.phase.send_if_modified(|phase| {
            let is_due =
                *phase == Phase::Idle && inner.current.borrow().is_older(now_ms(), inner.settings.fresh);
            if is_due {
                *phase = Phase::Asking;
            }
            is_due
        });
        if begins {
            let flight = Flight { inner: Arc::clone(inner) };
            inner.shutdown.spawn(async move { flight.run().await });
        }
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Catalog").field("source", &self.inner.source).finish_non_exhaustive()
    }
}

/// The one refresh: asks until it has a list or the stop begins. However it ends, the next one may begin.
struct Flight {
    inner: Arc<Inner>,
}

impl Flight {
    async fn run(&self) {
        let Inner { settings, source, shutdown, phase, .. } = &*self.inner;
        let mut pause = self.inner.first_pause;
        let mut known: Option<Trouble> = None;
        loop {
            match shutdown.unless_begun(fetch::list(source, settings.timeout)).await {
                None => return,
                Some(Ok(list)) => {
                    if known.is_some() {
                        info!(llm.server = source.label(), "the list of models is there again");
                    }
                    let snapshot = Arc::new(Snapshot::new(list, now_ms()));
                    self.inner.current.send_replace(Arc::clone(&snapshot));
                    return self.keep(snapshot).await;
                }
                Some(Err(trouble)) => {
                    self.failed(trouble, known);
                    known = Some(trouble);
                }
            }
            phase.send_replace(Phase::Pausing);
            if shutdown.unless_begun(tokio::time::sleep(pause)).await.is_none() {
                return;
            }
            pause = longer(pause);
            phase.send_replace(Phase::Asking);
        }
    }

    /// Said once for each change of its cause.
    fn failed(&self, trouble: Trouble, known: Option<Trouble>) {
        let server = self.inner.source.label();
        if known == Some(trouble) {
            debug!(llm.server = server, error = %trouble, "still no new list of models");
        } else if self.inner.current.borrow().is_known() {
            warn!(llm.server = server, error = %trouble, "no new list of models; the last one stands");
        } else {
            warn!(llm.server = server, error = %trouble, "no list of models: prices and limits are not known");
        }
    }

    async fn keep(&self, snapshot: Arc<Snapshot>) {
        let Some(folder) = &self.inner.settings.folder else { return };
        let path = disk::path(folder, &self.inner.source.name);
        let (file, identity) = (path.clone(), self.inner.source.identity());
        let writing = tokio::task::spawn_blocking(move || disk::write(&file, &identity, &snapshot));
        let error = match writing.await {
            Ok(Ok(())) => return self.inner.is_disk_bad.store(false, Ordering::Relaxed),
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        if !self.inner.is_disk_bad.swap(true, Ordering::Relaxed) {
            warn!(file = %path.display(), error, "the list of models cannot be kept on disk");
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.inner.phase.send_replace(Phase::Idle);
    }
}

fn longer(pause: Duration) -> Duration {
    (pause * 2).min(LONGEST_PAUSE)
}

/// The list that was kept on disk, if there is one of this server.
fn kept(settings: &CatalogSettings, source: &Source) -> Option<Snapshot> {
    let path = disk::path(settings.folder.as_deref()?, &source.name);
    match disk::read(&path, &source.identity()) {
        Ok(kept) => kept,
        Err(useless) => {
            warn!(file = %path.display(), error = %useless, "the list of models on disk is of no use");
            None
        }
    }
}
