//! One piece of a completion as it stands on the wire, or a whole one. Everything is optional, and a field of another
//! type than expected counts as absent: servers add fields and values without notice.
//!
//! One pass, no copies: strings stay where they lie until somebody wants them.

use serde::de::{IgnoredAny, MapAccess};
use serde_json::value::RawValue;

use super::cost::nano_usd;
use super::report::Usage;
use super::shape::{List, Object, Shape, skip};

/// A value as it stands on the wire.
pub(super) type Raw<'a> = Option<&'a RawValue>;

#[derive(Default)]
pub(super) struct Chunk<'a> {
    pub(super) id: Raw<'a>,
    pub(super) model: Raw<'a>,
    pub(super) provider: Raw<'a>,
    pub(super) choice: Option<Choice<'a>>,
    pub(super) figures: Option<Figures>,
    /// How many providers OpenRouter has asked for this answer.
    pub(super) upstream_attempts: Option<u32>,
    error: Raw<'a>,
    object: Raw<'a>,
}

/// The first choice; there is no other, as only one is asked for.
#[derive(Default)]
pub(super) struct Choice<'a> {
    pub(super) finish_reason: Raw<'a>,
    pub(super) native_finish_reason: Raw<'a>,
    delta: Option<Delta<'a>>,
    /// In place of `delta` in a completion that is not streamed.
    message: Option<Delta<'a>>,
    error: Raw<'a>,
}

/// What the model says. Its reasoning is not read: it is never shown.
#[derive(Default)]
pub(super) struct Delta<'a> {
    pub(super) content: Raw<'a>,
    refusal: Raw<'a>,
}

/// Tokens and money, as far as they were told.
#[derive(Clone, Copy, Default)]
pub(super) struct Figures {
    prompt: Option<u32>,
    cached: Option<u32>,
    completion: Option<u32>,
    reasoning: Option<u32>,
    cost_nano_usd: Option<i64>,
    /// The account at the provider is the operator's own: its bill comes beside the server's.
    own_account: bool,
    upstream_nano_usd: Option<i64>,
}

/// JSON that is no object.
pub(super) struct NoObject;

impl<'a> Chunk<'a> {
    /// # Errors
    /// When it is no JSON, or [`NoObject`].
    pub(super) fn read(json: &'a str) -> Result<Result<Self, NoObject>, serde_json::Error> {
        let object: Object<Self> = serde_json::from_str(json)?;
        Ok(object.0.ok_or(NoObject))
    }

    /// An error can stand beside choices that look well.
    pub(super) fn is_error(&self) -> bool {
        let broken = self.choice.as_ref().is_some_and(|choice| is_told(choice.error));
        broken || is_told(self.error) || self.object.is_some_and(|object| object.get() == "\"error\"")
    }
}

impl<'a> Choice<'a> {
    pub(super) fn said(&self) -> Option<&Delta<'a>> {
        self.delta.as_ref().or(self.message.as_ref())
    }
}

impl Delta<'_> {
    /// The model says that it will not answer.
    pub(super) fn is_refusal(&self) -> bool {
        is_told(self.refusal)
    }
}

impl Figures {
    /// What is told later counts more; what is not told again stands.
    pub(super) fn update(&mut self, later: Self) {
        let Self { prompt, cached, completion, reasoning, cost_nano_usd, own_account, upstream_nano_usd } =
            later;
        self.prompt = prompt.or(self.prompt);
        self.cached = cached.or(self.cached);
        self.completion = completion.or(self.completion);
        self.reasoning = reasoning.or(self.reasoning);
        self.cost_nano_usd = cost_nano_usd.or(self.cost_nano_usd);
        self.own_account |= own_account;
        self.upstream_nano_usd = upstream_nano_usd.or(self.upstream_nano_usd);
    }

    fn cost(&self) -> Option<i64> {
        let upstream = self.upstream_nano_usd.filter(|_| self.own_account).unwrap_or_default();
        self.cost_nano_usd.map(|cost| cost.saturating_add(upstream))
    }

    /// `None` when there is no figure at all, as in the empty object that some servers send.
    pub(super) fn usage(&self) -> Option<Usage> {
        if self.prompt.is_none() && self.completion.is_none() && self.cost_nano_usd.is_none() {
            return None;
        }
        Some(Usage {
            prompt_tokens: self.prompt.unwrap_or_default(),
            cached_tokens: self.cached.unwrap_or_default(),
            completion_tokens: self.completion.unwrap_or_default(),
            reasoning_tokens: self.reasoning.unwrap_or_default(),
            cost_nano_usd: self.cost(),
        })
    }
}

/// The texts of a content in parts. Parts of other kinds are no text for people.
pub(super) fn texts(parts: &str) -> Vec<&RawValue> {
    let parts: List<Object<Part<'_>>> = serde_json::from_str(parts).unwrap_or_default();
    let shown = |kind: Raw<'_>| kind.is_none_or(|kind| matches!(kind.get(), "\"text\"" | "\"output_text\""));
    let parts = parts.into_iter().filter_map(|part| part.0);
    parts.filter(|part| shown(part.kind)).filter_map(|part| part.text).collect()
}

