//! An error instead of an answer: status, headers and body, as OpenRouter and others give them.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::availability::Availability;
use super::dialect::Dialect;

const CONTEXT_LENGTH: &str = "context_length_exceeded";
const WAY_OUT: &str = "To increase, visit https://openrouter.ai/settings/credits";

/// An error with its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    status: u16,
    headers: Vec<(String, String)>,
    content: Content,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Content {
    /// Written as the dialect does.
    Spoken(Box<Spoken>),
    /// These words under this type.
    Given { content_type: Option<String>, body: String },
}

/// What is said; only OpenRouter has more than a message.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Spoken {
    message: String,
    metadata: Value,
    availability: Option<Availability>,
    user_id: Option<String>,
}

impl Refusal {
    /// In the words of the dialect.
    pub fn new(status: u16) -> Self {
        let message = "scripted".to_owned();
        let spoken = Spoken { message, metadata: Value::Null, availability: None, user_id: None };
        Self { status, headers: Vec::new(), content: Content::Spoken(Box::new(spoken)) }
    }

    #[must_use]
    pub fn saying(self, message: &str) -> Self {
        self.with(|spoken| message.clone_into(&mut spoken.message))
    }

    #[must_use]
    pub fn metadata(self, value: Value) -> Self {
        self.with(|spoken| spoken.metadata = value)
    }

    #[must_use]
    pub fn available(self, availability: Availability) -> Self {
        self.with(|spoken| spoken.availability = Some(availability))
    }

    /// Tells the id of the account, as some errors do.
    #[must_use]
    pub fn user_id(self, id: &str) -> Self {
        self.with(|spoken| spoken.user_id = Some(id.to_owned()))
    }

    /// A body that is given stays as it is.
    fn with(mut self, edit: impl FnOnce(&mut Spoken)) -> Self {
        if let Content::Spoken(spoken) = &mut self.content {
            edit(spoken);
        }
        self
    }

    /// What a provider said, which OpenRouter hands on in `metadata.raw`.
    #[must_use]
    pub fn raw(self, raw: &str) -> Self {
        self.saying("Provider returned error").metadata(json!({"raw": raw, "provider_name": "Embedded"}))
    }

    /// This body under this type; none: no type is named.
    #[must_use]
    pub fn body(self, content_type: Option<&str>, body: impl Into<String>) -> Self {
        let content_type = content_type.map(str::to_owned);
        Self { content: Content::Given { content_type, body: body.into() }, ..self }
    }

    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.json_text(body.to_string())
    }

    /// A page, as a proxy gives it.
    #[must_use]
    pub fn html(self) -> Self {
        let page = format!("<html><head><title>{0}</title></head><body>{0}</body></html>", self.status);
        self.body(Some("text/html"), page)
    }

    #[must_use]
    pub fn plain(self, text: &str) -> Self {
        self.body(Some("text/plain"), text)
    }

    #[must_use]
    pub fn empty(self) -> Self {
        self.body(None, "")
    }

    /// Blank lines before what stands there now, as OpenRouter's own dialect writes it.
    #[must_use]
    pub fn after_blank_lines(self) -> Self {
        let body = format!("\n\n   \n{}", self.text(Dialect::OpenRouter, None));
        self.json_text(body)
    }

    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Seconds, a date, or nonsense.
    #[must_use]
    pub fn retry_after(self, value: &str) -> Self {
        self.header(RETRY_AFTER.as_str(), value)
    }

    pub(super) fn json_text(self, body: String) -> Self {
        self.body(Some("application/json"), body)
    }

    pub(super) fn status(&self) -> u16 {
        self.status
    }

    /// Whether OpenRouter tries the next of `models` after it.
    pub(super) fn moves_on(&self) -> bool {
        match self.status {
            403 | 404 | 408 | 429 | 500..=599 => true,
            400 => self.text(Dialect::OpenRouter, None).contains(CONTEXT_LENGTH),
            _ => false,
        }
    }

    /// As it goes out. `routing` is what OpenRouter was asked to tell about its attempts.
    pub(super) fn response(&self, dialect: Dialect, routing: Option<&Value>) -> Response {
        let mut response = Response::new(Body::from(self.text(dialect, routing)));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        let content_type = match &self.content {
            Content::Spoken(_) => Some("application/json"),
            Content::Given { content_type, .. } => content_type.as_deref(),
        };
        if let Some(content_type) = content_type.and_then(|name| HeaderValue::from_str(name).ok()) {
            headers.insert(CONTENT_TYPE, content_type);
        }
        for (name, value) in &self.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
                headers.append(name, value);
            }
        }
        response
    }

    fn text(&self, dialect: Dialect, routing: Option<&Value>) -> String {
        match &self.content {
            Content::Given { body, .. } => body.clone(),
            Content::Spoken(spoken) => spoken.body(dialect, i64::from(self.status), routing).to_string(),
        }
    }
}

