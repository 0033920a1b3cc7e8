//! The JSON of answers, in each dialect.

use serde_json::{Value, json};

use super::dialect::{Dialect, Role};
use super::price::{Counts, Tariff, dollars};
use crate::status::now_ms;

/// The provider that answers name where nothing else is said.
pub(super) const PROVIDER: &str = "Embedded";

/// What all chunks of one answer share.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) id: String,
    pub(super) dialect: Dialect,
    /// What was said about the attempts, for the last chunk; see [`super::desk`].
    pub(super) routing: Option<Value>,
    model: String,
    provider: String,
    created: u64,
    role_told: bool,
}

/// How an answer finishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finish {
    /// `None`: null.
    pub(super) reason: Option<String>,
    /// The provider's word for it.
    pub(super) native: Option<String>,
}

impl Finish {
    pub(super) fn new(reason: &str, native: &str) -> Self {
        Self { reason: Some(reason.to_owned()), native: Some(native.to_owned()) }
    }
}

impl Shape {
    pub(super) fn new(number: u64, model: &str, dialect: Dialect) -> Self {
        let created = now_ms() / 1000;
        let id = match dialect {
            Dialect::OpenRouter => format!("gen-{created}-{number:08}"),
            // Ollama draws from a thousand; here every draw is the same.
            Dialect::Ollama => "chatcmpl-404".to_owned(),
            _ => format!("chatcmpl-{created}-{number:08}"),
        };
        let (model, provider) = (model.to_owned(), PROVIDER.to_owned());
        Self { id, dialect, routing: None, model, provider, created, role_told: false }
    }

    #[must_use]
    pub(super) fn provided_by(self, provider: &str) -> Self {
        Self { provider: provider.to_owned(), ..self }
    }

    /// The chunk with the role alone, where the dialect has one.
    pub(super) fn opening(&self) -> Option<Value> {
        let Role::Apart(content) = self.dialect.role() else { return None };
        Some(self.chunk(json!([self.choice(json!({"role": "assistant", "content": content}), None)])))
    }

    /// A piece of text.
    pub(super) fn content(&mut self, text: &str) -> Value {
        let delta = self.delta(json!({ "content": text }));
        self.chunk(json!([self.choice(delta, None)]))
    }

    /// A piece of thought.
    pub(super) fn reasoning(&mut self, text: &str) -> Value {
        let mut delta = json!({});
        delta[self.dialect.reasoning_key()] = json!(text);
        if self.dialect.is_openrouter() {
            let details = json!([{"type": "reasoning.text", "text": text, "format": null, "index": 0}]);
            delta["reasoning_details"] = details;
            delta["content"] = json!("");
        }
        let delta = self.delta(delta);
        self.chunk(json!([self.choice(delta, None)]))
    }

    /// The finish, with the last piece of text where the dialect puts it there.
    pub(super) fn finish(&self, finish: &Finish, text: Option<&str>) -> Value {
        let delta = match (text, self.dialect) {
            (Some(text), _) => json!({ "content": text }),
            (None, Dialect::OpenRouter | Dialect::LmStudio) => json!({"role": "assistant", "content": ""}),
            (None, Dialect::Ollama | Dialect::Vllm) => json!({"content": ""}),
            _ => json!({}),
        };
        self.chunk(json!([self.choice(delta, Some(finish))]))
    }

    /// A chunk without choices, as its dialect writes that.
    pub(super) fn apart(&self) -> Value {
        let choices =
            if self.dialect == Dialect::LiteLlm { json!([{"index": 0, "delta": {}}]) } else { json!([]) };
        self.chunk(choices)
    }

    /// A chunk in which nothing is said or finished.
    pub(super) fn nothing(&self) -> Value {
        self.chunk(json!([self.choice(json!({"content": ""}), None)]))
    }

    /// A chunk that finishes with an error, which stands beside or in its choice.
    pub(super) fn failed(&self) -> Value {
        let finish = Finish { reason: Some("error".to_owned()), native: Some("ERROR".to_owned()) };
        self.chunk(json!([self.choice(json!({"content": ""}), Some(&finish))]))
    }

