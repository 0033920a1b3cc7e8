//! Health for supervisors: `live` says that the process answers, `ready` that it can do its work.
//!
//! Both are outside the gate: a container's probe knows no token, and they tell nothing but the signs.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use serde::Serialize;

use crate::governor::Counters;
use crate::status::Vitals;

/// How the bot is at one moment.
#[derive(Serialize)]
pub struct Signs {
    #[serde(flatten)]
    pub vitals: Vitals,
    /// How it stands with Discord's limits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discord: Option<Counters>,
}

/// Where the signs are read.
pub type ReadSigns = Arc<dyn Fn() -> Signs + Send + Sync>;

#[derive(Serialize)]
struct Live {
    live: bool,
}

#[derive(Serialize)]
struct Ready {
    ready: bool,
    #[serde(flatten)]
    signs: Signs,
}

pub(super) async fn live() -> impl IntoResponse {
    ([(CACHE_CONTROL, "no-store")], Json(Live { live: true }))
}

/// A failing model is shown and does not count: a restart would not mend it.
pub(super) async fn ready(State(read): State<ReadSigns>) -> impl IntoResponse {
    let signs = read();
    let ready = signs.vitals.store_open && signs.vitals.gateway_ready;
    let code = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, [(CACHE_CONTROL, "no-store")], Json(Ready { ready, signs }))
}
