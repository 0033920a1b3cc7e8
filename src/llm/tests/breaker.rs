//! A model that is broken is left alone.

use super::*;
use crate::emulator::model::Fault;
use crate::llm::breaker::Gate;

#[tokio::test]
async fn a_dead_first_model_costs_the_next_replies_nothing() {
    let mut bench = Bench::start().await;
    bench.settings.first_token = SOON;
    bench.server.always("first", Answer::in_character().fault(Fault::Mute));
    let ladder = bench.ladder();
    for _ in 0..5 {
        open(&ladder, hello()).await.unwrap();
    }
    assert_eq!(bench.asked(), ["first", "second", "second", "second", "second", "second"]);
}

#[tokio::test]
async fn a_broken_model_comes_back_by_a_probe_that_nobody_waits_for() {
    let mut bench = Bench::start().await;
    (bench.settings.first_token, bench.settings.breaker.cooldown) = (SOON, Duration::ZERO);
    bench.server.always("first", Answer::in_character().fault(Fault::Mute));
    let ladder = bench.ladder();
    open(&ladder, hello()).await.unwrap();
    let mut probing = open(&ladder, hello()).await.unwrap();
    assert_eq!(listen(&mut probing).await.1, None);
    assert_eq!(probing.report().speakers().collect::<Vec<_>>(), ["second"]);
    assert_eq!(bench.asked(), ["first", "second", "first", "second"]);
    bench.server.always("first", Answer::text("I am back."));
    bench.server.always("second", Answer::in_character().fault(Fault::Mute));
    let mut recovered = open(&ladder, hello()).await.unwrap();
    assert_eq!(listen(&mut recovered).await, ("I am back.".to_owned(), None));
    bench.server.always("second", None);
    bench.server.always("first", None);
    open(&ladder, hello()).await.unwrap();
    assert_eq!(bench.asked()[6..], ["first"], "nothing is beside it any more");
}

#[tokio::test]
async fn when_all_are_broken_they_are_asked_all_the_same() {
    let bench = Bench::start().await;
    for model in ["first", "second"] {
        bench.server.always(model, Answer::status(404));
    }
    let ladder = bench.ladder();
    open(&ladder, hello()).await.unwrap_err();
    bench.server.always("second", None);
    bench.server.always("first", None);
    bench.server.script_for("first", Answer::text("Again."));
    let mut reply = open(&ladder, hello()).await.unwrap();
    assert_eq!(listen(&mut reply).await.0, "Again.");
}

#[tokio::test]
async fn a_refused_key_is_not_tried_with_every_turn() {
    let bench = Bench::start().await;
    for model in ["first", "second"] {
        bench.server.always(model, Answer::status(401));
    }
    let ladder = bench.ladder();
    for _ in 0..5 {
        assert_eq!(open(&ladder, hello()).await.unwrap_err().cause, Failure::KeyRefused);
    }
    assert!(bench.asked().len() <= 2, "{:?}", bench.asked());
}

#[tokio::test]
async fn a_model_that_is_well_but_slower_comes_back_too() {
    let mut bench = Bench::start().await;
    (bench.settings.first_token, bench.settings.breaker.cooldown) = (SOON, Duration::ZERO);
    bench.server.script_for("first", Answer::in_character().fault(Fault::Mute));
    let ladder = bench.ladder();
    open(&ladder, hello()).await.unwrap();
    let (slow, gate) = Answer::text("I am slow, but well.").hold();
    bench.server.script_for("first", slow);
    let mut reply = open(&ladder, hello()).await.unwrap();
    assert_eq!(listen(&mut reply).await.1, None);
    assert_eq!(reply.into_report().speakers().collect::<Vec<_>>(), ["second"]);
    // Nobody waits for the probe, and it goes on until its first word.
    gate.open();
    while ladder.breakers().gate("first", tokio::time::Instant::now()) != Gate::Closed {
        tokio::task::yield_now().await;
    }
    open(&ladder, hello()).await.unwrap();
    assert_eq!(bench.asked()[4..], ["first"]);
}

#[tokio::test]
async fn a_fallback_that_failed_once_does_not_make_the_first_model_the_last() {
    let mut bench = Bench::start().await;
    bench.settings.first_token = SOON;
    let ladder = bench.ladder();
    ladder.breakers().failed("second", Failure::Silent, tokio::time::Instant::now());
    bench.server.script_for("first", Answer::in_character().fault(Fault::Mute));
    bench.server.script_for("second", Answer::text("I am back."));
    let mut reply = open(&ladder, hello()).await.unwrap();
    assert_eq!(listen(&mut reply).await, ("I am back.".to_owned(), None));
}
