//! A bot that many servers have invited.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use prism::emulator::World;
use prism::emulator::model::ModelSettings;

use crate::MODEL;
use crate::common::figures::{Limit, Sample};
use crate::common::page::Page;
use crate::common::stage::{Stage, UNBOUNDED};
use crate::common::talk::{Talk, Turn};

const CHANNELS: u64 = 50;
const SETTLED: Duration = Duration::from_secs(5);
const TURNS: usize = 20;
const PAUSE: Duration = Duration::from_millis(50);

struct Outcome {
    /// Process start -> the first answer, behind all that Discord tells at the start.
    answering: Duration,
    resident: Option<f64>,
    peak: Option<f64>,
    cpu: Option<Duration>,
    turns: Vec<Turn>,
}

pub(crate) async fn measure(page: &mut Page, bot: &Path, guilds: u64) -> Result<()> {
    let few = once(bot, World::playground()).await?;
    let many = once(bot, World::playground().with_guilds(guilds, CHANNELS)).await?;
    page.title(&format!("{guilds} servers with {CHANNELS} channels each"));
    page.memory("resident memory", many.resident, Limit::AtMost(60.0));
    page.memory("resident memory of a bot in one server", few.resident, Limit::None);
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let channels = (guilds * CHANNELS) as f64;
    let added = many.resident.zip(few.resident).map(|(many, few)| (many - few) * 1_048_576.0 / channels);
    page.value("added for a channel, its server included", added, "bytes", Limit::None);
    page.memory("resident memory, at its most", many.peak, Limit::None);
    page.seconds("process start -> first answer", many.answering, Limit::None);
    let cpu = many.cpu.map(|cpu| cpu.as_secs_f64());
    page.value("processor time until then", cpu, "s", Limit::None);
    page.heading(&format!("{TURNS} mentions: dispatched -> model request received"));
    for (name, outcome) in [("in one server", &few), ("in many", &many)] {
        page.times(name, &Sample::of(outcome.turns.iter().map(Turn::to_request)), Limit::None);
    }
    Ok(())
}

async fn once(bot: &Path, world: World) -> Result<Outcome> {
    let stage = Stage::open(bot, world, ModelSettings::default()).await?;
    let begun = Instant::now();
    let (bot, _) = stage.started(MODEL, UNBOUNDED).await?;
    let talk = Talk { discord: &stage.discord, model: &stage.model, speaker: MODEL, footer: "" };
    talk.turn(0, None).await?;
    let (answering, cpu) = (begun.elapsed(), bot.cpu());
    tokio::time::sleep(SETTLED).await;
    let (resident, peak) = (bot.resident_mib(), bot.peak_mib());
    let mut turns = Vec::new();
    for number in 1..=TURNS {
        turns.push(talk.turn(number, None).await?);
        tokio::time::sleep(PAUSE).await;
    }
    bot.stop().await?;
    Ok(Outcome { answering, resident, peak, cpu, turns })
}
