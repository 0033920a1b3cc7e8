//! The JSON of OpenRouter's answers.

use serde_json::{Value, json};

use crate::status::now_ms;

/// The provider that answers name.
const PROVIDER: &str = "Embedded";
/// Billionths of a dollar per token.
const PROMPT_PRICE: u64 = 300;
const COMPLETION_PRICE: u64 = 2_500;

/// What all chunks of one answer share.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) id: String,
    pub(super) model: String,
    created: u64,
}

impl Shape {
    pub(super) fn new(number: u64, model: &str) -> Self {
        let created = now_ms() / 1000;
        Self { id: format!("gen-{created}-{number:08}"), model: model.to_owned(), created }
    }

    /// A piece of text.
    pub(super) fn content(&self, text: &str) -> Value {
        self.chunk(&json!([choice(json!({"role": "assistant", "content": text}), None)]))
    }

    /// A piece of thought.
    pub(super) fn reasoning(&self, text: &str) -> Value {
        let details = json!([{"type": "reasoning.text", "text": text, "format": null, "index": 0}]);
        let delta =
            json!({"role": "assistant", "content": "", "reasoning": text, "reasoning_details": details});
        self.chunk(&json!([choice(delta, None)]))
    }

    pub(super) fn finish(&self) -> Value {
        self.chunk(&json!([choice(json!({"role": "assistant", "content": ""}), Some("stop"))]))
    }

    /// The figures, on a chunk that repeats the finish as OpenRouter's does.
    pub(super) fn usage(&self, prompt_tokens: usize, completion_tokens: usize) -> Value {
        let mut chunk = self.finish();
        chunk["usage"] = usage(prompt_tokens, completion_tokens);
        chunk
    }

    /// A failure in the middle.
    pub(super) fn failure(&self, code: i64) -> Value {
        let mut chunk = self.chunk(&json!([choice(json!({"content": ""}), Some("error"))]));
        chunk["error"] = error(code, "scripted")["error"].clone();
        chunk
    }

    /// The whole answer at once.
    pub(super) fn whole(&self, text: &str, prompt_tokens: usize, completion_tokens: usize) -> Value {
        json!({
            "id": self.id, "provider": PROVIDER, "model": self.model, "object": "chat.completion",
            "created": self.created,
            "choices": [{
                "logprobs": null, "finish_reason": "stop", "native_finish_reason": "STOP", "index": 0,
                "message": {"role": "assistant", "content": text, "refusal": null, "reasoning": null},
            }],
            "usage": usage(prompt_tokens, completion_tokens),
        })
    }

    fn chunk(&self, choices: &Value) -> Value {
        json!({
            "id": self.id, "provider": PROVIDER, "model": self.model, "object": "chat.completion.chunk",
            "created": self.created, "choices": choices,
        })
    }
}

fn choice(delta: Value, finish: Option<&str>) -> Value {
    let native = finish.map(str::to_uppercase);
    json!({"index": 0, "delta": delta, "finish_reason": finish, "native_finish_reason": native, "logprobs": null})
}

fn usage(prompt_tokens: usize, completion_tokens: usize) -> Value {
    json!({
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
        "cost": cost(prompt_tokens, completion_tokens),
        "is_byok": false,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "image_tokens": 0},
        "cost_details": {"upstream_inference_cost": null},
    })
}

#[expect(clippy::cast_precision_loss, reason = "a price in JSON is a number of this precision")]
fn cost(prompt_tokens: usize, completion_tokens: usize) -> f64 {
    let nano = prompt_tokens as u64 * PROMPT_PRICE + completion_tokens as u64 * COMPLETION_PRICE;
    nano as f64 / 1e9
}

pub(super) fn error(code: i64, message: &str) -> Value {
    json!({"error": {"code": code, "message": message, "metadata": null}})
}

/// The answer to `GET /models`.
pub(super) fn models(ids: &[String]) -> Value {
    let data: Vec<Value> = ids.iter().map(|id| model(id)).collect();
    json!({"total_count": data.len(), "data": data})
}

fn model(id: &str) -> Value {
    json!({
        "id": id, "canonical_slug": id, "name": id, "created": 1_750_000_000, "description": "",
        "context_length": 1_048_576,
        "architecture": {
            "input_modalities": ["text", "image"], "output_modalities": ["text"], "tokenizer": "Gemini",
            "instruct_type": null,
        },
        "pricing": {"prompt": "0.0000003", "completion": "0.0000025", "request": "0", "image": "0"},
        "top_provider": {"context_length": 1_048_576, "max_completion_tokens": 65_535, "is_moderated": false},
        "supported_parameters": ["max_tokens", "stop", "temperature", "top_p"],
        "per_request_limits": null, "expiration_date": null,
    })
}

/// The answer to `GET /key`.
pub(super) fn key() -> Value {
    json!({"data": {
        "label": "sk-or-v1-emb...edded", "limit": null, "limit_remaining": null, "limit_reset": null,
        "usage": 0, "usage_daily": 0, "usage_weekly": 0, "usage_monthly": 0,
        "is_free_tier": false, "is_management_key": false, "expires_at": null,
    }})
}
