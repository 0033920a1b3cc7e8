//! The table of statuses and bodies, row by row: what failed, and what is done about it.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::failure::Then::{self, AskOperator, GiveUp, NextModel};
use super::*;

const AT_ONCE: Option<Duration> = Some(Duration::ZERO);
const TWO: Option<Duration> = Some(Duration::from_secs(2));

fn at(status: u16, retry_after: Option<Duration>, error: Value) -> Failure {
    refusal(Head { status: Some(status), retry_after }, &json!({ "error": error })).failure
}

/// An error inside a stream, or beneath a status that says all is well.
fn within(body: &Value) -> Failure {
    refusal(Head::default(), body).failure
}

fn limited(limit: Limit, retry_after: Option<Duration>) -> Failure {
    Failure::RateLimited { limit, retry_after, retryable: None }
}

fn pause(retry_after: Option<Duration>) -> Failure {
    Failure::Overloaded { retry_after, retryable: None }
}

fn failed(code: i64) -> Failure {
    Failure::Provider { code: Some(code), retryable: None }
}

/// Status, `Retry-After` and error, then the failure and its advice.
type Row = (u16, Option<Duration>, Value, Failure, Option<Duration>, Then);

fn check(rows: Vec<Row>) {
    for (status, retry_after, error, failure, again, then) in rows {
        let found = at(status, retry_after, error.clone());
        assert_eq!(found, failure, "{status} {error}");
        let advice = found.advice();
        assert_eq!((advice.again, advice.then), (again, then), "{status} {error}");
    }
}

#[test]
fn a_status_alone_is_a_decision() {
    for (status, failure, again, then) in [
        (302, Failure::Rejected { status: 302 }, None, NextModel),
        (400, Failure::Rejected { status: 400 }, None, NextModel),
        (401, Failure::KeyRefused, None, AskOperator),
        (402, Failure::NoCredit { affordable: None }, None, AskOperator),
        (403, Failure::Rejected { status: 403 }, None, NextModel),
        (404, Failure::NoSuchModel, None, NextModel),
        (408, failed(408), AT_ONCE, NextModel),
        (412, Failure::Rejected { status: 412 }, None, GiveUp),
        (413, Failure::TooLong, AT_ONCE, NextModel),
        (418, Failure::Rejected { status: 418 }, None, NextModel),
        (422, Failure::Rejected { status: 422 }, None, GiveUp),
        (429, limited(Limit::Account, None), None, NextModel),
        (500, failed(500), AT_ONCE, NextModel),
        (502, failed(502), AT_ONCE, NextModel),
        (503, pause(None), None, NextModel),
        (504, failed(504), AT_ONCE, NextModel),
        (524, failed(524), AT_ONCE, NextModel),
        (529, pause(Some(SHORT)), Some(SHORT), NextModel),
        (599, failed(599), AT_ONCE, NextModel),
    ] {
        for body in
            [Value::Null, json!("<html>"), json!({"error": {"code": 777, "message": "No."}}), json!([])]
        {
            let found = refusal(Head { status: Some(status), retry_after: None }, &body).failure;
            assert_eq!(found, failure, "{status} {body}");
        }
        assert_eq!((failure.advice().again, failure.advice().then), (again, then), "{status}");
    }
}

#[test]
fn a_rejected_request_is_told_from_a_model_that_cannot_take_it() {
    let rejected = Failure::Rejected { status: 400 };
    check(vec![
        (
            400,
            None,
            json!({"code": 400, "metadata": {"error_type": "invalid_prompt"}}),
            rejected,
            None,
            NextModel,
        ),
        (400, None, json!({"code": "context_length_exceeded"}), Failure::TooLong, AT_ONCE, NextModel),
        (
            400,
            None,
            json!({"code": 400, "type": "exceed_context_size_error"}),
            Failure::TooLong,
            AT_ONCE,
            NextModel,
        ),
        (400, None, json!({"error_type": "string_too_long"}), Failure::TooLong, AT_ONCE, NextModel),
        (
            400,
            None,
            json!("This model's maximum context length is 4096"),
            Failure::TooLong,
            AT_ONCE,
            NextModel,
        ),
        (
            400,
            None,
            json!({"metadata": {"error_type": "content_policy_violation"}}),
            Failure::Moderated,
            None,
            NextModel,
        ),
        (400, None, json!({"metadata": {"error_type": "refusal"}}), Failure::Moderated, None, NextModel),
        (
            400,
            None,
            json!({"availability": {"code": "model_not_found"}}),
            Failure::NoSuchModel,
            None,
            NextModel,
        ),
        (400, None, json!({"message": "x/y is not a valid model ID"}), Failure::NoSuchModel, None, NextModel),
        (400, None, json!({"code": 400, "status": "INVALID_ARGUMENT"}), rejected, None, NextModel),
    ]);
}

