//! Errors, in the many shapes that servers give them, read into a [`Failure`].
//!
//! The status decides first, then the machine-readable words, then what the provider behind the server said, then the
//! numbers in the body. Prose is looked at only where common servers give nothing else, and never kept.

mod pause;
mod raw;
mod told;

#[cfg(test)]
mod tests;

use std::time::Duration;

use serde_json::Value;

use super::failure::{Failure, Limit};
use raw::Raw;
use told::Told;

pub(super) use pause::retry_after;

/// What an overloaded provider is given when it names no pause.
const SHORT: Duration = Duration::from_secs(1);

/// What the answer's head says about its failure. Empty for a failure inside a stream.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Head {
    pub(super) status: Option<u16>,
    pub(super) retry_after: Option<Duration>,
}

/// An error that was told. Nothing of its prose is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) failure: Failure,
    /// Who stood behind the server, for the operator's log. Cleaned.
    pub(super) provider: Option<String>,
    /// How many providers the server had asked by then.
    pub(super) upstream_attempts: Option<u32>,
}

impl From<Failure> for Refusal {
    /// A failure of which nobody has told anything.
    fn from(failure: Failure) -> Self {
        Self { failure, provider: None, upstream_attempts: None }
    }
}

/// Reads an answer that is an error. `body` is `Null` when it was no JSON, or the text of it when that is wanted.
pub(super) fn refusal(head: Head, body: &Value) -> Refusal {
    let told = Told::read(head, body);
    Refusal {
        failure: failure(&told),
        provider: told.provider(),
        upstream_attempts: told.upstream_attempts(body),
    }
}

fn failure(told: &Told<'_>) -> Failure {
    let failure = by_status(told)
        .or_else(|| told.words.iter().find_map(|word| by_word(word, told)))
        .or_else(|| by_raw(&told.raw(), told))
        .or_else(|| by_prose(told.prose))
        .unwrap_or_else(|| by_rest(told));
    match failure {
        // It is not there now, but the server expects it back.
        Failure::NoSuchModel | Failure::Rejected { .. } if told.retryable == Some(true) => overloaded(told),
        failure => failure,
    }
}

fn by_status(told: &Told<'_>) -> Option<Failure> {
    match told.status? {
        401 => Some(Failure::KeyRefused),
        402 => Some(no_credit(told)),
        403 => Some(forbidden(told)),
        404 if !told.says("image_not_found") => Some(Failure::NoSuchModel),
        413 => Some(Failure::TooLong),
        429 if told.says("insufficient_quota") => Some(no_credit(told)),
        429 => Some(rate_limited(told)),
        503 => Some(overloaded(told)),
        529 => Some(Failure::Overloaded {
            retry_after: Some(told.retry_after.unwrap_or(SHORT)),
            retryable: told.retryable,
        }),
        _ => None,
    }
}

fn by_word(word: &str, told: &Told<'_>) -> Option<Failure> {
    match word {
        "authentication" | "authentication_error" | "invalid_api_key" => Some(Failure::KeyRefused),
        "payment_required" | "insufficient_quota" => Some(no_credit(told)),
        "content_policy_violation" | "refusal" | "content_filter" => Some(Failure::Moderated),
        "context_length_exceeded"
        | "exceed_context_size_error"
        | "string_too_long"
        | "token_limit_exceeded"
        | "request_too_large"
        | "payload_too_large" => Some(Failure::TooLong),
        "model_not_found"
        | "no_endpoints"
        | "model_deprecated"
        | "model_unavailable_upstream"
        | "wrong_endpoint"
        | "region_restricted"
        | "privacy_restricted"
        | "constraint_filtered"
        | "free_variant_ended"
        | "not_found_error"
        | "NOT_FOUND" => Some(Failure::NoSuchModel),
        "rate_limit_exceeded" | "rate_limit_error" | "capacity_exhausted" | "RESOURCE_EXHAUSTED" => {
            Some(rate_limited(told))
        }
        "provider_overloaded" | "overloaded_error" | "temporarily_unavailable" | "UNAVAILABLE" => {
            Some(overloaded(told))
        }
        _ => None,
    }
}

