//! What one person says while they wait is answered once, with all of it in view.

use prism::emulator::model::{Answer, Ending};
use prism::emulator::playground::{GENERAL, KIM};
use prism::emulator::{Invocation, Order};
use prism::store::TurnState;

use super::*;
use crate::asked::{conversation, said};
use crate::harness::{LIGHTER_MODEL, MODEL};

const TOGETHER: &str = "[Kim] tea?\nor coffee?\nor both?";

/// Somebody is being answered, and Kim says three things meanwhile.
async fn burst(stage: &mut Stage) -> (MessageId, Gate, [MessageId; 3]) {
    let (first, gate) = occupied(stage).await;
    stage.discord.hold_events();
    let burst = ["tea?", "or coffee?", "or both?"].map(|text| stage.mention(text));
    stage.discord.release_events(Order::Shuffled(3));
    stage.crowd(4).await;
    (first, gate, burst)
}

/// The first one is answered, and Kim's answer has begun.
async fn begun_burst(stage: &mut Stage) -> ([MessageId; 3], MessageView, Gate) {
    let (first, gate, burst) = burst(stage).await;
    let (answer, its_gate) = Answer::text(SONG).hold();
    stage.model.script(answer);
    gate.open();
    stage.answered(first, SONG).await;
    stage.model.wait_for_request().await;
    its_gate.release(5);
    let message = stage.answered(burst[2], &begun(5)).await;
    (burst, message, its_gate)
}

#[tokio::test]
async fn a_burst_has_one_answer_that_replies_to_the_last_of_it() {
    let mut stage = opened().await;
    let (first, gate, burst) = burst(&mut stage).await;
    for text in ["Tea.", "Because of the rain."] {
        stage.model.script(Answer::text(text));
    }
    gate.open();
    stage.answered(first, SONG).await;
    stage.answered(burst[2], "Tea.").await;
    assert_eq!(last_asked(&stage, 1), TOGETHER);
    // Each of its messages is the whole question.
    let next = stage.discord.reply(KIM, burst[1], &format!("<@{}> why?", stage.discord.bot()), true).unwrap();
    stage.answered(next, "Because of the rain.").await;
    let prompt = conversation(&stage.model.requests()[2].body);
    assert!(prompt.contains(&said("user", TOGETHER)), "{prompt:?}");
    assert_eq!(by_bot(&stage, GENERAL).len(), 3);
    assert_eq!(states(&mut stage, 5).await, [TurnState::Done; 5]);
    stage.finish().await;
}

#[tokio::test]
async fn others_and_commands_and_pointed_questions_have_answers_of_their_own() {
    let mut stage = opened().await;
    stage.model.script(Answer::text("I was here before."));
    let before = stage.mention("are you there?");
    stage.model.wait_for_request().await;
    let old = stage.answered(before, "I was here before.").await;
    let (first, gate) = occupied(&stage).await;
    let tea = stage.mention("tea?");
    stage.crowd(2).await;
    let guest_asks = stage.mention_in(GENERAL, guest(1), "what about me?");
    let coffee = stage.mention("or coffee?");
    stage.crowd(4).await;
    let pointed = stage.discord.reply(KIM, old.id, &format!("<@{}> since when?", stage.discord.bot()), true);
    let pointed = pointed.unwrap();
    stage.crowd(5).await;
    let slash = stage.invoke(&Invocation::new("chat").with("message", "hello?"));
    stage.crowd(6).await;
    for number in 1..=4 {
        stage.model.script(Answer::text(format!("Reply {number}.")));
    }
    gate.open();
    stage.answered(first, SONG).await;
    stage.answered(coffee, "Reply 1.").await;
    stage.answered(guest_asks, "Reply 2.").await;
    stage.answered(pointed, "Reply 3.").await;
    stage.replied(slash, |message| message.content.ends_with("Reply 4.")).await;
    assert_eq!(last_asked(&stage, 2), "[Kim] tea?\nor coffee?");
    assert!(!by_bot(&stage, GENERAL).iter().any(|message| message.reply_to == Some(tea)));
    stage.finish().await;
}