#[test]
fn money_is_told_with_what_it_would_still_pay_for() {
    let afford = |text: &str| json!({"code": 402, "message": text});
    let no_credit = |affordable| Failure::NoCredit { affordable };
    check(vec![
        (
            402,
            None,
            afford("You requested 65536 tokens, but can only afford 1,234."),
            no_credit(Some(1234)),
            AT_ONCE,
            AskOperator,
        ),
        (402, None, afford("can only afford 0"), no_credit(None), None, AskOperator),
        (402, None, afford("can only afford 99999999999 tokens"), no_credit(None), None, AskOperator),
        (402, None, afford("can only afford little"), no_credit(None), None, AskOperator),
        (402, None, json!("can only afford 7"), no_credit(Some(7)), AT_ONCE, AskOperator),
        (402, None, afford("Insufficient credits: negative balance"), no_credit(None), None, AskOperator),
        (429, None, json!({"code": "insufficient_quota"}), no_credit(None), None, AskOperator),
    ]);
}

#[test]
fn a_forbidden_text_is_told_from_a_forbidden_account() {
    let rejected = Failure::Rejected { status: 403 };
    check(vec![
        (
            403,
            None,
            json!({"metadata": {"reasons": ["violence"], "flagged_input": "x"}}),
            Failure::Moderated,
            None,
            NextModel,
        ),
        (403, None, json!({"metadata": {"patterns": ["x"]}}), Failure::Moderated, None, NextModel),
        (
            403,
            None,
            json!({"metadata": {"error_type": "content_policy_violation"}}),
            Failure::Moderated,
            None,
            NextModel,
        ),
        (
            403,
            None,
            json!({"availability": {"code": "region_restricted"}}),
            Failure::NoSuchModel,
            None,
            NextModel,
        ),
        (
            403,
            None,
            json!({"message": "Key limit exceeded (monthly limit)."}),
            Failure::Forbidden,
            None,
            AskOperator,
        ),
        (
            403,
            None,
            json!({"metadata": {"error_type": "guardrail_violation"}}),
            Failure::Forbidden,
            None,
            AskOperator,
        ),
        (403, None, json!({"code": "invalid_api_key"}), Failure::KeyRefused, None, AskOperator),
        (403, None, json!({"type": "permission_error"}), rejected, None, NextModel),
    ]);
}

#[test]
fn a_model_that_is_not_served_is_left_unless_it_comes_back() {
    let gone =
        |code: &str| json!({"availability": {"code": code, "fallback_models": ["a/b"], "retryable": false}});
    for code in [
        "no_endpoints",
        "model_deprecated",
        "privacy_restricted",
        "constraint_filtered",
        "free_variant_ended",
    ] {
        check(vec![(404, None, gone(code), Failure::NoSuchModel, None, NextModel)]);
    }
    let back = Failure::Overloaded { retry_after: TWO, retryable: Some(true) };
    let soon = json!({"availability": {"code": "no_endpoints", "retryable": true, "retry_after": 2}});
    check(vec![
        (404, None, soon, back, TWO, NextModel),
        (
            404,
            None,
            json!({"metadata": {"error_type": "image_not_found"}}),
            Failure::Rejected { status: 404 },
            None,
            NextModel,
        ),
    ]);
}

#[test]
fn a_limit_is_kept_by_whoever_set_it() {
    let upstream = |retry_after| limited(Limit::Upstream, retry_after);
    check(vec![
        (429, TWO, json!({"code": 429}), limited(Limit::Account, TWO), TWO, NextModel),
        (429, Some(Duration::ZERO), json!({}), limited(Limit::Account, AT_ONCE), AT_ONCE, NextModel),
        (
            429,
            None,
            json!({"availability": {"retry_after": 2}}),
            limited(Limit::Account, TWO),
            TWO,
            NextModel,
        ),
        (429, TWO, json!({"metadata": {"provider_name": "Google"}}), upstream(TWO), None, NextModel),
        (429, TWO, json!({"metadata": {"limit_source": "upstream"}}), upstream(TWO), None, NextModel),
        (429, TWO, json!({"availability": {"code": "capacity_exhausted"}}), upstream(TWO), None, NextModel),
        (
            429,
            TWO,
            json!({"metadata": {"limit_source": "openrouter_free_tier_daily"}}),
            limited(Limit::Daily, TWO),
            None,
            NextModel,
        ),
        (
            429,
            TWO,
            json!({"metadata": {"limit_source": "openrouter_key", "provider_name": "x"}}),
            limited(Limit::Account, TWO),
            TWO,
            NextModel,
        ),
    ]);
}

