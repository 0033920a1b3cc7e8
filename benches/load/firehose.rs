//! Events that concern nobody, as fast as the bot reads them.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use prism::emulator::model::ModelSettings;
use prism::emulator::{Chatter, World};

use crate::MODEL;
use crate::common::bot::Bot;
use crate::common::figures::{Limit, Sample};
use crate::common::page::Page;
use crate::common::stage::{Stage, UNBOUNDED};
use crate::common::talk::{Talk, Turn};

const WARM: usize = 1_000;
const SETTLED: Duration = Duration::from_secs(2);
const MIX: [Chatter; 4] = [Chatter::Message, Chatter::Edit, Chatter::Deletion, Chatter::Typing];

struct Burst {
    /// Seconds of processor time for a million.
    used: Option<f64>,
    per_second: f64,
    behind: Turn,
}

pub(crate) async fn measure(page: &mut Page, bot: &Path, events: usize) -> Result<()> {
    let stage = Stage::open(bot, World::playground(), ModelSettings::default()).await?;
    let (bot, _) = stage.started(MODEL, UNBOUNDED).await?;
    let talk = Talk { discord: &stage.discord, model: &stage.model, speaker: MODEL, footer: "" };
    talk.turn(0, None).await?;
    stage.discord.chatter(WARM).await;
    let quiet = talk.turn(1, None).await?;
    tokio::time::sleep(SETTLED).await;

    let memory = bot.resident_mib();
    let messages = burst(&talk, &bot, &[Chatter::Message], events, 2).await?;
    let mix = burst(&talk, &bot, &MIX, events, 3).await?;

    page.title(&format!("{events} events that concern nobody"));
    page.value("processor time for a million messages", messages.used, "s", Limit::AtMost(25.0));
    page.value("also edits, deletions, typing", mix.used, "s", Limit::AtMost(25.0));
    page.value("messages read in a second", Some(messages.per_second), "", Limit::None);
    page.value("also edits, deletions, typing", Some(mix.per_second), "", Limit::None);
    page.memory("resident memory before", memory, Limit::None);
    page.memory("resident memory, at its most", bot.peak_mib(), Limit::None);
    page.heading("a mention among them: dispatched -> model request received");
    page.times("after a few", &Sample::of([quiet.to_request()]), Limit::None);
    page.times("right behind all", &Sample::of([messages.behind.to_request()]), Limit::None);
    bot.stop().await
}

async fn burst(talk: &Talk<'_>, bot: &Bot, kinds: &[Chatter], events: usize, turn: usize) -> Result<Burst> {
    let (cpu, begun) = (bot.cpu(), Instant::now());
    let told = talk.discord.chatter_of(kinds, events).await;
    // Of what it has not asked for it is told nothing.
    let least = if kinds.contains(&Chatter::Typing) { events - events.div_ceil(kinds.len()) } else { events };
    ensure!(told >= least, "the bot was told of {told} only: its connection broke");
    // What is answered has been read, and everything before it.
    let behind = talk.turn(turn, None).await?;
    #[expect(clippy::cast_precision_loss, reason = "a few million")]
    let told = told as f64;
    let used = bot.cpu().zip(cpu).map(|(after, before)| (after - before).as_secs_f64() / (told / 1e6));
    Ok(Burst { used, per_second: told / begun.elapsed().as_secs_f64(), behind })
}