#[tokio::test]
async fn after_a_crash_a_burst_is_answered_whole_in_the_same_message() {
    let mut stage = opened().await;
    let (burst, message, _gate) = begun_burst(&mut stage).await;
    stage.crash().await;
    stage.model.script(Answer::text("Both, and from the beginning."));
    stage.start().await;
    assert_eq!(stage.answered(burst[2], "Both, and from the beginning.").await.id, message.id);
    assert_eq!(last_asked(&stage, 2), TOGETHER);
    assert_eq!(by_bot(&stage, GENERAL).len(), 2);
    assert_eq!(states(&mut stage, 4).await, [TurnState::Done; 4]);
    stage.finish().await;
}

#[tokio::test]
async fn a_burst_that_nobody_took_up_before_a_crash_is_one_afterwards() {
    let mut stage = opened().await;
    let (first, _gate, burst) = burst(&mut stage).await;
    stage.crash().await;
    for text in [SONG, "Tea."] {
        stage.model.script(Answer::text(text));
    }
    stage.start().await;
    stage.answered(first, SONG).await;
    stage.answered(burst[2], "Tea.").await;
    assert_eq!(last_asked(&stage, 2), TOGETHER);
    stage.finish().await;
}

#[tokio::test]
async fn whichever_message_of_a_burst_is_deleted_its_answer_ends_and_is_forgotten() {
    for deleted in 0..3 {
        let mut stage = opened().await;
        let (burst, message, _gate) = begun_burst(&mut stage).await;
        stage.discord.delete(burst[deleted]).unwrap();
        assert_eq!(stage.model.wait_for_end(1).await.unwrap().ending, Some(Ending::Left));
        let marked = format!("{}\n-# (stopped: the question was deleted)", begun(5));
        assert_eq!(stage.reads(&marked).await.id, message.id);
        stage.model.script(Answer::text("Nothing at all."));
        let next = stage.mention("what did I ask?");
        stage.answered(next, "Nothing at all.").await;
        let prompt = conversation(&stage.model.requests()[2].body);
        assert!(prompt.iter().all(|(_, text)| !text.contains("coffee")), "{prompt:?}");
        let cancelled =
            [TurnState::Done].into_iter().chain([TurnState::Cancelled; 3]).chain([TurnState::Done]);
        assert_eq!(states(&mut stage, 5).await, cancelled.collect::<Vec<_>>());
        stage.finish().await;
    }
}

#[tokio::test]
async fn one_deleted_while_it_waits_leaves_the_others() {
    let mut stage = opened().await;
    let (first, gate, burst) = burst(&mut stage).await;
    stage.discord.delete(burst[1]).unwrap();
    stage.crowd(3).await;
    stage.model.script(Answer::text("Tea."));
    gate.open();
    stage.answered(first, SONG).await;
    stage.answered(burst[2], "Tea.").await;
    assert_eq!(last_asked(&stage, 1), "[Kim] tea?\nor both?");
    stage.finish().await;
}

#[tokio::test]
async fn trying_again_repeats_all_of_it() {
    let mut stage = opened().await;
    let (first, gate, burst) = burst(&mut stage).await;
    for model in [MODEL, LIGHTER_MODEL] {
        stage.model.always(model, Answer::status(500));
    }
    gate.open();
    stage.answered(first, SONG).await;
    let failed =
        |message: &MessageView| message.reply_to == Some(burst[2]) && message.content.contains("reference");
    let told = stage.sees(GENERAL, KIM, failed).await;
    for model in [MODEL, LIGHTER_MODEL] {
        stage.model.always(model, None);
    }
    stage.model.script(Answer::text("Tea, after all."));
    stage.discord.press(KIM, told.id, told.components[0][0].custom_id().unwrap()).unwrap();
    assert_eq!(stage.answered(burst[2], "Tea, after all.").await.id, told.id);
    let last = stage.model.requests().len() - 1;
    assert_eq!(last_asked(&stage, last), TOGETHER);
    stage.finish().await;
}
