//! Puts flags, environment, file and defaults on top of each other.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};

use super::address::{self, Plain};
use super::{
    Config, DEFAULT_DATABASE, DEFAULT_HTTP, Environment, Flags, PLAYGROUND_DATABASE, Purpose, STOP_RESERVE,
    StopSettings, file,
};
use crate::document::{Place, Problem};
use crate::telemetry::{self, Format};
use crate::{chat, discord, gateway, governor, llm, store, watchdog};

/// Every variable that is read.
pub(crate) const VARIABLES: [&str; 12] = [
    "DISCORD_TOKEN",
    "PRISM_DISCORD_URL",
    "PRISM_GOVERNOR",
    "PRISM_SHARDS",
    "OPENROUTER_API_KEY",
    "PRISM_MODEL_URL",
    "PRISM_MODELS",
    "DATABASE_URL",
    "PRISM_PERSONAS",
    "PRISM_HTTP",
    "PRISM_LOG_FORMAT",
    "RUST_LOG",
];

/// The layers of one reading, and what was found wrong in them.
pub(crate) struct Layers<'a> {
    pub(super) flags: &'a Flags,
    environment: &'a Environment,
    pub(crate) problems: Vec<Problem>,
}

/// A text and where it was written.
pub(super) struct Written {
    source: String,
    place: Option<Place>,
    key: Option<&'static str>,
    text: String,
}

impl<'a> Layers<'a> {
    pub(crate) fn new(flags: &'a Flags, environment: &'a Environment) -> Self {
        Self { flags, environment, problems: Vec::new() }
    }

    pub(crate) fn config(&mut self, file: &file::Values, purpose: Purpose) -> Config {
        let token = self.secret("DISCORD_TOKEN");
        if purpose == Purpose::Bot && token.is_none() {
            self.problem(
                "DISCORD_TOKEN",
                "is not set: copy the token of your bot from Discord's developer portal",
            );
        }
        let store = self.store(file, purpose);
        let catalog = super::model::catalog(&store.path);
        Config {
            token,
            discord_url: self.discord_url(file),
            discord: discord_settings(file),
            governor: self.governor(file),
            gateway: self.gateway(file),
            watchdog: watchdog_settings(file),
            model: llm::Settings { catalog, ..self.model(file, purpose) },
            chat: self.chat(file),
            store,
            personas: self.personas(file),
            http: self.http(file),
            log: self.log(file),
            stop: self.stop(file),
        }
    }

    /// The uppermost layer that says something, made into what it means. What it should be goes into the problem.
    pub(super) fn pick<T>(
        &mut self,
        layers: [Option<Written>; 3],
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let written = layers.into_iter().flatten().next()?;
        match parse(&written.text) {
            Ok(value) => Some(value),
            Err(message) => {
                let key = written.key.map(str::to_owned);
                self.problems.push(Problem { source: written.source, place: written.place, key, message });
                None
            }
        }
    }

    fn discord_url(&mut self, file: &file::Values) -> String {
        let layers = [None, self.variable("PRISM_DISCORD_URL"), in_file(file, "discord.url")];
        let url = self.pick(layers, |text| address::server(text, Plain::Here));
        url.unwrap_or_else(|| "https://discord.com".to_owned())
    }

    fn governor(&mut self, file: &file::Values) -> governor::Mode {
        let layers = [None, self.variable("PRISM_GOVERNOR"), in_file(file, "discord.governor")];
        let mode =
            self.pick(layers, |text| match text {
                "on" => Ok(governor::Mode::On),
                "off" => Ok(governor::Mode::Off),
                _ => Err("expected on, or off where a proxy at PRISM_DISCORD_URL keeps Discord's limits"
                    .to_owned()),
            });
        mode.unwrap_or_default()
    }

    fn gateway(&mut self, file: &file::Values) -> gateway::Settings {
        let defaults = gateway::Settings::default();
        let layers = [None, self.variable("PRISM_SHARDS"), in_file(file, "gateway.shards")];
        let shards = self.pick(layers, |text| text.parse().map_err(str::to_owned));
        gateway::Settings {
            shards: shards.unwrap_or(defaults.shards),
            silence: file.silence.unwrap_or(defaults.silence),
            ..defaults
        }
    }

    fn chat(&self, file: &file::Values) -> chat::Settings {
        let defaults = chat::Settings::default();
        chat::Settings {
            history_tokens: file.history_tokens.unwrap_or(defaults.history_tokens),
            waiting_turns: file.waiting_turns.unwrap_or(defaults.waiting_turns),
            rates: file.budget.rates(),
            budgets: file.budget.budgets(),
            ..defaults
        }
    }

    fn store(&mut self, file: &file::Values, purpose: Purpose) -> store::Settings {
        let layers = [
            flag("--database", self.flags.database.as_ref()),
            self.variable("DATABASE_URL"),
            in_file(file, "database"),
        ];
        let default = if purpose == Purpose::Bot { DEFAULT_DATABASE } else { PLAYGROUND_DATABASE };
        let path = self.pick(layers, address::database).or_else(|| address::database(default).ok());
        store::Settings::new(path.unwrap_or_default())
    }

