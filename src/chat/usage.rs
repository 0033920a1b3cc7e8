//! What the requests of a turn used, as the store keeps it.

use crate::llm;
use crate::store::UsageRow;

/// An attempt that brought no word.
pub(super) fn of_silent(attempt: &llm::Attempt) -> UsageRow {
    UsageRow {
        model: attempt.model.clone(),
        total_ms: Some(saturating(attempt.ms)),
        failure: attempt.failure.as_ref().map(|failure| failure.code().to_owned()),
        ..UsageRow::default()
    }
}

/// One row for each attempt; the last one is that of the model that spoke, also when it broke off.
pub(super) fn of_report(report: &llm::Report) -> Vec<UsageRow> {
    let (spoke, silent) = match report.attempts.split_last() {
        Some((spoke, silent)) => (Some(spoke), silent),
        None => (None, [].as_slice()),
    };
    let usage = report.usage.as_ref();
    let spoken = UsageRow {
        model: report.model_asked.clone(),
        model_answered: report.model_answered.clone(),
        provider: report.provider.clone(),
        generation_id: report.generation_id.clone(),
        prompt_tokens: usage.map(|usage| usage.prompt_tokens.into()),
        cached_tokens: usage.map(|usage| usage.cached_tokens.into()),
        completion_tokens: usage.map(|usage| usage.completion_tokens.into()),
        reasoning_tokens: usage.map(|usage| usage.reasoning_tokens.into()),
        cost_nano_usd: usage.and_then(|usage| usage.cost_nano_usd),
        first_token_ms: Some(saturating(report.first_token_ms)),
        total_ms: Some(saturating(report.total_ms)),
        failure: spoke.and_then(|attempt| attempt.failure).map(|failure| failure.code().to_owned()),
        ..UsageRow::default()
    };
    silent.iter().map(of_silent).chain([spoken]).collect()
}

fn saturating(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(model: &str, failure: Option<llm::Failure>) -> llm::Attempt {
        llm::Attempt { model: model.to_owned(), failure, ms: 7 }
    }

    fn report(attempts: Vec<llm::Attempt>) -> llm::Report {
        let usage = llm::Usage { completion_tokens: 4, cost_nano_usd: Some(9), ..llm::Usage::default() };
        llm::Report {
            attempts,
            model_asked: "lighter".to_owned(),
            model_answered: None,
            provider: None,
            generation_id: None,
            usage: Some(usage),
            first_token_ms: 20,
            total_ms: 30,
            finish: None,
        }
    }

    #[test]
    fn every_request_is_counted_once_with_its_figures_and_its_failure() {
        for (last, code) in [(None, None), (Some(llm::Failure::Interrupted), Some("interrupted"))] {
            let silent = attempt("first", Some(llm::Failure::Silent));
            let rows = of_report(&report(vec![silent, attempt("lighter", last)]));
            let seen: Vec<_> = rows
                .iter()
                .map(|row| (row.model.as_str(), row.failure.as_deref(), row.cost_nano_usd, row.total_ms))
                .collect();
            assert_eq!(
                seen,
                [("first", Some("silent"), None, Some(7)), ("lighter", code, Some(9), Some(30))]
            );
        }
    }
}
