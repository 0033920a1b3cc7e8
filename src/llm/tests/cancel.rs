//! Leaving early, and reading at one's own pace.

use super::*;
use crate::emulator::model::{Ending, Fault, tokens};

#[tokio::test]
async fn a_dropped_reply_closes_the_connection() {
    let bench = Bench::start().await;
    let (answer, gate) = Answer::text("One two three four.").hold();
    bench.server.script(answer);
    gate.release(1);
    let mut reply = bench.open().await.unwrap();
    assert_eq!(reply.next().await, Some(Ok("One".to_owned())));
    assert!(reply.report().attempts[0].generation_id.is_some());
    drop(reply);
    let received = bench.server.wait_for_end(0).await.unwrap();
    assert_eq!(received.ending, Some(Ending::Left));
}

#[tokio::test]
async fn a_request_dropped_before_its_first_word_closes_the_connection() {
    for fault in [Fault::Mute, Fault::Silent] {
        let bench = Bench::start().await;
        bench.server.script(Answer::in_character().fault(fault.clone()));
        let number = tokio::select! {
            _ = bench.open() => panic!("it answered"),
            received = bench.server.wait_for_request() => received.number,
        };
        let received = bench.server.wait_for_end(number).await.unwrap();
        assert_eq!(received.ending, Some(Ending::Left), "{fault:?}");
    }
}

#[tokio::test]
async fn a_model_given_up_is_left_at_once() {
    let mut bench = Bench::start().await;
    bench.settings.first_token = SOON;
    bench.server.script_for("first", Answer::in_character().fault(Fault::Silent));
    bench.server.script_for("second", Answer::text("Yes."));
    bench.open().await.unwrap();
    let received = bench.server.wait_for_end(0).await.unwrap();
    assert_eq!((received.model.as_str(), received.ending), ("first", Some(Ending::Left)));
}

#[tokio::test]
async fn every_token_is_handed_up_as_it_comes() {
    let bench = Bench::start().await;
    let said = "Each of these comes alone.";
    let (answer, gate) = Answer::text(said).hold();
    bench.server.script(answer);
    gate.release(1);
    let mut reply = bench.open().await.unwrap();
    assert_eq!(reply.next().await, Some(Ok("Each".to_owned())));
    for token in &tokens(said)[1..] {
        assert_eq!(reply.ready(), None);
        gate.release(1);
        assert_eq!(reply.next().await, Some(Ok((*token).to_owned())));
    }
    assert_eq!(reply.next().await, None);
    let received = bench.server.wait_for_end(0).await.unwrap();
    assert_eq!(received.ending, Some(Ending::Sent));
    assert!(received.at <= received.first_token_at.unwrap());
    assert!(received.first_token_at < received.last_token_at);
}

#[tokio::test]
async fn a_slow_reader_gets_everything() {
    let bench = Bench::start().await;
    let said = "A long tale. ".repeat(2_000);
    bench.server.script(Answer::text(said.clone()));
    let mut reply = bench.open().await.unwrap();
    // The server is done with what fits in the buffers between before the reader takes the second piece.
    assert!(matches!(reply.next().await, Some(Ok(_))));
    let (rest, failure) = listen(&mut reply).await;
    assert_eq!(failure, None);
    assert!(said.ends_with(&rest) && rest.len() < said.len());
}

#[tokio::test]
async fn what_is_known_of_a_reply_that_was_given_up_is_told() {
    let bench = Bench::start().await;
    let (answer, gate) = Answer::text("One two three four.").hold();
    bench.server.script(answer);
    gate.release(1);
    let mut reply = bench.open().await.unwrap();
    assert_eq!(reply.next().await, Some(Ok("One".to_owned())));
    let report = reply.into_report();
    let attempt = &report.attempts[0];
    assert_eq!(attempt.failure, Some(Failure::Cancelled));
    assert!(
        attempt.generation_id.is_some() && matches!(attempt.bill, Bill::Owed(most) if most > 0),
        "{attempt:?}"
    );
    let left = bench.server.wait_for_end(0).await.unwrap();
    assert_eq!(left.ending, Some(Ending::Left));
}

#[tokio::test]
async fn a_request_given_up_before_its_head_counts_in_full() {
    let bench = Bench::start().await;
    bench.server.script(Answer::in_character().fault(Fault::Mute));
    let ladder = bench.ladder();
    let plan = ladder.plan(&hello());
    let mut reply = ladder.ask(hello(), plan);
    tokio::select! {
        _ = reply.open() => panic!("it answered"),
        _ = bench.server.wait_for_request() => {}
    }
    let report = reply.into_report();
    assert_eq!(report.attempts.len(), 1);
    assert_eq!(report.attempts[0].failure, Some(Failure::Cancelled));
    assert!(matches!(report.attempts[0].bill, Bill::Assumed(most) if most > 0));
}
