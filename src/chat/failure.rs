//! Why a turn has no whole answer. Variants carry what the surface decides on; words for people are made there.

use std::time::Duration;

use crate::llm;
use crate::store::{Refusal, STOPPED, StoreError};

#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("no model answered")]
    Model(#[source] ModelFailure),
    #[error("the store failed")]
    Store(#[source] StoreError),
    /// A budget has no room for another reply.
    #[error("a budget is used up")]
    Spent(Refusal),
    #[error("the question was deleted")]
    Deleted,
    /// Somebody who may has pressed Stop.
    #[error("somebody stopped it")]
    Stopped,
    /// No failure: it is answered with another turn, which closes it too.
    #[error("it is answered with another one")]
    Joined,
    /// The surface takes an answer only for a time, and that is over.
    #[error("there is no more time for an answer")]
    OutOfTime,
    #[error("the process is stopping")]
    Stopping,
}

/// What the models did, in the terms of a person who waits or of an operator who can mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelFailure {
    #[error("the model key was refused")]
    KeyRefused,
    #[error("the account has no credit")]
    NoCredit,
    #[error("the provider refused the content")]
    Moderated,
    #[error("the prompt is too long for the model")]
    TooLong,
    #[error("the configured model does not exist")]
    NoSuchModel,
    #[error("too many requests")]
    Busy { retry_after: Option<Duration> },
    #[error("the answer broke off")]
    BrokenOff,
    #[error("the answer was cut at its length limit")]
    CutShort,
    #[error("the provider's filter stopped the answer")]
    Filtered,
    #[error("no answer came")]
    Unavailable,
}

impl From<StoreError> for Failure {
    fn from(failure: StoreError) -> Self {
        match failure {
            StoreError::TurnErased(_) => Self::Deleted,
            failure => Self::Store(failure),
        }
    }
}

impl Failure {
    /// An answer ended well and there was nothing in it to be seen.
    pub fn no_words() -> Self {
        Self::Model(ModelFailure::Unavailable)
    }

    /// A short code for the journal.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Model(failure) => failure.code(),
            Self::Store(_) => "store",
            Self::Spent(_) => "budget",
            Self::Deleted => "deleted",
            Self::Stopped => STOPPED,
            Self::Joined => "joined",
            Self::OutOfTime => "out_of_time",
            Self::Stopping => "stopping",
        }
    }
}

impl ModelFailure {
    fn code(self) -> &'static str {
        match self {
            Self::KeyRefused => "key_refused",
            Self::NoCredit => "no_credit",
            Self::Moderated => "moderated",
            Self::TooLong => "too_long",
            Self::NoSuchModel => "no_such_model",
            Self::Busy { .. } => "busy",
            Self::BrokenOff => "broken_off",
            Self::CutShort => "cut_short",
            Self::Filtered => "filtered",
            Self::Unavailable => "unavailable",
        }
    }

    /// After the last text: what kept a model from saying more.
    pub(crate) fn of_finish(finish: Option<llm::Finish>) -> Option<Self> {
        match finish? {
            llm::Finish::Length => Some(Self::CutShort),
            llm::Finish::Filtered => Some(Self::Filtered),
            llm::Finish::Stop | llm::Finish::Other => None,
        }
    }

    /// Before the first text: what is to be said of a ladder that is used up.
    pub(crate) fn of(failure: llm::Failure) -> Self {
        match failure {
            llm::Failure::KeyRefused | llm::Failure::Forbidden => Self::KeyRefused,
            llm::Failure::NoCredit { .. } => Self::NoCredit,
            llm::Failure::Moderated => Self::Moderated,
            llm::Failure::TooLong => Self::TooLong,
            llm::Failure::NoSuchModel => Self::NoSuchModel,
            llm::Failure::RateLimited { retry_after, .. } => Self::Busy { retry_after },
            _ => Self::Unavailable,
        }
    }
}
