//! Lets the weather over a request happen.

use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, SERVER};
use axum::response::{IntoResponse, Response};

use super::error::plain;
use super::quota;
use crate::emulator::Emulator;
use crate::emulator::clock::whole_ms;
use crate::emulator::limits::{Quota, Scope};
use crate::emulator::weather::{RestFaultKind, Spell};

/// The answer that comes instead of any work; None lets the request through.
pub(super) async fn before(emulator: &Emulator, spell: Spell, route: &str) -> Option<Response> {
    wait(spell.latency / 2).await;
    match spell.fault? {
        RestFaultKind::Status(code) => Some(plain(status(code))),
        RestFaultKind::Break => Some(broken()),
        RestFaultKind::Hang => {
            emulator.shutdown().begun().await;
            Some(broken())
        }
        RestFaultKind::Limited { scope, retry_after } => {
            Some(limited(route, scope, whole_ms(retry_after), emulator.read(|state| state.now())))
        }
        RestFaultKind::Cloudflare => Some(cloudflare()),
        RestFaultKind::Latency(latency) => {
            wait(latency).await;
            None
        }
        RestFaultKind::StatusAfter(_) | RestFaultKind::BreakAfter => None,
    }
}

/// What becomes of the answer when the work is done.
pub(super) async fn after(spell: Spell, response: Response) -> Response {
    wait(spell.latency / 2).await;
    match spell.fault {
        Some(RestFaultKind::StatusAfter(code)) => plain(status(code)),
        Some(RestFaultKind::BreakAfter) => broken(),
        _ => response,
    }
}

/// What the log says of a request whose connection is about to break or to hang.
pub(super) const fn breaks(spell: Spell) -> bool {
    matches!(spell.fault, Some(RestFaultKind::Break | RestFaultKind::BreakAfter | RestFaultKind::Hang))
}

async fn wait(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// A body that fails at once: the server drops the connection before it has written the head.
fn broken() -> Response {
    let failure = Err::<Vec<u8>, _>(io::Error::from(io::ErrorKind::ConnectionReset));
    Response::new(Body::from_stream(futures_util::stream::iter([failure])))
}

fn limited(route: &str, scope: Scope, retry_after_ms: u64, now: u64) -> Response {
    let own = (scope == Scope::User).then(|| Quota::used_up(route, retry_after_ms, now));
    quota::too_many(scope, retry_after_ms, own.as_ref())
}

fn cloudflare() -> Response {
    let page = "<!DOCTYPE html><html><head><title>Access denied | discord.com used Cloudflare to restrict \
                access</title></head><body><h1>Error 1015</h1><p>You are being rate limited.</p></body></html>";
    let headers = [(CONTENT_TYPE, "text/html; charset=UTF-8"), (SERVER, "cloudflare")];
    (StatusCode::TOO_MANY_REQUESTS, headers, page).into_response()
}