/// What the provider said to the server. Its trouble with the server's key is no trouble of ours, and its limits are
/// not those of the account.
fn by_raw(raw: &Raw<'_>, told: &Told<'_>) -> Option<Failure> {
    let limited = || Failure::RateLimited {
        limit: Limit::Upstream,
        retry_after: told.retry_after,
        retryable: told.retryable,
    };
    let said = raw.words.iter().find_map(|word| by_word(word, told));
    match said {
        Some(Failure::RateLimited { .. }) => return Some(limited()),
        Some(Failure::KeyRefused | Failure::NoCredit { .. }) => return Some(failed_for_good(told)),
        Some(failure) => return Some(failure),
        None => {}
    }
    raw.numbers.iter().find_map(|number| match number {
        400 | 422 => Some(Failure::Rejected { status: 400 }),
        401..=403 => Some(failed_for_good(told)),
        404 => Some(Failure::NoSuchModel),
        413 => Some(Failure::TooLong),
        429 => Some(limited()),
        503 | 529 => Some(overloaded(told)),
        _ => None,
    })
}

fn by_prose(prose: &str) -> Option<Failure> {
    let prose = prose.to_lowercase();
    if ["context length", "context window", "maximum context"].iter().any(|sign| prose.contains(sign)) {
        return Some(Failure::TooLong);
    }
    let unknown = ["not a valid model", "invalid model name"].iter().any(|sign| prose.contains(sign));
    unknown.then_some(Failure::NoSuchModel)
}

fn by_rest(told: &Told<'_>) -> Failure {
    match told.status {
        Some(status @ (408 | 500..)) => {
            Failure::Provider { code: Some(status.into()), retryable: told.retryable }
        }
        Some(status) => Failure::Rejected { status },
        None => Failure::Provider { code: told.code, retryable: told.retryable },
    }
}

/// One number is read from prose, because nothing else tells it: how much the credit would still pay for.
fn no_credit(told: &Told<'_>) -> Failure {
    let affordable = told.prose.split_once("can only afford ").and_then(|(_, number)| {
        let digits: String =
            number.chars().filter(|digit| *digit != ',').take_while(char::is_ascii_digit).collect();
        digits.parse().ok().filter(|tokens| *tokens > 0)
    });
    Failure::NoCredit { affordable }
}

/// A refused text, a model that is not to be had from here, or a bound of the account. Only the last one is the same for
/// every model, and it is not always told in words for machines.
fn forbidden(told: &Told<'_>) -> Failure {
    if told.is_moderation() {
        return Failure::Moderated;
    }
    let by_word = told.words.iter().find_map(|word| by_word(word, told));
    if let Some(failure @ (Failure::Moderated | Failure::NoSuchModel | Failure::KeyRefused)) = by_word {
        return failure;
    }
    let prose = told.prose.to_lowercase();
    let signs = ["guardrail", "key_limit", "key limit", "spending limit"];
    let is_told = |sign: &str| prose.contains(sign) || told.words.iter().any(|word| word.contains(sign));
    if signs.into_iter().any(is_told) {
        return Failure::Forbidden;
    }
    Failure::Rejected { status: 403 }
}

fn rate_limited(told: &Told<'_>) -> Failure {
    Failure::RateLimited { limit: told.limit(), retry_after: told.retry_after, retryable: told.retryable }
}

fn overloaded(told: &Told<'_>) -> Failure {
    Failure::Overloaded { retry_after: told.retry_after, retryable: told.retryable }
}

/// The provider failed in a way that asking again does not mend.
fn failed_for_good(told: &Told<'_>) -> Failure {
    let code = told.status.map(i64::from).or(told.code);
    Failure::Provider { code, retryable: Some(told.retryable == Some(true)) }
}
