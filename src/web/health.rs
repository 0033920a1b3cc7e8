//! Health for supervisors: `live` says that the process answers, `ready` that it can do its work.
//!
//! Both are outside the gate: a container's probe knows no token, and they tell nothing but the signs.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use serde::Serialize;

use crate::governor::{Counters, Governor};
use crate::status::{Status, Vitals};

/// Where the signs are read.
#[derive(Clone)]
pub(super) struct Signs {
    pub(super) status: Status,
    pub(super) governor: Option<Governor>,
}

#[derive(Serialize)]
struct Live {
    live: bool,
}

#[derive(Serialize)]
struct Ready {
    ready: bool,
    #[serde(flatten)]
    vitals: Vitals,
    /// How the bot stands with Discord's limits.
    #[serde(skip_serializing_if = "Option::is_none")]
    discord: Option<Counters>,
}

pub(super) async fn live() -> impl IntoResponse {
    ([(CACHE_CONTROL, "no-store")], Json(Live { live: true }))
}

/// A failing model is shown and does not count: a restart would not mend it.
pub(super) async fn ready(State(signs): State<Signs>) -> impl IntoResponse {
    let vitals = signs.status.vitals();
    let ready = vitals.store_open && vitals.gateway_ready;
    let discord = signs.governor.map(|governor| governor.counters());
    let code = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, [(CACHE_CONTROL, "no-store")], Json(Ready { ready, vitals, discord }))
}
