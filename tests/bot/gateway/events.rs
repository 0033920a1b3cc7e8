//! What is heard, and what is left alone.

use prism::emulator::Settings;
use prism::emulator::model::Answer;
use prism::emulator::playground::{GENERAL, KIM};

use crate::harness::{Setting, Stage};

#[tokio::test]
async fn chatter_among_others_reaches_nobody_and_holds_nothing_up() {
    let emulator = Settings { limits: false, ..Settings::default() };
    let mut stage = Stage::set(Setting { emulator, ..Setting::default() }).await;
    stage.start().await;
    stage.discord.chatter(3_000).await;
    stage.model.script(Answer::text("Quite a crowd."));
    let question = stage.mention("do you hear me in all this?");
    stage.answered(question, "Quite a crowd.").await;
    assert_eq!((stage.discord.identifies(), stage.discord.resumes()), (1, 0));
    stage.finish().await;
}

#[tokio::test]
async fn a_thread_that_was_just_opened_is_known() {
    let mut stage = Stage::set(Setting::default()).await;
    stage.start().await;
    let thread = stage.discord.create_thread(KIM, GENERAL, "aside", None).unwrap();
    stage.model.script(Answer::text("Cosy."));
    let question = stage.mention_in(thread, KIM, "do you like it here?");
    stage.answered(question, "Cosy.").await;
    let asked = stage.discord.requests().into_iter().filter(|request| {
        request.method == "GET" && request.route.as_deref() == Some("/channels/{channel_id}")
    });
    assert_eq!(asked.count(), 0, "what events have told is not asked for");
    stage.finish().await;
}
