//! How fast the bot is when one person talks to it: `cargo bench`.
//!
//! The bot runs as a process of its own; the embedded Discord and model server run here. Answers cost no time, so what
//! is measured is the bot, the loopback and the disk. `cargo bench -- PATH` measures another binary, for example that
//! of the `dist` profile.

#![expect(clippy::print_stdout, reason = "the page of figures is the output")]

mod bot;
mod figures;
mod talk;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use prism::emulator::model::{ModelServer, ModelSettings};
use prism::emulator::{Change, Emulator, Settings, World};
use prism::shutdown::Shutdown;
use tempfile::TempDir;

use bot::Bot;
use figures::{Limit, Page, Sample};
use talk::{Talk, Turn};

/// Turns that are measured, after as many warm ones as it takes to fill connections and caches.
const TURNS: usize = 200;
const WARM_TURNS: usize = 20;
/// Turns whose answers come over about a second.
const STREAMED_TURNS: usize = 20;
/// Between two turns. Each takes two requests, and the bot itself keeps to Discord's 50 a second: without a pause that
/// limit would be measured.
const PAUSE: Duration = Duration::from_millis(50);
const STARTS: usize = 5;
/// How long the bot does nothing before its memory is read.
const IDLE: Duration = Duration::from_secs(5);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let stage = Stage::open().await?;
    let mut page = Page::default();
    page.machine();
    page.binary(&stage.binary, Limit::AtMost(20.0))?;
    // The first start makes the database.
    stage.started().await?.0.stop().await?;
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let (bot, start) = stage.started().await?;
        starts.push(start);
        bot.stop().await?;
    }
    page.times("process start -> IDENTIFY", &Sample::of(starts), Limit::AtMost(150.0));
    let (bot, _) = stage.started().await?;
    tokio::time::sleep(IDLE).await;
    page.memory("idle resident memory", bot.resident_mib(), Limit::AtMost(24.0));
    stage.talk(&mut page).await?;
    tokio::time::sleep(IDLE).await;
    page.memory("resident memory after these turns", bot.resident_mib(), Limit::None);
    page.times("the disk's own fdatasync of 4 KiB", &figures::disk(stage.folder.path())?, Limit::None);
    bot.stop().await?;
    println!("{page}");
    Ok(())
}

/// What the bot meets.
struct Stage {
    discord: Emulator,
    model: ModelServer,
    token: String,
    binary: PathBuf,
    folder: TempDir,
    _far_side: Shutdown,
}

impl Stage {
    async fn open() -> Result<Self> {
        let far_side = Shutdown::default();
        // One person's turns come faster here than Discord permits: its limits would be all there is to see.
        let settings = Settings { limits: false, ..Settings::default() };
        let token = settings.token.clone();
        let discord = Emulator::start(settings, World::playground(), &far_side).await?;
        let model = ModelServer::start(ModelSettings::default(), &far_side).await?;
        // cargo itself passes `--bench`.
        let named = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
        let binary = PathBuf::from(named.as_deref().unwrap_or(env!("CARGO_BIN_EXE_prism")));
        // Beside the build: a temporary folder may be in memory, where nothing is ever synced.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        Ok(Self { discord, model, token, binary, folder, _far_side: far_side })
    }

    /// A connected bot, and how long it took to say who it is.
    async fn started(&self) -> Result<(Bot, Duration)> {
        let mut changes = self.discord.changes();
        let variables = [
            ("DISCORD_TOKEN", self.token.clone()),
            ("PRISM_DISCORD_URL", self.discord.origin()),
            ("PRISM_MODEL_URL", self.model.base_url()),
            ("PRISM_MODELS", "bench/model".to_owned()),
            ("PRISM_HTTP", "127.0.0.1:0".to_owned()),
            ("DATABASE_URL", format!("sqlite://{}", self.folder.path().join("bench.db").display())),
        ];
        let begun = Instant::now();
        let bot = Bot::start(&self.binary, variables)?;
        let mut identified = None;
        loop {
            match talk::within(changes.recv()).await.context("the bot did not connect")?? {
                Change::BotConnected => identified = Some(begun.elapsed()),
                Change::CommandsRegistered => break,
                _ => {}
            }
        }
        Ok((bot, identified.context("commands before a connection")?))
    }

    async fn talk(&self, page: &mut Page) -> Result<()> {
        let talk = Talk { discord: &self.discord, model: &self.model };
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
        page.times("dispatched -> model request received", &of(Turn::to_request), Limit::AtMost(4.0));
        page.times("first token -> first visible text", &of(Turn::to_visible), Limit::AtMost(2.0));
        page.times("last token -> complete text", &of(Turn::to_complete), Limit::AtMost(4.0));
        page.times("dispatched -> complete text", &of(Turn::total), Limit::None);
        let mut streamed = Vec::new();
        for number in 0..STREAMED_TURNS {
            streamed.push(talk.turn(number, Some(talk::TOKENS_PER_SECOND)).await?);
        }
        let of = |time: fn(&Turn) -> Duration| Sample::of(streamed.iter().map(time));
        page.heading(&format!("{STREAMED_TURNS} mentions, answers over a second"));
        page.times("last token -> complete text", &of(Turn::to_complete), Limit::AtMost(4.0));
        page.heading("the process and the disk");
        Ok(())
    }
}
