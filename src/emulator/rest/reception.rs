//! What every request passes: origin, size, token, limits; and the log of all of them.

use axum::body::{Body as RawBody, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, ORIGIN};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Json, body};
use serde_json::{Value, json};

use super::PREFIX;
use super::error::{Refused, plain};
use super::extract::Body;
use crate::emulator::Emulator;
use crate::emulator::journal::RequestLog;
use crate::emulator::limits::{Call, Quota, Scope, Verdict};
use crate::emulator::refusal::Refusal;
use crate::emulator::state::State as World;

/// The longest JSON body, in bytes.
const LONGEST_BODY: usize = 1 << 20;

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
    at: u64,
}

/// What a route's entrance knows: its template, None where nothing answers.
#[derive(Clone)]
pub(super) struct Doorway {
    pub(super) emulator: Emulator,
    pub(super) route: Option<&'static str>,
}

/// Takes in, checks, answers and logs one request.
pub(super) async fn receive(State(doorway): State<Doorway>, request: Request, next: Next) -> Response {
    let Doorway { emulator, route } = doorway;
    let arrival = Arrival {
        method: request.method().clone(),
        uri: request.uri().clone(),
        route,
        at: emulator.read(World::now),
    };
    let (mut parts, raw) = request.into_parts();
    let bytes = body::to_bytes(raw, LONGEST_BODY).await;
    let parsed = bytes.as_ref().map_or(Some(Value::Null), parse);
    let response = match (check(&emulator, &arrival, &parts.headers), bytes, &parsed) {
        (Err(refused), ..) => *refused,
        (_, Err(_), _) => plain(StatusCode::PAYLOAD_TOO_LARGE),
        (_, _, None) => Refused(Refusal::InvalidJson).into_response(),
        (Ok(quota), Ok(_), Some(value)) => {
            parts.extensions.insert(Body(value.clone()));
            let mut response = next.run(Request::from_parts(parts, RawBody::empty())).await;
            if let Some(quota) = quota {
                announce(response.headers_mut(), &quota);
            }
            response
        }
    };
    record(&emulator, arrival, parsed.unwrap_or_default(), response.status());
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
    if !kind.is_empty() && !kind.starts_with("application/json") {
        return Err(Box::new(plain(StatusCode::UNSUPPORTED_MEDIA_TYPE)));
    }
    let Some(route) = arrival.route else { return Ok(None) };
    let path = arrival.uri.path();
    let path = path.strip_prefix(PREFIX).unwrap_or(path);
    let call = Call { route: &format!("{} {route}", arrival.method), major: major(route, path) };
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

fn too_many(scope: Scope, retry_after_ms: u64, quota: Option<&Quota>) -> Response {
    let body = json!({
        "message": "You are being rate limited.",
        "retry_after": Seconds(retry_after_ms).to_number(),
        "global": scope == Scope::Global,
    });
    let mut response = (StatusCode::TOO_MANY_REQUESTS, Json(body)).into_response();
    let headers = response.headers_mut();
    if let Some(quota) = quota {
        announce(headers, quota);
    }
    set(headers, "retry-after", &retry_after_ms.div_ceil(1_000).to_string());
    set(headers, "x-ratelimit-scope", scope.name());
    if scope == Scope::Global {
        set(headers, "x-ratelimit-global", "true");
    }
    response
}

fn announce(headers: &mut HeaderMap, quota: &Quota) {
    set(headers, "x-ratelimit-limit", &quota.limit.to_string());
    set(headers, "x-ratelimit-remaining", &quota.remaining.to_string());
    set(headers, "x-ratelimit-reset", &Seconds(quota.reset_at).to_string());
    set(headers, "x-ratelimit-reset-after", &Seconds(quota.reset_after_ms).to_string());
    set(headers, "x-ratelimit-bucket", &quota.bucket);
}

fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// Milliseconds, written as seconds with three decimals.
struct Seconds(u64);

impl Seconds {
    fn to_number(&self) -> Value {
        self.to_string().parse::<f64>().map_or(Value::Null, Value::from)
    }
}

impl std::fmt::Display for Seconds {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{:03}", self.0 / 1_000, self.0 % 1_000)
    }
}

fn record(emulator: &Emulator, arrival: Arrival, body: Value, status: StatusCode) {
    let Arrival { method, uri, route, at } = arrival;
    let is_unexpected = route.is_none()
        || matches!(status, StatusCode::METHOD_NOT_ALLOWED | StatusCode::UNSUPPORTED_MEDIA_TYPE);
    emulator.act(|state| {
        if is_unexpected {
            state.journal.unexpected(format!("{method} {} -> {}", uri.path(), status.as_u16()));
        }
        state.journal.record(RequestLog {
            method: method.to_string(),
            path: uri.path().to_owned(),
            query: uri.query().map(str::to_owned),
            route: route.map(str::to_owned),
            body,
            status: status.as_u16(),
            at,
        });
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

    #[test]
    fn a_global_refusal_says_so_in_headers_and_body() {
        let response = too_many(Scope::Global, 600, None);
        assert_eq!(response.status(), 429);
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap());
        assert_eq!(header("x-ratelimit-global"), Some("true"));
        assert_eq!(header("x-ratelimit-scope"), Some("global"));
        assert_eq!(header("retry-after"), Some("1"));
        assert_eq!(header("x-ratelimit-bucket"), None);
    }

    #[test]
    fn seconds_keep_their_milliseconds() {
        assert_eq!(Seconds(1_470_173_023_123).to_string(), "1470173023.123");
        assert_eq!(Seconds(65).to_number(), json!(0.065));
    }
}
