//! Everything that servers are known to do to a stream, by name: for tests that go through all of it.

use std::time::Duration;

use serde_json::{Value, json};

use super::answer::{Answer, Placed};
use super::availability::Availability;
use super::dialect::Dialect;
use super::error_event::ErrorEvent;
use super::fault::Fault;
use super::framing::Framing;
use super::refusal::Refusal;

/// An answer and what it is an example of.
#[derive(Clone, Debug)]
pub struct Case {
    pub name: String,
    pub answer: Answer,
}

fn case(name: &str, answer: Answer) -> Case {
    Case { name: name.to_owned(), answer }
}

/// Streams that say the whole text and end well, however oddly.
pub fn whole(text: &str) -> Vec<Case> {
    let said = || Answer::text(text);
    let mut cases = framings(text);
    cases.extend(Dialect::ALL.map(|dialect| case(&format!("{dialect:?}"), said().spoken(dialect))));
    let placed = [
        Placed::Apart,
        Placed::WithFinish,
        Placed::WithNull,
        Placed::OnFinish,
        Placed::Never,
        Placed::Null,
        Placed::Empty,
    ];
    cases.extend(placed.map(|placed| case(&format!("usage {placed:?}"), said().usage(placed))));
    cases.extend([
        case("two finish chunks", said().finishing_twice()),
        case("finish without [DONE]", said().fault(Fault::NoDone)),
        case("[DONE] without finish", said().fault(Fault::NoFinish)),
        case("body that does not end", said().fault(Fault::Linger)),
        case("thought first", said().thinking("Hm. Let me see.")),
        case("image", said().with_image(600_000)),
    ]);
    let reasons = [("length", "MAX_TOKENS"), ("content_filter", "SAFETY"), ("weary", "OTHER"), ("", "")];
    let finished = |(reason, native): (&str, &str)| {
        case(&format!("finish {reason:?}"), said().finishing(reason, native))
    };
    cases.extend(reasons.map(finished));
    cases.extend(odd_chunks().map(|(name, keys)| case(name, said().amid(keys))));
    cases
}

/// Streams that say the whole text, framed in every way. With a `\u{fffd}` in the text, one is no UTF-8.
pub fn framings(text: &str) -> Vec<Case> {
    let ways: [&[Framing]; 11] = [
        &[Framing::Crlf],
        &[Framing::Cr],
        &[Framing::Bom],
        &[Framing::NoSpace],
        &[Framing::DataLines],
        &[Framing::Commented],
        &[Framing::Broken],
        &[Framing::Bytewise],
        &[Framing::Together],
        &[Framing::Crlf, Framing::Bytewise],
        &[Framing::Bom, Framing::NoSpace, Framing::DataLines, Framing::Commented, Framing::Cr],
    ];
    let framed = |way: &&[Framing]| {
        let answer = way.iter().fold(Answer::text(text), |answer, &framing| answer.framed(framing));
        case(&format!("{way:?}"), answer)
    };
    ways.iter().map(framed).collect()
}

/// Chunks among those of an answer that say nothing, by the keys that are odd.
fn odd_chunks() -> [(&'static str, Value); 12] {
    let delta = |delta: Value| json!({"choices": [{"index": 0, "delta": delta, "finish_reason": null}]});
    let call = json!([{"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{\"a\""}}]);
    [
        ("choices empty", json!({})),
        ("choices null", json!({"choices": null})),
        ("delta missing", json!({"choices": [{"index": 0, "finish_reason": null}]})),
        ("delta null", delta(Value::Null)),
        ("delta empty", delta(json!({}))),
        ("content null", delta(json!({"role": "assistant", "content": null, "refusal": null}))),
        ("unknown keys", delta(json!({"content": "", "mood": {"calm": 1}}))),
        ("tool calls", delta(json!({"content": null, "tool_calls": call}))),
        ("tool calls bare", delta(json!({"tool_calls": [{"function": {"arguments": ":1}"}}]}))),
        (
            "sealed thought",
            delta(json!({"reasoning_details": [{"type": "reasoning.encrypted", "data": "x", "index": 0}]})),
        ),
        (
            "annotations",
            delta(
                json!({"annotations": [{"type": "url_citation", "url_citation": {"url": "https://example.com"}}]}),
            ),
        ),
        ("unknown top level", json!({"choices": [], "service_tier": "moon", "error": null, "usage": null})),
    ]
}

