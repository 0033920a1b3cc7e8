//! The watchdog of a bot that runs as a process.

use std::time::Duration;

use prism::emulator::{Change, Emulator, Settings};

use super::program::{Home, Running};
use super::running::beside;
use crate::harness::{Setting, Stage, within};

/// A Discord, and a bot that was started beside it with this in its `prism.toml`.
async fn watched(file: &str, heartbeat: Duration) -> (Stage, Home, Running) {
    let emulator = Settings { heartbeat, limits: false, ..Settings::default() };
    let stage = Stage::set(Setting { emulator, ..Setting::default() }).await;
    let home = beside(&stage);
    home.write("prism.toml", file);
    let mut bot = home.start(&["run"]);
    bot.connected().await;
    (stage, home, bot)
}

async fn asked(discord: &Emulator, times: usize) {
    let mut changes = discord.changes();
    for _ in 0..times {
        while !matches!(changes.recv().await.unwrap(), Change::MembersRequested) {}
    }
}

#[tokio::test]
async fn a_quiet_server_is_healthy() {
    let file = "[gateway]\nsilence = \"1s\"\n[watchdog]\nanswer = \"10s\"\n";
    let (stage, _home, bot) = watched(file, Duration::from_secs(40)).await;
    within("it asks for signs of life again and again", asked(&stage.discord, 2)).await;
    bot.signal("TERM").await;
    let (code, said) = bot.ended().await;
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(stage.discord.identifies(), 1);
    stage.leave();
}

#[tokio::test]
async fn a_session_that_is_dead_ends_the_process() {
    let file = "[gateway]\nsilence = \"1s\"\n[watchdog]\nanswer = \"1s\"\n";
    let (stage, _home, bot) = watched(file, Duration::from_secs(40)).await;
    stage.discord.mute_sessions(true);
    let (code, said) = bot.ended().await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("Discord gives no sign of life"), "{said}");
    stage.leave();
}

#[tokio::test]
async fn heartbeats_that_nobody_acknowledges_end_the_process() {
    let file = "[watchdog]\nheartbeat = \"1s\"\n";
    let (stage, _home, bot) = watched(file, Duration::from_millis(100)).await;
    stage.discord.acknowledge_heartbeats(false);
    let (code, said) = bot.ended().await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("acknowledges no heartbeats"), "{said}");
    stage.leave();
}
