//! `GET /models`, page after page.

use std::fmt;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Client, Response, Url};
use thiserror::Error;
use tokio::time::timeout;

use super::listing::{self, Listed, Page, Terms};

/// The most that is read of all pages together, in bytes.
const MAX_BODY: usize = 32 * 1024 * 1024;
const MAX_PAGES: usize = 20;
/// The most models that are kept.
pub(super) const MAX_MODELS: usize = 20_000;

/// A server whose models are listed.
#[derive(Clone)]
pub(in crate::llm) struct Source {
    /// As models of it are addressed, `name/model`. Empty: the default server.
    pub name: String,
    /// Everything before `/models`.
    pub base_url: String,
    pub http: Client,
    /// `Authorization`, marked as sensitive.
    pub key: Option<HeaderValue>,
    /// Lists what OpenRouter lists.
    pub openrouter: bool,
    /// Costs nothing: one's own.
    pub free: bool,
}

impl Source {
    pub(super) fn terms(&self) -> Terms {
        Terms { openrouter: self.openrouter, free: self.free }
    }

    /// How a person tells this server from others. Without what a URL may hold of a login.
    pub(super) fn label(&self) -> String {
        if !self.name.is_empty() {
            return self.name.clone();
        }
        Url::parse(&self.base_url).map_or_else(|_| "default".to_owned(), |url| origin(&url))
    }

    /// What a list on disk must have been read from to be of use. Without what a URL may hold of a login.
    pub(super) fn identity(&self) -> String {
        let place = Url::parse(&self.base_url).map(|url| format!("{}{}", origin(&url), url.path()));
        let Terms { openrouter, free } = self.terms();
        format!("{} openrouter={openrouter} free={free}", place.unwrap_or_default().trim_end_matches('/'))
    }

    /// A model of this server, as it is configured.
    pub(super) fn address(&self, model: &str) -> String {
        if self.name.is_empty() { model.to_owned() } else { format!("{}/{model}", self.name) }
    }
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

impl fmt::Debug for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Source").field("server", &self.label()).finish_non_exhaustive()
    }
}

/// Why there is no new list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum Trouble {
    #[error("the server cannot be reached")]
    Unreachable,
    #[error("the server did not answer in time")]
    Silent,
    #[error("the server answered with status {0}")]
    Refused(u16),
    #[error("the answer is larger than {MAX_BODY} bytes")]
    TooLarge,
    #[error("the answer broke off")]
    BrokenOff,
    #[error("the answer is no list of models")]
    Garbled,
}

#[derive(Debug, Default)]
pub(super) struct List {
    /// In no order.
    pub(super) models: Vec<Listed>,
    /// Whether nothing was left out.
    pub(super) is_complete: bool,
}

/// Everything that the server lists. `limit` is for all pages together.
pub(super) async fn list(source: &Source, limit: Duration) -> Result<List, Trouble> {
    let found = timeout(limit, pages(source)).await.unwrap_or(Err(Trouble::Silent))?;
    // A hiccup: it has hundreds, and without prices nothing can be bounded.
    if source.openrouter && found.models.is_empty() { Err(Trouble::Garbled) } else { Ok(found) }
}

async fn pages(source: &Source) -> Result<List, Trouble> {
    let start = format!("{}/models", source.base_url.trim_end_matches('/'));
    let mut url = Url::parse(&start).map_err(|_| Trouble::Unreachable)?;
    let mut list = List::default();
    let mut room = MAX_BODY;
    for _ in 0..MAX_PAGES {
        let Page { models, next } = page(source, &url, &mut room, MAX_MODELS - list.models.len()).await?;
        list.models.extend(models);
        let Some(next) = next else {
            list.is_complete = list.models.len() < MAX_MODELS;
            return Ok(list);
        };
        // The key goes nowhere else.
        match url.join(&next) {
            Ok(next) if next.origin() == url.origin() => url = next,
            _ => return Ok(list),
        }
    }
    Ok(list)
}

async fn page(source: &Source, url: &Url, room: &mut usize, models: usize) -> Result<Page, Trouble> {
    let mut request = source.http.get(url.clone());
    if let Some(key) = &source.key {
        request = request.header(AUTHORIZATION, key);
    }
    let response = request.send().await.map_err(|error| unanswered(&error))?;
    if !response.status().is_success() {
        return Err(Trouble::Refused(response.status().as_u16()));
    }
    let body = whole(response, *room).await.map_err(|unread| match unread {
        Unread::TooLarge => Trouble::TooLarge,
        Unread::BrokenOff => Trouble::BrokenOff,
    })?;
    *room -= body.len();
    let json = std::str::from_utf8(&body).map_err(|_| Trouble::Garbled)?;
    listing::read(json, source.terms(), models).ok_or(Trouble::Garbled)
}

fn unanswered(error: &reqwest::Error) -> Trouble {
    if error.is_timeout() {
        Trouble::Silent
    } else if error.is_connect() || error.is_builder() {
        Trouble::Unreachable
    } else {
        Trouble::BrokenOff
    }
}

/// Why a body is not there whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::llm) enum Unread {
    TooLarge,
    BrokenOff,
}

/// The whole body, of at most `limit` bytes.
pub(in crate::llm) async fn whole(mut response: Response, limit: usize) -> Result<Vec<u8>, Unread> {
    let mut body = Vec::new();
    while let Some(bytes) = response.chunk().await.map_err(|_| Unread::BrokenOff)? {
        if body.len() + bytes.len() > limit {
            return Err(Unread::TooLarge);
        }
        body.extend_from_slice(&bytes);
    }
    Ok(body)
}
