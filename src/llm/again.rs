//! What a failure asks to be changed before a model is asked once more. Pure.

use super::body::{How, Resume};
use super::failure::{Failure, Limit};
use super::plan::Rung;
use super::request::Request;

/// The least number of tokens that a reply is worth having in.
const LEAST_TOKENS: u32 = 64;

/// About.
const CHARACTERS_PER_TOKEN: usize = 4;

/// How a rung is asked to go on with what was said; plainly, where nothing was. What was said counts against its length.
pub(super) fn going_on(rung: &Rung, said: &str) -> How {
    if said.is_empty() {
        return How::default();
    }
    let tokens = u32::try_from(said.chars().count() / CHARACTERS_PER_TOKEN).unwrap_or(u32::MAX);
    let left = rung.max_tokens.saturating_sub(tokens).max(LEAST_TOKENS.min(rung.max_tokens));
    How { max_tokens: Some(left), resume: Some(Resume::on(rung.flavour)), ..How::default() }
}

/// What can be changed in a request so that the same model may take it. `cut`: its token limit ended it.
pub(super) fn changed(
    request: &Request,
    rung: &Rung,
    how: &How,
    (failure, cut): (Failure, bool),
) -> Option<How> {
    let halvings = how.halvings.max(rung.halvings);
    let max_tokens = how.max_tokens.unwrap_or(rung.max_tokens);
    match failure {
        Failure::TooLong if request.can_halve(halvings) => {
            Some(How { halvings: halvings + 1, ..how.clone() })
        }
        Failure::NoCredit { affordable: Some(tokens) } if (LEAST_TOKENS..max_tokens).contains(&tokens) => {
            Some(How { max_tokens: Some(tokens), ..how.clone() })
        }
        // Its thoughts have used up what was meant for the answer.
        Failure::Empty if cut => {
            let longest =
                rung.facts.as_ref().and_then(|facts| facts.max_completion_tokens).unwrap_or(u32::MAX);
            let doubled = max_tokens.saturating_mul(2).min(longest);
            (doubled > max_tokens).then(|| How { max_tokens: Some(doubled), ..how.clone() })
        }
        // Some take a beginning for an answer that is complete.
        Failure::Rejected { status: 400 } | Failure::Empty if how.resume == Some(Resume::Prefill) => {
            Some(How { resume: Some(Resume::Instruction), ..how.clone() })
        }
        _ => None,
    }
}

/// Whether the same request may be sent again as it was. Some failures only pass when something was changed.
pub(super) fn may_repeat(failure: Failure) -> bool {
    !matches!(failure, Failure::TooLong | Failure::NoCredit { .. })
}

/// Whether this, in place of an answer, says that OpenRouter has tried every model of its list. What concerns the
/// account or the request itself is refused before any of them is asked.
pub(super) fn is_passed_on(failure: Failure) -> bool {
    matches!(
        failure,
        Failure::Provider { .. }
            | Failure::Overloaded { .. }
            | Failure::RateLimited { limit: Limit::Upstream, .. }
            | Failure::Moderated
    )
}

/// What a request can cost at most: more than its rung says when it may say more than usual, or reads what was said.
pub(super) fn worst(rung: &Rung, how: &How, said: &str) -> i64 {
    let longer = match how.max_tokens {
        Some(tokens) if tokens > rung.max_tokens => rung.worst.saturating_mul(2),
        _ => rung.worst,
    };
    let reads = how.resume.map_or(0, |_| rung.cost_of_reading(said));
    longer.saturating_add(reads)
}
