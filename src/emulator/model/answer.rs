//! What the server is to answer: text, pace, and what goes wrong.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::dialect::Dialect;
use super::fault::Fault;
use super::framing::Framing;
use super::refusal::Refusal;
use super::shape::Finish;

/// One scripted answer.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// `None`: spoken in character from the examples in the request.
    pub(super) text: Option<String>,
    /// Thought before it is said.
    pub(super) thought: Option<String>,
    /// Before the first token; `None`: as the server's settings say.
    pub(super) first_token: Option<Duration>,
    pub(super) tokens_per_second: Option<f64>,
    pub(super) fault: Option<Fault>,
    pub(super) gate: Option<Gate>,
    /// `None`: that of the path.
    pub(super) dialect: Option<Dialect>,
    pub(super) framing: Vec<Framing>,
    /// `None`: `stop`.
    pub(super) finish: Option<Finish>,
    pub(super) finishes_twice: bool,
    /// `None`: as the dialect does.
    pub(super) placed: Option<Placed>,
    /// More events after the first token, of these keys.
    pub(super) amid: Vec<Value>,
    /// Tokens of the prompt that came from a cache.
    pub(super) cached: usize,
    /// `None`: the model that was asked.
    pub(super) model: Option<String>,
    pub(super) provider: Option<String>,
    pub(super) obeys_max_tokens: bool,
    pub(super) obeys_context: bool,
    /// Blank lines before the body, when it is not streamed.
    pub(super) padded: bool,
}

/// Where the usage stands in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// In a chunk of its own with no choices.
    Apart,
    /// In a chunk that repeats the finish.
    WithFinish,
    /// In a chunk whose choice finishes with null, after the finish.
    WithNull,
    OnFinish,
    Never,
    /// Its value is null.
    Null,
    /// It is an object without figures.
    Empty,
}

/// Holds an answer's tokens until a test lets them go. Clones are one gate.
#[derive(Clone, Debug)]
pub struct Gate {
    permits: Arc<Semaphore>,
}

impl Answer {
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), ..Self::default() }
    }

    /// What the server would say unscripted.
    pub fn in_character() -> Self {
        Self::default()
    }

    /// An error of this status with a body as the dialect gives it.
    pub fn status(status: u16) -> Self {
        Refusal::new(status).into()
    }

    /// This body under this content type, with status 200.
    pub fn raw(content_type: &str, body: impl Into<String>) -> Self {
        Self::text("").fault(Fault::Raw { content_type: content_type.to_owned(), body: body.into() })
    }

    /// This body as an event stream.
    pub fn events(body: impl Into<String>) -> Self {
        Self::raw("text/event-stream", body)
    }

    /// Status 200, and a body that is an error with this code.
    pub fn error_as_success(code: i64) -> Self {
        Self::raw("application/json", Dialect::OpenRouter.error(code, "scripted").to_string())
    }

    /// It thinks until its tokens are used up, and says nothing.
    pub fn only_thinks(thought: &str) -> Self {
        Self::text("").thinking(thought).finishing("length", "MAX_TOKENS")
    }

    /// Waits before the first token.
    #[must_use]
    pub fn after(self, first_token: Duration) -> Self {
        Self { first_token: Some(first_token), ..self }
    }

    #[must_use]
    pub fn paced(self, tokens_per_second: f64) -> Self {
        Self { tokens_per_second: Some(tokens_per_second), ..self }
    }

    #[must_use]
    pub fn fault(self, fault: Fault) -> Self {
        Self { fault: Some(fault), ..self }
    }

    /// Sends the head at once and no token before the gate lets it through.
    pub fn hold(self) -> (Self, Gate) {
        let gate = Gate { permits: Arc::new(Semaphore::new(0)) };
        (Self { gate: Some(gate.clone()), ..self }, gate)
    }

    /// In the way of this server, whatever the path.
    #[must_use]
    pub fn spoken(self, dialect: Dialect) -> Self {
        Self { dialect: Some(dialect), ..self }
    }

    /// Written in this way. May be said several times.
    #[must_use]
    pub fn framed(mut self, framing: Framing) -> Self {
        self.framing.push(framing);
        self
    }

    /// Thinks this, in one piece, before the first token.
    #[must_use]
    pub fn thinking(self, thought: &str) -> Self {
        Self { thought: Some(thought.to_owned()), ..self }
    }

    /// Finishes for this reason, with the provider's own word for it. Both may be empty.
    #[must_use]
    pub fn finishing(self, reason: &str, native: &str) -> Self {
        Self { finish: Some(Finish::new(reason, native)), ..self }
    }

    /// Sends the finish twice in a row.
    #[must_use]
    pub fn finishing_twice(self) -> Self {
        Self { finishes_twice: true, ..self }
    }

    /// Puts the usage there. For dialects that tell it on request only: also without one.
    #[must_use]
    pub fn usage(self, placed: Placed) -> Self {
        Self { placed: Some(placed), ..self }
    }

    /// Says that so many tokens of the prompt came from a cache.
    #[must_use]
    pub fn cached(self, tokens: usize) -> Self {
        Self { cached: tokens, ..self }
    }

    /// One more event after the first token: a chunk with these keys, `choices` empty where they are not among them.
    /// A body that is not streamed gets the keys itself.
    #[must_use]
    pub fn amid(mut self, keys: Value) -> Self {
        self.amid.push(keys);
        self
    }

    /// An event with an image of about so many bytes.
    #[must_use]
    pub fn with_image(self, bytes: usize) -> Self {
        let url = format!("data:image/png;base64,{}", "A".repeat(bytes));
        let delta = json!({"content": "", "images": [{"type": "image_url", "image_url": {"url": url}}]});
        self.amid(json!({"choices": [{"index": 0, "delta": delta, "finish_reason": null}]}))
    }

    /// Names this model as the one that answered.
    #[must_use]
    pub fn answered_by(self, model: &str) -> Self {
        Self { model: Some(model.to_owned()), ..self }
    }

    #[must_use]
    pub fn provided_by(self, provider: &str) -> Self {
        Self { provider: Some(provider.to_owned()), ..self }
    }

    /// Stops at the request's `max_tokens`.
    #[must_use]
    pub fn obeying_max_tokens(self) -> Self {
        Self { obeys_max_tokens: true, ..self }
    }

    /// Refuses a prompt that is longer than the model's context in the catalog.
    #[must_use]
    pub fn obeying_context(self) -> Self {
        Self { obeys_context: true, ..self }
    }

    /// Comes after blank lines, when it is not streamed.
    #[must_use]
    pub fn after_blank_lines(self) -> Self {
        Self { padded: true, ..self }
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        Self::text("").fault(Fault::Refused(refusal))
    }
}

/// For what takes an answer or none.
impl From<Refusal> for Option<Answer> {
    fn from(refusal: Refusal) -> Self {
        Some(refusal.into())
    }
}

impl Gate {
    /// Lets so many more tokens through; [`super::tokens`] says how a text is cut into them.
    pub fn release(&self, tokens: usize) {
        self.permits.add_permits(tokens.min(Semaphore::MAX_PERMITS - self.permits.available_permits()));
    }

    /// Lets everything through, now and later.
    pub fn open(&self) {
        self.permits.close();
    }

    pub(super) async fn pass(&self) {
        // An error means that the gate stands open.
        if let Ok(permit) = self.permits.acquire().await {
            permit.forget();
        }
    }
}
