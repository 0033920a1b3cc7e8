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
    /// The bytes ended without a finish, or without anything.
    #[error("the connection to the model broke")]
    Interrupted,
    /// It finished without a visible word.
    #[error("the model answered with nothing")]
    Empty,
    /// What came is not a reply: broken JSON, a page, or more than any reply may hold.
    #[error("the model server sent something that is not a reply")]
    Garbled,
    #[error("the model server refused the key")]
    KeyRefused,
    /// `affordable`: the tokens of a reply that the credit would still pay for, where the server says it.
    #[error("the model account has no credit left")]
    NoCredit { affordable: Option<u32> },
    /// A limit or a rule that the operator has set at the server stands against it.
    #[error("the model account does not allow it")]
    Forbidden,
    #[error("the provider's moderation refused the prompt or the reply")]
    Moderated,
    #[error("the prompt is too long for the model")]
    TooLong,
    #[error("the model does not exist or nobody serves it")]
    NoSuchModel,
    #[error("the model server asked for a pause")]
    RateLimited { limit: Limit, retry_after: Option<Duration>, retryable: Option<bool> },
    #[error("the model server is overloaded")]
    Overloaded { retry_after: Option<Duration>, retryable: Option<bool> },
    #[error("the model server rejected the request with status {status}")]
    Rejected { status: u16 },
    /// The provider behind the server failed, or the server itself. `retryable` here and above: what the server says
    /// about asking again, if anything.
    #[error("the model provider failed")]
    Provider { code: Option<i64>, retryable: Option<bool> },
    #[error("another model was faster")]
    Outrun,
    #[error("nobody waits for the reply any more")]
    Cancelled,
    /// Its worst case does not fit what is left for this turn.
    #[error("the model may cost more than is left")]
    Unaffordable,
}

/// Whose limit of requests is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// That of the account: it passes with the pause.
    Account,
    /// That of a provider behind the server: another model has another one.
    Upstream,
    /// That of the day: it passes tomorrow.
    Daily,
}

/// What to do about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advice {
    /// Ask the same model once more, after this pause.
    pub again: Option<Duration>,
    /// What to do when that is not to be, or has failed as well.
    pub then: Then,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    NextModel,
    /// No model would answer this.
    GiveUp,
    /// No model of the same account would answer: somebody has to act first.
    AskOperator,
}

impl Failure {
    /// The same for every model: how often and how long is the ladder's business, and so are two things that it has to
    /// change before it asks again, the history after [`Failure::TooLong`] and the length of the reply after
    /// [`Failure::NoCredit`].
    pub fn advice(&self) -> Advice {
        Advice { again: self.again(), then: self.then() }
    }

    fn again(&self) -> Option<Duration> {
        match *self {
            Self::Interrupted | Self::Empty | Self::TooLong | Self::NoCredit { affordable: Some(_) } => {
                Some(Duration::ZERO)
            }
            Self::RateLimited { limit: Limit::Daily, .. } => None,
            Self::RateLimited { limit: Limit::Upstream, retry_after, retryable } => {
                retryable.filter(|worth_it| *worth_it).map(|_| retry_after.unwrap_or_default())
            }
            Self::RateLimited { limit: Limit::Account, retry_after, retryable }
            | Self::Overloaded { retry_after, retryable } => match retryable {
                Some(false) => None,
                Some(true) => Some(retry_after.unwrap_or_default()),
                None => retry_after,
            },
            Self::Provider { retryable, .. } => retryable.unwrap_or(true).then_some(Duration::ZERO),
            _ => None,
        }
    }

