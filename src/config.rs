//! Configuration: flags, then the environment, then `prism.toml`, then defaults. The only reader of the environment.
//!
//! Everything is read before anything is judged, so that a person sees every problem at once.

mod address;
mod budget;
mod file;
mod layers;
mod model;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::{ExposeSecret, Secret, SecretString};

use crate::document::Problem;
use crate::{chat, discord, gateway, governor, llm, store, telemetry, watchdog};
pub use address::is_loopback;
use layers::Layers;
pub(crate) use model::key_variable;

/// The file that is read when no other is named. It need not exist.
pub const DEFAULT_FILE: &str = "prism.toml";

/// How much longer than the grace period the hard limit of a stop must be: what ends after the last answer takes time.
pub const STOP_RESERVE: Duration = Duration::from_secs(10);

const DEFAULT_DATABASE: &str = "sqlite://data/prism.db";
const PLAYGROUND_DATABASE: &str = "sqlite://data/playground.db";
const DEFAULT_HTTP: &str = "127.0.0.1:8787";

/// Everything that can be chosen. Secrets redact themselves.
#[derive(Clone, Debug)]
pub struct Config {
    /// Discord's token. Without it there is only the playground.
    pub token: Option<SecretString>,
    /// Where Discord is: scheme, host and port.
    pub discord_url: String,
    pub discord: discord::Settings,
    /// Who keeps Discord's limits.
    pub governor: governor::Mode,
    pub gateway: gateway::Settings,
    pub watchdog: watchdog::Settings,
    pub model: llm::Settings,
    pub chat: chat::Settings,
    pub store: store::Settings,
    /// The folder of the personas. `None`: those inside the binary.
    pub personas: Option<PathBuf>,
    /// Where pages and health checks listen.
    pub http: SocketAddr,
    pub log: telemetry::Settings,
    pub stop: StopSettings,
}

/// How long a stop may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopSettings {
    /// For running answers.
    pub grace: Duration,
    /// For everything.
    pub hard: Duration,
}

/// What somebody wrote on the command line.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--config`
    pub file: Option<PathBuf>,
    /// `--http`
    pub http: Option<String>,
    /// `--personas`
    pub personas: Option<String>,
    /// `--database`
    pub database: Option<String>,
    /// `--models`
    pub models: Option<String>,
    /// `--log-format`
    pub log_format: Option<String>,
}

/// The environment, read once.
#[derive(Clone, Default)]
pub struct Environment {
    variables: HashMap<String, Secret<String>>,
}

/// What the configuration is read for: it decides which defaults hold and what must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The bot: a token and a usable model must be configured.
    Bot,
    /// The playground brings its own Discord, and a model when none is configured.
    Playground,
}

/// Every problem of a configuration.
#[derive(Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Default for StopSettings {
    fn default() -> Self {
        Self { grace: Duration::from_secs(20), hard: Duration::from_secs(30) }
    }
}

impl Environment {
    /// The environment of this process. Variables that are no text are left out.
    pub fn of_process() -> Self {
        let is_ours = |name: &str| layers::VARIABLES.contains(&name) || name.starts_with(model::KEY_PREFIX);
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok().filter(|name| is_ours(name))?;
            Some((name, value.into_string().ok()?))
        });
        Self::of(variables)
    }

    /// Whether a bot's token is set: it decides what `prism` alone does.
    pub fn has_token(&self) -> bool {
        self.variables.get("DISCORD_TOKEN").is_some_and(|token| !token.expose_secret().trim().is_empty())
    }

    /// An environment for a test, or for a part of a bigger program.
    pub fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { variables: variables.into_iter().map(|(name, value)| (name, Secret::new(value))).collect() }
    }
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    /// Every problem there is, each naming the file and line or the variable.
    pub fn load(flags: &Flags, environment: &Environment, purpose: Purpose) -> Result<Self, Problems> {
        let (config, problems) = Self::read(flags, environment, purpose);
        if problems.is_empty() { Ok(config) } else { Err(Problems(problems)) }
    }

    /// Reads the configuration and everything that is wrong with it; what is wrong is as if it had not been written.
    pub fn read(flags: &Flags, environment: &Environment, purpose: Purpose) -> (Self, Vec<Problem>) {
        let (file, mut problems) = Self::read_file(flags.file.as_deref());
        let mut layers = Layers::new(flags, environment);
        let config = layers.config(&file, purpose);
        problems.extend(layers.problems);
        (config, problems)
    }

    fn read_file(named: Option<&Path>) -> (file::Values, Vec<Problem>) {
        let path = named.unwrap_or(Path::new(DEFAULT_FILE));
        match std::fs::read_to_string(path) {
            Ok(text) => file::read(&path.display().to_string(), &text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && named.is_none() => {
                Default::default()
            }
            Err(error) => {
                let problem = Problem::of(path.display().to_string(), format!("cannot be read: {error}"));
                (file::Values::default(), vec![problem])
            }
        }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            let line_break = if index == 0 { "" } else { "\n" };
            write!(formatter, "{line_break}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
