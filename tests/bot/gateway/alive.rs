//! Connections that look alive and are not.

use std::time::Duration;

use prism::emulator::model::Answer;
use prism::emulator::{Change, Settings};

use crate::harness::{Setting, Stage, within};

const HEARTBEAT: Duration = Duration::from_millis(150);

#[tokio::test]
async fn a_half_open_socket_is_noticed_by_its_heart() {
    let emulator = Settings { heartbeat: HEARTBEAT, limits: false, ..Settings::default() };
    let mut stage = Stage::set(Setting { emulator, ..Setting::default() }).await;
    stage.start().await;
    let mut changes = stage.discord.changes();
    assert_eq!(stage.discord.freeze_sockets(), 1);
    stage.model.script(Answer::text("I had not heard you at all."));
    let question = stage.mention("hello?");
    within("it connects again", async {
        while !matches!(changes.recv().await.unwrap(), Change::BotResumed) {}
    })
    .await;
    stage.answered(question, "I had not heard you at all.").await;
    assert!(stage.discord.resumes() >= 1);
    assert_eq!(stage.discord.identifies(), 1);
    stage.finish().await;
}
