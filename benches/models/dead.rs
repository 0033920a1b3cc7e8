//! A first model that is asked and never answers: what later turns pay for it.
//!
//! Two bots in turn, one whose ladder begins with the dead model and one that has the living one alone, so that
//! whatever else the machine does meets both.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use prism::emulator::World;
use prism::emulator::model::{Answer, Fault, ModelSettings};

use crate::common::figures::{Limit, Sample};
use crate::common::page::Page;
use crate::common::stage::{Stage, UNBOUNDED};
use crate::common::talk::{Talk, Turn};

const DEAD: &str = "dead/model";
const LIVE: &str = "live/model";
/// What the bot writes under an answer that is not the first choice's.
const FOOTER: &str = "\n-# written by `live/model`";

/// Turns of each bot that are measured, after warm ones. They take longer than the dead model is left alone, so that
/// there are probes among them.
const TURNS: usize = 400;
const WARM_TURNS: usize = 20;
const PAUSE: Duration = Duration::from_millis(30);

/// Short, so that the first turn is.
const FIRST_TOKEN: &str = "\n[model]\nfirst_token = \"300ms\"\n";

pub(crate) async fn measure(page: &mut Page, bot: &Path) -> Result<()> {
    let config = format!("{UNBOUNDED}{FIRST_TOKEN}");
    let (well, sick) = (stage(bot).await?, stage(bot).await?);
    sick.model.always(DEAD, Answer::text("").fault(Fault::Mute));
    let (well_bot, _) = well.started(LIVE, &config).await?;
    let (sick_bot, _) = sick.started(&format!("{DEAD},{LIVE}"), &config).await?;
    let without = Talk { discord: &well.discord, model: &well.model, speaker: LIVE, footer: "" };
    let with = Talk { discord: &sick.discord, model: &sick.model, speaker: LIVE, footer: FOOTER };

    let first = with.turn(0, None).await?;
    let (mut well_turns, mut sick_turns) = (Vec::new(), Vec::new());
    for number in 1..=WARM_TURNS + TURNS {
        for (talk, turns) in [(&without, &mut well_turns), (&with, &mut sick_turns)] {
            turns.push(talk.turn(number, None).await?);
            tokio::time::sleep(PAUSE).await;
        }
    }
    let probes = sick.model.requests().iter().filter(|request| request.model == DEAD).count();
    well_bot.stop().await?;
    sick_bot.stop().await?;

    page.heading(&format!("a dead first model, {TURNS} turns of each bot: dispatched -> request received"));
    page.times("the first turn, which waits for it", &Sample::of([first.to_request()]), Limit::None);
    let [without, with] = [well_turns, sick_turns].map(|turns| sample(&turns));
    page.times("later turns", &with, Limit::None);
    page.times("turns of a ladder without it", &without, Limit::None);
    page.added("added by it", (&without, &with), 10.0);
    page.count("times it was asked, in the first turn and as a probe", probes, Limit::None);
    Ok(())
}

fn sample(turns: &[Turn]) -> Sample {
    Sample::of(turns.iter().skip(WARM_TURNS).map(Turn::to_request))
}

async fn stage(bot: &Path) -> Result<Stage> {
    let model = ModelSettings { models: vec![DEAD.to_owned(), LIVE.to_owned()], ..ModelSettings::default() };
    Stage::open(bot, World::playground(), model).await
}
