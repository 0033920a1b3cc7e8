//! What can go wrong with a model, by what is to be done about it.

use std::time::Duration;

/// Why a model gave no reply, or not all of it. Carries what a decision needs and never a provider's prose, which may
/// repeat chat text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    #[error("the model server cannot be reached")]
    Unreachable,
    /// No visible text within the time for it.
    #[error("the model said nothing in time")]
    Silent,
    /// Text came, then nothing more within the time between two reads, or the total time ran out.
    #[error("the model stopped in the middle")]
    Stalled,
    /// The connection ended without a finish.
    #[error("the connection to the model broke")]
    Interrupted,
    /// It finished without a visible word.
    #[error("the model answered with nothing")]
    Empty,
    /// What came is not a reply: broken JSON, a page, an empty body, or more than any reply may hold.
    #[error("the model server sent something that is not a reply")]
    Garbled,
    #[error("the model server refused the key")]
    KeyRefused,
    #[error("the model account has no credit left")]
    NoCredit,
    #[error("the provider's moderation refused the prompt or the reply")]
    Moderated,
    #[error("the prompt is too long for the model")]
    TooLong,
    #[error("the model does not exist or nobody serves it")]
    NoSuchModel,
    #[error("the model server asked for a pause")]
    RateLimited { retry_after: Option<Duration> },
    #[error("the model server is overloaded")]
    Overloaded { retry_after: Option<Duration> },
    #[error("the model server rejected the request with status {status}")]
    Rejected { status: u16 },
    /// The provider behind the server failed, or the server itself.
    #[error("the model provider failed")]
    Provider { code: Option<i64> },
}

impl Failure {
    /// A short stable word for logs, rows and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Silent => "silent",
            Self::Stalled => "stalled",
            Self::Interrupted => "interrupted",
            Self::Empty => "empty",
            Self::Garbled => "garbled",
            Self::KeyRefused => "key_refused",
            Self::NoCredit => "no_credit",
            Self::Moderated => "moderated",
            Self::TooLong => "too_long",
            Self::NoSuchModel => "no_such_model",
            Self::RateLimited { .. } => "rate_limited",
            Self::Overloaded { .. } => "overloaded",
            Self::Rejected { .. } => "rejected",
            Self::Provider { .. } => "provider",
        }
    }

    /// No other model of the same account would answer either: somebody has to act first.
    pub fn concerns_the_account(&self) -> bool {
        matches!(self, Self::KeyRefused | Self::NoCredit)
    }

    /// What tells somebody what to do comes first; a failure of the machinery comes last.
    pub(super) fn urgency(&self) -> u8 {
        match self {
            Self::KeyRefused => 4,
            Self::NoCredit => 3,
            Self::Moderated => 2,
            Self::TooLong => 1,
            _ => 0,
        }
    }
}
