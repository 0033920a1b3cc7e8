//! One model goes on where another broke off.

use super::*;
use crate::emulator::model::Fault;

const TALE: &str = "The lamp would not go out, whatever anybody tried.";

/// What a model was sent last.
fn last_message(bench: &Bench, number: usize) -> (String, String) {
    let body = bench.server.requests()[number].body.clone();
    let last = body["messages"].as_array().unwrap().last().unwrap().clone();
    (last["role"].as_str().unwrap().to_owned(), last["content"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn the_next_model_goes_on_from_what_was_said() {
    for fault in [Fault::CutAfter(26), Fault::EndAfter(26), Fault::ErrorAfter(26, 502), Fault::Stall(26)] {
        let mut bench = Bench::start().await;
        bench.settings.idle = SOON;
        bench.server.script_for("first", Answer::text(TALE).fault(fault.clone()));
        bench.server.script_for("second", Answer::text(" whatever anybody tried."));
        let mut reply = bench.open().await.unwrap();
        assert_eq!(listen(&mut reply).await, (TALE.to_owned(), None), "{fault:?}");
        assert_eq!(last_message(&bench, 1), ("assistant".to_owned(), TALE[..26].to_owned()));
        let report = reply.report();
        assert_eq!(report.speakers().collect::<Vec<_>>(), ["first", "second"]);
        assert!(report.attempts[0].failure.is_some() && report.attempts[1].failure.is_none());
        assert!(matches!(report.attempts[0].bill, Bill::Owed(_)), "its cost is asked for later");
    }
}

#[tokio::test]
async fn a_server_without_prefill_is_told_and_what_it_repeats_is_taken_out() {
    let mut bench = Bench::start().await;
    bench.settings.server.flavour = Some(Flavour::OpenAi);
    bench.server.script_for("first", Answer::text(TALE).fault(Fault::CutAfter(26)));
    bench.server.script_for("second", Answer::text("would not go out, whatever anybody tried."));
    let mut reply = bench.open().await.unwrap();
    assert_eq!(listen(&mut reply).await, (TALE.to_owned(), None));
    let (role, text) = last_message(&bench, 1);
    assert_eq!(role, "user");
    assert!(text.starts_with("Your last message was cut off"), "{text}");
}

#[tokio::test]
async fn a_beginning_that_is_refused_becomes_an_instruction() {
    let bench = Bench::start().await;
    bench.server.script_for("first", Answer::text(TALE).fault(Fault::CutAfter(26)));
    bench.server.script_for("second", Answer::status(400));
    bench.server.script_for("second", Answer::text(" whatever anybody tried."));
    let mut reply = bench.open().await.unwrap();
    assert_eq!(listen(&mut reply).await, (TALE.to_owned(), None));
    assert_eq!(bench.asked(), ["first", "second", "second"]);
    assert_eq!(last_message(&bench, 2).0, "user");
}

#[tokio::test]
async fn what_was_said_stays_when_nobody_can_go_on() {
    let bench = Bench::start().await;
    bench.server.script_for("first", Answer::text(TALE).fault(Fault::CutAfter(26)));
    bench.server.always("second", Answer::status(500));
    let mut reply = bench.open().await.unwrap();
    assert_eq!(listen(&mut reply).await, (TALE[..26].to_owned(), Some(Failure::Interrupted)));
    assert_eq!(bench.asked(), ["first", "second", "second"]);
}

#[tokio::test]
async fn every_model_breaks_off_once_at_most() {
    let mut bench = Bench::start().await;
    bench.settings.models = ["a", "b", "c"].map(str::to_owned).to_vec();
    for model in ["a", "b", "c"] {
        bench.server.always(model, Answer::text(format!("<{model}> and so on")).fault(Fault::CutAfter(3)));
    }
    let mut reply = bench.open().await.unwrap();
    let (text, failure) = listen(&mut reply).await;
    assert_eq!((text.as_str(), failure), ("<a><b><c>", Some(Failure::Interrupted)));
    assert_eq!(bench.asked(), ["a", "b", "c"]);
}
