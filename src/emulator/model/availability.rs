//! What OpenRouter says about a model that it cannot offer.

use serde_json::{Value, json};

/// The object `availability` of an error, in its body or in a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Availability {
    code: String,
    retryable: bool,
    retry_after: Option<u32>,
    fallback_models: Vec<String>,
}

impl Availability {
    /// With a code such as `model_deprecated`: not to be retried, nothing to fall back to.
    pub fn new(code: &str) -> Self {
        Self { code: code.to_owned(), retryable: false, retry_after: None, fallback_models: Vec::new() }
    }

    /// May be tried again, after so many seconds where they are known.
    #[must_use]
    pub fn retryable(self, retry_after: impl Into<Option<u32>>) -> Self {
        Self { retryable: true, retry_after: retry_after.into(), ..self }
    }

    #[must_use]
    pub fn or(self, models: &[&str]) -> Self {
        Self { fallback_models: models.iter().map(|&model| model.to_owned()).collect(), ..self }
    }

    pub(super) fn value(&self) -> Value {
        json!({
            "code": self.code, "retryable": self.retryable, "retry_after": self.retry_after,
            "fallback_models": self.fallback_models, "requested_models": [], "affected_providers": [],
            "excluded_by": [], "constraint": null, "docs_url": "https://openrouter.ai/docs",
        })
    }
}
