//! A question that is deleted while its answer is on the way: the connection closes, and what is known is kept.

use std::time::Duration;

use prism::emulator::model::{Answer, Ending, Fault, tokens};
use prism::emulator::playground::{GENERAL, KIM};
use prism::store::TurnState;

use super::play::Play;
use crate::harness::{LIGHTER_MODEL, MODEL, within};

const SONG: &str = "The kettle knows three songs, and all of them are about rain.";

/// How many messages the bot has sent.
fn sent(play: &Play) -> usize {
    let messages = play.stage.discord.messages(GENERAL, KIM);
    messages.iter().filter(|message| message.author.id == play.stage.discord.bot()).count()
}

#[tokio::test]
async fn before_the_head_of_the_answer() {
    let mut play = Play::open(|_| {}).await;
    play.model().script(Answer::text(SONG).fault(Fault::Mute));
    let question = play.asks("sing!");
    play.model().wait_for_request().await;
    play.stage.discord.delete(question).unwrap();
    assert_eq!(play.model().wait_for_end(0).await.unwrap().ending, Some(Ending::Left));
    let (rows, state) = play.stored_of(1).await;
    assert_eq!(state, TurnState::Cancelled);
    assert_eq!((sent(&play), play.asked()), (0, vec![MODEL.to_owned()]));
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!(
        (row.failure.as_deref(), row.generation_id.as_ref(), row.owed),
        (Some("cancelled"), None, false)
    );
    assert!(row.estimate_nano_usd > Some(0), "it may have been charged: {row:?}");
    play.finish().await;
}

#[tokio::test]
async fn after_the_head_of_the_answer() {
    // That the second model is asked tells that the first one has been waited for.
    let mut play = Play::open(|model| model.hedge_after = Some(Duration::from_millis(100))).await;
    play.model().generation_after(u32::MAX);
    for model in [MODEL, LIGHTER_MODEL] {
        play.model().script_for(model, Answer::text(SONG).fault(Fault::Silent));
    }
    let question = play.asks("sing!");
    play.model().wait_for_request().await;
    play.model().wait_for_request().await;
    play.stage.discord.delete(question).unwrap();
    for number in [0, 1] {
        assert_eq!(play.model().wait_for_end(number).await.unwrap().ending, Some(Ending::Left));
    }
    play.stores("both", &[(MODEL, Some("cancelled")), (LIGHTER_MODEL, Some("cancelled"))]);
    let (rows, state) = play.stored_of(1).await;
    assert_eq!((state, sent(&play)), (TurnState::Cancelled, 0));
    assert!(rows[0].generation_id.is_some() && rows[0].owed, "its cost is asked for: {:?}", rows[0]);
    play.finish().await;
}

#[tokio::test]
async fn in_the_middle_of_the_text() {
    let mut play = Play::open(|_| {}).await;
    play.model().generation_after(u32::MAX);
    let (answer, gate) = Answer::text(SONG).hold();
    play.model().script(answer);
    let question = play.asks("sing!");
    gate.release(5);
    let begun = tokens(SONG)[..5].concat();
    play.stage.answered(question, &begun).await;
    play.stage.discord.delete(question).unwrap();
    assert_eq!(play.model().wait_for_end(0).await.unwrap().ending, Some(Ending::Left));
    play.stage.reads(&format!("{begun}\n-# (stopped: the question was deleted)")).await;
    assert_eq!(play.asked(), [MODEL], "nobody goes on");
    let (rows, state) = play.stored_of(1).await;
    assert_eq!(state, TurnState::Cancelled);
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!(row.failure.as_deref(), Some("cancelled"));
    assert!(row.generation_id.is_some() && row.owed && row.first_token_ms.is_some(), "{row:?}");
    play.finish().await;
}

#[tokio::test]
async fn what_it_cost_is_asked_for_afterwards() {
    let mut play = Play::open(|_| {}).await;
    let (answer, gate) = Answer::text(SONG).hold();
    play.model().script(answer);
    let question = play.asks("sing!");
    gate.release(5);
    let begun = tokens(SONG)[..5].concat();
    play.stage.answered(question, &begun).await;
    play.stage.discord.delete(question).unwrap();
    play.stage.reads(&format!("{begun}\n-# (stopped: the question was deleted)")).await;
    let asked = async {
        while play.model().generations_asked().is_empty() {
            play.knows(MODEL).await;
        }
    };
    within("the cost is asked for", asked).await;
    let (rows, _) = play.stored_of(1).await;
    assert_eq!(play.model().generations_asked(), [rows[0].generation_id.clone().unwrap()]);
    play.finish().await;
}

#[tokio::test]
async fn while_another_model_goes_on() {
    let mut play = Play::open(|_| {}).await;
    play.model().script_for(MODEL, Answer::text(SONG).fault(Fault::CutAfter(10)));
    play.model().script_for(LIGHTER_MODEL, Answer::text(SONG).fault(Fault::Mute));
    let question = play.asks("sing!");
    play.stage.answered(question, "The kettle").await;
    while play.model().wait_for_request().await.model != LIGHTER_MODEL {}
    play.stage.discord.delete(question).unwrap();
    assert_eq!(play.model().wait_for_end(1).await.unwrap().ending, Some(Ending::Left));
    play.stage.reads("The kettle\n-# (stopped: the question was deleted)").await;
    // The one whose text was shown stands last.
    play.stores("both", &[(LIGHTER_MODEL, Some("cancelled")), (MODEL, Some("interrupted"))]);
    let (_, state) = play.stored_of(1).await;
    assert_eq!(state, TurnState::Cancelled);
    play.finish().await;
}
