//! A request for a completion, read.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use serde_json::Value;

use super::dialect::Dialect;
use super::refusal::Refusal;

/// More entries in `models` are refused.
const MOST_MODELS: usize = 3;

/// What a client asks for.
#[derive(Debug)]
pub(super) struct Asked {
    /// Of the path.
    pub(super) dialect: Dialect,
    pub(super) body: Value,
    /// By lower-case name, without the key.
    pub(super) headers: BTreeMap<String, String>,
    /// An estimate: four characters each.
    pub(super) prompt_tokens: usize,
}

impl Asked {
    pub(super) fn new(dialect: Dialect, headers: &HeaderMap, body: Value) -> Self {
        let kept = headers.iter().filter(|(name, _)| *name != AUTHORIZATION);
        let kept = kept.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
        let prompt_tokens = body["messages"].to_string().chars().count().div_ceil(4);
        Self { dialect, headers: kept.collect(), prompt_tokens, body }
    }

    /// The models to try, the first one first. Never none: a request that names none asks for the nameless one.
    pub(super) fn models(&self) -> Vec<String> {
        let first = self.body["model"].as_str();
        let more = self.more_models().iter().filter_map(Value::as_str);
        let mut models: Vec<String> = Vec::new();
        for model in first.into_iter().chain(more) {
            if !models.iter().any(|known| known == model) {
                models.push(model.to_owned());
            }
        }
        if models.is_empty() {
            models.push(String::new());
        }
        models
    }

    /// Why it cannot be answered by any model.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        if self.body["messages"].as_array().is_none_or(Vec::is_empty) {
            return Err(Refusal::new(400).saying("messages: expected at least one"));
        }
        if self.more_models().len() > MOST_MODELS {
            return Err(Refusal::new(400).saying("'models' array must have 3 items or fewer."));
        }
        Ok(())
    }

    /// OpenRouter's own list; other servers do not know it.
    fn more_models(&self) -> &[Value] {
        let models = self.body["models"].as_array().filter(|_| self.dialect.is_openrouter());
        models.map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn is_streamed(&self) -> bool {
        self.body["stream"] == true
    }

    pub(super) fn wants_usage(&self) -> bool {
        !self.is_streamed() || self.body["stream_options"]["include_usage"] == true
    }

    pub(super) fn wants_routing(&self) -> bool {
        let names = ["x-openrouter-metadata", "x-openrouter-experimental-metadata"];
        names.iter().any(|&name| self.headers.get(name).is_some_and(|value| value == "enabled"))
    }

    pub(super) fn max_tokens(&self) -> Option<usize> {
        let given = self.body["max_tokens"].as_u64().or_else(|| self.body["max_completion_tokens"].as_u64());
        given.and_then(|given| usize::try_from(given).ok())
    }

    pub(super) fn images(&self) -> usize {
        let messages = self.body["messages"].as_array().into_iter().flatten();
        let parts = messages.filter_map(|message| message["content"].as_array()).flatten();
        parts.filter(|part| part["type"] == "image_url").count()
    }
}
