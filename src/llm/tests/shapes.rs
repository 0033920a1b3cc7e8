//! Shapes of an answer that need no server to be seen.

use crate::llm::Failure;
use crate::llm::decoder::Decoder;
use crate::llm::facts::Facts;
use crate::llm::report::Finish;

type Outcome = Option<Result<(), Failure>>;

fn read(stream: &str) -> (String, Outcome, Facts) {
    let mut decoder = Decoder::default();
    let mut text = decoder.feed(stream.as_bytes());
    text.push_str(&decoder.close());
    (text, decoder.outcome(), decoder.facts().clone())
}

/// A stream of these events, one a line.
fn events(events: &[&str]) -> (String, Outcome, Facts) {
    read(&events.iter().map(|event| format!("data: {event}\n\n")).collect::<String>())
}

fn said(content: &str) -> String {
    format!("{{\"choices\":[{{\"delta\":{{\"content\":{content}}}}}]}}")
}

const STOP: &str = r#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#;

#[test]
fn text_may_come_in_parts_and_in_halves() {
    for (contents, text) in [
        (vec![r#"[{"type":"text","text":"a"},{"type":"text","text":"b"}]"#, "\"c\""], "abc"),
        (vec![r#"[{"type":"reasoning","text":"hm"},{"type":"text","text":"a"},null,7]"#], "a"),
        (vec![r#""a\ud83e""#, r#""\udd80b""#], "a🦀b"),
        (vec![r#""a\ud83e""#, "null", r#""b""#], "a\u{fffd}b"),
        (vec!["\"a\"", "null", "7", "{}", "\"\"", "true", "\"b\""], "ab"),
    ] {
        let chunks: Vec<_> = contents.iter().map(|content| said(content)).collect();
        let mut all: Vec<_> = chunks.iter().map(String::as_str).collect();
        all.push(STOP);
        let (heard, outcome, _) = events(&all);
        assert_eq!((heard.as_str(), outcome), (text, Some(Ok(()))), "{contents:?}");
    }
}

#[test]
fn a_refusal_beside_text_takes_nothing_away() {
    let refused = r#"{"choices":[{"delta":{"content":"Well.","refusal":"No."}}]}"#;
    assert_eq!(events(&[refused, STOP]).1, Some(Ok(())));
    let whole = r#"{"choices":[{"message":{"content":null,"refusal":"No."},"finish_reason":"stop"}]}"#;
    assert_eq!(read(whole).1, Some(Err(Failure::Moderated)));
    let broken = r#"{"choices":[{"delta":{"refusal":"No."}}]}"#;
    assert_eq!(events(&[broken]).1, Some(Err(Failure::Interrupted)));
}

#[test]
fn the_first_finish_counts_and_blank_ones_do_not() {
    let finish = |reason: &str| format!("{{\"choices\":[{{\"finish_reason\":{reason}}}]}}");
    for (reasons, expected) in [
        (vec!["null", "\"\"", "\"length\"", "\"stop\"", "null"], Some(Finish::Length)),
        (vec!["\"stop\"", "\"error\""], Some(Finish::Stop)),
        (vec!["\"weary\""], Some(Finish::Other)),
        (vec!["5", "{}"], None),
    ] {
        let mut chunks = vec![said("\"Hi.\"")];
        chunks.extend(reasons.iter().map(|reason| finish(reason)));
        let all: Vec<_> = chunks.iter().map(String::as_str).collect();
        let (text, outcome, facts) = events(&all);
        let end = if expected.is_some() { Ok(()) } else { Err(Failure::Interrupted) };
        assert_eq!((text.as_str(), outcome, facts.finish), ("Hi.", Some(end), expected), "{reasons:?}");
    }
}

#[test]
fn facts_are_kept_once_they_are_told() {
    let told = r#"{"id":"gen-1","model":"m","provider":"Goo\ngle","openrouter_metadata":{"attempts":[{},{}]},"usage":{"prompt_tokens":3,"completion_tokens":1}}"#;
    let later = r#"{"id":"gen-2","model":"n","provider":"Other","usage":{},"openrouter_metadata":null}"#;
    let nothing = r#"{"id":"","model":null,"usage":null}"#;
    let (_, _, facts) = events(&[nothing, told, later, nothing, STOP]);
    assert_eq!(facts.id.as_deref(), Some("gen-1"));
    assert_eq!(facts.model.as_deref(), Some("m"));
    assert_eq!(facts.provider.as_deref(), Some("Google"));
    assert_eq!(facts.upstream_attempts, Some(2));
    assert_eq!(facts.usage.map(|usage| usage.prompt_tokens), Some(3));
}

#[test]
fn an_error_tells_who_failed() {
    let error = r#"{"id":"gen-1","error":{"code":502,"metadata":{"provider_name":"P","previous_errors":[{}]}},"choices":[{"delta":{"content":"lost"},"finish_reason":"error"}]}"#;
    let (text, outcome, facts) = events(&[&said("\"Hi.\""), error, &said("\" more\"")]);
    let failure = Failure::Provider { code: Some(502), retryable: None };
    assert_eq!((text.as_str(), outcome), ("Hi.", Some(Err(failure))));
    assert_eq!((facts.provider.as_deref(), facts.upstream_attempts), (Some("P"), Some(2)));
    assert_eq!(facts.id.as_deref(), Some("gen-1"));
}

#[test]
fn an_enormous_error_is_not_taken_apart() {
    let error = format!("{{\"error\":{{\"code\":429,\"message\":\"{}\"}}}}", "x".repeat(70_000));
    assert_eq!(events(&[&error]).1, Some(Err(Failure::Provider { code: None, retryable: None })));
}

#[test]
fn a_body_without_events_is_kept_to_its_bound() {
    let whole = |text: &str| format!("{{\"choices\":[{{\"message\":{{\"content\":\"{text}\"}}}}]}}");
    assert_eq!(read(&whole(&"x".repeat(60_000))).0.len(), 60_000);
    assert_eq!(read(&whole(&"x".repeat(70_000))).1, Some(Err(Failure::Garbled)));
    for (body, failure) in [
        ("", Failure::Interrupted),
        ("\u{feff}: OPENROUTER PROCESSING\n\n:\r\r", Failure::Interrupted),
        ("{\"choices\":", Failure::Garbled),
        ("{}", Failure::Empty),
        ("[]", Failure::Provider { code: None, retryable: None }),
        ("null", Failure::Garbled),
        ("upstream connect error", Failure::Garbled),
        ("event: ping\n\n", Failure::Garbled),
    ] {
        assert_eq!(read(body).1, Some(Err(failure)), "{body}");
    }
}

#[test]
fn an_answer_that_comes_whole_ends_by_itself() {
    let mut decoder = Decoder::default();
    let body = br#" {"id":"x","choices":[{"message":{"content":"Hi."}}]}"#;
    assert_eq!(decoder.whole(body), "Hi.");
    assert_eq!((decoder.outcome(), decoder.facts().finish), (Some(Ok(())), Some(Finish::Other)));
}
