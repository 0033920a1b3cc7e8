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
    assert!(reply.report().generation_id.is_some());
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
