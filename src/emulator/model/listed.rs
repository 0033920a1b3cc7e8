//! A model as the catalog lists it.

use serde_json::{Map, Value, json};

use super::price::{Tariff, pico};

/// What a model costs where nothing else is said, in dollars per token.
const PROMPT: &str = "0.0000003";
const COMPLETION: &str = "0.0000025";

/// An entry of `GET /models`. Prices are decimal strings in dollars, per token, request or image; `None` leaves the key
/// out.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub id: String,
    pub canonical_slug: String,
    pub name: String,
    pub context_length: Option<u32>,
    pub max_completion_tokens: Option<u32>,
    pub prompt: Option<String>,
    pub completion: Option<String>,
    pub request: Option<String>,
    pub image: Option<String>,
    pub supported_parameters: Vec<String>,
    pub input_modalities: Vec<String>,
    /// `YYYY-MM-DD`.
    pub expiration_date: Option<String>,
    /// The model that a `~…-latest` id stands for.
    pub alias_target: Option<String>,
    /// Other keys, and other values for those above.
    pub others: Map<String, Value>,
}

impl Listed {
    /// A model that takes images, with a long context and the price of a small one.
    pub fn new(id: impl Into<String>) -> Self {
        let id = id.into();
        let free = || Some("0".to_owned());
        Self {
            canonical_slug: id.clone(),
            name: id.clone(),
            id,
            context_length: Some(1_048_576),
            max_completion_tokens: Some(65_535),
            prompt: Some(PROMPT.to_owned()),
            completion: Some(COMPLETION.to_owned()),
            request: free(),
            image: free(),
            supported_parameters: ["max_tokens", "stop", "temperature", "top_p"].map(str::to_owned).to_vec(),
            input_modalities: ["text", "image"].map(str::to_owned).to_vec(),
            expiration_date: None,
            alias_target: None,
            others: Map::new(),
        }
    }

    #[must_use]
    pub fn called(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    #[must_use]
    pub fn canonical(self, slug: &str) -> Self {
        Self { canonical_slug: slug.to_owned(), ..self }
    }

    #[must_use]
    pub fn alias_of(self, model: &str) -> Self {
        Self { alias_target: Some(model.to_owned()), ..self }
    }

    /// Dollars per token of the prompt and of the completion, such as `0.0000003`.
    #[must_use]
    pub fn priced(self, prompt: &str, completion: &str) -> Self {
        Self { prompt: Some(prompt.to_owned()), completion: Some(completion.to_owned()), ..self }
    }

    #[must_use]
    pub fn request_price(self, dollars: &str) -> Self {
        Self { request: Some(dollars.to_owned()), ..self }
    }

    #[must_use]
    pub fn image_price(self, dollars: &str) -> Self {
        Self { image: Some(dollars.to_owned()), ..self }
    }

    #[must_use]
    pub fn free(self) -> Self {
        self.priced("0", "0").request_price("0").image_price("0")
    }

    /// Without any price: an answer costs nothing, but nobody can know.
    #[must_use]
    pub fn unpriced(self) -> Self {
        Self { prompt: None, completion: None, request: None, image: None, ..self }
    }

    /// `None`: the list says null.
    #[must_use]
    pub fn context(self, tokens: impl Into<Option<u32>>) -> Self {
        Self { context_length: tokens.into(), ..self }
    }

    /// The longest completion; `None`: the list says null.
    #[must_use]
    pub fn longest(self, tokens: impl Into<Option<u32>>) -> Self {
        Self { max_completion_tokens: tokens.into(), ..self }
    }

    #[must_use]
    pub fn text_only(self) -> Self {
        Self { input_modalities: vec!["text".to_owned()], ..self }
    }

    #[must_use]
    pub fn supporting(self, parameters: &[&str]) -> Self {
        let supported_parameters = parameters.iter().map(|&name| name.to_owned()).collect();
        Self { supported_parameters, ..self }
    }

    /// The day after which it may be gone, `YYYY-MM-DD`.
    #[must_use]
    pub fn expiring(self, day: &str) -> Self {
        Self { expiration_date: Some(day.to_owned()), ..self }
    }

    /// Another key of the entry, or another value for one it has.
    #[must_use]
    pub fn with(mut self, key: &str, value: Value) -> Self {
        self.others.insert(key.to_owned(), value);
        self
    }

    /// What is no price costs nothing.
    pub(super) fn tariff(&self) -> Tariff {
        let read = |price: &Option<String>| price.as_deref().and_then(pico).unwrap_or(0);
        Tariff {
            prompt: read(&self.prompt),
            completion: read(&self.completion),
            request: read(&self.request),
            image: read(&self.image),
        }
    }

    /// As OpenRouter lists it.
    pub(super) fn entry(&self) -> Value {
        let prices = [
            ("prompt", &self.prompt),
            ("completion", &self.completion),
            ("request", &self.request),
            ("image", &self.image),
        ];
        let pricing: Map<String, Value> = prices
            .into_iter()
            .filter_map(|(key, price)| Some((key.to_owned(), Value::from(price.clone()?))))
            .collect();
        let mut entry = json!({
            "id": self.id, "canonical_slug": self.canonical_slug, "name": self.name,
            "created": 1_750_000_000, "description": "", "context_length": self.context_length,
            "architecture": {
                "input_modalities": self.input_modalities, "output_modalities": ["text"],
                "modality": format!("{}->text", self.input_modalities.join("+")),
                "tokenizer": "Gemini", "instruct_type": null,
            },
            "pricing": pricing,
            "top_provider": {
                "context_length": self.context_length, "max_completion_tokens": self.max_completion_tokens,
                "is_moderated": false,
            },
            "supported_parameters": self.supported_parameters, "default_parameters": null,
            "per_request_limits": null, "supported_voices": null, "knowledge_cutoff": null,
            "expiration_date": self.expiration_date,
            "links": {"details": format!("/api/v1/models/{}/endpoints", self.id)},
        });
        if let Some(target) = &self.alias_target {
            entry["alias_target"] = json!({"slug": target, "name": target});
        }
        for (key, value) in &self.others {
            entry[key] = value.clone();
        }
        entry
    }

    /// As a plain OpenAI server lists it.
    pub(super) fn plain_entry(&self) -> Value {
        json!({"id": self.id, "object": "model", "created": 1_750_000_000, "owned_by": "embedded"})
    }
}
