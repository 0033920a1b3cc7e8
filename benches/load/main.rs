//! What the bot does under load, and what it needs when there is none: `cargo bench --bench load`.
//!
//! The bot runs as a process of its own; the embedded Discord, with its limits on, and the embedded model server run
//! here. `cargo bench --bench load -- flood idle` measures some parts alone, `--conversations 20` smaller floods.

#[path = "../common/mod.rs"]
#[expect(dead_code, reason = "what other measurements need")]
mod common;

mod conversations;
mod firehose;
mod flood;
mod guilds;
mod idle;
mod least;
mod sends;
mod slash;
mod start;

use std::path::Path;

use anyhow::Result;
use clap::{Parser, ValueEnum};

use common::arguments::Arguments;
use common::page::Page;

/// The model that answers.
const MODEL: &str = "bench/model";

/// What the bot does under load, and what it needs when there is none
#[derive(Parser)]
struct Command {
    /// What is measured; without it, everything
    parts: Vec<Part>,

    /// How many conversations begin at once, in one flood after the other; the largest is repeated with a slow Discord
    #[arg(long, value_delimiter = ',', default_values_t = [20, 100, 500])]
    conversations: Vec<usize>,

    /// Events that concern nobody
    #[arg(long, default_value_t = 1_000_000)]
    events: usize,

    #[arg(long, default_value_t = 1_000)]
    guilds: u64,

    #[command(flatten)]
    arguments: Arguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    Start,
    Idle,
    Sends,
    Flood,
    Firehose,
    Guilds,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let command = Command::parse();
    let bot = command.arguments.binary();
    let mut page = Page::default();
    page.machine();
    let mut outcomes = Vec::new();
    for part in command.parts() {
        outcomes.push(command.measure(part, &mut page, &bot).await);
    }
    page.publish("load", command.arguments.json.as_deref())?;
    // A part that broke off takes no figure of the others away.
    outcomes.into_iter().collect()
}

impl Command {
    fn parts(&self) -> Vec<Part> {
        if self.parts.is_empty() { Part::value_variants().to_vec() } else { self.parts.clone() }
    }

    async fn measure(&self, part: Part, page: &mut Page, bot: &Path) -> Result<()> {
        match part {
            Part::Start => start::measure(page, bot).await,
            Part::Idle => idle::measure(page, bot).await,
            Part::Sends => {
                sends::measure(page, bot).await?;
                slash::measure(page, bot).await
            }
            Part::Flood => flood::measure(page, bot, &self.conversations).await,
            Part::Firehose => firehose::measure(page, bot, self.events).await,
            Part::Guilds => guilds::measure(page, bot, self.guilds).await,
        }
    }
}
