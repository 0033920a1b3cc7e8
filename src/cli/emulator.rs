//! `prism emulator`: the embedded Discord and model server alone, for any bot.

use std::net::SocketAddr;

use anyhow::Context as _;
use clap::Args;

use super::{Context, Failure};
use crate::config::Purpose;
use crate::emulator::model::{ModelServer, ModelSettings};
use crate::emulator::{Emulator, Settings, World};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Where the embedded Discord listens; only this machine can be named
    #[arg(long, default_value = "127.0.0.1:8788", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Where the embedded model server listens
    #[arg(long, default_value = "127.0.0.1:8789", value_name = "ADDRESS")]
    model_listen: SocketAddr,
    /// The token that the bot has to show
    #[arg(long, default_value = "emulator-token", value_name = "TOKEN")]
    token: String,
    /// Keep Discord's rate limits
    #[arg(long)]
    limits: bool,
    /// Grant the privileged Message Content intent
    #[arg(long)]
    message_content: bool,
}

#[expect(clippy::print_stdout, reason = "the addresses are the output of this command")]
pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<(), Failure> {
    let (config, stop) = context.start(Purpose::Playground)?;
    let settings = Settings {
        listen: arguments.listen,
        token: arguments.token.clone(),
        limits: arguments.limits,
        message_content: arguments.message_content,
        ..Settings::default()
    };
    let discord = Emulator::start(settings, World::playground(), &stop)
        .await
        .context("the embedded Discord could not start")?;
    let settings = ModelSettings { listen: arguments.model_listen, ..ModelSettings::playground() };
    let model =
        ModelServer::start(settings, &stop).await.context("the embedded model server could not start")?;
    println!("PRISM_DISCORD_URL={}", discord.origin());
    println!("PRISM_MODEL_URL={}", model.base_url());
    println!("DISCORD_TOKEN={}", arguments.token);
    stop.begun().await;
    stop.drain(config.stop.grace).await;
    Ok(())
}