impl Spoken {
    fn body(&self, dialect: Dialect, code: i64, routing: Option<&Value>) -> Value {
        let mut body = dialect.error(code, &self.message);
        if !dialect.is_openrouter() {
            return body;
        }
        body["error"]["metadata"] = self.metadata.clone();
        if let Some(availability) = &self.availability {
            body["error"]["availability"] = availability.value();
        }
        if let Some(user_id) = &self.user_id {
            body["user_id"] = json!(user_id);
        }
        if let Some(routing) = routing {
            body["openrouter_metadata"] = routing.clone();
        }
        body
    }
}

/// Errors by what they mean.
impl Refusal {
    /// 400: the prompt is longer than the model's context, both in tokens.
    pub fn context_length(asked: usize, most: usize) -> Self {
        let message = format!(
            "This endpoint's maximum context length is {most} tokens. However, you requested about {asked} tokens."
        );
        Self::new(400).saying(&message).metadata(json!({"error_type": CONTEXT_LENGTH}))
    }

    /// 400: no such model.
    pub fn unknown_model(model: &str) -> Self {
        Self::new(400).saying(&format!("{model} is not a valid model ID"))
    }

    /// 402: the credit is enough for so many tokens only.
    pub fn can_only_afford(wanted: usize, affordable: usize) -> Self {
        Self::new(402).saying(&format!(
            "This request requires more credits, or fewer max_tokens. You requested up to {wanted} tokens, but can \
             only afford {affordable}. {WAY_OUT}"
        ))
    }

    /// 402: nothing is answered, not even by a free model.
    pub fn negative_balance() -> Self {
        Self::new(402).saying(&format!("Insufficient credits. Your balance is negative. {WAY_OUT}"))
    }

    /// 403: a moderator stopped this input.
    pub fn moderated(input: &str) -> Self {
        let metadata = json!({
            "reasons": ["violence"], "flagged_input": input, "provider_name": "Embedded", "model_slug": "embedded",
        });
        Self::new(403).saying("Your input was flagged").metadata(metadata)
    }

    /// 404: nobody offers the model; these are near it.
    pub fn no_endpoints(others: &[&str]) -> Self {
        Self::new(404).saying("No endpoints found").available(Availability::new("no_endpoints").or(others))
    }

    /// 404: the model has been withdrawn; these are near it.
    pub fn deprecated(others: &[&str]) -> Self {
        let availability = Availability::new("model_deprecated").or(others);
        Self::new(404).saying("This model is no longer available").available(availability)
    }

    /// 429: the provider's limit, with the seconds it names.
    pub fn upstream_limit(retry_after: impl Into<Option<u32>>) -> Self {
        let seconds = retry_after.into();
        let refusal = Self::new(429).available(Availability::new("capacity_exhausted").retryable(seconds));
        match seconds {
            Some(seconds) => refusal.retry_after(&seconds.to_string()),
            None => refusal,
        }
    }

    /// 429: the free requests of the day are used up.
    pub fn daily_cap() -> Self {
        let limits = json!({"X-RateLimit-Limit": "50", "X-RateLimit-Remaining": "0"});
        let metadata = json!({"limit_source": "openrouter_free_tier_daily", "headers": limits});
        Self::new(429).saying("Rate limit exceeded: free-models-per-day").metadata(metadata)
    }
}