#[derive(Default)]
struct Part<'a> {
    kind: Raw<'a>,
    text: Raw<'a>,
}

/// Neither missing nor empty.
fn is_told(value: Raw<'_>) -> bool {
    value.is_some_and(|value| !matches!(value.get(), "null" | "false" | "\"\""))
}

fn count(value: &RawValue) -> Option<u32> {
    value.get().parse().ok()
}

impl<'de> Shape<'de> for Chunk<'de> {
    fn member<M: MapAccess<'de>>(&mut self, name: &str, map: &mut M) -> Result<(), M::Error> {
        match name {
            "choices" => {
                self.choice = map.next_value::<List<Object<_>>>()?.first().and_then(|choice| choice.0);
            }
            "id" => self.id = Some(map.next_value()?),
            "model" => self.model = Some(map.next_value()?),
            "provider" => self.provider = Some(map.next_value()?),
            "object" => self.object = Some(map.next_value()?),
            "error" => self.error = Some(map.next_value()?),
            "usage" => self.figures = map.next_value::<Object<Figures>>()?.0,
            "openrouter_metadata" => {
                self.upstream_attempts =
                    map.next_value::<Object<Route>>()?.0.and_then(|route| route.attempts);
            }
            _ => skip(map)?,
        }
        Ok(())
    }
}

impl<'de> Shape<'de> for Choice<'de> {
    fn member<M: MapAccess<'de>>(&mut self, name: &str, map: &mut M) -> Result<(), M::Error> {
        match name {
            "delta" => self.delta = map.next_value::<Object<_>>()?.0,
            "message" => self.message = map.next_value::<Object<_>>()?.0,
            "finish_reason" => self.finish_reason = Some(map.next_value()?),
            "native_finish_reason" => self.native_finish_reason = Some(map.next_value()?),
            "error" => self.error = Some(map.next_value()?),
            _ => skip(map)?,
        }
        Ok(())
    }
}

impl<'de> Shape<'de> for Delta<'de> {
    fn member<M: MapAccess<'de>>(&mut self, name: &str, map: &mut M) -> Result<(), M::Error> {
        match name {
            "content" => self.content = Some(map.next_value()?),
            "refusal" => self.refusal = Some(map.next_value()?),
            _ => skip(map)?,
        }
        Ok(())
    }
}

impl<'de> Shape<'de> for Part<'de> {
    fn member<M: MapAccess<'de>>(&mut self, name: &str, map: &mut M) -> Result<(), M::Error> {
        match name {
            "type" => self.kind = Some(map.next_value()?),
            "text" => self.text = Some(map.next_value()?),
            _ => skip(map)?,
        }
        Ok(())
    }
}

/// `usage` and the objects inside it, whose members have names of their own.
impl<'de> Shape<'de> for Figures {
    fn member<M: MapAccess<'de>>(&mut self, name: &str, map: &mut M) -> Result<(), M::Error> {
        match name {
            "prompt_tokens" => self.prompt = count(map.next_value()?),
            "completion_tokens" => self.completion = count(map.next_value()?),
            "cached_tokens" => self.cached = count(map.next_value()?),
            "reasoning_tokens" => self.reasoning = count(map.next_value()?),
            "prompt_tokens_details" | "completion_tokens_details" => {
                let details = map.next_value::<Object<Self>>()?.0.unwrap_or_default();
                self.cached = details.cached.or(self.cached);
                self.reasoning = details.reasoning.or(self.reasoning);
            }
            "cost" => self.cost_nano_usd = nano_usd(map.next_value::<&RawValue>()?.get()),
            "is_byok" => self.own_account = map.next_value::<&RawValue>()?.get() == "true",
            "upstream_inference_cost" => {
                self.upstream_nano_usd = nano_usd(map.next_value::<&RawValue>()?.get());
            }
            "cost_details" => {
                let details = map.next_value::<Object<Self>>()?.0.unwrap_or_default();
                self.upstream_nano_usd = details.upstream_nano_usd.or(self.upstream_nano_usd);
            }
            _ => skip(map)?,
        }
        Ok(())
    }
}

/// `openrouter_metadata`.
#[derive(Default)]
struct Route {
    attempts: Option<u32>,
}

impl<'de> Shape<'de> for Route {
    fn member<M: MapAccess<'de>>(&mut self, name: &str, map: &mut M) -> Result<(), M::Error> {
        match name {
            "attempts" => {
                let attempts = map.next_value::<List<IgnoredAny>>()?.len();
                self.attempts = u32::try_from(attempts).ok().filter(|attempts| *attempts > 0);
            }
            _ => skip(map)?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Chunk<'_> {
        Chunk::read(json).unwrap().unwrap_or_else(|_| panic!("{json}"))
    }

    fn usage(json: &str) -> Option<Usage> {
        read(json).figures.and_then(|figures| figures.usage())
    }