/// Error events after so many characters of the text, in every form.
pub fn errors(text: &str, at: usize) -> Vec<Case> {
    let availability = Availability::new("capacity_exhausted").retryable(7).or(&["other/model"]);
    let forms = [
        ("code a number", ErrorEvent::new(502)),
        ("code a string", ErrorEvent::new("server_error")),
        ("code null", ErrorEvent::new(Value::Null)),
        ("code absent", ErrorEvent::without_code()),
        ("error a string", ErrorEvent::text("scripted")),
        ("error in the choice", ErrorEvent::new(502).in_choice()),
        ("error alone", ErrorEvent::new(502).alone()),
        ("event named error", ErrorEvent::new(502).alone().named("error")),
        ("object error", ErrorEvent::new(502).as_object()),
        ("error outside events", ErrorEvent::new(502).outside_events()),
        ("with availability", ErrorEvent::new(429).available(&availability)),
        ("with the raw cause", ErrorEvent::new(502).raw("{\"error\":\"overloaded\"}")),
    ];
    let failed =
        |(name, error): (&str, ErrorEvent)| case(name, Answer::text(text).fault(Fault::FailAfter(at, error)));
    let spoken = |dialect: Dialect| {
        let answer = Answer::text(text).spoken(dialect).fault(Fault::ErrorAfter(at, 502));
        case(&format!("{dialect:?} fails"), answer)
    };
    forms.map(failed).into_iter().chain(Dialect::ALL.map(spoken)).collect()
}

/// Answers that break off after so many characters of the text, without an error of their own.
pub fn broken(text: &str, at: usize) -> Vec<Case> {
    let said = || Answer::text(text);
    vec![
        case("cut in the middle", said().fault(Fault::CutAfter(at))),
        case("end without finish", said().fault(Fault::EndAfter(at))),
    ]
}

/// A stream with an event above a mebibyte after the first token.
pub fn oversized(text: &str) -> Case {
    case("event above 1 MiB", Answer::text(text).with_image(1_200_000))
}

/// Answers of status 200 that end without a visible word.
pub fn wordless() -> Vec<Case> {
    let said = || Answer::text("Never heard.");
    vec![
        case("empty", said().fault(Fault::Empty)),
        case("[DONE] alone", said().fault(Fault::OnlyDone)),
        case("thought alone", Answer::only_thinks("Hm. Let me see.")),
        case("filtered at once", Answer::text("").finishing("content_filter", "SAFETY")),
        case("empty stop", Answer::text("").finishing("", "")),
        case("cut before the head", said().fault(Fault::CutBeforeHead)),
        case("cut at the head", said().fault(Fault::CutAtHead)),
        case("garbage", said().fault(Fault::Garbage)),
        case("error as success", Answer::error_as_success(502)),
        case("page as success", Answer::raw("text/html", "<html><body>502</body></html>")),
        case("empty body", Answer::raw("application/json", "")),
        case("no choices", Answer::raw("application/json", "{\"id\":\"gen-1\",\"choices\":[]}")),
    ]
}

/// Answers that never come to a word and never end; comments come each time `every` has passed.
pub fn endless(every: Duration) -> Vec<Case> {
    let said = || Answer::text("Never heard.");
    vec![
        case("no head", said().fault(Fault::Mute)),
        case("head alone", said().fault(Fault::Stall(0))),
        case("thought alone", said().fault(Fault::Silent)),
        case("comments for ever", said().fault(Fault::Drip(every))),
    ]
}

/// Errors instead of an answer: every status, and every odd body.
pub fn refusals() -> Vec<Case> {
    let statuses = [400, 401, 402, 403, 404, 408, 412, 413, 418, 422, 429, 500, 502, 503, 504, 524, 529];
    let mut cases: Vec<Case> =
        statuses.into_iter().map(|status| case(&format!("{status}"), Answer::status(status))).collect();
    let odd = [
        ("context length", Refusal::context_length(9_000, 8_192)),
        ("unknown model", Refusal::unknown_model("some/model")),
        ("can only afford", Refusal::can_only_afford(800, 12)),
        ("negative balance", Refusal::negative_balance()),
        ("moderated", Refusal::moderated("what was said").user_id("user_account")),
        ("no endpoints", Refusal::no_endpoints(&["other/model"])),
        ("deprecated", Refusal::deprecated(&["other/model"])),
        ("upstream limit", Refusal::upstream_limit(3)),
        ("daily cap", Refusal::daily_cap()),
        ("page", Refusal::new(502).html()),
        ("plain text", Refusal::new(500).plain("Internal Server Error")),
        ("empty", Refusal::new(502).empty()),
        ("blank lines first", Refusal::new(502).after_blank_lines()),
        ("raw cause", Refusal::new(429).raw("{\"error\":{\"code\":429,\"status\":\"RESOURCE_EXHAUSTED\"}}")),
        ("error a string", Refusal::new(400).json(&json!({"error": "scripted"}))),
        ("code a string", Refusal::new(429).json(&json!({"error": {"code": "429", "message": "scripted"}}))),
        ("no error", Refusal::new(500).json(&json!({"detail": "scripted"}))),
    ];
    cases.extend(odd.into_iter().map(|(name, refusal)| case(name, refusal.into())));
    let waits = ["0", "2", "3600", "Wed, 21 Oct 2026 07:28:00 GMT", "soon"];
    cases.extend(
        waits.map(|wait| case(&format!("retry after {wait}"), Refusal::new(429).retry_after(wait).into())),
    );
    cases
}
