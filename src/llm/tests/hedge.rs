//! Two models at once.

use super::*;
use crate::emulator::model::{Ending, Fault};

async fn hedged() -> Bench {
    let mut bench = Bench::start().await;
    bench.settings.hedge_after = Some(SOON);
    bench
}

#[tokio::test]
async fn a_second_model_is_started_beside_a_silent_first() {
    let bench = hedged().await;
    bench.server.script_for("first", Answer::text("Slow.").fault(Fault::Silent));
    bench.server.script_for("second", Answer::text("Quick."));
    let mut reply = bench.open().await.unwrap();
    assert_eq!(listen(&mut reply).await.0, "Quick.");
    let report = reply.into_report();
    assert_eq!(bench.server.wait_for_end(0).await.unwrap().ending, Some(Ending::Left), "it is left at once");
    assert_eq!(report.attempts[0].failure, Some(Failure::Outrun));
    assert!(matches!(report.attempts[0].bill, Bill::Owed(_)), "{:?}", report.attempts[0]);
    assert_eq!(report.speakers().collect::<Vec<_>>(), ["second"]);
}

#[tokio::test]
async fn the_first_word_wins_whoever_says_it() {
    let bench = hedged().await;
    let (answer, gate) = Answer::text("First after all.").hold();
    bench.server.script_for("first", answer);
    bench.server.script_for("second", Answer::text("Slow.").fault(Fault::Silent));
    let ladder = bench.ladder();
    let release = async {
        bench.server.wait_for_request().await;
        bench.server.wait_for_request().await;
        gate.open();
    };
    let (opened, ()) = tokio::join!(open(&ladder, hello()), release);
    let mut reply = opened.unwrap();
    assert_eq!(listen(&mut reply).await.0, "First after all.");
    assert_eq!(bench.server.wait_for_end(1).await.unwrap().ending, Some(Ending::Left));
}

#[tokio::test]
async fn a_first_model_in_time_is_alone() {
    let mut bench = Bench::start().await;
    bench.settings.hedge_after = Some(Duration::from_secs(60));
    bench.open().await.unwrap();
    assert_eq!(bench.asked(), ["first"]);
}

#[tokio::test]
async fn when_one_of_two_fails_the_other_is_heard() {
    let bench = hedged().await;
    bench.server.script_for("first", Answer::text("Late but well.").after(SOON * 3));
    bench.server.script_for("second", Answer::status(404));
    let mut reply = bench.open().await.unwrap();
    assert_eq!(listen(&mut reply).await.0, "Late but well.");
    assert_eq!(reply.report().attempts[1].failure, Some(Failure::NoSuchModel));
}

#[tokio::test]
async fn without_hedging_nothing_is_asked_twice() {
    let mut bench = Bench::start().await;
    bench.settings.first_token = SOON * 4;
    bench.server.script_for("first", Answer::text("At last.").after(SOON * 2));
    bench.open().await.unwrap();
    assert_eq!(bench.asked(), ["first"]);
}

#[tokio::test]
async fn who_is_left_alone_in_a_race_is_the_last_one_and_not_cut() {
    let mut bench = hedged().await;
    bench.settings.first_token = SOON * 2;
    bench.server.script_for("first", Answer::text("Late but well.").after(SOON * 5));
    bench.server.script_for("second", Answer::status(404));
    let mut reply = bench.open().await.unwrap();
    assert_eq!(listen(&mut reply).await, ("Late but well.".to_owned(), None));
    assert_eq!(bench.asked(), ["first", "second"]);
}

#[tokio::test]
async fn a_first_model_that_broke_off_beside_another_is_asked_again_when_that_fails() {
    let bench = hedged().await;
    let (broken, gate) = Answer::text("x").fault(Fault::EndAfter(0)).hold();
    bench.server.script_for("first", broken.after(SOON * 2));
    bench.server.script_for("first", Answer::text("Here I am."));
    bench.server.script_for("second", Answer::status(404).after(SOON));
    gate.open();
    let mut reply = bench.open().await.unwrap();
    assert_eq!(listen(&mut reply).await, ("Here I am.".to_owned(), None));
}

#[tokio::test]
async fn what_failed_beside_a_model_that_spoke_does_not_begin_again_behind_it() {
    let bench = hedged().await;
    bench.server.script_for("first", Answer::text("x").fault(Fault::EndAfter(0)).after(SOON * 2));
    let (half, gate) = Answer::text("Half of it.").fault(Fault::CutAfter(4)).hold();
    bench.server.script_for("second", half);
    let ladder = bench.ladder();
    let speak = async {
        bench.server.wait_for_end(0).await;
        gate.open();
    };
    let (opened, ()) = tokio::join!(open(&ladder, hello()), speak);
    let mut reply = opened.unwrap();
    assert_eq!(listen(&mut reply).await, ("Half".to_owned(), Some(Failure::Interrupted)));
    assert_eq!(bench.asked(), ["first", "second"]);
}
