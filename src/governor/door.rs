//! The loopback door: everything that serenity and poise send passes here, into the same limiter.
//!
//! A secret in the path and the bot's own token keep other processes of the machine from spending its limits.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::error::CallError;
use super::form::Form;
use super::route::{Carries, Credential, Route};
use super::send::{AUDIT_REASON, Outgoing, Reply};
use super::{Guarded, Inner, LARGEST_REQUEST};

/// What the door itself refuses. It answers in Discord's shape, so that serenity shows status and words.
#[derive(Debug)]
enum Refusal {
    NotFound,
    BadPath,
    WrongToken,
    TooLarge,
    NotJson,
    BadForm,
    Foreign,
    Call(CallError),
}

pub(super) fn router(inner: Arc<Inner>) -> Router {
    Router::new().fallback(handle).with_state(inner)
}

async fn handle(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    match forward(&inner, request).await {
        Ok(reply) => answer(reply),
        Err(refusal) => refusal.into_response(),
    }
}

async fn forward(inner: &Inner, request: Request) -> Result<Reply, Refusal> {
    let (parts, body) = request.into_parts();
    let prefix = format!("/{}", inner.secret);
    let whole = parts.uri.path_and_query().map_or("", |path| path.as_str());
    let path = strip(whole, &prefix).ok_or(Refusal::NotFound)?;
    let route =
        Route::parse(&parts.method, path.split('?').next().unwrap_or_default()).ok_or(Refusal::BadPath)?;
    check_token(inner, &route, &parts.headers)?;
    let body = to_bytes(body, LARGEST_REQUEST).await.map_err(|_| Refusal::TooLarge)?;
    let guarded = inspect(inner, &route, &parts.method, &parts.headers, body)?;
    let outgoing = Outgoing {
        class: route.class,
        deadline: inner.sender.deadline(route.class),
        path: path.to_owned(),
        method: parts.method,
        content_type: guarded.content_type,
        reason: parts.headers.get(AUDIT_REASON).cloned(),
        body: guarded.body,
        repeatable: guarded.repeatable,
        route,
    };
    Ok(inner.forward(&outgoing).await?)
}

fn strip<'a>(whole: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = whole.split_at_checked(prefix.len())?;
    (same(head.as_bytes(), prefix.as_bytes()) && rest.starts_with('/')).then_some(rest)
}

fn check_token(inner: &Inner, route: &Route, headers: &HeaderMap) -> Result<(), Refusal> {
    let is_ours = |given| same(given, inner.sender.authorization.as_bytes());
    let given = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
    if route.credential == Credential::Path || given.is_some_and(is_ours) {
        Ok(())
    } else {
        Err(Refusal::WrongToken)
    }
}

/// Compares without telling by the time it takes how much was right.
fn same(one: &[u8], other: &[u8]) -> bool {
    let differences = one.iter().zip(other).fold(0, |sum, (one, other)| sum | (one ^ other));
    one.len() == other.len() && differences == 0
}

/// Passes bodies on that cannot hold a message, and the others through the guard. Says whether the request may be repeated.
fn inspect(
    inner: &Inner,
    route: &Route,
    method: &Method,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<Guarded, Refusal> {
    let content_type = headers.get(CONTENT_TYPE).cloned();
    if route.carries == Carries::Nothing {
        return Ok(Guarded { content_type, body, repeatable: *method != Method::POST });
    }
    if route.carries == Carries::Foreign {
        return Err(Refusal::Foreign);
    }
    let kind = content_type.as_ref().and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/json" => {
            let body: Value = serde_json::from_slice(&body).map_err(|_| Refusal::NotJson)?;
            let (body, repeatable) = inner.guard(route, method, body)?;
            Ok(Guarded { content_type, body: body.into(), repeatable })
        }
        "multipart/form-data" => {
            let form = Form::read(kind, &body).map_err(|_| Refusal::BadForm)?;
            Ok(inner.guard_form(route, method, &form)?)
        }
        _ => Err(Refusal::NotJson),
    }
}

fn answer(reply: Reply) -> Response {
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = reply.status;
    response.headers_mut().extend(reply.limits);
    response.headers_mut().extend(reply.content_type.map(|kind| (CONTENT_TYPE, kind)));
    response
}

impl From<CallError> for Refusal {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl Refusal {
    const fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::WrongToken => StatusCode::UNAUTHORIZED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BadPath | Self::NotJson | Self::BadForm | Self::Foreign => StatusCode::BAD_REQUEST,
            Self::Call(error) => match error {
                CallError::UnguardedMentions => StatusCode::BAD_REQUEST,
                CallError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
                CallError::Stopped => StatusCode::UNAUTHORIZED,
                CallError::Refused(_) => StatusCode::SERVICE_UNAVAILABLE,
                CallError::Timeout => StatusCode::GATEWAY_TIMEOUT,
                CallError::Unreachable | CallError::Garbled | CallError::Discord { .. } => {
                    StatusCode::BAD_GATEWAY
                }
            },
        }
    }

    fn words(&self) -> String {
        match self {
            Self::NotFound => "404: Not Found".to_owned(),
            Self::BadPath => "the path is not one of Discord's API".to_owned(),
            Self::WrongToken => "401: Unauthorized".to_owned(),
            Self::TooLarge => "the request is larger than 25 MiB".to_owned(),
            Self::NotJson => "a message must be sent as JSON, or as a form if it has files".to_owned(),
            Self::BadForm => "the form is not one message and at most ten files".to_owned(),
            Self::Foreign => {
                "webhooks of other services are not forwarded: their mentions cannot be checked".to_owned()
            }
            Self::Call(error) => error.to_string(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({ "message": self.words(), "code": 0 }).to_string();
        (self.status(), [(CONTENT_TYPE, "application/json")], body).into_response()
    }
}
