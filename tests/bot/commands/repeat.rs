//! Discord may tell the same thing twice: it is answered once.

use prism::emulator::Invocation;
use prism::emulator::model::Answer;
use prism::emulator::playground::{GENERAL, KIM, ROBIN};

use crate::harness::{LIGHTER_MODEL, MODEL, Stage};

/// What was told before this question has been dealt with when the bot has stopped: one socket tells in order.
async fn stops_after_one_more(stage: &mut Stage) {
    stage.model.script(Answer::text("One more."));
    let last = stage.mention("one more");
    stage.answered(last, "One more.").await;
    stage.stop().await;
}

#[tokio::test]
async fn a_message_told_again_is_answered_once() {
    let mut stage = Stage::open().await;
    let (answer, gate) = Answer::text("Once.").hold();
    stage.model.script(answer);
    let question = stage.mention("hello");
    stage.discord.repeat_message(question).unwrap();
    stage.model.wait_for_request().await;
    stage.discord.repeat_message(question).unwrap();
    gate.open();
    stage.answered(question, "Once.").await;
    stage.discord.repeat_message(question).unwrap();
    stops_after_one_more(&mut stage).await;
    assert_eq!(stage.model.requests().len(), 2);
    stage.finish().await;
}

#[tokio::test]
async fn a_message_told_again_is_not_taken_up_by_the_next_persona() {
    let mut stage = Stage::open().await;
    stage.model.script(Answer::text("Once."));
    let question = stage.mention("hello");
    stage.answered(question, "Once.").await;
    let used = stage.invoke_as(ROBIN, &Invocation::new("persona use").with("persona", "kettle"));
    stage.replied(used, |_| true).await;
    stage.discord.repeat_message(question).unwrap();
    stops_after_one_more(&mut stage).await;
    assert_eq!(stage.model.requests().len(), 2);
    stage.finish().await;
}

#[tokio::test]
async fn a_command_told_again_is_answered_once() {
    let mut stage = Stage::open().await;
    let (answer, gate) = Answer::text("Once.").hold();
    stage.model.script(answer);
    let asked = stage.invoke(&Invocation::new("chat").with("message", "hello"));
    stage.discord.repeat_interaction(asked).unwrap();
    stage.model.wait_for_request().await;
    stage.discord.repeat_interaction(asked).unwrap();
    gate.open();
    stage.replied(asked, |message| message.content.ends_with("Once.")).await;
    let helped = stage.invoke(&Invocation::new("help"));
    stage.replied(helped, |_| true).await;
    stage.discord.repeat_interaction(helped).unwrap();
    stops_after_one_more(&mut stage).await;
    assert_eq!(stage.model.requests().len(), 2);
    stage.finish().await;
}

#[tokio::test]
async fn a_press_told_again_is_answered_once() {
    let mut stage = Stage::open().await;
    for model in [MODEL, LIGHTER_MODEL] {
        stage.model.always(model, Answer::status(500));
    }
    stage.mention("hello");
    let told = stage.sees(GENERAL, KIM, |message| message.content.contains("reference")).await;
    for model in [MODEL, LIGHTER_MODEL] {
        stage.model.always(model, None);
    }
    let asked = stage.model.requests().len();
    stage.model.script(Answer::text("Once."));
    let press = stage.discord.press(KIM, told.id, told.components[0][0].custom_id().unwrap()).unwrap();
    stage.discord.repeat_interaction(press).unwrap();
    stage.reads("Once.").await;
    stage.discord.repeat_interaction(press).unwrap();
    stops_after_one_more(&mut stage).await;
    assert_eq!(stage.model.requests().len(), asked + 2);
    stage.finish().await;
}
