//! What a bot meets: an embedded Discord and an embedded model server, in this process.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use prism::emulator::model::{ModelServer, ModelSettings};
use prism::emulator::{Change, Emulator, SessionStarts, Settings, World};
use prism::shutdown::Shutdown;
use prism::store::{self, Store};
use serde_json::Value;
use tempfile::TempDir;

use super::bot::Bot;
use super::talk::within;

/// A person talks faster here than any default allows, and what it costs is not what is measured.
pub(crate) const UNBOUNDED: &str = "[budget]
user_day = false
user_month = false
guild_day = false
guild_month = false
bot_day = false
bot_month = false
user_turns = 100000
channel_turns = 100000
guild_turns = 100000
bot_turns = 100000
";

/// For the health page.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Stage {
    pub(crate) discord: Emulator,
    pub(crate) model: ModelServer,
    pub(crate) binary: PathBuf,
    pub(crate) folder: TempDir,
    token: String,
    /// Of the bot's health page.
    http: SocketAddr,
    _far_side: Shutdown,
}

impl Stage {
    /// Without Discord's limits, where one person's turns come faster than they permit: they would be all there is to
    /// see. `binary` is the bot's.
    pub(crate) async fn open(binary: &Path, world: World, model: ModelSettings) -> Result<Self> {
        Self::with(binary, world, model, Settings { limits: false, ..Settings::default() }).await
    }

    /// With Discord's limits on.
    pub(crate) async fn limited(binary: &Path, world: World, model: ModelSettings) -> Result<Self> {
        Self::with(binary, world, model, Settings::default()).await
    }

    /// With a Discord of one's own making.
    pub(crate) async fn with(
        binary: &Path,
        world: World,
        model: ModelSettings,
        settings: Settings,
    ) -> Result<Self> {
        let far_side = Shutdown::default();
        let token = settings.token.clone();
        let discord = Emulator::start(settings, world, &far_side).await?;
        // Bots follow each other here sooner than Discord begins sessions.
        discord.set_session_starts(SessionStarts { max_concurrency: 100, ..SessionStarts::default() });
        let model = ModelServer::start(model, &far_side).await?;
        // Beside the build: a temporary folder may be in memory, where nothing is ever synced.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        // Free now, and nobody else is here to take it.
        let http = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        Ok(Self { discord, model, binary: binary.to_owned(), folder, token, http, _far_side: far_side })
    }

    /// A connected bot, and how long it took to say who it is. `config`: what stands in its `prism.toml`.
    pub(crate) async fn started(&self, models: &str, config: &str) -> Result<(Bot, Duration)> {
        let mut changes = self.discord.changes();
        let file = self.folder.path().join("prism.toml");
        fs::write(&file, config)?;
        let variables = [
            ("DISCORD_TOKEN", self.token.clone()),
            ("PRISM_DISCORD_URL", self.discord.origin()),
            ("PRISM_MODEL_URL", self.model.base_url()),
            ("PRISM_MODELS", models.to_owned()),
            ("PRISM_HTTP", self.http.to_string()),
            ("DATABASE_URL", format!("sqlite://{}", self.database().display())),
        ];
        let begun = Instant::now();
        let bot = Bot::start(&self.binary, &file, variables)?;
        let mut identified = None;
        loop {
            match within(changes.recv()).await.context("the bot did not connect")?? {
                Change::BotConnected => identified = Some(begun.elapsed()),
                Change::CommandsRegistered => break,
                _ => {}
            }
        }
        Ok((bot, identified.context("commands before a connection")?))
    }

    /// The bot's.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Tasks of the bot's runtime that have not ended, as it tells itself.
    pub(crate) async fn tasks(&self) -> Result<usize> {
        let asking = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
        let answer = asking.get(format!("http://{}/health/ready", self.http)).send().await?;
        let signs: Value = serde_json::from_slice(&answer.bytes().await?)?;
        let tasks = signs["tasks"].as_u64().context("the bot does not tell of its tasks")?;
        Ok(usize::try_from(tasks)?)
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("bench.db")
    }

    /// Turns of a bot that has stopped which wait for its next start.
    pub(crate) async fn unfinished_turns(&self) -> Result<usize> {
        let stop = Shutdown::default();
        let store = Store::open(&store::Settings::new(self.database()), &stop).await?;
        let unfinished = store.unfinished_turns().await?.len();
        store.close().await;
        Ok(unfinished)
    }
}
