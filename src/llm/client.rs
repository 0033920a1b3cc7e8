//! One request to one server, up to the head of its answer.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{RequestBuilder, Response};
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::time::timeout;

use super::failure::Failure;
use super::generation::{self, Generation, Unsettled};
use super::settings::{Flavour, Server};
use super::stream::Stream;
use super::trouble::{self, Head, Refusal};

/// How Prism names itself to OpenRouter, and among which applications.
const ABOUT: [(HeaderName, HeaderValue); 3] = [
    (HeaderName::from_static("x-openrouter-title"), HeaderValue::from_static("Prism")),
    (HeaderName::from_static("x-openrouter-categories"), HeaderValue::from_static("roleplay,general-chat")),
    // How many providers it tried, and which.
    (HeaderName::from_static("x-openrouter-metadata"), HeaderValue::from_static("enabled")),
];

/// OpenRouter's own name for it: not the header that browsers send.
const APP_URL: HeaderName = HeaderName::from_static("http-referer");

const GENERATION_ID: &str = "x-generation-id";

/// The most of an error's body that is read, in bytes.
const MAX_ERROR_BODY: usize = 64 * 1024;
/// The most of a reply that comes whole, in bytes.
const MAX_WHOLE_BODY: usize = 1024 * 1024;
/// How long the body of an error may take: its status alone says most.
const ERROR_BODY_PATIENCE: Duration = Duration::from_secs(2);
/// How long the cost of a generation may take to be told.
const COST_PATIENCE: Duration = Duration::from_secs(10);

/// Speaks to one server.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    base_url: String,
    flavour: Flavour,
    /// What every request says of its sender.
    headers: HeaderMap,
    key: Option<HeaderValue>,
}

impl Client {
    pub(super) fn new(server: &Server, app_url: Option<&str>, http: reqwest::Client) -> Self {
        let base_url = server.base_url.trim_end_matches('/').to_owned();
        let (flavour, key) = (server.flavour(), authorization(server));
        let headers = headers(flavour, key.as_ref(), app_url);
        Self { http, base_url, flavour, headers, key }
    }

    pub(super) fn flavour(&self) -> Flavour {
        self.flavour
    }

    /// `Authorization`, marked as sensitive; `None` without a key.
    pub(super) fn key(&self) -> Option<HeaderValue> {
        self.key.clone()
    }

    /// Sends the body of a completion and waits for the head of the answer.
    ///
    /// # Errors
    /// When no answer comes, or one that is an error or no completion at all.
    pub(super) async fn send(self: Arc<Self>, body: Vec<u8>) -> Result<Stream, Refusal> {
        let sent = self.completion().body(body).send().await;
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
            Kind::Page => Err(Failure::Garbled.into()),
        }
    }

    /// Asks what a generation cost.
    ///
    /// # Errors
    /// When that is not known yet, or will never be said.
    pub(super) async fn cost(&self, generation: &str) -> Result<Generation, Unsettled> {
        if self.flavour != Flavour::OpenRouter {
            return Err(Unsettled::Never);
        }
        generation::fetch(&self.http, &self.base_url, self.key.as_ref(), generation, COST_PATIENCE).await
    }

    fn completion(&self) -> RequestBuilder {
        self.http.post(format!("{}/chat/completions", self.base_url)).headers(self.headers.clone())
    }
}

fn authorization(server: &Server) -> Option<HeaderValue> {
    let key = server.api_key.as_ref()?;
    let mut value = HeaderValue::try_from(format!("Bearer {}", key.expose_secret().trim())).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn headers(flavour: Flavour, key: Option<&HeaderValue>, app_url: Option<&str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(key) = key {
        headers.insert(AUTHORIZATION, key.clone());
    }
    if flavour == Flavour::OpenRouter {
        headers.extend(ABOUT);
        if let Some(app) = app_url.and_then(|app| HeaderValue::from_str(app).ok()) {
            headers.insert(APP_URL, app);
        }
    }
    headers
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

async fn refused(response: Response) -> Refusal {
    let head = Head {
        status: Some(response.status().as_u16()),
        retry_after: trouble::retry_after(text(response.headers(), RETRY_AFTER.as_str())),
    };
    let body = timeout(ERROR_BODY_PATIENCE, bounded(response, MAX_ERROR_BODY)).await.ok().flatten();
    let body = body.and_then(|body| serde_json::from_slice(&body).ok());
    trouble::refusal(head, &body.unwrap_or(Value::Null))
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
