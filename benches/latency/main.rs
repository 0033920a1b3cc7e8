//! How fast the bot is when one person talks to it: `cargo bench --bench latency`.
//!
//! The bot runs as a process of its own; the embedded Discord and model server run here. Answers cost no time, so what
//! is measured is the bot, the loopback and the disk. `cargo bench --bench latency -- --bot PATH` measures another binary, for example that
//! of the `dist` profile.

#[path = "../common/mod.rs"]
#[expect(dead_code, reason = "what other measurements need")]
mod common;

use std::time::Duration;

use anyhow::Result;
use prism::emulator::World;
use prism::emulator::model::ModelSettings;

use clap::Parser;
use common::arguments::Arguments;
use common::figures::{self, Limit, Sample};
use common::page::Page;
use common::stage::{self, Stage};
use common::talk::{self, Talk, Turn};

const MODEL: &str = "bench/model";

/// Turns that are measured, after as many warm ones as it takes to fill connections and caches.
const TURNS: usize = 200;
const WARM_TURNS: usize = 20;
/// Turns whose answers come over about a second.
const STREAMED_TURNS: usize = 20;
/// Between two turns. Each takes two requests, and the bot itself keeps to Discord's 50 a second: without a pause that
/// limit would be measured.
const PAUSE: Duration = Duration::from_millis(50);
/// How long the bot does nothing before its memory is read.
const IDLE: Duration = Duration::from_secs(5);

/// How fast the bot is when one person talks to it
#[derive(Parser)]
struct Command {
    #[command(flatten)]
    arguments: Arguments,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Command::parse().arguments;
    let stage = Stage::open(&arguments.binary(), World::playground(), ModelSettings::default()).await?;
    let mut page = Page::default();
    page.machine();
    let (bot, _) = stage.started(MODEL, stage::UNBOUNDED).await?;
    measure(&stage, &mut page).await?;
    tokio::time::sleep(IDLE).await;
    page.memory("resident memory after these turns", bot.resident_mib(), Limit::None);
    page.times("the disk's own fdatasync of 4 KiB", &figures::disk(stage.folder.path())?, Limit::None);
    bot.stop().await?;
    page.publish("latency", arguments.json.as_deref())
}

async fn measure(stage: &Stage, page: &mut Page) -> Result<()> {
    let talk = Talk { discord: &stage.discord, model: &stage.model, speaker: MODEL, footer: "" };
    for number in 0..WARM_TURNS {
        talk.turn(number, None).await?;
    }
    let mut turns = Vec::new();
    for number in 0..TURNS {
        turns.push(talk.turn(number, None).await?);
        tokio::time::sleep(PAUSE).await;
    }
    let of = |time: fn(&Turn) -> Duration| Sample::of(turns.iter().map(time));
    page.heading(&format!("{TURNS} mentions, one after the other, whole answers at once"));
    page.times("dispatched -> model request received", &of(Turn::to_request), Limit::Both(3.0, 10.0));
    page.times("first token -> first visible text", &of(Turn::to_visible), Limit::AtMost(1.5));
    page.times("last token -> complete text", &of(Turn::to_complete), Limit::AtMost(2.5));
    page.times("dispatched -> complete text", &of(Turn::total), Limit::None);
    let mut streamed = Vec::new();
    for number in 0..STREAMED_TURNS {
        streamed.push(talk.turn(number, Some(talk::TOKENS_PER_SECOND)).await?);
    }
    let of = |time: fn(&Turn) -> Duration| Sample::of(streamed.iter().map(time));
    page.heading(&format!("{STREAMED_TURNS} mentions, answers over a second"));
    page.times("last token -> complete text", &of(Turn::to_complete), Limit::AtMost(2.5));
    page.heading("the process and the disk");
    Ok(())
}
