//! The HTTP surface: two dialects under two paths.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::Value;

use super::asked::Asked;
use super::desk::Desk;
use super::dialect::Dialect;
use super::door::Line;
use super::fault::Fault;
use super::refusal::Refusal;

/// The largest request: some images and a long conversation.
const LARGEST: usize = 32 * 1024 * 1024;

pub(super) fn router(desk: Desk) -> Router {
    let complete = |dialect: Dialect| {
        post(async move |state, line, headers, body| complete(dialect, state, line, headers, body).await)
    };
    let models = |dialect: Dialect| get(async move |state| models(dialect, state).await);
    Router::new()
        .route("/api/v1/chat/completions", complete(Dialect::OpenRouter))
        .route("/api/v1/models", models(Dialect::OpenRouter))
        .route("/api/v1/generation", get(generation))
        .route("/api/v1/key", get(key))
        .route("/v1/chat/completions", complete(Dialect::OpenAi))
        .route("/v1/models", models(Dialect::OpenAi))
        .fallback(async || refuse(404, "there is nothing here"))
        .layer(DefaultBodyLimit::max(LARGEST))
        .with_state(Arc::new(desk))
}

async fn complete(
    dialect: Dialect,
    State(desk): State<Arc<Desk>>,
    ConnectInfo(line): ConnectInfo<Line>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Ok(body) = serde_json::from_slice::<Value>(&body) else {
        return Refusal::new(400).saying("the body is not JSON").response(dialect, None);
    };
    let asked = Asked::new(dialect, &headers, body);
    desk.serve(asked, desk.admits(&headers), line).await
}

/// Needs no key. Of a fault the errors, the raw bodies and the silence are played.
async fn models(dialect: Dialect, State(desk): State<Arc<Desk>>) -> Response {
    let fault = desk.catalog.ask().and_then(|answer| answer.fault);
    match fault {
        Some(Fault::Raw { content_type, body }) => {
            ([(axum::http::header::CONTENT_TYPE, content_type)], body).into_response()
        }
        Some(Fault::Mute) => {
            desk.shutdown.begun().await;
            refuse(503, "the server stops")
        }
        fault => match fault.and_then(|fault| fault.refusal()) {
            Some(refusal) => refusal.response(dialect, None),
            None => Json(desk.catalog.body(dialect)).into_response(),
        },
    }
}

async fn key(State(desk): State<Arc<Desk>>, headers: HeaderMap) -> Response {
    if desk.admits(&headers) { Json(desk.account.body()).into_response() } else { refuse(401, "wrong key") }
}

#[derive(Deserialize)]
struct Which {
    #[serde(default)]
    id: String,
}

async fn generation(State(desk): State<Arc<Desk>>, headers: HeaderMap, which: Query<Which>) -> Response {
    if !desk.admits(&headers) {
        return refuse(401, "wrong key");
    }
    match desk.generations.ask(&which.id) {
        Some(body) => Json(body).into_response(),
        None => refuse(404, "Generation not found"),
    }
}

fn refuse(status: u16, message: &str) -> Response {
    Refusal::new(status).saying(message).response(Dialect::OpenRouter, None)
}
