//! What Discord does not take: people learn of it, and what they could read is remembered.

use prism::emulator::MessageView;
use prism::emulator::model::{Answer, tokens};
use prism::emulator::playground::{GENERAL, KIM};
use prism::emulator::world::Permissions;
use prism::emulator::{Invocation, Settings};

use crate::asked::{conversation, said};
use crate::harness::{Setting, Stage};

const SONG: &str = "The kettle knows three songs, and all of them are about rain.";

/// A stage without rate limits.
async fn unhurried() -> Stage {
    let emulator = Settings { limits: false, ..Settings::default() };
    let mut stage = Stage::set(Setting { emulator, ..Setting::default() }).await;
    stage.start().await;
    stage
}

fn tells_of_refusal(message: &MessageView) -> bool {
    message.content.contains("would not show my answer") && message.content.contains("\n-# reference ")
}

#[tokio::test]
async fn where_nobody_may_read_back_an_answer_comes_without_its_reference() {
    let stage = unhurried().await;
    stage.discord.set_bot_permission(GENERAL, Permissions::READ_MESSAGE_HISTORY, false).unwrap();
    stage.model.script(Answer::text(SONG));
    stage.mention("sing!");
    assert_eq!(stage.reads(SONG).await.reply_to, None);
    stage.finish().await;
}

#[tokio::test]
async fn an_answer_that_is_blocked_is_told_of_and_can_be_tried_again() {
    let stage = unhurried().await;
    stage.discord.forbid_words("kettle");
    stage.model.script(Answer::text(SONG));
    let question = stage.mention("sing!");
    let told = stage.sees(GENERAL, KIM, tells_of_refusal).await;
    assert_eq!(told.reply_to, Some(question));
    let retry = told.components[0][0].custom_id().unwrap().to_owned();
    stage.model.script(Answer::text("A teapot knows four."));
    stage.discord.press(KIM, told.id, &retry).unwrap();
    assert_eq!(stage.answered(question, "A teapot knows four.").await.id, told.id);
    stage.finish().await;
}

#[tokio::test]
async fn a_slash_answer_that_is_blocked_does_not_go_on_thinking() {
    let stage = unhurried().await;
    stage.discord.forbid_words("kettle");
    for private in [false, true] {
        stage.model.script(Answer::text(SONG));
        let asked = stage.invoke(&Invocation::new("chat").with("message", "sing!").with("private", private));
        stage.replied(asked, tells_of_refusal).await;
    }
    stage.finish().await;
}

#[tokio::test]
async fn of_an_answer_that_is_blocked_on_its_way_stays_what_was_shown() {
    let stage = unhurried().await;
    stage.discord.forbid_words("The last word");
    let (first, second) = ("One. ".repeat(390), "Two. ".repeat(390));
    let (first, second) = (first.trim_end(), second.trim_end());
    let before = format!("{first}\n\n{second}");
    let (answer, gate) = Answer::text(format!("{before}\n\n{}", "The last word. ".repeat(9))).hold();
    stage.model.script(answer);
    stage.mention("count!");
    gate.release(tokens(&before).len());
    stage.reads(first).await;
    stage.reads(second).await;
    gate.open();
    let last = stage.reads(&format!("{second}\n-# (Discord would not show the rest)")).await;
    stage.model.script(Answer::text("Two."));
    let next = stage.discord.reply(KIM, last.id, "how far?", true).unwrap();
    stage.answered(next, "Two.").await;
    let prompt = conversation(&stage.model.requests()[1].body);
    assert_eq!(prompt[1], said("assistant", &format!("{first}\n{second}")));
    stage.finish().await;
}
