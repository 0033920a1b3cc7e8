//! What every request passes: origin, size, token, limits; and the log of all of them.

use axum::body;
use axum::body::{Body as RawBody, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::PREFIX;
use super::error::{Refused, plain};
use super::extract::{Body, Files};
use super::multipart;
use super::quota::{announce, too_many};
use super::weather;
use crate::emulator::attachment::Upload;
use crate::emulator::journal::RequestLog;
use crate::emulator::limits::{Call, Quota, Verdict};
use crate::emulator::refusal::Refusal;
use crate::emulator::{Change, Emulator};

/// The longest JSON body, in bytes.
const LONGEST_BODY: usize = 1 << 20;
/// The longest body with files.
const LONGEST_WITH_FILES: usize = 25 << 20;
/// The longest file.
const LONGEST_FILE: usize = 10 << 20;

/// Bots send no `Origin`; a page in somebody's browser does.
pub(super) async fn refuse_browsers(request: Request, next: Next) -> Response {
    if request.headers().contains_key(ORIGIN) {
        return plain(StatusCode::FORBIDDEN);
    }
    next.run(request).await
}

/// What the log says about a request before it is answered.
struct Arrival {
    method: Method,
    uri: Uri,
    route: Option<&'static str>,
    /// Method and template.
    name: String,
    at: u64,
}

impl Arrival {
    /// The request as it will stand in the log, without its status.
    fn log(&self, posted: &Result<Posted, Refusal>) -> RequestLog {
        let (body, files) = match posted {
            Ok((body, files)) => (body.clone(), files.iter().map(|file| file.name.clone()).collect()),
            Err(_) => (Value::Null, Vec::new()),
        };
        RequestLog {
            method: self.method.to_string(),
            path: self.uri.path().to_owned(),
            query: self.uri.query().map(str::to_owned),
            route: self.route.map(str::to_owned),
            body,
            files,
            status: 0,
            at: self.at,
        }
    }
}

/// A body: its JSON, Null when there was none, and the files beside it.
type Posted = (Value, Vec<Upload>);

/// What a route's entrance knows: its template, None where nothing answers.
#[derive(Clone)]
pub(super) struct Doorway {
    pub(super) emulator: Emulator,
    pub(super) route: Option<&'static str>,
}

/// Takes in, checks, answers and logs one request.
pub(super) async fn receive(State(doorway): State<Doorway>, request: Request, next: Next) -> Response {
    let Doorway { emulator, route } = doorway;
    let name = format!("{} {}", request.method(), route.unwrap_or_default());
    let (at, spell) = emulator.act(|state| (state.now(), state.weather.over(&name)));
    if spell.fault.is_some() {
        emulator.tell(Change::RequestFailed);
    }
    let arrival = Arrival { method: request.method().clone(), uri: request.uri().clone(), route, name, at };
    let (parts, raw) = request.into_parts();
    let posted = take_in(&parts.headers, raw).await;
    let mut log = Some(arrival.log(&posted));
    if weather::breaks(spell) {
        // Before the answer, which never comes.
        record(&emulator, log.take(), 0);
    }
    let response = match weather::before(&emulator, spell, &arrival.name).await {
        Some(response) => response,
        None => {
            let answered = answer(&emulator, &arrival, (parts, posted), next).await;
            weather::after(spell, answered).await
        }
    };
    let status = response.status().as_u16();
    if spell.refuses(status) {
        emulator.act(|state| state.weather.count_refused());
    }
    record(&emulator, log, status);
    response
}

/// Reads a body.
async fn take_in(headers: &HeaderMap, raw: RawBody) -> Result<Posted, Refusal> {
    let boundary = multipart::boundary(headers);
    let most = if boundary.is_some() { LONGEST_WITH_FILES } else { LONGEST_BODY };
    let bytes = body::to_bytes(raw, most).await.map_err(|_| Refusal::TooLarge)?;
    let (body, files) = match boundary {
        Some(boundary) => multipart::read(&bytes, boundary).ok_or(Refusal::InvalidJson)?,
        None => (parse(&bytes).ok_or(Refusal::InvalidJson)?, Vec::new()),
    };
    let is_too_large = files.iter().any(|file| file.bytes.len() > LONGEST_FILE);
    if is_too_large { Err(Refusal::TooLarge) } else { Ok((body, files)) }
}

/// Answers a request whose body was read.
async fn answer(
    emulator: &Emulator,
    arrival: &Arrival,
    (mut parts, posted): (Parts, Result<Posted, Refusal>),
    next: Next,
) -> Response {
    let quota = match check(emulator, arrival, &parts.headers) {
        Ok(quota) => quota,
        Err(refused) => return *refused,
    };
    let (body, files) = match posted {
        Ok(posted) => posted,
        Err(refusal) => return Refused(refusal).into_response(),
    };
    parts.extensions.insert(Body(body));
    parts.extensions.insert(Files(files));
    let mut response = next.run(Request::from_parts(parts, RawBody::empty())).await;
    if let Some(quota) = quota {
        announce(response.headers_mut(), &quota);
    }
    response
}

fn parse(bytes: &Bytes) -> Option<Value> {
    if bytes.is_empty() { Some(Value::Null) } else { serde_json::from_slice(bytes).ok() }
}

fn check(
    emulator: &Emulator,
    arrival: &Arrival,
    headers: &HeaderMap,
) -> Result<Option<Quota>, Box<Response>> {
    if !arrival.route.is_some_and(is_open) && !is_authorized(headers, &emulator.settings().token) {
        return Err(Box::new(plain(StatusCode::UNAUTHORIZED)));
    }
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.is_empty() && !kind.starts_with("application/json") && multipart::boundary(headers).is_none() {
        return Err(Box::new(plain(StatusCode::UNSUPPORTED_MEDIA_TYPE)));
    }
    let Some(route) = arrival.route else { return Ok(None) };
    let path = arrival.uri.path();
    let path = path.strip_prefix(PREFIX).unwrap_or(path);
    let call = Call { route: &arrival.name, major: major(route, path) };
    match emulator.act(|state| state.limits.admit(call, state.clock.now())) {
        Verdict::Free => Ok(None),
        Verdict::Admitted(quota) => Ok(Some(quota)),
        Verdict::Refused { scope, retry_after_ms, quota } => {
            Err(Box::new(too_many(scope, retry_after_ms, quota.as_ref())))
        }
    }
}

/// Routes that no token, or one in their path, opens.
fn is_open(route: &str) -> bool {
    route == "/gateway"
        || route.starts_with("/interactions/")
        || route.starts_with("/webhooks/{webhook_id}/{webhook_token}")
}

fn is_authorized(headers: &HeaderMap, token: &str) -> bool {
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    given.and_then(|value| value.strip_prefix("Bot ")) == Some(token)
}

/// The part of a path that has its own bucket.
fn major<'a>(route: &str, path: &'a str) -> &'a str {
    let own = |part: &str| matches!(part, "{channel_id}" | "{guild_id}" | "{webhook_token}");
    let mut parts = route.split('/').zip(path.split('/'));
    parts.find(|(part, _)| own(part)).map_or("", |(_, value)| value)
}

/// Logs a request with what it was answered; 0 where the connection breaks instead.
fn record(emulator: &Emulator, log: Option<RequestLog>, status: u16) {
    let Some(log) = log else { return };
    let is_unexpected = log.route.is_none() || matches!(status, 405 | 415);
    emulator.act(|state| {
        if is_unexpected {
            state.journal.unexpected(format!("{} {} -> {status}", log.method, log.path));
        }
        state.journal.record(RequestLog { status, ..log });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_part_is_the_channel_the_guild_or_the_token() {
        assert_eq!(major("/channels/{channel_id}/messages/{message_id}", "/channels/12/messages/7"), "12");
        assert_eq!(major("/webhooks/{webhook_id}/{webhook_token}", "/webhooks/1/abc"), "abc");
        assert_eq!(
            major(
                "/interactions/{interaction_id}/{interaction_token}/callback",
                "/interactions/1/abc/callback"
            ),
            ""
        );
        assert_eq!(major("/users/@me", "/users/@me"), "");
    }
}
