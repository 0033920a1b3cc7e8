//! Error bodies, in the many shapes that servers give them, read into a [`Failure`].
//!
//! The status decides first, then the machine-readable words, then the number in the body. Prose is looked at only for
//! the two cases in which common servers give nothing else, and never kept.

use std::time::Duration;

use serde_json::Value;

use super::failure::Failure;

/// A pause that a server asks for is believed up to a day.
const LONGEST_PAUSE: f64 = 86_400.0;

/// What the answer's head says about its failure. Empty for a failure inside a stream.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Head {
    pub(super) status: Option<u16>,
    pub(super) retry_after: Option<Duration>,
}

/// Reads an answer that is an error. `body` is `Null` when it was no JSON.
pub(super) fn failure(head: Head, body: &Value) -> Failure {
    let error = find(body);
    let code = code(error);
    let status = head.status.or_else(|| code.and_then(as_status));
    let retry_after = head.retry_after.or_else(|| pause(&error["availability"]["retry_after"]));
    let words = words(error);
    by_status(status, retry_after, error)
        .map(|failure| if words.contains(&"insufficient_quota") { Failure::NoCredit } else { failure })
        .or_else(|| words.iter().find_map(|word| by_word(word, retry_after)))
        .or_else(|| by_prose(error["message"].as_str().or(error.as_str())))
        .unwrap_or_else(|| by_rest(status, code))
}

/// Reads the `Retry-After` header, in seconds.
pub(super) fn retry_after(header: Option<&str>) -> Option<Duration> {
    pause(&Value::from(header?.trim()))
}

/// The error object or string: on top, on the first choice, or the body itself.
fn find(body: &Value) -> &Value {
    [&body["error"], &body["choices"][0]["error"]].into_iter().find(|error| !error.is_null()).unwrap_or(body)
}

fn code(error: &Value) -> Option<i64> {
    let number = |value: &Value| value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
    number(&error["code"]).or_else(|| number(&error["http_status"]))
}

fn as_status(code: i64) -> Option<u16> {
    u16::try_from(code).ok().filter(|status| (400..600).contains(status))
}

fn words(error: &Value) -> Vec<&str> {
    let places = [
        &error["availability"]["code"],
        &error["metadata"]["error_type"],
        &error["error_type"],
        &error["code"],
        &error["type"],
    ];
    places.into_iter().filter_map(Value::as_str).collect()
}

fn pause(value: &Value) -> Option<Duration> {
    let seconds = value.as_f64().or_else(|| value.as_str()?.parse().ok())?;
    Duration::try_from_secs_f64(seconds.min(LONGEST_PAUSE)).ok()
}

fn by_status(status: Option<u16>, retry_after: Option<Duration>, error: &Value) -> Option<Failure> {
    match status? {
        401 => Some(Failure::KeyRefused),
        402 => Some(Failure::NoCredit),
        403 if is_moderation(&error["metadata"]) => Some(Failure::Moderated),
        404 => Some(Failure::NoSuchModel),
        413 => Some(Failure::TooLong),
        429 => Some(Failure::RateLimited { retry_after }),
        503 | 529 => Some(Failure::Overloaded { retry_after }),
        _ => None,
    }
}

fn is_moderation(metadata: &Value) -> bool {
    ["reasons", "flagged_input", "patterns"].iter().any(|key| !metadata[key].is_null())
}

fn by_word(word: &str, retry_after: Option<Duration>) -> Option<Failure> {
    match word {
        "authentication" | "invalid_api_key" => Some(Failure::KeyRefused),
        "payment_required" | "insufficient_quota" => Some(Failure::NoCredit),
        "content_policy_violation" | "refusal" | "content_filter" => Some(Failure::Moderated),
        "context_length_exceeded"
        | "exceed_context_size_error"
        | "string_too_long"
        | "token_limit_exceeded"
        | "payload_too_large" => Some(Failure::TooLong),
        "model_not_found"
        | "no_endpoints"
        | "model_deprecated"
        | "model_unavailable_upstream"
        | "wrong_endpoint"
        | "privacy_restricted"
        | "constraint_filtered"
        | "free_variant_ended" => Some(Failure::NoSuchModel),
        "rate_limit_exceeded" | "capacity_exhausted" => Some(Failure::RateLimited { retry_after }),
        "provider_overloaded" | "temporarily_unavailable" => Some(Failure::Overloaded { retry_after }),
        _ => None,
    }
}

