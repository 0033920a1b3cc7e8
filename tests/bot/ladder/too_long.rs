//! A prompt that a model cannot read at once: the older half of the history goes, and it is asked once more.

use prism::emulator::model::{Answer, Refusal};
use serde_json::json;

use super::play::{BY_LIGHTER, Play, TOO_LONG, times};
use crate::asked::conversation;
use crate::harness::{LIGHTER_MODEL, MODEL};

/// Everything that means it.
fn all() -> Vec<(&'static str, Refusal)> {
    let llama = json!({"error": {"code": 400, "type": "exceed_context_size_error", "n_ctx": 4096}});
    let prose = json!({"error": {"message": "This model's maximum context length is 4096 tokens."}});
    vec![
        ("context length", Refusal::context_length(9_000, 8_192)),
        ("body too large", Refusal::new(413)),
        ("as llama.cpp says it", Refusal::new(400).json(&llama)),
        ("in prose", Refusal::new(400).json(&prose)),
        ("behind a 502", Refusal::new(502).raw(r#"{"error":{"code":"context_length_exceeded"}}"#)),
    ]
}

/// Kim and the bot have said two things each.
async fn talk(play: &mut Play) {
    for (question, answer) in [("one", "First."), ("two", "Second.")] {
        play.model().script_for(MODEL, Answer::text(answer));
        play.reads(question, answer).await;
    }
    play.asked();
}

/// How many messages of the conversation each request since the start carried.
fn lengths(play: &Play) -> Vec<usize> {
    play.model().requests().iter().map(|request| conversation(&request.body).len()).collect()
}

#[tokio::test]
async fn the_same_model_answers_with_half_of_the_history() {
    for (name, refusal) in all() {
        let mut play = Play::open(|_| {}).await;
        talk(&mut play).await;
        play.model().script_for(MODEL, refusal.into());
        play.model().script_for(MODEL, Answer::text("Third."));
        play.reads("three", "Third.").await;
        assert_eq!(play.asked(), times(MODEL, 2), "{name}");
        assert_eq!(lengths(&play)[2..], [5, 3], "{name}");
        let last = conversation(&play.model().requests()[3].body);
        assert_eq!(last[0].1, "[Kim] two", "{name}: the newer half is kept");
        play.stores(name, &[(MODEL, Some("too_long")), (MODEL, None)]);
        play.finish().await;
    }
}

#[tokio::test]
async fn it_is_asked_once_more_and_then_the_person_is_told() {
    for (name, refusal) in all() {
        let mut play = Play::open(|model| model.models.truncate(1)).await;
        talk(&mut play).await;
        play.model().always(MODEL, refusal);
        play.is_told("three", TOO_LONG).await;
        assert_eq!(play.asked(), times(MODEL, 2), "{name}");
        play.stores(name, &[(MODEL, Some("too_long")); 2]);
        play.finish().await;
    }
}

#[tokio::test]
async fn where_nothing_can_be_left_out_nothing_is_asked_twice() {
    let mut play = Play::open(|model| model.models.truncate(1)).await;
    play.model().always(MODEL, Refusal::context_length(9_000, 8_192));
    play.is_told("a long story", TOO_LONG).await;
    assert_eq!(play.asked(), [MODEL]);
    play.finish().await;
}

#[tokio::test]
async fn a_model_that_reads_more_answers_in_the_end() {
    let mut play = Play::open(|_| {}).await;
    talk(&mut play).await;
    play.model().always(MODEL, Refusal::context_length(9_000, 8_192));
    play.model().script_for(LIGHTER_MODEL, Answer::text("All of it."));
    play.reads("three", &format!("All of it.\n{BY_LIGHTER}")).await;
    assert_eq!(play.asked(), [MODEL, MODEL, LIGHTER_MODEL]);
    assert_eq!(lengths(&play)[2..], [5, 3, 5], "the other one is given all of it");
    play.finish().await;
}

#[tokio::test]
async fn the_history_is_halved_too_when_the_server_has_tried_all_models() {
    let mut play = Play::open(|model| model.server_fallback = true).await;
    talk(&mut play).await;
    for model in [MODEL, LIGHTER_MODEL] {
        play.model().script_for(model, Refusal::context_length(9_000, 8_192).into());
    }
    play.model().script_for(MODEL, Answer::text("Third."));
    play.reads("three", "Third.").await;
    assert_eq!(play.asked(), [MODEL, LIGHTER_MODEL, MODEL]);
    assert_eq!(lengths(&play)[2..], [5, 5, 3]);
    play.finish().await;
}
