//! The parts of the catalog alone, and the whole of it against a small server over loopback.

mod disk;
mod listing;
mod refresh;
mod server;
mod snapshot;
mod watch;

use super::fetch::List;
use super::listing::Listed;
use super::{ModelFacts, Snapshot};

/// A moment on 20 November 2026, in milliseconds since 1970.
const NOW: u64 = 20_777 * 24 * 60 * 60 * 1000 + 12_345;

fn facts(id: &str) -> ModelFacts {
    ModelFacts { id: id.to_owned(), name: id.to_owned(), ..ModelFacts::default() }
}

fn listed(facts: ModelFacts) -> Listed {
    Listed { facts, ..Listed::default() }
}

/// A complete list of [`NOW`].
fn complete(models: Vec<Listed>) -> Snapshot {
    Snapshot::new(List { models, is_complete: true }, NOW)
}
