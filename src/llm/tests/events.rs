//! What servers send: every shape of a stream that is known to happen.

use super::*;
use crate::llm::report::{Finish, Usage};

/// A stream of these events, one a line.
fn stream(events: &[&str]) -> Answer {
    Answer::events(events.iter().map(|event| format!("data: {event}\n\n")).collect::<String>())
}

const HI: &str = r#"{"id":"gen-1","model":"m-2026","provider":"P","choices":[{"delta":{"role":"assistant","content":"Hi."},"finish_reason":null}]}"#;
const STOP: &str =
    r#"{"choices":[{"delta":{"content":""},"finish_reason":"stop","native_finish_reason":"STOP"}]}"#;
const FIGURES: &str = r#""usage":{"prompt_tokens":7,"completion_tokens":2,"cost":1.4e-4,"prompt_tokens_details":{"cached_tokens":5},"completion_tokens_details":{"reasoning_tokens":1}}"#;
const USAGE: Usage = Usage {
    prompt_tokens: 7,
    cached_tokens: 5,
    completion_tokens: 2,
    reasoning_tokens: 1,
    cost_nano_usd: Some(140_000),
};

#[tokio::test]
async fn a_reply_arrives_whole_with_its_figures() {
    let mut bench = Bench::start().await;
    let said = "Well now, a visitor. 🦀 Sit down, and mind the cat.";
    let heard = bench.hear(Answer::text(said)).await;
    assert_eq!((heard.text.as_str(), heard.failure), (said, None));
    let report = heard.report.unwrap();
    assert_eq!(report.attempts[0].model, "first");
    assert_eq!(report.attempts[0].model_answered.as_deref(), Some("first"));
    assert_eq!(report.attempts[0].provider.as_deref(), Some("Embedded"));
    assert!(report.attempts[0].generation_id.as_deref().unwrap().starts_with("gen-"));
    assert_eq!(report.finish, Some(Finish::Stop));
    let usage = report.attempts[0].usage.unwrap();
    assert_eq!(usage.completion_tokens, 11);
    let expected = i64::from(usage.prompt_tokens) * 300 + i64::from(usage.completion_tokens) * 2_500;
    assert_eq!(usage.cost_nano_usd, Some(expected));
    assert!(Some(report.total_ms) >= report.first_token_ms);
    assert!(bench.status.vitals().last_model_success.is_some());
}

