//! From nothing to an answering bot.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use prism::emulator::World;
use prism::emulator::model::ModelSettings;

use crate::MODEL;
use crate::common::figures::{Limit, Sample};
use crate::common::page::Page;
use crate::common::stage::{Stage, UNBOUNDED};

const STARTS: usize = 10;
const BETWEEN_SESSIONS: Duration = Duration::from_secs(6);

struct Start {
    identified: Duration,
    /// Its commands are registered.
    ready: Duration,
    cpu: Option<Duration>,
    stopped: Duration,
}

pub(crate) async fn measure(page: &mut Page, bot: &Path) -> Result<()> {
    let stage = Stage::open(bot, World::playground(), ModelSettings::default()).await?;
    let first = once(&stage).await?;
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        // Discord gives a shard one session in this time, and the bot remembers over its restarts.
        tokio::time::sleep(BETWEEN_SESSIONS).await;
        starts.push(once(&stage).await?);
    }
    page.heading(&format!("the first start, which makes the database, and {STARTS} later ones"));
    page.binary(&stage.binary, Limit::AtMost(20.0))?;
    page.times("the first process start -> IDENTIFY", &Sample::of([first.identified]), Limit::None);
    let of = |time: fn(&Start) -> Duration| Sample::of(starts.iter().map(time));
    page.times("process start -> IDENTIFY", &of(|start| start.identified), Limit::AtMost(150.0));
    page.times("process start -> commands registered", &of(|start| start.ready), Limit::None);
    if starts.iter().all(|start| start.cpu.is_some()) {
        page.times("processor time until then", &of(|start| start.cpu.unwrap_or_default()), Limit::None);
    }
    page.times("signal -> end of an idle bot", &of(|start| start.stopped), Limit::None);
    Ok(())
}

async fn once(stage: &Stage) -> Result<Start> {
    let begun = Instant::now();
    let (bot, identified) = stage.started(MODEL, UNBOUNDED).await?;
    let (ready, cpu, stopping) = (begun.elapsed(), bot.cpu(), Instant::now());
    bot.stop().await?;
    Ok(Start { identified, ready, cpu, stopped: stopping.elapsed() })
}
