//! What the server is to answer: text, pace, and what goes wrong.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

/// One scripted answer.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// `None`: spoken in character from the examples in the request.
    pub(super) text: Option<String>,
    /// Before the first token; `None`: as the server's settings say.
    pub(super) first_token: Option<Duration>,
    pub(super) tokens_per_second: Option<f64>,
    pub(super) fault: Option<Fault>,
    pub(super) gate: Option<Gate>,
}

/// What goes wrong with an answer. Positions are characters of its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An error instead of a stream. An empty body is sent empty, anything else as JSON.
    Status { status: u16, body: String, retry_after: Option<String> },
    /// A head of status 200 with this type, this body, and no word of the answer's own.
    Raw { content_type: String, body: String },
    /// The request is read and never answered.
    Mute,
    /// A comment and some reasoning, then nothing more.
    Silent,
    /// It stops there and keeps the connection.
    Stall(usize),
    /// The connection breaks there.
    CutAfter(usize),
    /// The body ends there, in good order but without a finish.
    EndAfter(usize),
    /// An error event comes there, with this code.
    ErrorAfter(usize, i64),
    /// It finishes well, without a word.
    Empty,
    /// It finishes well, but the body does not end.
    Linger,
    /// An event that is no JSON.
    Garbage,
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

    /// An error of this status with a body as OpenRouter gives it.
    pub fn status(status: u16) -> Self {
        let body = super::shape::error(i64::from(status), "scripted").to_string();
        Self::text("").fault(Fault::Status { status, body, retry_after: None })
    }

    /// This body under this content type, with status 200.
    pub fn raw(content_type: &str, body: impl Into<String>) -> Self {
        Self::text("").fault(Fault::Raw { content_type: content_type.to_owned(), body: body.into() })
    }

    /// This body as an event stream.
    pub fn events(body: impl Into<String>) -> Self {
        Self::raw("text/event-stream", body)
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
