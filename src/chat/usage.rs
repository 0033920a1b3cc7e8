//! What the requests of a turn used, as the store keeps it.

use crate::llm::{self, Bill};
use crate::store::UsageRow;

/// The failure of a model that its server has replaced by another one.
const PASSED_OVER: &str = "passed_over";

/// One row for each request; the last one whose text was shown stands last, because it is what the answer shows.
pub(super) fn of_report(report: &llm::Report) -> Vec<UsageRow> {
    let last = report.spoke.last().copied();
    let attempts = report.attempts.iter().enumerate();
    let (spoken, silent): (Vec<_>, Vec<_>) = attempts.partition(|(place, _)| Some(*place) == last);
    silent.into_iter().chain(spoken).flat_map(|(_, attempt)| rows(attempt)).collect()
}

/// Where the server went on to another model by itself, the one that it passed over has a row of its own.
fn rows(attempt: &llm::Attempt) -> Vec<UsageRow> {
    let passed_over = attempt.fell_back_to.is_some().then(|| UsageRow {
        account: attempt.account.clone(),
        model: attempt.model.clone(),
        cost_nano_usd: Some(0),
        failure: Some(PASSED_OVER.to_owned()),
        ..UsageRow::default()
    });
    passed_over.into_iter().chain([row(attempt)]).collect()
}

fn row(attempt: &llm::Attempt) -> UsageRow {
    let usage = attempt.usage.as_ref();
    UsageRow {
        account: attempt.account.clone(),
        model: attempt.speaker().to_owned(),
        model_answered: attempt.model_answered.clone(),
        provider: attempt.provider.clone(),
        generation_id: attempt.generation_id.clone(),
        prompt_tokens: usage.map(|usage| usage.prompt_tokens.into()),
        cached_tokens: usage.map(|usage| usage.cached_tokens.into()),
        completion_tokens: usage.map(|usage| usage.completion_tokens.into()),
        reasoning_tokens: usage.map(|usage| usage.reasoning_tokens.into()),
        cost_nano_usd: match attempt.bill {
            Bill::Nothing => Some(0),
            Bill::Reported(cost) => Some(cost),
            Bill::Owed(_) | Bill::Assumed(_) => None,
        },
        estimate_nano_usd: match attempt.bill {
            Bill::Owed(most) | Bill::Assumed(most) => Some(most),
            Bill::Nothing | Bill::Reported(_) => None,
        },
        first_token_ms: attempt.first_token_ms.map(saturating),
        total_ms: Some(saturating(attempt.ms)),
        failure: attempt.failure.map(|failure| failure.code().to_owned()),
        finish: attempt.finish.map(|finish| finish.code().to_owned()),
        upstream_attempts: attempt.upstream_attempts.map(i64::from),
        owed: matches!(attempt.bill, Bill::Owed(_)),
    }
}

fn saturating(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(model: &str, failure: Option<llm::Failure>, bill: Bill) -> llm::Attempt {
        llm::Attempt {
            account: None,
            model: model.to_owned(),
            fell_back_to: None,
            model_answered: None,
            provider: None,
            generation_id: Some(format!("gen-{model}")),
            usage: None,
            first_token_ms: None,
            ms: 7,
            failure,
            finish: None,
            upstream_attempts: None,
            bill,
        }
    }

    #[test]
    fn every_request_is_a_row_with_what_is_known_of_its_cost() {
        let report = llm::Report {
            attempts: vec![
                attempt("refused", Some(llm::Failure::Unreachable), Bill::Nothing),
                attempt("spoke", None, Bill::Reported(9)),
                attempt("beside", Some(llm::Failure::Outrun), Bill::Owed(5)),
                attempt("silent", Some(llm::Failure::Silent), Bill::Assumed(3)),
            ],
            spoke: vec![1],
            ..llm::Report::default()
        };
        let rows = of_report(&report);
        let seen: Vec<_> = rows
            .iter()
            .map(|row| (row.model.as_str(), row.cost_nano_usd, row.estimate_nano_usd, row.owed))
            .collect();
        assert_eq!(
            seen,
            [
                ("refused", Some(0), None, false),
                ("beside", None, Some(5), true),
                ("silent", None, Some(3), false),
                ("spoke", Some(9), None, false),
            ]
        );
        assert_eq!(rows[1].failure.as_deref(), Some("outrun"));
    }

    #[test]
    fn a_model_that_its_server_replaced_is_counted_too() {
        let answered = llm::Attempt {
            fell_back_to: Some("lighter".to_owned()),
            ..attempt("first", None, Bill::Reported(9))
        };
        let report = llm::Report { attempts: vec![answered], spoke: vec![0], ..llm::Report::default() };
        let rows = of_report(&report);
        let seen: Vec<_> = rows.iter().map(|row| (row.model.as_str(), row.failure.as_deref())).collect();
        assert_eq!(seen, [("first", Some("passed_over")), ("lighter", None)]);
    }
}
