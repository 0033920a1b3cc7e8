//! What a reply cost and how it went: figures and ids, never text.

use super::failure::Failure;

/// Everything known about one reply and the attempts that led to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// One per model asked, in order. The last one is the model that spoke.
    pub attempts: Vec<Attempt>,
    /// The model of the last attempt, as it was asked for.
    pub model_asked: String,
    /// The model as the server names it: it can be a dated id of the one asked for.
    pub model_answered: Option<String>,
    pub provider: Option<String>,
    /// The provider's handle of this generation, with which its cost can be asked for later.
    pub generation_id: Option<String>,
    /// Absent when the stream ended before its figures came.
    pub usage: Option<Usage>,
    /// Milliseconds from opening the ladder to the first visible text.
    pub first_token_ms: u64,
    /// Milliseconds from opening the ladder to the end of the reply, or to now while it runs.
    pub total_ms: u64,
    pub finish: Option<Finish>,
}

/// Tokens and money of one reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub prompt_tokens: u32,
    /// Those of the prompt that the provider had in its cache.
    pub cached_tokens: u32,
    pub completion_tokens: u32,
    /// Those of the completion that were never shown.
    pub reasoning_tokens: u32,
    /// Billionths of a US dollar. `None`: the server names no price.
    pub cost_nano_usd: Option<i64>,
}

/// One model that was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub model: String,
    /// `None`: it spoke.
    pub failure: Option<Failure>,
    /// Milliseconds from its request to its first visible text or its failure.
    pub ms: u64,
}

/// Why a model stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    Stop,
    /// Its token limit cut it.
    Length,
    /// The provider's filter cut it.
    Filtered,
    Other,
}

impl Finish {
    /// Reads the common reason together with the provider's own word, which knows of cuts that the first one hides.
    pub(super) fn read(reason: &str, native: Option<&str>) -> Self {
        match (reason, native) {
            ("length", _) | (_, Some("MAX_TOKENS")) => Self::Length,
            ("content_filter", _) => Self::Filtered,
            (_, Some("SAFETY" | "RECITATION" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII")) => {
                Self::Filtered
            }
            ("stop", _) => Self::Stop,
            _ => Self::Other,
        }
    }
}

pub(super) fn millis(duration: std::time::Duration) -> u64 {
    duration.as_millis().try_into().unwrap_or(u64::MAX)
}
