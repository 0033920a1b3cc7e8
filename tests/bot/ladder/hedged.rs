//! A second model beside a silent first one, where the operator wants it.

use std::time::Duration;

use prism::emulator::model::{Answer, Ending, Fault};

use super::play::{BY_LIGHTER, Play};
use crate::harness::{LIGHTER_MODEL, MODEL};

const SOON: Duration = Duration::from_millis(100);

#[tokio::test]
async fn the_second_answers_and_the_first_is_dropped_and_still_paid_for() {
    let mut play = Play::open(|model| model.hedge_after = Some(SOON)).await;
    // Nobody says yet what it has cost.
    play.model().generation_after(u32::MAX);
    play.model().script_for(MODEL, Answer::text("Slow.").fault(Fault::Silent));
    play.model().script_for(LIGHTER_MODEL, Answer::text("Quick."));
    play.reads("hello?", &format!("Quick.\n{BY_LIGHTER}")).await;
    assert_eq!(play.asked(), [MODEL, LIGHTER_MODEL]);
    let first = play.model().wait_for_end(0).await.unwrap();
    assert_eq!(first.ending, Some(Ending::Left));
    assert!(play.model().requests()[1].at - first.at >= SOON / 2, "it was given its time");
    play.stores("hedged", &[(MODEL, Some("outrun")), (LIGHTER_MODEL, None)]);
    let (rows, _) = play.stored_of(1).await;
    assert!(rows[0].owed && rows[0].generation_id.is_some(), "{:?}", rows[0]);
    assert!(rows[0].estimate_nano_usd > Some(0) && rows[0].cost_nano_usd.is_none(), "{:?}", rows[0]);
    assert!(!rows[1].owed && rows[1].cost_nano_usd > Some(0), "{:?}", rows[1]);
    play.finish().await;
}

#[tokio::test]
async fn the_first_word_wins_whoever_says_it() {
    let mut play = Play::open(|model| model.hedge_after = Some(SOON)).await;
    let (answer, gate) = Answer::text("First after all.").hold();
    play.model().script_for(MODEL, answer);
    play.model().script_for(LIGHTER_MODEL, Answer::text("Slow.").fault(Fault::Silent));
    let question = play.asks("hello?");
    for model in [MODEL, LIGHTER_MODEL] {
        assert_eq!(play.model().wait_for_request().await.model, model);
    }
    gate.open();
    play.stage.answered(question, "First after all.").await;
    assert_eq!(play.model().wait_for_end(1).await.unwrap().ending, Some(Ending::Left));
    play.stores("first", &[(LIGHTER_MODEL, Some("outrun")), (MODEL, None)]);
    play.finish().await;
}

#[tokio::test]
async fn when_one_of_the_two_fails_the_other_is_heard() {
    let mut play = Play::open(|model| model.hedge_after = Some(SOON)).await;
    play.model().script_for(MODEL, Answer::text("Late but well.").after(SOON * 5));
    play.model().script_for(LIGHTER_MODEL, Answer::status(404));
    play.reads("hello?", "Late but well.").await;
    play.stores("the second fails", &[(LIGHTER_MODEL, Some("no_such_model")), (MODEL, None)]);
    let (answer, gate) = Answer::text("Slow.").fault(Fault::ErrorAfter(0, 404)).hold();
    play.model().script_for(MODEL, answer);
    play.model().script_for(LIGHTER_MODEL, Answer::text("Here I am.").after(SOON * 3));
    gate.open();
    play.reads("and now?", &format!("Here I am.\n{BY_LIGHTER}")).await;
    play.finish().await;
}

#[tokio::test]
async fn nobody_is_asked_beside_a_first_model_in_time() {
    for hedge_after in [None, Some(Duration::from_secs(60))] {
        let mut play = Play::open(|model| model.hedge_after = hedge_after).await;
        play.model().script_for(MODEL, Answer::text("In time.").after(SOON));
        play.reads("hello?", "In time.").await;
        assert_eq!(play.asked(), [MODEL]);
        play.finish().await;
    }
}
