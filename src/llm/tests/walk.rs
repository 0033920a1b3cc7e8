//! The order of the models, and the clocks over them.

use std::time::Instant;

use super::*;
use crate::emulator::model::Fault;

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
        let (last, failed) = report.attempts.split_last().unwrap();
        assert_eq!((last.model.as_str(), last.failure), ("second", None));
        assert!(failed.iter().all(|attempt| attempt.model == "first" && attempt.failure.is_some()));
        assert!((1..=2).contains(&failed.len()), "{fault:?}: the same model is asked twice at most");
        assert_eq!(report.speakers().collect::<Vec<_>>(), ["second"]);
    }
}

#[tokio::test]
async fn a_request_can_bring_its_own_models() {
    let mut bench = Bench::start().await;
    bench.settings.allow = vec![crate::llm::Pattern::parse("*").unwrap()];
    bench.server.always("mine", Answer::status(500));
    bench.server.script(Answer::text("Yes."));
    let request = Request { models: vec!["mine".to_owned(), "other".to_owned()], ..hello() };
    open(&bench.ladder(), request).await.unwrap();
    assert_eq!(bench.asked(), ["mine", "mine", "other"]);
}

#[tokio::test]
async fn a_refused_account_stops_the_walk() {
    for (status, failure) in [(401, Failure::KeyRefused), (402, Failure::NoCredit { affordable: None })] {
        let bench = Bench::start().await;
        bench.server.script(Answer::status(status));
        assert_eq!(bench.open().await.unwrap_err().cause, failure);
        assert_eq!(bench.asked(), ["first"]);
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
        bench.server.always("first", Answer::status(first));
        bench.server.always("second", Answer::status(second));
        let exhausted = bench.open().await.unwrap_err();
        assert_eq!(exhausted.cause, cause, "{:?}", exhausted.attempts);
    }
}

#[tokio::test]
async fn without_a_model_there_is_nobody_to_ask() {
    let mut bench = Bench::start().await;
    bench.settings.models.clear();
    assert_eq!(bench.open().await.unwrap_err().cause, Failure::NoSuchModel);
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
    assert_eq!(exhausted.cause, Failure::Silent);
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

#[tokio::test]
async fn the_same_model_is_asked_again_once_where_that_helps() {
    for (status, times) in [(500, 2), (502, 2), (504, 2), (400, 1), (404, 1), (422, 1)] {
        let mut bench = Bench::start().await;
        bench.settings.models.truncate(1);
        bench.server.always("first", Answer::status(status));
        bench.open().await.unwrap_err();
        assert_eq!(bench.asked().len(), times, "{status}");
    }
}

#[tokio::test]
async fn a_pause_is_waited_out_only_where_nobody_else_could_answer() {
    let pause = |seconds: &str| {
        let body = r#"{"error":{"code":429,"message":"slow down"}}"#.to_owned();
        Answer::text("").fault(Fault::Status { status: 429, body, retry_after: Some(seconds.to_owned()) })
    };
    for (models, retry_after, asked) in [
        (2, "1", &["first", "second"][..]),
        (1, "1", &["first", "first"]),
        (1, "0", &["first", "first"]),
        (1, "3600", &["first"]),
    ] {
        let mut bench = Bench::start().await;
        bench.settings.models.truncate(models);
        bench.server.script_for("first", pause(retry_after));
        let outcome = bench.open().await;
        assert_eq!(bench.asked(), asked, "{models} models, {retry_after} s");
        assert_eq!(outcome.is_ok(), asked.len() == 2);
    }
}

#[tokio::test]
async fn a_history_that_is_too_long_is_halved_once() {
    let body = r#"{"error":{"code":400,"message":"x","metadata":{"error_type":"context_length_exceeded"}}}"#;
    let too_long =
        || Answer::text("").fault(Fault::Status { status: 400, body: body.to_owned(), retry_after: None });
    let bench = Bench::start().await;
    bench.server.script_for("first", too_long());
    let messages = (0..6).map(|index| Message::new(Role::User, index.to_string())).collect();
    let request = Request { messages, history: 1..5, ..Request::default() };
    open(&bench.ladder(), request.clone()).await.unwrap();
    let requests = bench.server.requests();
    assert_eq!(bench.asked(), ["first", "first"]);
    let said = |number: usize| -> Vec<String> {
        let messages = requests[number].body["messages"].as_array().unwrap();
        messages.iter().map(|message| message["content"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!((said(0).join(""), said(1).join("")), ("012345".to_owned(), "0345".to_owned()));
    for model in ["first", "second"] {
        bench.server.always(model, too_long());
    }
    assert_eq!(open(&bench.ladder(), request).await.unwrap_err().cause, Failure::TooLong);
    assert_eq!(bench.asked().len(), 2 + 4, "each model once more, and no more than that");
}

#[tokio::test]
async fn a_reply_for_which_the_credit_suffices_is_shorter() {
    let body =
        r#"{"error":{"code":402,"message":"You requested up to 800 tokens, but can only afford 120."}}"#;
    let bench = Bench::start().await;
    let poor = Fault::Status { status: 402, body: body.to_owned(), retry_after: None };
    bench.server.script_for("first", Answer::text("").fault(poor));
    open(&bench.ladder(), hello()).await.unwrap();
    let asked: Vec<_> =
        bench.server.requests().iter().map(|received| received.body["max_tokens"].clone()).collect();
    assert_eq!(asked, [800, 120]);
}

#[tokio::test]
async fn thoughts_that_used_up_the_reply_are_given_more_room() {
    let bench = Bench::start().await;
    let chunk = r#"{"id":"gen-1","choices":[{"delta":{"content":""},"finish_reason":"length"}]}"#;
    bench.server.script_for("first", Answer::events(format!("data: {chunk}\n\ndata: [DONE]\n\n")));
    bench.server.script_for("first", Answer::text("Now I know."));
    let mut reply = bench.open().await.unwrap();
    assert_eq!(listen(&mut reply).await.0, "Now I know.");
    assert_eq!(bench.server.requests()[1].body["max_tokens"], 1_600);
}

#[tokio::test]
async fn a_reader_that_looks_up_now_and_then_does_not_stop_the_clock() {
    let mut bench = Bench::start().await;
    bench.settings.models.truncate(1);
    bench.settings.idle = SOON;
    bench.server.script(Answer::text("Half of it.").fault(Fault::Stall(4)));
    let mut reply = bench.open().await.unwrap();
    assert_eq!(reply.next().await, Some(Ok("Half".to_owned())));
    let looks = async {
        loop {
            if let Ok(end) = tokio::time::timeout(SOON / 10, reply.next()).await {
                return end;
            }
        }
    };
    let end = tokio::time::timeout(Duration::from_secs(60), looks).await;
    assert_eq!(end.expect("the clock was set back"), Some(Err(Failure::Stalled)));
}

#[tokio::test]
async fn what_no_model_would_take_is_asked_of_one() {
    for status in [412, 422] {
        let bench = Bench::start().await;
        bench.server.script(Answer::status(status));
        assert_eq!(bench.open().await.unwrap_err().cause, Failure::Rejected { status });
        assert_eq!(bench.asked(), ["first"]);
    }
}
