//! Answers that are whole, however oddly they are written: the person reads exactly their text.

use std::time::Duration;

use prism::emulator::model::{Answer, Placed, cases, tokens};
use prism::store::UsageRow;

use super::play::Play;
use crate::harness::MODEL;

/// With characters of two, three and four bytes, and one that the wire spoils.
const TEXT: &str = "Grüße from 猫 and 🦀: Tea \u{fffd} is served.";

async fn opened() -> Play {
    Play::open(|model| {
        model.models.truncate(1);
        model.tail = Duration::from_millis(500);
    })
    .await
}

/// What stands under an answer that finished so.
fn mark(case: &str) -> &'static str {
    match case {
        "finish \"length\"" => "\n-# (cut at the length limit)",
        "finish \"content_filter\"" => "\n-# (the provider's filter stopped this)",
        _ => "",
    }
}

#[tokio::test]
async fn the_text_is_read_as_it_was_written() {
    let mut play = opened().await;
    for case in cases::whole(TEXT) {
        play.model().script(case.answer);
        play.reads(&case.name, &format!("{TEXT}{}", mark(&case.name))).await;
        assert_eq!(play.asked(), [MODEL], "{}", case.name);
        play.stores(&case.name, &[(MODEL, None)]);
    }
    play.finish().await;
}

#[tokio::test]
async fn every_framing_is_read_at_a_reading_pace_too() {
    let mut play = opened().await;
    for case in cases::framings(TEXT) {
        play.model().script(case.answer.paced(200.0));
        play.reads(&case.name, TEXT).await;
    }
    play.finish().await;
}

#[tokio::test]
async fn figures_are_found_wherever_they_stand() {
    let mut play = opened().await;
    let told = [Placed::Apart, Placed::WithFinish, Placed::WithNull, Placed::OnFinish];
    let untold = [Placed::Never, Placed::Null, Placed::Empty];
    // Nobody says later what an answer has cost.
    play.model().generation_after(u32::MAX);
    for placed in told.into_iter().chain(untold) {
        play.model().script(Answer::text(TEXT).thinking("Hm.").cached(3).usage(placed));
        play.reads(&format!("{placed:?}"), TEXT).await;
    }
    for turn in 1..=7 {
        let (rows, _) = play.stored_of(turn).await;
        let [row] = rows.as_slice() else { panic!("{turn}: {rows:?}") };
        check_figures(row, turn <= 4);
    }
    play.finish().await;
}

fn check_figures(row: &UsageRow, told: bool) {
    assert_eq!(row.model_answered.as_deref(), Some(MODEL));
    assert_eq!(row.provider.as_deref(), Some("Embedded"));
    assert!(row.generation_id.as_ref().is_some_and(|id| id.starts_with("gen-")), "{row:?}");
    assert!(row.first_token_ms <= row.total_ms && row.first_token_ms.is_some(), "{row:?}");
    if told {
        let words = i64::try_from(tokens(TEXT).len()).unwrap();
        assert_eq!(row.completion_tokens, Some(words + 1), "thoughts are counted");
        assert_eq!((row.reasoning_tokens, row.cached_tokens), (Some(1), Some(3)));
        assert!(row.prompt_tokens > Some(100) && row.cost_nano_usd > Some(0) && !row.owed, "{row:?}");
    } else {
        assert_eq!((row.completion_tokens, row.cost_nano_usd), (None, None));
        assert!(row.owed && row.estimate_nano_usd > Some(0), "{row:?}");
    }
}

#[tokio::test]
async fn an_answer_that_comes_whole_is_read_too() {
    let mut play = opened().await;
    let json = r#"{"id":"gen-1","model":"first/model","choices":[{"message":{"role":"assistant","content":"All at once."},"finish_reason":"stop"}]}"#;
    for (name, content_type, body) in [
        ("json", "application/json", json.to_owned()),
        ("padded", "application/json", format!("\n\n   \n{json}")),
        ("under another name", "text/event-stream", json.to_owned()),
        ("after comments", "text/event-stream", format!(": OPENROUTER PROCESSING\n\n{json}")),
    ] {
        play.model().script(Answer::raw(content_type, body));
        play.reads(name, "All at once.").await;
    }
    play.finish().await;
}
