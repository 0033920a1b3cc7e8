//! What an operator may choose about the model layer.

use std::time::Duration;

use secrecy::SecretString;

/// Where the models are, which of them to ask, and how long to wait.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Everything before `/chat/completions`, for example `https://openrouter.ai/api/v1`.
    pub base_url: String,
    pub api_key: Option<SecretString>,
    /// Which dialect the server speaks. `None`: read from the base URL, see [`Flavour::of`].
    pub flavour: Option<Flavour>,
    /// Model ids, the first choice first.
    pub models: Vec<String>,
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
    /// Asks OpenRouter for providers that do not keep prompts.
    pub deny_data_collection: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            base_url: "https://openrouter.ai/api/v1".to_owned(),
            api_key: None,
            flavour: None,
            models: vec![
                "google/gemini-2.5-flash".to_owned(),
                "google/gemini-2.5-flash-lite".to_owned(),
                "~google/gemini-flash-latest".to_owned(),
            ],
            max_tokens: 800,
            first_token: Duration::from_secs(20),
            idle: Duration::from_secs(15),
            total: Duration::from_secs(120),
            tail: Duration::from_secs(2),
            deny_data_collection: true,
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
