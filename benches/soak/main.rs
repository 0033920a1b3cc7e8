//! The bot for as long as one likes, among people who do everything they can and in all kinds of weather:
//! `cargo bench --bench soak -- --minutes 30`. Without a time it is over in ten seconds, and only shows that it works.
//!
//! Every minute it prints a line, at the end a verdict. What people do and what goes wrong follows from the seed.

#[path = "../common/mod.rs"]
#[expect(dead_code, reason = "what other measurements need")]
mod common;

mod gauge;
mod reading;
mod texts;
mod traffic;
mod verdict;
mod weather;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use prism::emulator::Settings;
use prism::emulator::model::ModelSettings;

use common::arguments::Arguments;
use common::bot::Bot;
use common::crowd::Crowd;
use common::stage::{Stage, UNBOUNDED};
use gauge::Gauge;
use reading::Reading;
use traffic::Traffic;
use verdict::Verdict;
use weather::Weather;

const FIRST_MODEL: &str = "soak/first";
const SECOND_MODEL: &str = "soak/second";
const PEOPLE: u64 = 40;
const ROOMS: u64 = 25;
/// Models that hang are given up soon, so that there is something to see.
const CLOCKS: &str = "\n[model]\nfirst_token = \"3s\"\nidle = \"3s\"\n";

const MINUTE: Duration = Duration::from_secs(60);
/// Everything is worked off when nothing has happened for so long.
const QUIET: Duration = Duration::from_secs(15);
/// For everything to be worked off.
const PATIENCE: Duration = Duration::from_secs(300);

/// Between two heartbeats, so that a connection that is half open is soon found to be.
const HEARTBEAT: Duration = Duration::from_secs(4);

/// After this, connections that nobody needs are closed.
const POOLED: Duration = Duration::from_secs(100);
/// A run of this length waits for that.
const LONG: Duration = Duration::from_secs(5 * 60);

/// The bot among busy people, in all kinds of weather
#[derive(Parser)]
struct Command {
    /// How long it goes on
    #[arg(long, default_value_t = 10.0 / 60.0)]
    minutes: f64,

    /// The same seed, the same people and the same weather
    #[arg(long, default_value_t = 4)]
    seed: u64,

    /// Things that people do in a second
    #[arg(long, default_value_t = 5.0)]
    rate: f64,

    #[command(flatten)]
    arguments: Arguments,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let command = Command::parse();
    let (world, crowd) = Crowd::gather(PEOPLE, ROOMS);
    let model = ModelSettings {
        models: vec![FIRST_MODEL.to_owned(), SECOND_MODEL.to_owned()],
        kept_requests: 100,
        ..ModelSettings::default()
    };
    let settings = Settings { heartbeat: HEARTBEAT, ..Settings::default() };
    let stage = Stage::with(&command.arguments.binary(), world, model, settings).await?;
    let config = format!("{UNBOUNDED}{CLOCKS}");
    let (bot, _) = stage.started(&format!("{FIRST_MODEL},{SECOND_MODEL}"), &config).await?;
    let mut soak = Soak {
        traffic: Traffic::new(&stage, &crowd, command.seed),
        weather: Weather::new(&stage, &crowd, command.seed),
        gauge: Gauge::default(),
        stage: &stage,
        crowd: &crowd,
        bot,
    };
    soak.go_on(Duration::from_secs_f64(command.minutes * 60.0), command.rate).await?;
    let verdict = soak.end().await?;
    verdict.page().publish("soak", command.arguments.json.as_deref())?;
    ensure!(verdict.is_good(), "the bot did not stand it");
    Ok(())
}

struct Soak<'a> {
    stage: &'a Stage,
    crowd: &'a Crowd,
    bot: Bot,
    traffic: Traffic<'a>,
    weather: Weather<'a>,
    gauge: Gauge,
}

impl Soak<'_> {
    async fn go_on(&mut self, lasting: Duration, rate: f64) -> Result<()> {
        self.gauge.count_tasks(self.stage.tasks().await?);
        let begun = Instant::now();
        let mut acts = tokio::time::interval(Duration::from_secs_f64(1.0 / rate));
        let mut seconds = tokio::time::interval(Duration::from_secs(1));
        let mut minutes = tokio::time::interval_at(tokio::time::Instant::now() + MINUTE, MINUTE);
        while begun.elapsed() < lasting {
            tokio::select! {
                _ = acts.tick() => self.traffic.act()?,
                _ = seconds.tick() => self.second(begun.elapsed()).await?,
                _ = minutes.tick() => self.minute().await?,
            }
        }
        Ok(())
    }

    async fn second(&mut self, elapsed: Duration) -> Result<()> {
        if let Some(status) = self.bot.ended()? {
            anyhow::bail!("the bot ended after {} s with {status}", elapsed.as_secs());
        }
        self.gauge.look(&self.bot, elapsed);
        self.weather.change().await;
        Ok(())
    }

    #[expect(clippy::print_stdout, reason = "one line a minute is the output")]
    async fn minute(&mut self) -> Result<()> {
        self.gauge.count_tasks(self.stage.tasks().await?);
        let reading = Reading::of(&self.stage.discord, self.crowd);
        println!(
            "{} | {} | {reading} | 429s {} of which {} were made | {}",
            self.gauge.minute(&self.bot),
            self.traffic,
            self.stage.discord.refused(),
            self.stage.discord.made_refusals(),
            self.weather,
        );
        Ok(())
    }

    /// Lets everything be worked off, stops the bot and judges.
    async fn end(mut self) -> Result<Verdict> {
        self.weather.clear();
        let settled = tokio::time::timeout(PATIENCE, settled(self.stage)).await;
        self.minute().await?;
        if self.gauge.lasted() >= LONG {
            tokio::time::sleep(POOLED).await;
        }
        let at_rest = self.gauge.at_rest(&self.bot, self.stage.tasks().await?);
        let peak = self.bot.peak_mib();
        let stopping = Instant::now();
        self.bot.stop().await.context("the bot did not stop in good order")?;
        let stopped = stopping.elapsed();
        Ok(Verdict {
            acts: self.traffic.acts(),
            weather: self.weather.to_string(),
            settled: settled.is_ok(),
            reading: Reading::of(&self.stage.discord, self.crowd),
            refused: self.stage.discord.refused(),
            made: self.stage.discord.made_refusals(),
            unexpected: self.stage.discord.unexpected(),
            unfinished: self.stage.unfinished_turns().await?,
            stopped,
            gauge: self.gauge,
            at_rest,
            peak,
        })
    }
}

/// Completes when nothing has happened for a while.
async fn settled(stage: &Stage) {
    let mut changes = stage.discord.changes();
    while tokio::time::timeout(QUIET, changes.recv()).await.is_ok() {}
}
