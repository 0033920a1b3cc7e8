//! How many sessions may be begun in a day.

use prism::emulator::model::Answer;
use prism::emulator::{SessionStarts, Settings};

use crate::harness::{Setting, Stage};
use crate::http::get;

async fn stage() -> Stage {
    let emulator = Settings { limits: false, ..Settings::default() };
    Stage::set(Setting { emulator, ..Setting::default() }).await
}

/// The bot waits, and its operator can read why.
async fn waits(stage: &mut Stage) {
    stage.launch();
    let address = stage.address().await;
    loop {
        let ready = get(address, "/health/ready").await.body;
        assert!(ready.contains("\"ready\":false"), "{ready}");
        if ready.contains("Discord would reset its token") {
            return;
        }
    }
}

#[tokio::test]
async fn sessions_are_counted_over_restarts() {
    let mut stage = stage().await;
    let three = SessionStarts { total: 3, remaining: 1_000, max_concurrency: 100, shards: 1 };
    stage.discord.set_session_starts(three);
    for run in 1..=3 {
        stage.start().await;
        stage.stop().await;
        assert_eq!(stage.discord.identifies(), run);
    }
    waits(&mut stage).await;
    assert_eq!(stage.discord.identifies(), 3);
    stage.stop().await;
    stage.finish().await;
}

#[tokio::test]
async fn what_other_processes_have_used_counts_too() {
    let mut stage = stage().await;
    stage.discord.set_session_starts(SessionStarts { remaining: 50, ..SessionStarts::default() });
    waits(&mut stage).await;
    assert_eq!(stage.discord.identifies(), 0);
    stage.stop().await;
    stage.finish().await;
}

#[tokio::test]
async fn a_lost_connection_costs_no_session() {
    let mut stage = stage().await;
    stage.start().await;
    for number in 0..5 {
        assert_eq!(stage.discord.drop_sockets(), 1);
        let words = format!("Number {number}.");
        stage.model.script(Answer::text(&words));
        let question = stage.mention("still there?");
        stage.answered(question, &words).await;
    }
    assert_eq!(stage.discord.session_starts().remaining, SessionStarts::default().remaining - 1);
    stage.finish().await;
}
