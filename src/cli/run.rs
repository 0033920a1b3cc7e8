//! `prism run`: the bot on Discord.

use anyhow::Context as _;
use tracing::info;

use super::{Context, Failure};
use crate::config::{Config, Purpose};
use crate::watchdog;

pub(super) async fn run(context: &Context) -> Result<(), Failure> {
    let (config, stop) = context.start(Purpose::Bot)?;
    summarize(&config);
    let watching = config.watchdog;
    match context.build(config, &stop).await? {
        Some(app) => {
            watchdog::watch(app.status(), watching, &stop).context("the watchdog could not start")?;
            Ok(app.run().await?)
        }
        None => Ok(()),
    }
}

/// What is configured, secrets only as set or unset.
fn summarize(config: &Config) {
    let set = |is_set: bool| if is_set { "set" } else { "unset" };
    info!(
        discord.url = config.discord_url,
        discord.token = set(config.token.is_some()),
        discord.message_content = config.discord.message_content,
        model.url = config.model.server.base_url,
        model.key = set(config.model.server.api_key.is_some()),
        model.ladder = config.model.models.join(", "),
        store.path = %config.store.path.display(),
        "starting Prism {}",
        env!("CARGO_PKG_VERSION")
    );
}
