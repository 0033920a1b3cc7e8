//! OpenRouter's own way down the ladder: told of the next two models, it goes on to them by itself.

use prism::emulator::model::{Answer, Fault, Received, Refusal, Via};
use serde_json::json;

use super::play::{BY_LIGHTER, IN_TURNS, MODERATED, OPERATOR, Play, own_words};
use crate::harness::{LIGHTER_MODEL, MODEL};

async fn with(models: &[&str]) -> Play {
    let models = models.iter().map(|&model| model.to_owned()).collect();
    Play::open(|model| (model.server_fallback, model.models) = (true, models)).await
}

fn tried(play: &Play) -> Vec<(String, Via)> {
    play.model().requests().into_iter().map(|Received { model, via, .. }| (model, via)).collect()
}

#[tokio::test]
async fn the_server_goes_on_and_that_is_counted() {
    let mut play = with(&[MODEL, LIGHTER_MODEL]).await;
    for (turn, status) in [403, 404, 408, 429, 500, 502, 503, 504, 524, 529].into_iter().enumerate() {
        play.model().always(MODEL, Answer::status(status));
        play.model().script_for(LIGHTER_MODEL, Answer::text("Here I am."));
        play.reads(&status.to_string(), &format!("Here I am.\n{BY_LIGHTER}")).await;
        let expected = [(MODEL.to_owned(), Via::Asked), (LIGHTER_MODEL.to_owned(), Via::ServerFallback)];
        assert_eq!(tried(&play)[2 * turn..], expected, "{status}");
        play.stores(&status.to_string(), &[(MODEL, Some("passed_over")), (LIGHTER_MODEL, None)]);
    }
    let body = &play.model().requests()[0].body;
    assert_eq!((&body["model"], &body["models"]), (&json!(MODEL), &json!([MODEL, LIGHTER_MODEL])));
    let (rows, _) = play.stored_of(1).await;
    assert_eq!(rows[1].model_answered.as_deref(), Some(LIGHTER_MODEL));
    assert_eq!(rows[1].upstream_attempts, Some(2));
    assert!(rows[1].cost_nano_usd > Some(0), "{:?}", rows[1]);
    play.finish().await;
}

#[tokio::test]
async fn a_first_model_that_answers_is_alone_and_unnamed() {
    let mut play = with(&[MODEL, LIGHTER_MODEL]).await;
    play.model().script(Answer::text("Here I am."));
    play.reads("hello?", "Here I am.").await;
    assert_eq!(tried(&play), [(MODEL.to_owned(), Via::Asked)]);
    let (rows, _) = play.stored_of(1).await;
    assert_eq!(rows[0].upstream_attempts, Some(1));
    play.finish().await;
}

#[tokio::test]
async fn a_dated_name_is_the_same_model() {
    let mut play = with(&[MODEL, LIGHTER_MODEL]).await;
    play.model().script(Answer::text("Here I am.").answered_by("first/model-20260917"));
    play.reads("hello?", "Here I am.").await;
    play.finish().await;
}

#[tokio::test]
async fn three_are_told_at_a_time() {
    let models = ["a/a", "b/b", "c/c", "d/d", "e/e"];
    let mut play = with(&models).await;
    for model in &models[..4] {
        play.model().always(model, Answer::status(500));
    }
    play.model().script_for("e/e", Answer::text("At last."));
    play.reads("hello?", "At last.\n-# written by `e/e`").await;
    assert_eq!(play.asked(), models, "none is asked twice");
    let requests = play.model().requests();
    assert_eq!(requests[0].body["models"], json!(["a/a", "b/b", "c/c"]));
    assert_eq!(
        (&requests[3].body["model"], &requests[3].body["models"]),
        (&json!("d/d"), &json!(["d/d", "e/e"]))
    );
    play.stores("five", &[("a/a", Some("provider")), ("d/d", Some("passed_over")), ("e/e", None)]);
    let (rows, _) = play.stored_of(1).await;
    assert_eq!((rows[0].upstream_attempts, rows[2].upstream_attempts), (Some(3), Some(2)));
    play.finish().await;
}

#[tokio::test]
async fn what_the_server_does_not_go_on_after_is_walked_here() {
    let mut play = with(&[MODEL, LIGHTER_MODEL]).await;
    for (name, refusal) in [("400", Refusal::new(400)), ("unknown", Refusal::unknown_model(MODEL))] {
        play.model().always(MODEL, refusal);
        play.model().script_for(LIGHTER_MODEL, Answer::text("Here I am."));
        play.reads(name, &format!("Here I am.\n{BY_LIGHTER}")).await;
        assert_eq!(play.asked(), [MODEL, LIGHTER_MODEL], "{name}");
    }
    assert!(play.model().requests().iter().all(|request| request.via == Via::Asked));
    for (status, words) in [(401, OPERATOR), (402, OPERATOR), (412, &own_words()), (422, &own_words())] {
        play.model().always(MODEL, Answer::status(status));
        play.is_told(&status.to_string(), words).await;
        assert_eq!(play.asked(), [MODEL], "{status}");
    }
    play.finish().await;
}

#[tokio::test]
async fn where_all_of_them_fail_none_is_asked_again() {
    let own = own_words();
    let mut play = with(&[MODEL, LIGHTER_MODEL]).await;
    for (name, refusal, words) in [
        ("500", Refusal::new(500), own.as_str()),
        ("503", Refusal::new(503), &own),
        ("404", Refusal::new(404), OPERATOR),
        ("moderated", Refusal::moderated("tea"), MODERATED),
    ] {
        for model in [MODEL, LIGHTER_MODEL] {
            play.model().always(model, refusal.clone());
        }
        play.is_told(name, words).await;
        assert_eq!(play.asked(), [MODEL, LIGHTER_MODEL], "{name}");
    }
    play.finish().await;
}

#[tokio::test]
async fn after_the_first_word_the_walk_goes_on_here() {
    let mut play = with(&[MODEL, LIGHTER_MODEL]).await;
    play.model().script_for(MODEL, Answer::text("Once upon").fault(Fault::ErrorAfter(9, 502)));
    play.model().script_for(LIGHTER_MODEL, Answer::text(" a time."));
    play.reads("a tale?", &format!("Once upon a time.\n{IN_TURNS}")).await;
    assert!(play.model().requests()[1].body.get("models").is_none(), "nobody is behind it");
    play.stores("middle", &[(MODEL, Some("provider")), (LIGHTER_MODEL, None)]);
    play.finish().await;
}

#[tokio::test]
async fn an_empty_answer_is_walked_here_too() {
    let mut play = with(&[MODEL, LIGHTER_MODEL]).await;
    play.model().always(MODEL, Answer::text("Never heard.").fault(Fault::Empty));
    play.model().script_for(LIGHTER_MODEL, Answer::text("Here I am."));
    play.reads("hello?", &format!("Here I am.\n{BY_LIGHTER}")).await;
    assert_eq!(play.asked(), [MODEL, MODEL, LIGHTER_MODEL]);
    play.finish().await;
}
