//! A model that has just failed is left alone, so that it costs the next turns nothing, and comes back by itself.

use std::time::{Duration, Instant};

use prism::emulator::model::{Answer, Ending, Fault, Refusal};
use prism::llm::BreakerSettings;

use super::play::{BY_LIGHTER, OPERATOR, Play};
use crate::harness::{LIGHTER_MODEL, MODEL};

const SOON: Duration = Duration::from_millis(1_000);

async fn with(breaker: BreakerSettings) -> Play {
    Play::open(|model| (model.first_token, model.breaker) = (SOON, breaker)).await
}

fn mute() -> Answer {
    Answer::in_character().fault(Fault::Mute)
}

#[tokio::test]
async fn a_dead_first_model_costs_the_first_turn_only() {
    let mut play = with(BreakerSettings::default()).await;
    play.model().always(MODEL, mute());
    for turn in 0..4 {
        let text = format!("Number {turn}.");
        play.model().script_for(LIGHTER_MODEL, Answer::text(text.clone()));
        let started = Instant::now();
        play.reads("hello?", &format!("{text}\n{BY_LIGHTER}")).await;
        let waited = started.elapsed() >= SOON;
        assert_eq!(waited, turn == 0, "turn {turn} took {:?}", started.elapsed());
        let (asked, rows): (&[_], &[_]) = match turn {
            0 => (&[MODEL, LIGHTER_MODEL], &[(MODEL, Some("silent")), (LIGHTER_MODEL, None)]),
            _ => (&[LIGHTER_MODEL], &[(LIGHTER_MODEL, None)]),
        };
        assert_eq!(play.asked(), asked);
        play.stores(&text, rows);
    }
    play.finish().await;
}

#[tokio::test]
async fn a_failure_that_cost_no_time_is_forgiven_once() {
    let mut play = with(BreakerSettings::default()).await;
    for (turn, asked) in
        [(1, &[MODEL, LIGHTER_MODEL][..]), (2, &[MODEL, LIGHTER_MODEL]), (3, &[LIGHTER_MODEL])]
    {
        // Not to be tried again, so that it is one failure.
        play.model().always(MODEL, Refusal::new(503));
        play.model().script_for(LIGHTER_MODEL, Answer::text("Here I am."));
        play.reads(&format!("{turn}?"), &format!("Here I am.\n{BY_LIGHTER}")).await;
        assert_eq!(play.asked(), asked, "turn {turn}");
    }
    play.finish().await;
}

/// Waits until two more requests came, one for each model, and gives the number of the second model's.
async fn both_asked(play: &mut Play) -> u64 {
    let requests = [play.model().wait_for_request().await, play.model().wait_for_request().await];
    let mut models = play.asked();
    models.sort_unstable();
    assert_eq!(models, [MODEL, LIGHTER_MODEL]);
    requests.iter().find(|request| request.model == LIGHTER_MODEL).unwrap().number
}

#[tokio::test]
async fn a_model_comes_back_by_a_probe_that_nobody_waits_for() {
    let mut play = with(BreakerSettings { cooldown: Duration::ZERO, ..BreakerSettings::default() }).await;
    play.model().always(MODEL, mute());
    play.model().script_for(LIGHTER_MODEL, Answer::text("One."));
    play.reads("one?", &format!("One.\n{BY_LIGHTER}")).await;
    both_asked(&mut play).await;
    // It is still dead, and the other one answers before that is certain.
    let (answer, gate) = Answer::text("Two.").hold();
    play.model().script_for(LIGHTER_MODEL, answer);
    let question = play.asks("two?");
    // They are asked at once: one of the two is the third request, the other the fourth.
    let probe = 2 + 3 - both_asked(&mut play).await;
    gate.open();
    play.stage.answered(question, &format!("Two.\n{BY_LIGHTER}")).await;
    play.stores("probe in vain", &[(MODEL, Some("outrun")), (LIGHTER_MODEL, None)]);
    // The probe goes on until its time is over.
    assert_eq!(play.model().wait_for_end(probe).await.unwrap().ending, Some(Ending::Left));
    // It is well again, and the other one is not needed.
    let (answer, gate) = Answer::text("Three.").hold();
    play.model().always(MODEL, answer);
    let (never, _gate) = Answer::text("Never heard.").hold();
    play.model().script_for(LIGHTER_MODEL, never);
    let question = play.asks("three?");
    let lighter = both_asked(&mut play).await;
    gate.open();
    play.stage.answered(question, "Three.").await;
    play.stores("probe", &[(LIGHTER_MODEL, Some("outrun")), (MODEL, None)]);
    assert_eq!(play.model().wait_for_end(lighter).await.unwrap().ending, Some(Ending::Left));
    play.model().always(MODEL, Answer::text("Four."));
    play.reads("four?", "Four.").await;
    assert_eq!(play.asked(), [MODEL], "nothing is beside it any more");
    play.finish().await;
}

#[tokio::test]
async fn a_broken_model_is_better_than_none() {
    let mut play = with(BreakerSettings::default()).await;
    for model in [MODEL, LIGHTER_MODEL] {
        play.model().always(model, Answer::status(404));
    }
    play.is_told("hello?", OPERATOR).await;
    assert_eq!(play.asked(), [MODEL, LIGHTER_MODEL]);
    for model in [MODEL, LIGHTER_MODEL] {
        play.model().always(model, None);
    }
    play.model().script(Answer::text("We are back."));
    play.reads("hello?", "We are back.").await;
    assert_eq!(play.asked(), [MODEL]);
    play.finish().await;
}

#[tokio::test]
async fn a_refused_account_is_not_asked_with_every_turn() {
    let mut play = with(BreakerSettings::default()).await;
    play.model().always(MODEL, Answer::status(401));
    play.model().always(LIGHTER_MODEL, Answer::status(401));
    for _ in 0..5 {
        play.is_told("hello?", OPERATOR).await;
    }
    let asked = play.asked();
    assert!(asked.len() <= 2, "{asked:?}");
    play.finish().await;
}

#[tokio::test]
async fn an_account_that_was_mended_is_found_by_the_next_turn() {
    let mut play = with(BreakerSettings { account: Duration::ZERO, ..BreakerSettings::default() }).await;
    play.model().always(MODEL, Answer::status(402));
    play.is_told("hello?", OPERATOR).await;
    play.model().always(MODEL, Answer::text("Paid for."));
    play.reads("and now?", "Paid for.").await;
    play.finish().await;
}

#[tokio::test]
async fn a_limit_with_a_pause_is_not_met_again_before_its_time() {
    let mut play = with(BreakerSettings { cooldown: Duration::ZERO, ..BreakerSettings::default() }).await;
    play.model().always(MODEL, Refusal::new(429).retry_after("3600"));
    for turn in ["one", "two", "three"] {
        play.model().script_for(LIGHTER_MODEL, Answer::text(format!("{turn}.")));
        play.reads(turn, &format!("{turn}.\n{BY_LIGHTER}")).await;
    }
    assert_eq!(play.asked(), [MODEL, LIGHTER_MODEL, LIGHTER_MODEL, LIGHTER_MODEL]);
    play.finish().await;
}