    #[test]
    fn an_error_is_seen_wherever_it_stands() {
        for json in [
            r#"{"error":{"code":502},"choices":[{"delta":{"content":"x"},"finish_reason":"error"}]}"#,
            r#"{"error":"it broke"}"#,
            r#"{"error":{}}"#,
            r#"{"object":"error","message":"x"}"#,
            r#"{"choices":[{"error":{"code":503}}]}"#,
        ] {
            assert!(read(json).is_error(), "{json}");
        }
        for json in [
            r#"{"error":null,"object":"chat.completion.chunk"}"#,
            r#"{"error":""}"#,
            r#"{"error":false,"choices":[{"error":null}]}"#,
            "{}",
        ] {
            assert!(!read(json).is_error(), "{json}");
        }
    }

    #[test]
    fn any_field_may_be_of_another_type() {
        for value in ["null", "1", "-1.5", "true", "\"x\"", "[]", "{}", "[1]", "[null]", "{\"a\":1}"] {
            for json in [
                format!(
                    r#"{{"id":{value},"model":{value},"provider":{value},"object":{value},"usage":{value},"openrouter_metadata":{value}}}"#
                ),
                format!(r#"{{"choices":{value},"new":{value}}}"#),
                format!(r#"{{"choices":[{value}]}}"#),
                format!(
                    r#"{{"choices":[{{"delta":{value},"message":{value},"finish_reason":{value},"logprobs":{value}}}]}}"#
                ),
                format!(
                    r#"{{"choices":[{{"delta":{{"content":{value},"tool_calls":{value},"x":{value}}}}}]}}"#
                ),
                format!(
                    r#"{{"usage":{{"prompt_tokens":{value},"cost":{value},"prompt_tokens_details":{value}}}}}"#
                ),
            ] {
                assert!(!read(&json).is_error(), "{json}");
            }
        }
    }

    #[test]
    fn what_is_no_object_is_told_from_what_is_no_json() {
        for json in ["[]", "null", "7", "\"x\""] {
            assert!(matches!(Chunk::read(json), Ok(Err(NoObject))), "{json}");
        }
        assert!(Chunk::read("it broke").is_err());
    }

    #[test]
    fn figures_are_read_as_far_as_they_are_told() {
        assert_eq!(usage(r#"{"usage":{}}"#), None);
        assert_eq!(usage(r#"{"usage":{"cost":"free","prompt_tokens":-1}}"#), None);
        let told = r#"{"usage":{"prompt_tokens":7,"prompt_tokens_details":{"cached_tokens":5,"audio_tokens":null},"completion_tokens":2,"completion_tokens_details":{"reasoning_tokens":1},"cost":0.00014,"cost_details":{"cost":9}}}"#;
        assert_eq!(
            usage(told),
            Some(Usage {
                prompt_tokens: 7,
                cached_tokens: 5,
                completion_tokens: 2,
                reasoning_tokens: 1,
                cost_nano_usd: Some(140_000),
            })
        );
    }

    #[test]
    fn later_figures_take_nothing_back() {
        let mut figures = Figures::default();
        for json in [
            r#"{"usage":{"prompt_tokens":7,"completion_tokens":1,"cost":"0.1"}}"#,
            r#"{"usage":{"completion_tokens":2,"prompt_tokens":null}}"#,
            r#"{"usage":{}}"#,
        ] {
            figures.update(read(json).figures.unwrap_or_default());
        }
        let usage = figures.usage().unwrap();
        assert_eq!(
            (usage.prompt_tokens, usage.completion_tokens, usage.cost_nano_usd),
            (7, 2, Some(100_000_000))
        );
    }

    #[test]
    fn the_providers_asked_are_counted() {
        let asked = |json| read(json).upstream_attempts;
        assert_eq!(
            asked(r#"{"openrouter_metadata":{"attempts":[{"provider":"a"},{"provider":"b"}]}}"#),
            Some(2)
        );
        assert_eq!(asked(r#"{"openrouter_metadata":{"attempts":[]}}"#), None);
        assert_eq!(asked(r#"{"openrouter_metadata":{"attempts":2}}"#), None);
    }

    #[test]
    fn the_texts_among_the_parts_are_read() {
        let parts = r#"[{"type":"text","text":"a"},{"type":"thinking","text":"x"},"y",{"text":"b"},{"type":"image_url"},null]"#;
        let texts: Vec<_> = texts(parts).iter().map(|text| text.get()).collect();
        assert_eq!(texts, ["\"a\"", "\"b\""]);
        assert!(super::texts("\"a\"").is_empty());
    }

    #[test]
    fn on_an_account_of_ones_own_the_providers_bill_counts_too() {
        for (byok, cost) in [("true", 5_140_000), ("false", 140_000)] {
            let json = format!(
                r#"{{"usage":{{"cost":0.00014,"is_byok":{byok},"cost_details":{{"upstream_inference_cost":0.005}}}}}}"#
            );
            assert_eq!(read(&json).figures.unwrap().usage().unwrap().cost_nano_usd, Some(cost), "{byok}");
        }
    }
}
