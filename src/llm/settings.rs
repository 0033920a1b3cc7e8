//! What an operator may choose about the model layer.

use std::time::Duration;

use secrecy::SecretString;

use super::catalog::CatalogSettings;
use super::pattern::Pattern;
use super::price::MaxPrice;

/// Where the models are, which of them to ask, how long to wait, and what they may cost.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The server of every model id that names none.
    pub server: Server,
    /// More servers by name. `name/model` addresses a model on one of them.
    pub others: Vec<(String, Server)>,
    /// Model ids, the first choice first.
    pub models: Vec<String>,
    /// What servers and personas may choose besides `models`. Empty: everything inside the price bound.
    pub allow: Vec<Pattern>,
    /// What a model may cost. Without it, what others choose may cost as much as the dearest of `models`.
    pub max_price: Option<MaxPrice>,
    /// Whether a model may cost more than the one above it on the ladder.
    pub dearer_fallback: bool,
    /// Whether OpenRouter is told of the next two models, so that it can go on to them by itself.
    pub server_fallback: bool,
    /// When the second model is started beside a first one that is silent. `None`: never.
    pub hedge_after: Option<Duration>,
    /// Upper bound of one reply in tokens. Always sent: without it OpenRouter reserves credit for the model's maximum.
    pub max_tokens: u32,
    /// From a request to its first visible text. The last model of the ladder is bound by `total` alone.
    pub first_token: Duration,
    /// Between two reads once text has come.
    pub idle: Duration,
    /// From the first request to the end of the reply, over all models.
    pub total: Duration,
    /// After the finish reason: how long the usage figures may take to follow.
    pub tail: Duration,
    /// The longest pause that is waited out before the same model is asked again.
    pub retry_wait: Duration,
    /// Asks OpenRouter for providers that do not keep prompts.
    pub deny_data_collection: bool,
    /// Asks OpenRouter for providers with zero data retention.
    pub zdr: bool,
    /// The address by which OpenRouter lists the application. `None`: it is not listed.
    pub app_url: Option<String>,
    pub breaker: BreakerSettings,
    pub catalog: CatalogSettings,
    /// What a request counts for where no price is known, in nano-dollars.
    pub turn_price: i64,
}

/// One server of completions.
#[derive(Clone, Debug)]
pub struct Server {
    /// Everything before `/chat/completions`, for example `https://openrouter.ai/api/v1`.
    pub base_url: String,
    pub api_key: Option<SecretString>,
    /// Which dialect the server speaks. `None`: read from the base URL, see [`Flavour::of`].
    pub flavour: Option<Flavour>,
    /// It costs nothing: a server of one's own.
    pub free: bool,
}

/// When a model that fails is left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakerSettings {
    /// The weight of failures in a row that opens it: one that cost a person time weighs 2, another 1.
    pub threshold: u32,
    /// For how long it is open the first time; each failed probe doubles that.
    pub cooldown: Duration,
    pub longest: Duration,
    /// For how long an account is left alone whose key or credit was refused.
    pub account: Duration,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self {
            threshold: 2,
            cooldown: Duration::from_secs(30),
            longest: Duration::from_secs(5 * 60),
            account: Duration::from_secs(10),
        }
    }
}

impl Server {
    pub fn new(base_url: impl Into<String>) -> Self {
        Self { base_url: base_url.into(), api_key: None, flavour: None, free: false }
    }

    pub(super) fn flavour(&self) -> Flavour {
        self.flavour.unwrap_or_else(|| Flavour::of(&self.base_url))
    }
}

impl Default for Settings {
    /// OpenRouter with a ladder whose last model may cost more than those above it, inside the price bound.
    fn default() -> Self {
        Self {
            server: Server::new("https://openrouter.ai/api/v1"),
            others: Vec::new(),
            models: vec![
                "google/gemini-2.5-flash".to_owned(),
                "google/gemini-2.5-flash-lite".to_owned(),
                "~google/gemini-flash-latest".to_owned(),
            ],
            allow: Vec::new(),
            max_price: Some(MaxPrice::of_dollars(Some(1.0), Some(5.0), None)),
            dearer_fallback: true,
            server_fallback: true,
            hedge_after: None,
            max_tokens: 800,
            first_token: Duration::from_secs(20),
            idle: Duration::from_secs(15),
            total: Duration::from_secs(120),
            tail: Duration::from_secs(2),
            retry_wait: Duration::from_secs(5),
            deny_data_collection: true,
            zdr: false,
            app_url: None,
            breaker: BreakerSettings::default(),
            catalog: CatalogSettings::default(),
            turn_price: 2_000_000,
        }
    }
}
/// The dialect of a server: which fields it is sent beyond the common ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// Attribution, `session_id`, `provider`; usage comes unasked.
    OpenRouter,
    /// The plain subset, with usage asked for.
    OpenAi,
}

impl Flavour {
    /// OpenRouter is known by its host, and whoever serves its API in its place by the same path, `/api/v1`.
    pub fn of(base_url: &str) -> Self {
        let place = base_url.split_once("://").map_or(base_url, |(_, place)| place).trim_end_matches('/');
        let (authority, path) = place.split_once('/').unwrap_or((place, ""));
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let host = host.split_once(':').map_or(host, |(host, _)| host);
        if host == "openrouter.ai" || host.ends_with(".openrouter.ai") || path == "api/v1" {
            Self::OpenRouter
        } else {
            Self::OpenAi
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openrouter_is_known_by_host_or_path() {
        for url in [
            "https://openrouter.ai/api/v1",
            "https://eu.openrouter.ai:443/v1",
            "http://127.0.0.1:4010/api/v1/",
        ] {
            assert_eq!(Flavour::of(url), Flavour::OpenRouter, "{url}");
        }
        for url in
            ["http://localhost:11434/v1", "https://notopenrouter.ai/v1", "https://api.openai.com/v1", "", "x"]
        {
            assert_eq!(Flavour::of(url), Flavour::OpenAi, "{url}");
        }
    }
}
