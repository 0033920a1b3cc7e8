//! The order of the models, and the clocks over them.

use std::time::Instant;

use super::*;
use crate::emulator::model::{Fault, Received};

fn asked(bench: &Bench) -> Vec<String> {
    bench.server.requests().into_iter().map(|Received { model, .. }| model).collect()
}

#[tokio::test]
async fn the_second_model_answers_for_a_dead_first() {
    for fault in [
        Fault::Empty,
        Fault::Garbage,
        Fault::EndAfter(0),
        Fault::ErrorAfter(0, 500),
        Fault::Silent,
        Fault::Mute,
    ] {
        let mut bench = Bench::start().await;
        if matches!(fault, Fault::Silent | Fault::Mute) {
            bench.settings.first_token = SOON;
        }
        bench.server.always("first", Answer::text("no").fault(fault.clone()));
        bench.server.script(Answer::text("Here I am."));
        let mut reply = bench.open().await.unwrap();
        assert_eq!(listen(&mut reply).await, ("Here I am.".to_owned(), None), "{fault:?}");
        let report = reply.report();
        assert_eq!(asked(&bench), ["first", "second"]);
        assert_eq!((report.model_asked.as_str(), report.attempts.len()), ("second", 2));
        assert!(report.attempts[0].failure.is_some() && report.attempts[1].failure.is_none());
    }
}

#[tokio::test]
async fn a_request_can_bring_its_own_models() {
    let bench = Bench::start().await;
    bench.server.always("mine", Answer::status(500));
    bench.server.script(Answer::text("Yes."));
    let request = Request { models: vec!["mine".to_owned(), "other".to_owned()], ..hello() };
    bench.ladder().open(&request).await.unwrap();
    assert_eq!(asked(&bench), ["mine", "other"]);
}

#[tokio::test]
async fn once_it_has_spoken_no_other_model_is_asked() {
    let bench = Bench::start().await;
    bench.server.script(Answer::text("Half of it.").fault(Fault::CutAfter(4)));
    let mut reply = bench.open().await.unwrap();
    assert_eq!(listen(&mut reply).await, ("Half".to_owned(), Some(Failure::Interrupted)));
    assert_eq!(asked(&bench), ["first"]);
}

#[tokio::test]
async fn a_refused_account_stops_the_walk() {
    for (status, failure) in [(401, Failure::KeyRefused), (402, Failure::NoCredit { affordable: None })] {
        let bench = Bench::start().await;
        bench.server.script(Answer::status(status));
        assert_eq!(bench.open().await.unwrap_err().cause(), &failure);
        assert_eq!(asked(&bench), ["first"]);
    }
}

#[tokio::test]
async fn the_cause_is_what_somebody_can_act_on() {
    for (first, second, cause) in [
        (404, 500, Failure::Provider { code: Some(500), retryable: None }),
        (413, 500, Failure::TooLong),
        (500, 402, Failure::NoCredit { affordable: None }),
    ] {
        let bench = Bench::start().await;
        bench.server.script(Answer::status(first));
        bench.server.script(Answer::status(second));
        let exhausted = bench.open().await.unwrap_err();
        assert_eq!((exhausted.cause(), exhausted.attempts.len()), (&cause, 2));
    }
}

#[tokio::test]
async fn without_a_model_there_is_nobody_to_ask() {
    let mut bench = Bench::start().await;
    bench.settings.models.clear();
    assert_eq!(bench.open().await.unwrap_err().cause(), &Failure::NoSuchModel);
}

#[tokio::test]
async fn the_last_model_may_be_late_and_the_others_not() {
    let mut bench = Bench::start().await;
    bench.settings.first_token = SOON;
    bench.server.script_for("first", Answer::text("Too late.").after(SOON * 50));
    bench.server.script_for("second", Answer::text("Late.").after(SOON * 2));
    let mut reply = bench.open().await.unwrap();
    assert_eq!(listen(&mut reply).await.0, "Late.");
    assert_eq!(reply.report().attempts[0].failure, Some(Failure::Silent));
}

#[tokio::test]
async fn all_models_together_have_one_deadline() {
    let mut bench = Bench::start().await;
    bench.settings.models = ["a", "b", "c", "d", "e", "f"].map(str::to_owned).to_vec();
    (bench.settings.first_token, bench.settings.total) = (SOON, SOON * 3);
    for model in &bench.settings.models {
        bench.server.always(model, Answer::in_character().fault(Fault::Mute));
    }
    let started = Instant::now();
    let exhausted = bench.open().await.unwrap_err();
    assert_eq!(exhausted.cause(), &Failure::Silent);
    assert!(started.elapsed() >= SOON * 3);
    assert!(exhausted.attempts.len() <= 3, "{:?}", exhausted.attempts);
}

#[tokio::test]
async fn a_reply_ends_at_the_deadline_though_it_still_speaks() {
    let mut bench = Bench::start().await;
    bench.settings.total = SOON * 4;
    let heard = bench.hear(Answer::text("word ".repeat(1_000)).paced(100.0)).await;
    assert_eq!(heard.failure, Some(Failure::Stalled));
    assert!(heard.text.starts_with("word word"));
}
