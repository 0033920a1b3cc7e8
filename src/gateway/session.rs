//! What Discord keeps for us, and what we keep of it.

use serde_json::Value;

use super::sieve::Sieve;

/// A session that can be taken up again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Session {
    pub(super) id: String,
    /// Where Discord wants it taken up.
    pub(super) url: String,
    /// The number of the last event that was taken in.
    pub(super) seq: u64,
}

/// What is known of a shard, also while it has no connection to serenity.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// What serenity says of itself: token, intents, shard.
    pub(super) identify: Value,
    pub(super) session: Option<Session>,
    pub(super) sieve: Sieve,
}

impl Memory {
    /// Whether this session is the one that could be taken up.
    pub(super) fn is_of(&self, session: &str) -> bool {
        self.session.as_ref().is_some_and(|known| known.id == session)
    }
}