#[test]
fn the_server_knows_better_than_the_table() {
    let says =
        |retryable: bool| json!({"code": 1, "availability": {"retryable": retryable, "retry_after": null}});
    for (status, never, once) in [
        (429, None, AT_ONCE),
        (500, None, AT_ONCE),
        (502, None, AT_ONCE),
        (503, None, AT_ONCE),
        (529, None, Some(SHORT)),
        (404, None, AT_ONCE),
        (400, None, AT_ONCE),
    ] {
        assert_eq!(at(status, None, says(false)).advice().again, never, "{status}");
        assert_eq!(at(status, None, says(true)).advice().again, once, "{status}");
    }
    assert_eq!(at(503, TWO, says(false)).advice().again, None);
    assert_eq!(at(503, TWO, says(true)).advice().again, TWO);
}

#[test]
fn overload_waits_as_long_as_it_is_told_to() {
    check(vec![
        (503, TWO, json!({"code": 503}), pause(TWO), TWO, NextModel),
        (
            503,
            None,
            json!({"availability": {"code": "temporarily_unavailable", "retry_after": "2"}}),
            pause(TWO),
            TWO,
            NextModel,
        ),
        (529, TWO, json!({}), pause(TWO), TWO, NextModel),
    ]);
}

#[test]
fn a_stream_error_is_read_by_its_code() {
    let unknown = Failure::Provider { code: None, retryable: None };
    for (body, expected) in [
        (json!({"error": {"code": 502, "message": "x"}}), failed(502)),
        (json!({"error": {"code": "429"}}), limited(Limit::Account, None)),
        (json!({"error": {"code": "server_error"}}), unknown),
        (json!({"error": {"code": null}}), unknown),
        (json!({"error": {}}), unknown),
        (json!({"error": "it broke"}), unknown),
        (json!("it broke"), unknown),
        (Value::Null, unknown),
        (json!({"object": "error", "code": 40303}), failed(40303)),
        (json!({"error": {"code": 40303, "http_status": 503}}), pause(None)),
        (json!({"error": {"error_type": "timeout", "http_status": "504"}}), failed(504)),
        (json!({"choices": [{"error": {"code": 503}}]}), pause(None)),
        (json!({"error": {"message": "x", "type": null, "code": "500"}}), failed(500)),
        (
            json!({"error": {"code": 400, "metadata": {"error_type": "context_length_exceeded"}}}),
            Failure::TooLong,
        ),
        (json!({"code": 503, "details": "x"}), pause(None)),
        (json!([{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}}]), limited(Limit::Account, None)),
    ] {
        assert_eq!(within(&body), expected, "{body}");
    }
    let body = json!({"error": {"code": 502}});
    assert_eq!(
        refusal(Head { status: Some(400), retry_after: None }, &body).failure,
        Failure::Rejected { status: 400 }
    );
}

#[test]
fn what_the_provider_said_refines_what_the_server_says() {
    let raw = |status: u16, raw: Value| {
        at(
            status,
            None,
            json!({"code": status, "message": "Provider returned error", "metadata": {"provider_name": "P", "raw": raw}}),
        )
    };
    let for_good = |code| Failure::Provider { code: Some(code), retryable: Some(false) };
    for (status, said, expected) in [
        (
            400,
            json!(
                r#"{"error":{"message":"…","type":"invalid_request_error","code":"context_length_exceeded"}}"#
            ),
            Failure::TooLong,
        ),
        (400, json!(r#"{"error":{"code":400,"message":"cut off he"#), Failure::Rejected { status: 400 }),
        (
            502,
            json!(r#"{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"cut off he"#),
            limited(Limit::Upstream, None),
        ),
        (502, json!(r#"{"type":"error","error":{"type":"overloaded_error"}}"#), pause(None)),
        (500, json!(r#"{"code":403}"#), for_good(500)),
        (502, json!(r#"{"error":{"code":"invalid_api_key"}}"#), for_good(502)),
        (502, json!(r#"{"error":{"code":402}}"#), for_good(502)),
        (502, json!(r#"{"error":{"code":404}}"#), Failure::NoSuchModel),
        (502, json!("upstream connect error"), failed(502)),
        (502, json!({"code": 429}), failed(502)),
        (502, json!(r#"{"metadata":{"raw":"{\"code\":429}"}}"#), failed(502)),
        (401, json!(r#"{"code":429}"#), Failure::KeyRefused),
    ] {
        assert_eq!(raw(status, said.clone()), expected, "{status} {said}");
    }
}
