//! A bot that nobody talks to.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use prism::emulator::World;
use prism::emulator::model::ModelSettings;

use crate::MODEL;
use crate::common::figures::Limit;
use crate::common::page::Page;
use crate::common::stage::{Stage, UNBOUNDED};

/// What a start leaves behind has settled.
const SETTLED: Duration = Duration::from_secs(5);
const WATCHED: Duration = Duration::from_secs(20);

pub(crate) async fn measure(page: &mut Page, bot: &Path) -> Result<()> {
    let stage = Stage::limited(bot, World::playground(), ModelSettings::default()).await?;
    let (bot, _) = stage.started(MODEL, UNBOUNDED).await?;
    tokio::time::sleep(SETTLED).await;
    let (cpu, sleeps) = (bot.cpu(), bot.sleeps());
    tokio::time::sleep(WATCHED).await;
    let seconds = WATCHED.as_secs_f64();
    let used = bot.cpu().zip(cpu).map(|(after, before)| (after - before).as_secs_f64());
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let woken = bot.sleeps().zip(sleeps).map(|(after, before)| after.saturating_sub(before) as f64);

    page.title(&format!("nobody talks, watched for {} s", WATCHED.as_secs()));
    page.memory("resident memory", bot.resident_mib(), Limit::AtMost(24.0));
    page.memory("resident memory, at its most", bot.peak_mib(), Limit::None);
    page.value("processor time", used.map(|used| used * 1_000.0 / seconds), "ms/s", Limit::None);
    page.value("wake-ups of its threads", woken.map(|woken| woken / seconds), "/s", Limit::None);
    page.count("threads", bot.threads().unwrap_or_default(), Limit::None);
    page.count("open files and connections", bot.files().unwrap_or_default(), Limit::None);
    bot.stop().await
}
