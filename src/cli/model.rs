//! Which model speaks where no key is set: a local Ollama if one answers, else the embedded one.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;

use crate::app;
use crate::config::Config;
use crate::emulator::model::{Listed, ModelServer, ModelSettings};
use crate::llm::{Flavour, Server};
use crate::shutdown::Shutdown;
use crate::web::FirstModel;

const OLLAMA: &str = "http://localhost:11434/v1";

/// What the embedded server has: a voice for each persona, made of its example lines. The second speaks where the first
/// is made to fail.
const EMBEDDED: [&str; 2] = ["embedded/examples", "embedded/lighter-examples"];

/// A local server answers at once or is not there.
const OLLAMA_TIMEOUT: Duration = Duration::from_millis(500);

/// The model that answers.
pub(super) struct Choice {
    /// Which one it is, in a sentence.
    pub(super) sentence: String,
    /// `None`: it is not the embedded one.
    pub(super) embedded: Option<FirstModel>,
}

/// Points the configuration at a model that answers.
pub(super) async fn choose(config: &mut Config, stop: &Shutdown) -> anyhow::Result<Choice> {
    let server = &mut config.model.server;
    let openrouter = server.base_url.starts_with("https://openrouter.ai");
    if server.api_key.is_some() || !openrouter {
        let models = config.model.models.join(", ");
        return Ok(Choice::outside(format!("Replies come from {models} at {}.", server.base_url)));
    }
    if let Some(model) = ollama().await {
        *server = Server { free: true, ..Server::new(OLLAMA) };
        config.model.models = vec![model.clone()];
        return Ok(Choice::outside(format!("Replies come from {model} on the Ollama of this machine.")));
    }
    let embedded = ModelServer::start(ModelSettings::playground(), stop)
        .await
        .context("the embedded model could not start")?;
    *server = Server { flavour: Some(Flavour::OpenRouter), free: true, ..Server::new(embedded.base_url()) };
    embedded.list(EMBEDDED.map(Listed::new).to_vec());
    config.model.models = EMBEDDED.map(str::to_owned).to_vec();
    let sentence = "Replies come from the embedded model, which only knows each persona's own example lines. \
                    Set OPENROUTER_API_KEY for a real one.";
    let first = FirstModel { server: embedded, name: EMBEDDED[0].to_owned() };
    Ok(Choice { sentence: sentence.to_owned(), embedded: Some(first) })
}

impl Choice {
    fn outside(sentence: String) -> Self {
        Self { sentence, embedded: None }
    }
}

/// The first model of a local Ollama.
async fn ollama() -> Option<String> {
    let client = app::http_client(OLLAMA).ok()?;
    let answer = client.get(format!("{OLLAMA}/models")).timeout(OLLAMA_TIMEOUT).send().await.ok()?;
    let models: Value = serde_json::from_str(&answer.text().await.ok()?).ok()?;
    models["data"][0]["id"].as_str().map(str::to_owned)
}
