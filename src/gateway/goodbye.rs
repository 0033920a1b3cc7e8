//! How the side of serenity tells the side of Discord that it has ended.

use std::future::Future;
use std::sync::OnceLock;

use tokio_util::sync::CancellationToken;

use super::close::Departure;

#[derive(Debug, Default)]
pub(super) struct Goodbye {
    said: CancellationToken,
    departure: OnceLock<Departure>,
}

impl Goodbye {
    pub(super) fn say(&self, departure: Departure) {
        // There is one side that says it, and it does so once.
        let _ = self.departure.set(departure);
        self.said.cancel();
    }

    pub(super) async fn said(&self) -> Departure {
        self.said.cancelled().await;
        self.departure.get().copied().unwrap_or(Departure::Broken)
    }

    /// Does the work, or ends it with the goodbye.
    pub(super) async fn unless_said<T>(&self, work: impl Future<Output = T>) -> Result<T, Departure> {
        tokio::select! {
            biased;
            departure = self.said() => Err(departure),
            done = work => Ok(done),
        }
    }
}
