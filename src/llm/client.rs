//! One request for one model, up to the head of its answer.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{RequestBuilder, Response};
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::time::timeout;

use super::failure::Failure;
use super::request::Request;
use super::settings::{Flavour, Settings};
use super::stream::Stream;
use super::trouble::{self, Head};
use super::wire::{Body, Dialect, Routing, StreamOptions};

/// How Prism names itself to OpenRouter. It has no page of its own that a referer could point at.
const TITLE: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-openrouter-title"), HeaderValue::from_static("Prism"));

const GENERATION_ID: &str = "x-generation-id";

/// The most of an error's body that is read, in bytes.
const MAX_ERROR_BODY: usize = 64 * 1024;
/// The most of a reply that comes whole, in bytes.
const MAX_WHOLE_BODY: usize = 1024 * 1024;
/// How long the body of an error may take: its status alone says most.
const ERROR_BODY_PATIENCE: Duration = Duration::from_secs(2);

/// Speaks to one server.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    settings: Settings,
    flavour: Flavour,
    url: String,
    /// `Authorization`, marked as sensitive; `None` without a key.
    key: Option<HeaderValue>,
}

impl Client {
    pub(super) fn new(settings: Settings, http: reqwest::Client) -> Self {
        let flavour = settings.flavour.unwrap_or_else(|| Flavour::of(&settings.base_url));
        let url = format!("{}/chat/completions", settings.base_url.trim_end_matches('/'));
        let key = settings.api_key.as_ref().and_then(|key| {
            let mut value = HeaderValue::try_from(format!("Bearer {}", key.expose_secret().trim())).ok()?;
            value.set_sensitive(true);
            Some(value)
        });
        Self { http, settings, flavour, url, key }
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Asks one model.
    ///
    /// # Errors
    /// When no answer comes, or one that is an error or no completion at all.
    pub(super) async fn send(&self, model: &str, request: &Request) -> Result<Stream, Failure> {
        let body = serde_json::to_vec(&self.body(model, request)).map_err(|_| Failure::Garbled)?;
        let sent = self.request().body(body).send().await;
        let response = sent.map_err(|error| unanswered(&error))?;
        if !response.status().is_success() {
            return Err(refused(response).await);
        }
        let id = text(response.headers(), GENERATION_ID).map(str::to_owned);
        match Kind::of(response.headers()) {
            Kind::Events => Ok(Stream::of_events(response, id)),
            Kind::Json => {
                let body = bounded(response, MAX_WHOLE_BODY).await.ok_or(Failure::Garbled)?;
                Ok(Stream::of_whole(&body, id))
            }
            Kind::Page => Err(Failure::Garbled),
        }
    }

    fn request(&self) -> RequestBuilder {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(key) = &self.key {
            headers.insert(AUTHORIZATION, key.clone());
        }
        if self.flavour == Flavour::OpenRouter {
            headers.extend([TITLE]);
        }
        self.http.post(&self.url).headers(headers)
    }

    fn body<'a>(&self, model: &'a str, request: &'a Request) -> Body<'a> {
        Body {
            model,
            messages: &request.messages,
            stream: true,
            max_tokens: request.max_tokens.unwrap_or(self.settings.max_tokens),
            temperature: request.temperature,
            top_p: request.top_p,
            user: request.user.as_deref(),
            dialect: self.dialect(request),
        }
    }

    fn dialect<'a>(&self, request: &'a Request) -> Dialect<'a> {
        match self.flavour {
            Flavour::OpenRouter => Dialect::OpenRouter {
                session_id: request.session.as_deref(),
                provider: self.settings.deny_data_collection.then_some(Routing { data_collection: "deny" }),
            },
            Flavour::OpenAi => Dialect::OpenAi { stream_options: StreamOptions { include_usage: true } },
        }
    }
}

/// What the head of an answer announces.
enum Kind {
    Events,
    Json,
    Page,
}

impl Kind {
    /// A server that names no type, or plain text, is taken to stream: the decoder finds out.
    fn of(headers: &HeaderMap) -> Self {
        let kind = text(headers, CONTENT_TYPE.as_str()).unwrap_or_default().to_ascii_lowercase();
        if kind.contains("json") {
            Self::Json
        } else if kind.contains("html") || kind.contains("xml") {
            Self::Page
        } else {
            Self::Events
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// No head came.
fn unanswered(error: &reqwest::Error) -> Failure {
    if error.is_connect() || error.is_builder() {
        Failure::Unreachable
    } else if error.is_timeout() {
        Failure::Silent
    } else {
        Failure::Interrupted
    }
}

async fn refused(response: Response) -> Failure {
    let head = Head {
        status: Some(response.status().as_u16()),
        retry_after: trouble::retry_after(text(response.headers(), RETRY_AFTER.as_str())),
    };
    let body = timeout(ERROR_BODY_PATIENCE, bounded(response, MAX_ERROR_BODY)).await.ok().flatten();
    let body = body.and_then(|body| serde_json::from_slice(&body).ok());
    trouble::refusal(head, &body.unwrap_or(Value::Null)).failure
}

/// The whole body; `None` when it is larger than `limit` or breaks off.
async fn bounded(mut response: Response, limit: usize) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(bytes) = response.chunk().await.ok()? {
        if body.len() + bytes.len() > limit {
            return None;
        }
        body.extend_from_slice(&bytes);
    }
    Some(body)
}
