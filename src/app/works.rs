//! The bot itself, without pages: what it is built of, how it runs and how it ends.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tracing::info;

use super::current::Handles;
use super::{Clients, FAREWELL, door_client, engine};
use crate::chat::Engine;
use crate::config::{Config, is_loopback};
use crate::discord::{self, Bot};
use crate::governor::{self, Governor};
use crate::shutdown::Shutdown;
use crate::status::Status;
use crate::web::{ReadSigns, Signs};

/// For writing down and marking what the end of the grace period interrupted.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Built, and not yet connected.
pub(super) struct Works {
    config: Config,
    parts: Running,
    governor: Governor,
    bot: Bot,
}

/// What runs beside the connection to Discord.
#[derive(Clone)]
struct Running {
    engine: Engine,
    status: Status,
    /// Intake and turns.
    stop: Shutdown,
}

impl Works {
    pub(super) async fn build(config: Config, stop: Shutdown) -> anyhow::Result<Self> {
        let status = Status::default();
        let clients = Clients::build(&config)?;
        let engine = engine(&config, &clients, &status, &stop).await?;
        let store = engine.store().clone();
        let built = Self::assemble(config, Running { engine, status, stop }, &clients).await;
        if built.is_err() {
            // A start that fails is no crash: the next one need not check the whole database.
            store.close().await;
        }
        built
    }

    async fn assemble(config: Config, parts: Running, clients: &Clients) -> anyhow::Result<Self> {
        let token = config.token.clone().context("no Discord token is configured (DISCORD_TOKEN)")?;
        let settings = governor::Settings::new(config.discord_url.clone(), token.clone());
        let settings = governor::Settings { mode: config.governor, ..settings };
        let governor = Governor::start(settings, clients.of(&config.discord_url), &parts.stop).await;
        let governor = governor.context("the governor could not start")?;
        // Read before anything new arrives: afterwards every open turn would look like a forgotten one.
        let unfinished = parts.engine.unfinished().await?;
        let surface = discord::Parts {
            engine: parts.engine.clone(),
            governor: governor.clone(),
            status: parts.status.clone(),
            shutdown: parts.stop.clone(),
            client: door_client()?,
            token,
            local: is_loopback(&config.discord_url),
            gateway: config.gateway.clone(),
        };
        let bot = Bot::prepare(config.discord.clone(), surface, unfinished).await?;
        Ok(Self { config, parts, governor, bot })
    }

    /// Stops the bot when it begins.
    pub(super) fn shutdown(&self) -> &Shutdown {
        &self.parts.stop
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.parts.engine
    }

    pub(super) fn status(&self) -> &Status {
        &self.parts.status
    }

    pub(super) fn governor(&self) -> &Governor {
        &self.governor
    }

    pub(super) fn handles(&self) -> Handles {
        Handles {
            engine: self.engine().clone(),
            governor: self.governor.clone(),
            status: self.status().clone(),
        }
    }

    pub(super) fn signs(&self) -> ReadSigns {
        let (status, governor) = (self.status().clone(), self.governor.clone());
        Arc::new(move || Signs { vitals: status.vitals(), discord: Some(governor.counters()) })
    }

    /// Runs until the stop begins or the connection ends by itself, then drains. `farewell` runs after the last turn,
    /// while the store is still open.
    pub(super) async fn run(self, farewell: impl Future<Output = ()>) -> anyhow::Result<()> {
        let Self { config, parts, governor, bot } = self;
        // The connection outlives the intake: what arrives meanwhile is written down for the next start.
        let drained = parts.clone().drained(config.stop.grace);
        let ended = bot.run(drained).await;
        if ended.is_err() {
            parts.stop.begin();
            parts.clone().drained(config.stop.grace).await;
        }
        governor.close(FAREWELL).await;
        farewell.await;
        parts.engine.store().close().await;
        info!("stopped");
        ended.context("the connection to Discord ended")
    }
}

impl Running {
    /// Completes when the stop has begun and the running answers have ended, or were interrupted.
    async fn drained(self, grace: Duration) {
        self.stop.begun().await;
        self.engine.stop_intake();
        info!(turns.running = self.engine.live_turns(), "finishing running answers");
        if !self.stop.drain(grace).await {
            self.engine.interrupt_all();
            self.stop.drain(LAST_WORDS).await;
        }
    }
}
