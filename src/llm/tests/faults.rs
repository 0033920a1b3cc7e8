//! What goes wrong, seen from the reader's side.

use super::*;
use crate::emulator::model::Fault;
use crate::llm::Limit;

const SAID: &str = "Half of this comes.";
const THREE: Option<Duration> = Some(Duration::from_secs(3));

fn provider(code: Option<i64>) -> Failure {
    Failure::Provider { code, retryable: None }
}

fn limited(retry_after: Option<Duration>) -> Failure {
    Failure::RateLimited { limit: Limit::Account, retry_after, retryable: None }
}

fn overloaded(retry_after: Option<Duration>) -> Failure {
    Failure::Overloaded { retry_after, retryable: None }
}

#[tokio::test]
async fn a_reply_that_breaks_keeps_what_was_said() {
    for (fault, failure) in [
        (Fault::CutAfter(4), Failure::Interrupted),
        (Fault::EndAfter(4), Failure::Interrupted),
        (Fault::ErrorAfter(4, 502), provider(Some(502))),
        (Fault::ErrorAfter(4, 429), limited(None)),
        (Fault::Stall(4), Failure::Stalled),
    ] {
        let mut bench = Bench::start().await;
        if let Fault::Stall(_) = fault {
            bench.settings.idle = SOON;
        }
        let heard = bench.hear(Answer::text(SAID).fault(fault.clone())).await;
        let report = heard.report.unwrap();
        assert_eq!((heard.text.as_str(), heard.failure), ("Half", Some(failure)), "{fault:?}");
        assert_eq!(report.attempts[0].failure, Some(failure));
        assert_eq!(report.attempts[0].usage, None);
        assert!(report.attempts[0].generation_id.is_some(), "its cost can still be asked for");
        assert!(bench.status.vitals().last_model_failure.is_some());
    }
}

#[tokio::test]
async fn a_reply_that_never_begins_is_a_failure() {
    for (fault, failure) in [
        (Fault::CutAfter(0), Failure::Interrupted),
        (Fault::EndAfter(0), Failure::Interrupted),
        (Fault::ErrorAfter(0, 500), provider(Some(500))),
        (Fault::Empty, Failure::Empty),
        (Fault::Garbage, Failure::Garbled),
        (Fault::Silent, Failure::Silent),
        (Fault::Mute, Failure::Silent),
        (Fault::Stall(0), Failure::Silent),
    ] {
        let mut bench = Bench::start().await;
        if failure == Failure::Silent {
            bench.settings.total = SOON * 3;
        }
        let heard = bench.hear(Answer::text(SAID).fault(fault.clone())).await;
        assert_eq!((heard.text.as_str(), heard.failure), ("", Some(failure)), "{fault:?}");
    }
}

#[tokio::test]
async fn a_server_that_lingers_after_the_finish_takes_nothing_away() {
    let mut bench = Bench::start().await;
    bench.settings.tail = SOON;
    let heard = bench.hear(Answer::text(SAID).fault(Fault::Linger)).await;
    assert_eq!((heard.text.as_str(), heard.failure), (SAID, None));
    assert!(heard.report.unwrap().attempts[0].usage.is_some());
}

