//! Connections that end, by whom and however.

use prism::emulator::model::Answer;
use prism::emulator::{Change, Settings};

use crate::harness::{Setting, Stage};

/// Discord lets anything begin again at once.
async fn unhurried() -> Stage {
    let emulator = Settings { limits: false, ..Settings::default() };
    let mut stage = Stage::set(Setting { emulator, ..Setting::default() }).await;
    stage.start().await;
    stage
}

/// Kim asks and is answered, once.
async fn answers(stage: &Stage, words: &str) {
    stage.model.script(Answer::text(words));
    let question = stage.mention("do you hear me?");
    stage.answered(question, words).await;
}

#[tokio::test]
async fn who_is_asked_to_come_again_resumes_where_discord_says() {
    let stage = unhurried().await;
    assert_eq!(stage.discord.ask_to_reconnect(), 1);
    answers(&stage, "I was away for a moment.").await;
    assert_eq!((stage.discord.resumes(), stage.discord.identifies()), (1, 1));
    assert_eq!(stage.discord.resumes_elsewhere(), 0);
    stage.finish().await;
}

#[tokio::test]
async fn a_session_that_can_be_resumed_is() {
    let stage = unhurried().await;
    assert_eq!(stage.discord.invalidate_sessions(true), 1);
    answers(&stage, "Where were we?").await;
    assert_eq!((stage.discord.resumes(), stage.discord.identifies()), (1, 1));
    stage.finish().await;
}

#[tokio::test]
async fn a_session_that_is_over_is_begun_anew() {
    let stage = unhurried().await;
    let mut changes = stage.discord.changes();
    assert_eq!(stage.discord.invalidate_sessions(false), 1);
    while !matches!(changes.recv().await.unwrap(), Change::BotConnected) {}
    answers(&stage, "Good morning.").await;
    assert_eq!((stage.discord.resumes(), stage.discord.identifies()), (0, 2));
    stage.finish().await;
}

#[tokio::test]
async fn a_close_that_means_nothing_is_taken_up_again() {
    let stage = unhurried().await;
    let codes = [4000, 4001, 4002, 4005, 4008];
    for (number, code) in codes.into_iter().enumerate() {
        assert_eq!(stage.discord.close_sockets(code), 1, "{code}");
        answers(&stage, &format!("Still here, {number}.")).await;
    }
    assert_eq!((stage.discord.resumes(), stage.discord.identifies()), (codes.len() as u64, 1));
    stage.finish().await;
}

#[tokio::test]
async fn a_close_that_ends_the_session_begins_another() {
    let stage = unhurried().await;
    for (number, code) in [4003, 4007, 4009].into_iter().enumerate() {
        let mut changes = stage.discord.changes();
        assert_eq!(stage.discord.close_sockets(code), 1, "{code}");
        while !matches!(changes.recv().await.unwrap(), Change::BotConnected) {}
        answers(&stage, &format!("Here again, {number}.")).await;
        assert_eq!(stage.discord.identifies(), number as u64 + 2, "{code}");
    }
    assert_eq!(stage.discord.resumes(), 0);
    stage.finish().await;
}

#[tokio::test]
async fn a_close_that_is_final_ends_the_bot_with_the_cure() {
    for (code, cure) in [
        (4004, "DISCORD_TOKEN"),
        (4010, "under [gateway]"),
        (4011, "shards = \"auto\""),
        (4012, "needs an update"),
        (4013, "needs an update"),
        (4014, "message_content = false"),
    ] {
        let mut stage = unhurried().await;
        assert_eq!(stage.discord.close_sockets(code), 1);
        let ending = format!("{:#}", stage.ended().await.unwrap_err());
        assert!(ending.contains(cure), "{code}: {ending}");
        assert_eq!(stage.discord.identifies(), 1, "{code}");
        stage.finish().await;
    }
}

#[tokio::test]
async fn a_first_session_that_is_refused_for_good_ends_the_bot() {
    let mut stage = Stage::set(Setting::default()).await;
    stage.discord.refuse_identifies(Some(4011));
    let refusal = stage.refuses_to_start().await;
    assert!(refusal.contains("too many servers for so few shards"), "{refusal}");
    assert_eq!(stage.discord.identifies(), 1, "it is not tried again");
    stage.finish().await;
}

#[tokio::test]
async fn an_answer_goes_on_whatever_happens_to_the_gateway() {
    let stage = unhurried().await;
    let (answer, gate) = Answer::text("One, two, three.").hold();
    stage.model.script(answer);
    let question = stage.mention("count!");
    gate.release(1);
    stage.answered(question, "One,").await;
    stage.discord.invalidate_sessions(false);
    gate.open();
    stage.answered(question, "One, two, three.").await;
    stage.finish().await;
}
