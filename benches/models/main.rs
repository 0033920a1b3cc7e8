//! What the model layer costs in time, memory and money: `cargo bench --bench models`.
//!
//! A first model that never answers, a thousand replies at once, and a flood of messages against a budget. The bot runs
//! as a process of its own; the embedded Discord and model server run here. `cargo bench --bench models -- --bot PATH`
//! measures another binary of the bot.

#[path = "../common/mod.rs"]
#[expect(dead_code, reason = "what other measurements need")]
mod common;

mod crowd;
mod dead;
mod flood;
mod streams;

use anyhow::Result;

use clap::Parser;
use common::arguments::Arguments;
use common::page::Page;

/// What the model layer costs
#[derive(Parser)]
struct Command {
    #[command(flatten)]
    arguments: Arguments,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, server, characters] = arguments.as_slice()
        && flag == streams::FLAG
    {
        // As many threads as the bot itself has.
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        return runtime.block_on(streams::hold(server, characters.parse()?));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(measure(&Command::parse().arguments))
}

async fn measure(arguments: &Arguments) -> Result<()> {
    let bot = arguments.binary();
    let mut page = Page::default();
    page.machine();
    let outcomes = [
        dead::measure(&mut page, &bot).await,
        streams::measure(&mut page).await,
        flood::measure(&mut page, &bot).await,
    ];
    page.publish("models", arguments.json.as_deref())?;
    // One that broke off takes no figure of the others away.
    outcomes.into_iter().collect()
}