    fn personas(&mut self, file: &file::Values) -> Option<PathBuf> {
        let layers = [
            flag("--personas", self.flags.personas.as_ref()),
            self.variable("PRISM_PERSONAS"),
            in_file(file, "personas"),
        ];
        self.pick(layers, |text| {
            let path = PathBuf::from(text);
            if path.is_dir() {
                Ok(path)
            } else {
                Err(format!("expected a folder of persona files, and {text} is none"))
            }
        })
    }

    fn http(&mut self, file: &file::Values) -> std::net::SocketAddr {
        let layers =
            [flag("--http", self.flags.http.as_ref()), self.variable("PRISM_HTTP"), in_file(file, "http")];
        let chosen = self.pick(layers, address::listener);
        chosen
            .or_else(|| address::listener(DEFAULT_HTTP).ok())
            .unwrap_or_else(|| ([127, 0, 0, 1], 8787).into())
    }

    fn log(&mut self, file: &file::Values) -> telemetry::Settings {
        let layers = [
            flag("--log-format", self.flags.log_format.as_ref()),
            self.variable("PRISM_LOG_FORMAT"),
            in_file(file, "log_format"),
        ];
        let format = self.pick(layers, |text| match text {
            "text" => Ok(Format::Text),
            "json" => Ok(Format::Json),
            _ => Err("expected text or json".to_owned()),
        });
        let filter = self.variable("RUST_LOG");
        let filter = self.pick([None, filter, None], |text| {
            telemetry::Settings::check_filter(text)
                .map(|()| text.to_owned())
                .map_err(|error| format!("expected a log filter such as info or info,prism=debug: {error}"))
        });
        let defaults = telemetry::Settings::default();
        telemetry::Settings { format: format.unwrap_or_default(), filter: filter.unwrap_or(defaults.filter) }
    }

    fn stop(&mut self, file: &file::Values) -> StopSettings {
        let defaults = StopSettings::default();
        let stop = StopSettings {
            grace: file.grace.unwrap_or(defaults.grace),
            hard: file.hard_stop.unwrap_or(defaults.hard),
        };
        if stop.hard < stop.grace + STOP_RESERVE {
            let least = STOP_RESERVE.as_secs();
            let message = format!("the hard limit must be at least {least} s longer than the grace period");
            let key = Some("stop.hard".to_owned());
            self.problems.push(Problem { source: file.source.clone(), place: None, key, message });
        }
        stop
    }

    /// A variable that is set to something.
    pub(super) fn variable(&self, name: &str) -> Option<Written> {
        let text = self.environment.variables.get(name)?.expose_secret().trim();
        (!text.is_empty()).then(|| Written {
            source: name.to_owned(),
            place: None,
            key: None,
            text: text.to_owned(),
        })
    }

    /// A secret that can stand in a header. Its text is in no message.
    pub(super) fn secret(&mut self, name: &str) -> Option<SecretString> {
        let written = self.variable(name)?;
        let text = written.text.strip_prefix("Bot ").unwrap_or(&written.text).to_owned();
        if text.chars().all(|c| c.is_ascii_graphic()) {
            return Some(SecretString::new(text));
        }
        self.problem(
            name,
            "holds white space or characters that no token has: copy it again, without quotes",
        );
        None
    }

    pub(super) fn problem(&mut self, source: &str, message: &str) {
        self.problems.push(Problem::of(source, message));
    }
}

pub(super) fn flag(name: &str, value: Option<&String>) -> Option<Written> {
    Some(Written { source: name.to_owned(), place: None, key: None, text: value?.clone() })
}

pub(super) fn in_file(file: &file::Values, key: &'static str) -> Option<Written> {
    let file::Text { text, place } = file.text(key)?.clone();
    Some(Written { source: file.source.clone(), place: Some(place), key: Some(key), text })
}

pub(super) fn models(text: &str) -> Result<Vec<String>, String> {
    let models: Vec<_> =
        text.split(',').map(|model| model.trim().to_owned()).filter(|model| !model.is_empty()).collect();
    if models.is_empty() || !models.iter().all(|model| file::is_model_id(model)) {
        return Err("expected model ids separated by commas, the first choice first".to_owned());
    }
    Ok(models)
}

fn discord_settings(file: &file::Values) -> discord::Settings {
    let defaults = discord::Settings::default();
    discord::Settings {
        message_content: file.message_content.unwrap_or(defaults.message_content),
        edit_interval: file.edit_interval.unwrap_or(defaults.edit_interval),
        thinking_after: file.thinking_after.unwrap_or(defaults.thinking_after),
        ..defaults
    }
}

fn watchdog_settings(file: &file::Values) -> watchdog::Settings {
    let defaults = watchdog::Settings::default();
    watchdog::Settings {
        stall: file.stall.unwrap_or(defaults.stall),
        heartbeat: file.heartbeat.unwrap_or(defaults.heartbeat),
        answer: file.answer.unwrap_or(defaults.answer),
    }
}
