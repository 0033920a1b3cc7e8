//! What a bot meets: an embedded Discord and an embedded model server, in this process.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use prism::emulator::model::{ModelServer, ModelSettings};
use prism::emulator::{Change, Emulator, Settings, World};
use prism::shutdown::Shutdown;
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

pub(crate) struct Stage {
    pub(crate) discord: Emulator,
    pub(crate) model: ModelServer,
    pub(crate) binary: PathBuf,
    pub(crate) folder: TempDir,
    token: String,
    _far_side: Shutdown,
}

impl Stage {
    pub(crate) async fn open(world: World, model: ModelSettings) -> Result<Self> {
        let far_side = Shutdown::default();
        // One person's turns come faster here than Discord permits: its limits would be all there is to see.
        let settings = Settings { limits: false, ..Settings::default() };
        let token = settings.token.clone();
        let discord = Emulator::start(settings, world, &far_side).await?;
        let model = ModelServer::start(model, &far_side).await?;
        // cargo itself passes `--bench`.
        let named = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
        let binary = PathBuf::from(named.as_deref().unwrap_or(env!("CARGO_BIN_EXE_prism")));
        // Beside the build: a temporary folder may be in memory, where nothing is ever synced.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        Ok(Self { discord, model, binary, folder, token, _far_side: far_side })
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
            ("PRISM_HTTP", "127.0.0.1:0".to_owned()),
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

    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("bench.db")
    }
}
