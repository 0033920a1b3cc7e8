//! What a reply cost and how it went: figures and ids, never text.

use super::failure::Failure;

/// Everything known about one reply and the attempts that led to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// One per request, in the order in which they were made.
    pub attempts: Vec<Attempt>,
    /// The attempts whose text was shown, in order: more than one when a model went on where another broke off.
    pub spoke: Vec<usize>,
    /// The model that was wanted first, whether it was asked or not.
    pub first_choice: String,
    /// Milliseconds from the beginning to the first visible text.
    pub first_token_ms: Option<u64>,
    /// Milliseconds from the beginning to the end of the reply, or to now while it runs.
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

/// One request to one model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The name of the server, if it is not the default one.
    pub account: Option<String>,
    /// As configured, with the server's name where it has one.
    pub model: String,
    /// The rung that answered, as configured, where the server went on to it by itself.
    pub fell_back_to: Option<String>,
    /// The model as the server names it: it can be a dated id of the one asked for.
    pub model_answered: Option<String>,
    pub provider: Option<String>,
    /// The provider's handle of this generation, with which its cost can be asked for later.
    pub generation_id: Option<String>,
    /// Absent when the stream ended before its figures came.
    pub usage: Option<Usage>,
    /// Milliseconds from this request to its first visible text.
    pub first_token_ms: Option<u64>,
    /// Milliseconds from this request to its end, or to now while it runs.
    pub ms: u64,
    /// `None`: it spoke to its end, or still speaks.
    pub failure: Option<Failure>,
    pub finish: Option<Finish>,
    /// How many providers the server tried for it, where it says so.
    pub upstream_attempts: Option<u32>,
    pub bill: Bill,
}

/// What is known of an attempt's cost, in nano-dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bill {
    /// Nothing can have been charged.
    #[default]
    Nothing,
    /// The server has said it.
    Reported(i64),
    /// The server can be asked later; it is at most this.
    Owed(i64),
    /// Nobody will say it; it counts as this.
    Assumed(i64),
}

impl Bill {
    /// The most that it can come to.
    pub fn most(self) -> i64 {
        match self {
            Self::Nothing => 0,
            Self::Reported(sum) | Self::Owed(sum) | Self::Assumed(sum) => sum,
        }
    }
}

impl Attempt {
    /// The rung that answered, as configured.
    pub fn speaker(&self) -> &str {
        self.fell_back_to.as_deref().unwrap_or(&self.model)
    }
}

impl Report {
    /// The models whose words were shown, as configured, in order.
    pub fn speakers(&self) -> impl Iterator<Item = &str> {
        self.spoke.iter().filter_map(|index| self.attempts.get(*index)).map(Attempt::speaker)
    }
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
    /// A short stable word for rows.
    pub fn code(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::Filtered => "filtered",
            Self::Other => "other",
        }
    }

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
