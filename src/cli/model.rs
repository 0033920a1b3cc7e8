//! Which model speaks where no key is set: a local Ollama if one answers, else the embedded one.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;

use crate::app;
use crate::config::Config;
use crate::emulator::model::{Listed, ModelServer, ModelSettings};
use crate::llm::{Flavour, Server};
use crate::shutdown::Shutdown;

const OLLAMA: &str = "http://localhost:11434/v1";

/// What the embedded server has: a voice for each persona, made of its example lines.
const EMBEDDED: &str = "embedded/examples";

/// A local server answers at once or is not there.
const OLLAMA_TIMEOUT: Duration = Duration::from_millis(500);

/// Points the configuration at a model that answers, and says which one in a sentence.
pub(super) async fn choose(config: &mut Config, stop: &Shutdown) -> anyhow::Result<String> {
    let server = &mut config.model.server;
    let openrouter = server.base_url.starts_with("https://openrouter.ai");
    if server.api_key.is_some() || !openrouter {
        return Ok(format!("Replies come from {} at {}.", config.model.models.join(", "), server.base_url));
    }
    if let Some(model) = ollama().await {
        *server = Server { free: true, ..Server::new(OLLAMA) };
        config.model.models = vec![model.clone()];
        return Ok(format!("Replies come from {model} on the Ollama of this machine."));
    }
    let embedded = ModelServer::start(ModelSettings::playground(), stop)
        .await
        .context("the embedded model could not start")?;
    *server = Server { flavour: Some(Flavour::OpenRouter), free: true, ..Server::new(embedded.base_url()) };
    embedded.list(vec![Listed::new(EMBEDDED)]);
    config.model.models = vec![EMBEDDED.to_owned()];
    let sentence = "Replies come from the embedded model, which only knows each persona's own example lines. \
                    Set OPENROUTER_API_KEY for a real one.";
    Ok(sentence.to_owned())
}

/// The first model of a local Ollama.
async fn ollama() -> Option<String> {
    let client = app::http_client(OLLAMA).ok()?;
    let answer = client.get(format!("{OLLAMA}/models")).timeout(OLLAMA_TIMEOUT).send().await.ok()?;
    let models: Value = serde_json::from_str(&answer.text().await.ok()?).ok()?;
    models["data"][0]["id"].as_str().map(str::to_owned)
}