#[tokio::test]
async fn bodies_that_are_no_stream_are_understood() {
    for (content_type, body, failure) in [
        ("text/html", "<html>Bad gateway</html>", Failure::Garbled),
        ("text/event-stream", "<html>Bad gateway</html>", Failure::Garbled),
        ("text/plain", "", Failure::Interrupted),
        ("application/json", "", Failure::Interrupted),
        ("application/json", "\n\n", Failure::Interrupted),
        ("application/json", "<html>Bad gateway</html>", Failure::Garbled),
        ("application/json", "{}", Failure::Empty),
        ("application/json", r#"{"choices":[]}"#, Failure::Empty),
        (
            "application/json; charset=utf-8",
            r#"{"error":{"code":402},"user_id":"u"}"#,
            Failure::NoCredit { affordable: None },
        ),
        ("application/json", r#"{"error":"it broke"}"#, provider(None)),
        (
            "application/json",
            r#"{"object":"error","code":400,"type":"x"}"#,
            Failure::Rejected { status: 400 },
        ),
        (
            "text/event-stream",
            ": OPENROUTER PROCESSING\n\n\n{\n  \"error\": {\n    \"code\": 503\n  }\n}\n",
            overloaded(None),
        ),
        ("text/plain", "[{\"error\":{\"code\":429}}]", limited(None)),
        ("application/json", "data: {\"error\":{\"code\":402}}\n\n", Failure::NoCredit { affordable: None }),
        ("text/event-stream", "event: error\ndata: {\"code\":503}\n\n", overloaded(None)),
        ("text/event-stream", "event: error\ndata: it broke\n\n", provider(None)),
        ("text/event-stream", "data: {\"error\":{\"code\":\"429\"}}\n\n", limited(None)),
        (
            "text/event-stream",
            "data: {\"choices\":[{\"error\":{\"code\":null},\"finish_reason\":\"error\"}]}\n\n",
            provider(None),
        ),
        ("text/event-stream", "data: {\"choices\":[{\"finish_reason\":\"error\"}]}\n\n", provider(None)),
    ] {
        let heard = Bench::start().await.hear(Answer::raw(content_type, body)).await;
        assert_eq!(heard.failure, Some(failure), "{content_type} {body}");
    }
}

#[tokio::test]
async fn statuses_become_decisions() {
    for (status, body, failure) in [
        (401, "", Failure::KeyRefused),
        (
            402,
            r#"{"error":{"code":402,"message":"can only afford 12"}}"#,
            Failure::NoCredit { affordable: Some(12) },
        ),
        (403, r#"{"error":{"metadata":{"flagged_input":"secret"}}}"#, Failure::Moderated),
        (404, "<html>", Failure::NoSuchModel),
        (429, "slow down", limited(THREE)),
        (503, "null", overloaded(THREE)),
        (500, "[]", provider(Some(500))),
    ] {
        let fault = Fault::Status { status, body: body.to_owned(), retry_after: Some("3".to_owned()) };
        let heard = Bench::start().await.hear(Answer::text("").fault(fault)).await;
        assert_eq!(heard.failure, Some(failure), "{status}");
    }
}

#[tokio::test]
async fn an_error_page_beyond_the_bound_is_not_read() {
    let body = format!(
        "{{\"error\":{{\"code\":\"context_length_exceeded\",\"message\":\"{}\"}}}}",
        "x".repeat(70_000)
    );
    let fault = Fault::Status { status: 400, body, retry_after: None };
    let heard = Bench::start().await.hear(Answer::text("").fault(fault)).await;
    assert_eq!(heard.failure, Some(Failure::Rejected { status: 400 }));
}

#[tokio::test]
async fn text_beyond_the_bound_ends_the_reply() {
    let heard = Bench::start().await.hear(Answer::text("0123456789".repeat(30_000))).await;
    assert_eq!(heard.failure, Some(Failure::Garbled));
    assert!(heard.text.len() <= 256 * 1024);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    let mut bench = Bench::start().await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for url in [format!("http://{free}/api/v1"), "not a url".to_owned()] {
        bench.settings.server.base_url = url;
        assert_eq!(bench.open().await.unwrap_err().cause, Failure::Unreachable);
    }
}

#[tokio::test]
async fn no_failure_repeats_what_a_provider_said() {
    let body = r#"{"error":{"message":"SECRET","metadata":{"flagged_input":"SECRET","reasons":["SECRET"],"raw":"SECRET"}},"user_id":"SECRET"}"#;
    for status in [400, 401, 402, 403, 404, 429, 500, 503] {
        let bench = Bench::start().await;
        let fault = Fault::Status { status, body: body.to_owned(), retry_after: None };
        for model in &bench.settings.models {
            bench.server.always(model, Answer::text("").fault(fault.clone()));
        }
        let exhausted = bench.open().await.unwrap_err();
        assert!(!format!("{exhausted:?} {}", exhausted.cause).contains("SECRET"), "{status}");
    }
}

#[tokio::test]
async fn a_stream_that_fails_in_words_keeps_none_of_them() {
    let error = r#"data: {"error":{"code":"SECRET","message":"SECRET","metadata":{"flagged_input":"SECRET"}},"user_id":"SECRET"}"#;
    let hi = r#"data: {"choices":[{"delta":{"content":"Hi."}}]}"#;
    let mut bench = Bench::start().await;
    let heard = bench.hear(Answer::events(format!("{hi}\n\n{error}\n\n"))).await;
    assert_eq!((heard.text.as_str(), heard.failure), ("Hi.", Some(provider(None))));
    let shown = format!("{:?} {:?} {}", heard.report, heard.failure, heard.failure.unwrap());
    assert!(!shown.contains("SECRET"), "{shown}");
}