fn by_prose(message: Option<&str>) -> Option<Failure> {
    let message = message?.to_lowercase();
    if ["context length", "context window", "maximum context"].iter().any(|sign| message.contains(sign)) {
        return Some(Failure::TooLong);
    }
    message.contains("not a valid model").then_some(Failure::NoSuchModel)
}

fn by_rest(status: Option<u16>, code: Option<i64>) -> Failure {
    match status {
        Some(status @ (408 | 500..)) => Failure::Provider { code: Some(status.into()) },
        Some(status) => Failure::Rejected { status },
        None => Failure::Provider { code },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn with_status(status: u16, body: &Value) -> Failure {
        failure(Head { status: Some(status), retry_after: None }, body)
    }

    #[test]
    fn the_status_decides_first() {
        let body = json!({"error": {"code": 500, "message": "Provider returned error"}});
        for (status, expected) in [
            (400, Failure::Rejected { status: 400 }),
            (401, Failure::KeyRefused),
            (402, Failure::NoCredit),
            (403, Failure::Rejected { status: 403 }),
            (404, Failure::NoSuchModel),
            (408, Failure::Provider { code: Some(408) }),
            (413, Failure::TooLong),
            (418, Failure::Rejected { status: 418 }),
            (422, Failure::Rejected { status: 422 }),
            (429, Failure::RateLimited { retry_after: None }),
            (500, Failure::Provider { code: Some(500) }),
            (502, Failure::Provider { code: Some(502) }),
            (503, Failure::Overloaded { retry_after: None }),
            (524, Failure::Provider { code: Some(524) }),
            (529, Failure::Overloaded { retry_after: None }),
        ] {
            assert_eq!(with_status(status, &body), expected, "{status}");
            assert_eq!(with_status(status, &Value::Null), expected, "{status} without a body");
        }
    }

    #[test]
    fn words_refine_a_status() {
        for (status, error, expected) in [
            (400, json!({"code": "context_length_exceeded"}), Failure::TooLong),
            (400, json!({"code": 400, "type": "exceed_context_size_error"}), Failure::TooLong),
            (400, json!({"metadata": {"error_type": "content_policy_violation"}}), Failure::Moderated),
            (400, json!({"availability": {"code": "model_not_found"}}), Failure::NoSuchModel),
            (400, json!({"message": "x/y is not a valid model ID"}), Failure::NoSuchModel),
            (400, json!("This model's maximum context length is 4096 tokens"), Failure::TooLong),
            (403, json!({"code": 403, "metadata": {"reasons": ["violence"]}}), Failure::Moderated),
            (429, json!({"code": "insufficient_quota"}), Failure::NoCredit),
        ] {
            assert_eq!(with_status(status, &json!({ "error": error })), expected, "{error}");
        }
    }

    #[test]
    fn a_stream_error_is_read_by_its_code() {
        for (body, expected) in [
            (json!({"error": {"code": 502, "message": "x"}}), Failure::Provider { code: Some(502) }),
            (json!({"error": {"code": "429"}}), Failure::RateLimited { retry_after: None }),
            (json!({"error": {"code": "server_error"}}), Failure::Provider { code: None }),
            (json!({"error": {"code": null}}), Failure::Provider { code: None }),
            (json!({"error": {}}), Failure::Provider { code: None }),
            (json!({"error": "it broke"}), Failure::Provider { code: None }),
            (json!({"object": "error", "code": 40303}), Failure::Provider { code: Some(40303) }),
            (json!({"choices": [{"error": {"code": 503}}]}), Failure::Overloaded { retry_after: None }),
        ] {
            assert_eq!(failure(Head::default(), &body), expected, "{body}");
        }
    }

    #[test]
    fn pauses_are_read_where_they_stand() {
        let body = json!({"error": {"code": 429, "availability": {"retry_after": 2}}});
        assert_eq!(
            with_status(429, &body),
            Failure::RateLimited { retry_after: Some(Duration::from_secs(2)) }
        );
        for (header, seconds) in
            [("0", Some(0)), (" 3 ", Some(3)), ("999999", Some(86_400)), ("soon", None), ("-1", None)]
        {
            assert_eq!(retry_after(Some(header)), seconds.map(Duration::from_secs), "{header}");
        }
    }
}
