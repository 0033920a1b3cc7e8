//! How servers differ that all call themselves OpenAI-compatible (`openrouter.md`, section 8).

use serde_json::{Value, json};

/// The way of one server. The path chooses between the first two; an answer may be spoken in any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    OpenRouter,
    /// The plain shape, as small servers copy it.
    OpenAi,
    /// Ids repeat, the role comes once, and a failure is an end without a word.
    Ollama,
    /// Bare colons as signs of life, `timings`, thought under `reasoning_content`.
    LlamaCpp,
    /// The last text shares the chunk of the finish; a failure is followed by `[DONE]`.
    Vllm,
    /// A failure is an event named `error`.
    LmStudio,
    /// No `finish_reason` before the finish; error codes are strings.
    LiteLlm,
}

/// Where the role of a message stands in its chunks.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Role {
    Every,
    First,
    /// In a chunk of its own before the text, with this content.
    Apart(Value),
}

impl Dialect {
    /// All of them, for tests that go through them.
    pub const ALL: [Self; 7] = [
        Self::OpenRouter,
        Self::OpenAi,
        Self::Ollama,
        Self::LlamaCpp,
        Self::Vllm,
        Self::LmStudio,
        Self::LiteLlm,
    ];

    pub(super) fn is_openrouter(self) -> bool {
        self == Self::OpenRouter
    }

    /// The sign of life while a model starts.
    pub(super) fn keep_alive(self) -> Option<&'static str> {
        match self {
            Self::OpenRouter => Some(": OPENROUTER PROCESSING\n\n"),
            Self::LlamaCpp => Some(":\n\n"),
            _ => None,
        }
    }

    pub(super) fn reasoning_key(self) -> &'static str {
        match self {
            Self::OpenRouter | Self::Ollama | Self::Vllm => "reasoning",
            _ => "reasoning_content",
        }
    }

    pub(super) fn role(self) -> Role {
        match self {
            Self::OpenRouter | Self::LmStudio => Role::Every,
            Self::Ollama | Self::LiteLlm => Role::First,
            Self::OpenAi | Self::Vllm => Role::Apart(json!("")),
            Self::LlamaCpp => Role::Apart(Value::Null),
        }
    }

    /// The body of an error with this status or code.
    pub(super) fn error(self, code: i64, message: &str) -> Value {
        let error = match self {
            Self::OpenRouter => json!({"code": code, "message": message, "metadata": null}),
            Self::OpenAi | Self::Ollama => {
                json!({"message": message, "type": "api_error", "param": null, "code": null})
            }
            Self::LlamaCpp => json!({"code": code, "message": message, "type": "server_error"}),
            Self::Vllm => json!({"message": message, "type": "ServerError", "param": null, "code": code}),
            Self::LmStudio => json!(message),
            Self::LiteLlm => {
                json!({"message": message, "type": null, "param": null, "code": code.to_string()})
            }
        };
        json!({ "error": error })
    }
}