    fn then(&self) -> Then {
        match self {
            Self::KeyRefused | Self::NoCredit { .. } | Self::Forbidden => Then::AskOperator,
            Self::Rejected { status: 412 | 413 | 422 } | Self::Outrun | Self::Cancelled => Then::GiveUp,
            _ => Then::NextModel,
        }
    }

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
            Self::NoCredit { .. } => "no_credit",
            Self::Forbidden => "forbidden",
            Self::Moderated => "moderated",
            Self::TooLong => "too_long",
            Self::NoSuchModel => "no_such_model",
            Self::RateLimited { .. } => "rate_limited",
            Self::Overloaded { .. } => "overloaded",
            Self::Rejected { .. } => "rejected",
            Self::Provider { .. } => "provider",
            Self::Outrun => "outrun",
            Self::Cancelled => "cancelled",
            Self::Unaffordable => "unaffordable",
        }
    }

    /// No other model of the same account would answer either: somebody has to act first.
    pub fn concerns_the_account(&self) -> bool {
        self.then() == Then::AskOperator
    }

    /// Nothing was generated, so nothing can have been charged. True of an answer that is an error in place of a stream;
    /// of a stream that had begun to speak, whatever ended it, it says nothing.
    pub fn is_free(&self) -> bool {
        match self {
            Self::Unreachable
            | Self::KeyRefused
            | Self::NoCredit { .. }
            | Self::Forbidden
            | Self::TooLong
            | Self::NoSuchModel
            | Self::RateLimited { .. }
            | Self::Overloaded { .. }
            | Self::Rejected { .. }
            | Self::Unaffordable => true,
            Self::Silent
            | Self::Stalled
            | Self::Interrupted
            | Self::Empty
            | Self::Garbled
            | Self::Moderated
            | Self::Provider { .. }
            | Self::Outrun
            | Self::Cancelled => false,
        }
    }

    /// What tells somebody what to do comes first; a failure of the machinery comes after it, and what is no failure of
    /// a model comes last.
    pub(super) fn urgency(&self) -> u8 {
        match self {
            Self::KeyRefused => 6,
            Self::NoCredit { .. } => 5,
            Self::Forbidden => 4,
            Self::Moderated => 3,
            Self::TooLong => 2,
            Self::Outrun | Self::Cancelled | Self::Unaffordable => 0,
            _ => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(2);

    fn limited(limit: Limit, retry_after: Option<Duration>, retryable: Option<bool>) -> Failure {
        Failure::RateLimited { limit, retry_after, retryable }
    }

    fn overloaded(retry_after: Option<Duration>, retryable: Option<bool>) -> Failure {
        Failure::Overloaded { retry_after, retryable }
    }

    /// Every failure with what to do about it.
    fn table() -> Vec<(Failure, Option<Duration>, Then)> {
        use Failure::*;
        use Then::*;
        let at_once = Some(Duration::ZERO);
        let provider = |retryable| Provider { code: Some(502), retryable };
        vec![
            (Unreachable, None, NextModel),
            (Silent, None, NextModel),
            (Stalled, None, NextModel),
            (Interrupted, at_once, NextModel),
            (Empty, at_once, NextModel),
            (Garbled, None, NextModel),
            (KeyRefused, None, AskOperator),
            (NoCredit { affordable: None }, None, AskOperator),
            (NoCredit { affordable: Some(12) }, at_once, AskOperator),
            (Forbidden, None, AskOperator),
            (Moderated, None, NextModel),
            (TooLong, at_once, NextModel),
            (NoSuchModel, None, NextModel),
            (limited(Limit::Account, None, None), None, NextModel),
            (limited(Limit::Account, Some(SOON), None), Some(SOON), NextModel),
            (limited(Limit::Account, Some(SOON), Some(false)), None, NextModel),
            (limited(Limit::Account, None, Some(true)), at_once, NextModel),
            (limited(Limit::Upstream, Some(SOON), None), None, NextModel),
            (limited(Limit::Upstream, Some(SOON), Some(true)), Some(SOON), NextModel),
            (limited(Limit::Daily, Some(SOON), Some(true)), None, NextModel),
            (overloaded(None, None), None, NextModel),
            (overloaded(Some(SOON), None), Some(SOON), NextModel),
            (overloaded(Some(SOON), Some(false)), None, NextModel),
            (overloaded(None, Some(true)), at_once, NextModel),
            (Rejected { status: 400 }, None, NextModel),
            (Rejected { status: 412 }, None, GiveUp),
            (Rejected { status: 413 }, None, GiveUp),
            (Rejected { status: 418 }, None, NextModel),
            (Rejected { status: 422 }, None, GiveUp),
            (provider(None), at_once, NextModel),
            (provider(Some(true)), at_once, NextModel),
            (provider(Some(false)), None, NextModel),
            (Outrun, None, GiveUp),
            (Cancelled, None, GiveUp),
            (Unaffordable, None, NextModel),
        ]
    }

    #[test]
    fn every_failure_is_a_decision() {
        for (failure, again, then) in table() {
            assert_eq!(failure.advice(), Advice { again, then }, "{failure:?}");
        }
    }

    #[test]
    fn codes_tell_failures_apart() {
        let failures = table().into_iter().map(|(failure, ..)| failure);
        let mut kinds: Vec<_> = failures.map(|failure| (failure.code(), failure.to_string())).collect();
        kinds.dedup_by_key(|(code, _)| *code);
        assert_eq!(kinds.len(), 19);
        kinds.sort_unstable();
        kinds.dedup_by_key(|(code, _)| *code);
        assert_eq!(kinds.len(), 19, "{kinds:?}");
    }

    #[test]
    fn what_somebody_can_act_on_is_told_first() {
        let order = [
            Failure::Outrun,
            Failure::Silent,
            Failure::TooLong,
            Failure::Moderated,
            Failure::Forbidden,
            Failure::NoCredit { affordable: None },
            Failure::KeyRefused,
        ];
        assert!(order.is_sorted_by_key(|failure| failure.urgency()));
    }

    #[test]
    fn only_what_never_began_is_free() {
        for (failure, ..) in table() {
            let began = matches!(failure.code(), "silent" | "stalled" | "interrupted" | "empty" | "garbled");
            let may_have = matches!(failure.code(), "moderated" | "provider" | "outrun" | "cancelled");
            assert_eq!(failure.is_free(), !began && !may_have, "{failure:?}");
        }
    }
}
