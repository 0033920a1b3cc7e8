//! The parts of an error's body that mean something, wherever they stand.

use std::time::Duration;

use serde_json::Value;

use super::super::facts;
use super::super::failure::Limit;
use super::raw::Raw;
use super::{Head, pause};

/// The most of an error's prose that is looked at, in bytes.
const MOST_PROSE: usize = 4 * 1024;

/// An error, taken apart. Borrows from the body: nothing of it outlives the reading.
pub(super) struct Told<'a> {
    /// Of the head, or of the body where the head says that all is well.
    pub(super) status: Option<u16>,
    /// A number in the place of the status that is none.
    pub(super) code: Option<i64>,
    /// Machine-readable, the most telling first.
    pub(super) words: Vec<&'a str>,
    pub(super) retry_after: Option<Duration>,
    pub(super) retryable: Option<bool>,
    pub(super) prose: &'a str,
    metadata: &'a Value,
}

impl<'a> Told<'a> {
    pub(super) fn read(head: Head, body: &'a Value) -> Self {
        let error = find(body);
        let availability = &error["availability"];
        let numbers = ["code", "http_status", "status"].map(|key| number(&error[key]));
        let codes = || numbers.into_iter().flatten();
        Self {
            status: head.status.or_else(|| codes().find_map(as_status)),
            code: codes().next(),
            words: words(error),
            retry_after: head.retry_after.or_else(|| pause::seconds(&availability["retry_after"])),
            retryable: availability["retryable"].as_bool(),
            prose: beginning(error["message"].as_str().or(error.as_str()).unwrap_or_default()),
            metadata: &error["metadata"],
        }
    }

    pub(super) fn says(&self, word: &str) -> bool {
        self.words.contains(&word)
    }

    pub(super) fn is_moderation(&self) -> bool {
        ["reasons", "flagged_input", "patterns"].iter().any(|key| !self.metadata[key].is_null())
    }

    pub(super) fn raw(&self) -> Raw<'a> {
        self.metadata["raw"].as_str().map(Raw::read).unwrap_or_default()
    }

    /// Whose limit it is. A provider is named only where it was reached.
    pub(super) fn limit(&self) -> Limit {
        let source = self.metadata["limit_source"].as_str().unwrap_or_default();
        if source.contains("daily") {
            return Limit::Daily;
        }
        let is_own = source.starts_with("openrouter");
        let is_upstream = !source.is_empty() || self.metadata["provider_name"].is_string();
        if !is_own && (is_upstream || self.says("capacity_exhausted")) {
            Limit::Upstream
        } else {
            Limit::Account
        }
    }

    pub(super) fn provider(&self) -> Option<String> {
        self.metadata["provider_name"].as_str().and_then(facts::name)
    }

    /// Those that failed before and the one that failed last, or what OpenRouter's own record of the route counts.
    pub(super) fn upstream_attempts(&self, body: &Value) -> Option<u32> {
        let recorded = body["openrouter_metadata"]["attempts"].as_array().map(Vec::len);
        let previous = self.metadata["previous_errors"].as_array().map(|errors| errors.len() + 1);
        recorded
            .filter(|attempts| *attempts > 0)
            .or(previous)
            .and_then(|attempts| u32::try_from(attempts).ok())
    }
}

/// The error object or string: on top, on the first choice, inside a list, or the body itself.
fn find(body: &Value) -> &Value {
    let places = [&body["error"], &body["choices"][0]["error"], &body[0]["error"]];
    places.into_iter().find(|error| !error.is_null()).unwrap_or(body)
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn as_status(code: i64) -> Option<u16> {
    u16::try_from(code).ok().filter(|status| (400..600).contains(status))
}

fn words(error: &Value) -> Vec<&str> {
    let places = [
        &error["availability"]["code"],
        &error["metadata"]["error_type"],
        &error["metadata"]["provider_code"],
        &error["error_type"],
        &error["code"],
        &error["type"],
        &error["status"],
    ];
    places.into_iter().filter_map(Value::as_str).collect()
}

fn beginning(prose: &str) -> &str {
    let mut end = MOST_PROSE.min(prose.len());
    while !prose.is_char_boundary(end) {
        end -= 1;
    }
    &prose[..end]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::refusal;
    use super::*;

    #[test]
    fn who_stood_behind_the_server_is_told() {
        let told = |body: Value| {
            let refusal = refusal(Head::default(), &body);
            (refusal.provider, refusal.upstream_attempts)
        };
        let long = "x".repeat(500);
        assert_eq!(
            told(json!({"error": {"metadata": {"provider_name": "Goo\ngle"}}})),
            (Some("Google".to_owned()), None)
        );
        assert_eq!(
            told(json!({"error": {"metadata": {"provider_name": long}}})).0.map(|name| name.len()),
            Some(64)
        );
        assert_eq!(
            told(json!({"error": {"metadata": {"provider_name": 7, "previous_errors": [{}, {}]}}})),
            (None, Some(3))
        );
        assert_eq!(
            told(json!({"error": {}, "openrouter_metadata": {"attempts": [{}, {}]}})),
            (None, Some(2))
        );
        assert_eq!(told(json!({"error": {}, "openrouter_metadata": {"attempts": []}})), (None, None));
    }

    #[test]
    fn nothing_that_was_said_is_kept() {
        const MARK: &str = "SECRET";
        for status in
            [None, Some(400), Some(401), Some(402), Some(403), Some(404), Some(429), Some(500), Some(503)]
        {
            let raw = format!(r#"{{"error":{{"code":"{MARK}","message":"{MARK}"}}}}"#);
            let body = json!({
                "error": {
                    "code": MARK, "type": MARK, "message": format!("{MARK} can only afford {MARK}"),
                    "metadata": {"flagged_input": MARK, "reasons": [MARK], "raw": raw, "error_type": MARK, "model_slug": MARK},
                    "availability": {"code": MARK, "docs_url": MARK, "requested_models": [MARK]},
                },
                "user_id": MARK,
            });
            for body in [body, json!(MARK), json!({"error": MARK, "user_id": MARK})] {
                let refusal = refusal(Head { status, retry_after: None }, &body);
                let shown = format!("{refusal:?} {} {}", refusal.failure, refusal.failure.code());
                assert!(!shown.contains(MARK), "{status:?}: {shown}");
            }
        }
    }
}
