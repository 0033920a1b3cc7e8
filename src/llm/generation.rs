//! What a generation cost, asked for afterwards: the figures of a stream that ended before it told them.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Response, Url};
use thiserror::Error;

use super::catalog::{Object, Unread, whole};
use super::cost::nano_usd;

/// The most of an answer that is read, in bytes.
const MAX_BODY: usize = 64 * 1024;
/// The longest name of a provider that is kept, in bytes.
const MAX_NAME: usize = 200;

/// The pauses before each time that a generation is asked for: its figures follow the end of the stream, at some
/// providers by minutes.
pub const PATIENCE: [Duration; 5] = [
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_secs(60),
    Duration::from_secs(300),
];

/// One generation as it was charged. Tokens are the provider's own, as its prices are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    /// Billionths of a US dollar.
    pub cost_nano_usd: i64,
    pub prompt_tokens: Option<u32>,
    pub completion_tokens: Option<u32>,
    pub reasoning_tokens: Option<u32>,
    pub cached_tokens: Option<u32>,
    pub provider: Option<String>,
    pub cancelled: Option<bool>,
}

/// Why the cost of a generation is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unsettled {
    /// Not written down yet, or the server cannot say now: worth asking again.
    #[error("its figures are not to be had yet")]
    NotYet,
    /// The server refuses, or answers with something else.
    #[error("its figures are not to be had")]
    Never,
}

/// Asks once. `timeout` is for the whole exchange.
///
/// # Errors
/// When the cost is not told, see [`Unsettled`].
pub(super) async fn fetch(
    http: &reqwest::Client,
    base_url: &str,
    key: Option<&HeaderValue>,
    id: &str,
    timeout: Duration,
) -> Result<Generation, Unsettled> {
    let mut url = Url::parse(&format!("{}/generation", base_url.trim_end_matches('/')))
        .map_err(|_| Unsettled::Never)?;
    url.query_pairs_mut().append_pair("id", id);
    let mut request = http.get(url);
    if let Some(key) = key {
        request = request.header(AUTHORIZATION, key);
    }
    let asked = async { read(request.send().await.map_err(|_| Unsettled::NotYet)?).await };
    tokio::time::timeout(timeout, asked).await.unwrap_or(Err(Unsettled::NotYet))
}

async fn read(response: Response) -> Result<Generation, Unsettled> {
    match response.status().as_u16() {
        200..=299 => {}
        // 401 to 403: the account may be in order again before patience ends.
        401..=404 | 408 | 425 | 429 | 500.. => return Err(Unsettled::NotYet),
        _ => return Err(Unsettled::Never),
    }
    let body = whole(response, MAX_BODY).await.map_err(|unread| match unread {
        Unread::TooLarge => Unsettled::Never,
        Unread::BrokenOff => Unsettled::NotYet,
    })?;
    let text = std::str::from_utf8(&body).map_err(|_| Unsettled::Never)?;
    let answer = Object::of(text).ok_or(Unsettled::Never)?;
    let data = answer.object("data").ok_or(Unsettled::Never)?;
    let cost = data.raw("total_cost").or_else(|| data.raw("usage")).ok_or(Unsettled::NotYet)?;
    Ok(Generation {
        cost_nano_usd: nano_usd(cost.get()).ok_or(Unsettled::Never)?,
        prompt_tokens: data.count("native_tokens_prompt"),
        completion_tokens: data.count("native_tokens_completion"),
        reasoning_tokens: data.count("native_tokens_reasoning"),
        cached_tokens: data.count("native_tokens_cached"),
        provider: data.read::<String>("provider_name").filter(|name| name.len() <= MAX_NAME),
        cancelled: data.read("cancelled"),
    })
}

#[cfg(test)]
mod tests;
