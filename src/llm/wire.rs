//! The shapes on the wire. Everything a server sends is optional, and a field of another type than expected counts as
//! absent: servers add fields and values without notice.

use serde::de::Deserializer;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::cost::nano_usd;
use super::report::Usage;
use super::request::Message;

/// The body of a request for a completion.
#[derive(Serialize)]
pub(super) struct Body<'a> {
    pub(super) model: &'a str,
    pub(super) messages: &'a [Message],
    pub(super) stream: bool,
    pub(super) max_tokens: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user: Option<&'a str>,
    #[serde(flatten)]
    pub(super) dialect: Dialect<'a>,
}

/// The fields that only one kind of server is sent.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Dialect<'a> {
    OpenRouter {
        #[serde(skip_serializing_if = "Option::is_none")]
        session_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        provider: Option<Routing>,
    },
    OpenAi {
        stream_options: StreamOptions,
    },
}

/// Which providers OpenRouter may choose.
#[derive(Serialize)]
pub(super) struct Routing {
    pub(super) data_collection: &'static str,
}

#[derive(Serialize)]
pub(super) struct StreamOptions {
    pub(super) include_usage: bool,
}

/// One piece of a streamed completion, or a whole one.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Chunk {
    #[serde(deserialize_with = "lenient")]
    pub(super) error: Option<Value>,
    #[serde(deserialize_with = "lenient")]
    pub(super) object: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) model: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) provider: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) choices: Option<Vec<Choice>>,
    #[serde(deserialize_with = "lenient")]
    pub(super) usage: Option<WireUsage>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Choice {
    #[serde(deserialize_with = "lenient")]
    pub(super) delta: Option<Delta>,
    /// In place of `delta` in a completion that is not streamed.
    #[serde(deserialize_with = "lenient")]
    pub(super) message: Option<Delta>,
    #[serde(deserialize_with = "lenient")]
    pub(super) finish_reason: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) native_finish_reason: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) error: Option<Value>,
}

/// What the model says. Its reasoning is not read: it is never shown.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Delta {
    #[serde(deserialize_with = "lenient")]
    pub(super) content: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct WireUsage {
    #[serde(deserialize_with = "lenient")]
    prompt_tokens: Option<u32>,
    #[serde(deserialize_with = "lenient")]
    completion_tokens: Option<u32>,
    #[serde(deserialize_with = "lenient")]
    prompt_tokens_details: Option<PromptDetails>,
    #[serde(deserialize_with = "lenient")]
    completion_tokens_details: Option<CompletionDetails>,
    #[serde(deserialize_with = "lenient")]
    cost: Option<Box<RawValue>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PromptDetails {
    #[serde(deserialize_with = "lenient")]
    cached_tokens: Option<u32>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CompletionDetails {
    #[serde(deserialize_with = "lenient")]
    reasoning_tokens: Option<u32>,
}

impl WireUsage {
    /// `None` when it holds no figure at all, as the empty object that some servers send.
    pub(super) fn read(&self) -> Option<Usage> {
        let cost_nano_usd = self.cost.as_ref().and_then(|cost| nano_usd(cost.get()));
        if self.prompt_tokens.is_none() && self.completion_tokens.is_none() && cost_nano_usd.is_none() {
            return None;
        }
        let (prompt, completion) = (&self.prompt_tokens_details, &self.completion_tokens_details);
        Some(Usage {
            prompt_tokens: self.prompt_tokens.unwrap_or_default(),
            cached_tokens: prompt.as_ref().and_then(|details| details.cached_tokens).unwrap_or_default(),
            completion_tokens: self.completion_tokens.unwrap_or_default(),
            reasoning_tokens: completion
                .as_ref()
                .and_then(|details| details.reasoning_tokens)
                .unwrap_or_default(),
            cost_nano_usd,
        })
    }
}

/// Reads a field, or takes it as absent when it is null or of another type.
fn lenient<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let raw = <&'de RawValue>::deserialize(deserializer)?;
    Ok(serde_json::from_str::<Option<T>>(raw.get()).ok().flatten())
}