    /// More keys for the event of a chunk: for what is in no dialect.
    pub(super) fn with(&self, more: &Value) -> Value {
        let mut chunk = self.chunk(json!([]));
        for (key, value) in more.as_object().into_iter().flatten() {
            chunk[key] = value.clone();
        }
        chunk
    }

    /// The whole answer at once, without figures.
    pub(super) fn whole(&self, text: &str, thought: Option<&str>, finish: &Finish) -> Value {
        let mut message = json!({"role": "assistant", "content": text});
        if self.dialect.is_openrouter() {
            message["refusal"] = Value::Null;
            message["reasoning"] = Value::Null;
        }
        if let Some(thought) = thought {
            message[self.dialect.reasoning_key()] = json!(thought);
        }
        let mut choice = self.choice(Value::Null, Some(finish));
        if let Some(choice) = choice.as_object_mut() {
            choice.remove("delta");
            choice.insert("message".to_owned(), message);
        }
        let mut whole = self.chunk(json!([choice]));
        whole["object"] = json!("chat.completion");
        if self.dialect.is_openrouter() {
            whole["system_fingerprint"] = Value::Null;
        }
        whole
    }

    /// A whole answer that failed part-way.
    pub(super) fn failed_whole(&self) -> Value {
        self.whole("", None, &Finish::new("error", "ERROR"))
    }

    fn delta(&mut self, mut delta: Value) -> Value {
        let with_role = match self.dialect.role() {
            Role::Every => true,
            Role::First => !self.role_told,
            Role::Apart(_) => false,
        };
        self.role_told = true;
        if with_role {
            delta["role"] = json!("assistant");
        }
        delta
    }

    fn choice(&self, delta: Value, finish: Option<&Finish>) -> Value {
        let reason = finish.and_then(|finish| finish.reason.as_deref());
        let mut choice = json!({"index": 0, "delta": delta, "logprobs": null});
        if reason.is_some() || self.dialect != Dialect::LiteLlm {
            choice["finish_reason"] = json!(reason);
        }
        if self.dialect.is_openrouter() {
            choice["native_finish_reason"] = json!(finish.and_then(|finish| finish.native.as_deref()));
        }
        choice
    }

    fn chunk(&self, choices: Value) -> Value {
        let mut chunk = json!({
            "id": self.id, "model": self.model, "object": "chat.completion.chunk", "created": self.created,
            "choices": choices,
        });
        if self.dialect.is_openrouter() {
            chunk["provider"] = json!(self.provider);
        }
        chunk
    }
}

/// The figures of an answer.
pub(super) fn usage(dialect: Dialect, counts: &Counts, tariff: &Tariff) -> Value {
    let mut usage = json!({
        "prompt_tokens": counts.prompt,
        "completion_tokens": counts.completion(),
        "total_tokens": counts.prompt + counts.completion(),
    });
    if matches!(dialect, Dialect::OpenRouter | Dialect::OpenAi | Dialect::LlamaCpp) {
        usage["prompt_tokens_details"] = json!({"cached_tokens": counts.cached, "audio_tokens": 0});
    }
    if dialect.is_openrouter() {
        usage["completion_tokens_details"] = json!({"reasoning_tokens": counts.thought, "image_tokens": 0});
        usage["cost"] = json!(dollars(tariff.cost(counts)));
        usage["is_byok"] = json!(false);
        usage["cost_details"] = json!({
            "upstream_inference_cost": null,
            "upstream_inference_prompt_cost": dollars(tariff.prompt_cost(counts)),
            "upstream_inference_completions_cost": dollars(tariff.completion_cost(counts)),
        });
    }
    usage
}

/// What llama.cpp tells of its pace.
pub(super) fn timings(counts: &Counts) -> Value {
    json!({
        "prompt_n": counts.prompt, "prompt_ms": 1.0, "predicted_n": counts.completion(), "predicted_ms": 1.0,
        "cache_n": counts.cached,
    })
}
