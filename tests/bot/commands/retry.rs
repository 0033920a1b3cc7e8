//! "Try again" below a failure.

use std::time::Duration;

use prism::emulator::model::{Answer, Fault};
use prism::emulator::playground::{GENERAL, KIM, ROBIN};
use prism::emulator::{ActionError, Invocation, MessageView};
use prism::ids::MessageId;

use crate::asked::{conversation, said};
use crate::harness::{LIGHTER_MODEL, MODEL, Setting, Stage};

fn models(stage: &Stage, are_dead: bool) {
    for model in [MODEL, LIGHTER_MODEL] {
        stage.model.always(model, are_dead.then(|| Answer::status(500)));
    }
}

/// Kim asks, no model answers: the words with the button.
async fn fails(stage: &Stage, text: &str) -> MessageView {
    models(stage, true);
    let question = stage.mention(text);
    let failed =
        |message: &MessageView| message.reply_to == Some(question) && message.content.contains("reference");
    let told = stage.sees(GENERAL, KIM, failed).await;
    models(stage, false);
    told
}

fn button(message: &MessageView) -> &str {
    message.components[0][0].custom_id().unwrap()
}

/// The message once it reads so.
async fn becomes(stage: &Stage, message: MessageId, text: &str) -> MessageView {
    stage.sees(GENERAL, KIM, |seen| seen.id == message && seen.content == text).await
}

#[tokio::test]
async fn the_asker_tries_again_in_the_same_message() {
    let stage = Stage::open().await;
    let told = fails(&stage, "hello?").await;
    stage.model.script(Answer::text("Better late."));
    stage.discord.press(KIM, told.id, button(&told)).unwrap();
    let answer = becomes(&stage, told.id, "Better late.").await;
    assert_eq!((answer.components.len(), answer.mentions.len()), (0, 0));
    stage.model.script(Answer::text("Indeed."));
    let next = stage.mention("you came!");
    stage.answered(next, "Indeed.").await;
    assert_eq!(
        conversation(&stage.model.requests().pop().unwrap().body),
        [said("user", "[Kim] hello?"), said("assistant", "Better late."), said("user", "[Kim] you came!")]
    );
    stage.finish().await;
}

#[tokio::test]
async fn nobody_else_can_press_it() {
    let stage = Stage::open().await;
    let told = fails(&stage, "hello?").await;
    let asked = stage.model.requests().len();
    let press = stage.discord.press(ROBIN, told.id, button(&told)).unwrap();
    let refusal =
        stage.replied(press, |message| message.content.starts_with("Only the person who asked")).await;
    assert_eq!(refusal.only_for, Some(ROBIN));
    assert_eq!(stage.model.requests().len(), asked);
    assert_eq!(stage.discord.message(told.id).unwrap().components, told.components);
    stage.finish().await;
}

#[tokio::test]
async fn a_failure_upon_a_failure_can_be_tried_again() {
    let mut stage = Stage::set(Setting::default()).await;
    stage.config.model.breaker.account = Duration::ZERO;
    stage.start().await;
    let told = fails(&stage, "hello?").await;
    stage.model.script(Answer::status(500));
    stage.model.script(Answer::status(401));
    stage.discord.press(KIM, told.id, button(&told)).unwrap();
    let again =
        stage.sees(GENERAL, KIM, |seen| seen.id == told.id && seen.content.contains("whoever runs me")).await;
    // The first model is asked again beside the other one, which says nothing.
    stage.model.always(LIGHTER_MODEL, Answer::text("").fault(Fault::Mute));
    stage.model.script_for(MODEL, Answer::text("At last."));
    stage.discord.press(KIM, told.id, button(&again)).unwrap();
    becomes(&stage, told.id, "At last.").await;
    stage.finish().await;
}

#[tokio::test]
async fn a_slash_question_is_tried_again_through_the_press() {
    let stage = Stage::open().await;
    models(&stage, true);
    let asked = stage.invoke(&Invocation::new("chat").with("message", "hello?"));
    let told = stage.replied(asked, |message| message.content.contains("reference")).await;
    models(&stage, false);
    stage.discord.expire_interaction(asked).unwrap();
    stage.model.script(Answer::text("Better late."));
    stage.discord.press(KIM, told.id, button(&told)).unwrap();
    becomes(&stage, told.id, "-# Kim: hello?\nBetter late.").await;
    stage.finish().await;
}

#[tokio::test]
async fn a_second_press_meanwhile_is_answered_in_words() {
    let stage = Stage::open().await;
    let told = fails(&stage, "hello?").await;
    let (answer, gate) = Answer::text("Better late.").hold();
    stage.model.script(answer);
    for _ in 0..2 {
        stage.discord.press(KIM, told.id, button(&told)).unwrap();
    }
    stage.reads("This is being answered already.").await;
    gate.open();
    becomes(&stage, told.id, "Better late.").await;
    assert_eq!(stage.discord.press(KIM, told.id, button(&told)), Err(ActionError::NoSuchButton));
    stage.finish().await;
}

#[tokio::test]
async fn without_room_the_button_says_so_and_works_later() {
    let mut stage = Stage::set(Setting::default()).await;
    stage.config.chat.waiting_turns = 1;
    stage.start().await;
    let told = fails(&stage, "hello?").await;
    let (answer, gate) = Answer::text("one").hold();
    stage.model.script(answer);
    stage.model.script(Answer::text("two"));
    let running = stage.mention("first");
    while conversation(&stage.model.wait_for_request().await.body) != [said("user", "[Kim] first")] {}
    // Either of the two may come first and have the last place.
    let late = [stage.mention("second"), stage.mention("third")];
    let is_late = |seen: &MessageView| seen.reply_to.is_some_and(|question| late.contains(&question));
    let is_refusal = |seen: &MessageView| seen.content.contains("more messages here");
    stage.sees(GENERAL, KIM, |seen| is_late(seen) && is_refusal(seen)).await;
    let press = stage.discord.press(KIM, told.id, button(&told)).unwrap();
    let words = stage.replied(press, is_refusal).await;
    assert_eq!(words.only_for, Some(KIM));
    gate.open();
    stage.answered(running, "one").await;
    stage.sees(GENERAL, KIM, |seen| is_late(seen) && seen.content == "two").await;
    stage.model.script(Answer::text("three"));
    stage.discord.press(KIM, told.id, button(&told)).unwrap();
    becomes(&stage, told.id, "three").await;
    stage.finish().await;
}

#[tokio::test]
async fn a_deleted_question_is_not_asked_again() {
    let stage = Stage::open().await;
    let told = fails(&stage, "hello?").await;
    let asked = stage.model.requests().len();
    stage.discord.delete(told.reply_to.unwrap()).unwrap();
    // The deletion is only known to be done once a later question was answered.
    stage.model.script(Answer::text("Yes."));
    let later = stage.mention("are you there?");
    stage.answered(later, "Yes.").await;
    let press = stage.discord.press(KIM, told.id, button(&told)).unwrap();
    let words = stage.replied(press, |message| message.ephemeral).await;
    assert!(words.content.contains("forgotten"), "{}", words.content);
    assert_eq!(stage.model.requests().len(), asked + 1);
    stage.finish().await;
}