#[tokio::test]
async fn usage_is_taken_from_wherever_it_stands() {
    let with = |choices: &str| format!("{{\"choices\":{choices},{FIGURES}}}");
    let alone = with("[]");
    let repeated = with(r#"[{"delta":{"content":""},"finish_reason":"stop"}]"#);
    let nulled = with(r#"[{"delta":{},"finish_reason":null}]"#);
    let filtered = with(r#"[{"finish_reason":"content_filter"}]"#);
    let streams: [&[&str]; 6] = [
        &[HI, STOP, &alone, "[DONE]"],
        &[HI, STOP, &repeated, "[DONE]"],
        &[HI, STOP, &nulled, "[DONE]"],
        &[HI, STOP, &filtered, "[DONE]"],
        &[HI, &repeated, "[DONE]"],
        &[&alone, HI, STOP],
    ];
    for events in streams {
        let heard = Bench::start().await.hear(stream(events)).await;
        let report = heard.report.unwrap();
        assert_eq!((heard.text.as_str(), heard.failure), ("Hi.", None), "{events:?}");
        assert_eq!(
            (report.attempts[0].usage, report.finish),
            (Some(USAGE), Some(Finish::Stop)),
            "{events:?}"
        );
        assert_eq!(report.attempts[0].generation_id.as_deref(), Some("gen-1"));
        assert_eq!(report.attempts[0].model_answered.as_deref(), Some("m-2026"));
    }
}

#[tokio::test]
async fn a_reply_without_figures_is_a_reply() {
    for tail in [r#"{"usage":null}"#, r#"{"usage":{}}"#, r#"{"choices":null,"usage":{"cost":"free"}}"#, ""] {
        let heard = Bench::start().await.hear(stream(&[HI, STOP, tail, "[DONE]"])).await;
        assert_eq!((heard.failure, heard.report.unwrap().attempts[0].usage), (None, None), "{tail}");
    }
}

#[tokio::test]
async fn the_end_decides_whether_a_reply_is_whole() {
    let streams: [(&[&str], Option<Failure>); 6] = [
        (&[HI, STOP], None),
        (&[HI, "[DONE]"], None),
        (&[HI, STOP, "not json", HI], None),
        (&[HI], Some(Failure::Interrupted)),
        (&[HI, r#"{"choices":[{"delta":{"content":""}}]}"#], Some(Failure::Interrupted)),
        (&[HI, "not json"], Some(Failure::Garbled)),
    ];
    for (events, failure) in streams {
        let heard = Bench::start().await.hear(stream(events)).await;
        assert_eq!((heard.text.as_str(), heard.failure), ("Hi.", failure), "{events:?}");
    }
}

#[tokio::test]
async fn a_cut_by_limit_or_filter_is_told() {
    for (reason, native, finish) in [
        ("length", "MAX_TOKENS", Finish::Length),
        ("stop", "MAX_TOKENS", Finish::Length),
        ("content_filter", "SAFETY", Finish::Filtered),
        ("stop", "SAFETY", Finish::Filtered),
        ("tired", "OTHER", Finish::Other),
    ] {
        let stop =
            format!(r#"{{"choices":[{{"finish_reason":"{reason}","native_finish_reason":"{native}"}}]}}"#);
        let heard = Bench::start().await.hear(stream(&[HI, &stop, "[DONE]"])).await;
        assert_eq!((heard.failure, heard.report.unwrap().finish), (None, Some(finish)), "{reason} {native}");
    }
}

#[tokio::test]
async fn to_finish_without_a_visible_word_is_a_failure() {
    let blank = r#"{"choices":[{"delta":{"content":" \n\u200b"}}]}"#;
    let thought = r#"{"choices":[{"delta":{"content":null,"reasoning":"Hm."}}]}"#;
    let filtered = r#"{"choices":[{"delta":{},"finish_reason":"content_filter"}]}"#;
    let refused = r#"{"choices":[{"delta":{"content":null,"refusal":"I will not."}}]}"#;
    let called = r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}]}"#;
    let streams: [(&[&str], Failure); 8] = [
        (&["[DONE]"], Failure::Empty),
        (&[STOP, "[DONE]"], Failure::Empty),
        (&[blank, STOP, "[DONE]"], Failure::Empty),
        (&[thought, STOP], Failure::Empty),
        (&[blank], Failure::Interrupted),
        (&[filtered, "[DONE]"], Failure::Moderated),
        (&[refused, STOP, "[DONE]"], Failure::Moderated),
        (&[called, "[DONE]"], Failure::Empty),
    ];
    for (events, failure) in streams {
        assert_eq!(Bench::start().await.hear(stream(events)).await.failure, Some(failure), "{events:?}");
    }
}

#[tokio::test]
async fn blank_text_before_the_first_word_is_kept_with_it() {
    let blank = r#"{"choices":[{"delta":{"content":"\n "}}]}"#;
    assert_eq!(Bench::start().await.hear(stream(&[blank, HI, STOP])).await.text, "\n Hi.");
}

#[tokio::test]
async fn odd_framing_is_read() {
    let mut odd = format!(
        "\u{feff}: OPENROUTER PROCESSING\r\n:\r\n\r\ndata:{HI}\r\r: ping\ndata: {{\"choices\":\ndata: "
    );
    odd.push_str("[{\"delta\":{\"content\":\" 猫\",\"new\":{}},\"finish_reason\":\"\"}],\"extra\":1}\n\n");
    odd.push_str(&format!("event: message\ndata: {STOP}\n\ndata: [DONE]\n\n"));
    let heard = Bench::start().await.hear(Answer::events(odd)).await;
    assert_eq!((heard.text.as_str(), heard.failure), ("Hi. 猫", None));
}

#[tokio::test]
async fn fields_of_another_type_count_as_absent() {
    let odd = r#"{"id":7,"model":{},"provider":[],"error":null,"usage":[],"choices":[{"delta":{"content":"Yes."},"finish_reason":5}]}"#;
    let heard = Bench::start().await.hear(stream(&[odd, STOP])).await;
    assert_eq!((heard.text.as_str(), heard.failure), ("Yes.", None));
}

#[tokio::test]
async fn a_completion_that_is_not_streamed_is_understood() {
    let body = format!(
        r#"{{"id":"x","choices":[{{"message":{{"content":"Hi."}},"finish_reason":"stop"}}],{FIGURES}}}"#
    );
    let heard = Bench::start().await.hear(Answer::raw("application/json", format!("\n\n  {body}"))).await;
    assert_eq!((heard.text.as_str(), heard.failure), ("Hi.", None));
    assert_eq!(heard.report.unwrap().attempts[0].usage, Some(USAGE));
}

#[tokio::test]
async fn an_answer_is_understood_whatever_its_head_announces() {
    let whole = r#"{"choices":[{"message":{"content":"Hi."},"finish_reason":"stop"}]}"#;
    let streamed = format!("data: {HI}\n\ndata: {STOP}\n\ndata: [DONE]\n\n");
    for (content_type, body) in [
        ("text/event-stream", whole),
        ("text/event-stream", &format!(": OPENROUTER PROCESSING\n\n\n  {whole}\n")),
        ("text/plain", &whole.replace(',', ",\n\n")),
        ("application/json", &streamed),
        ("application/octet-stream", &streamed),
    ] {
        let heard = Bench::start().await.hear(Answer::raw(content_type, body)).await;
        assert_eq!((heard.text.as_str(), heard.failure), ("Hi.", None), "{content_type} {body}");
    }
}
