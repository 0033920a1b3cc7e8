//! Pages and endpoints: health for supervisors, the playground for people.
//!
//! Everything but health is guarded by [`security`](self): who may ask, from which page, and what an answer may do.

mod health;
mod playground;
mod security;

use std::io;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use tokio::net::TcpListener;

pub use self::security::Access;
use self::security::Gate;
use crate::shutdown::Shutdown;
use crate::status::Status;

/// The longest body of a request that is read, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// What the pages show and who may see them.
pub struct Pages {
    pub status: Status,
    pub access: Access,
    /// Names besides the loopback ones under which a browser may ask for the pages, without a port.
    pub hosts: Vec<String>,
}

/// Answers requests until the stop begins and the running ones are answered.
///
/// # Errors
/// When the listener cannot be served.
pub async fn serve(listener: TcpListener, pages: Pages, shutdown: &Shutdown) -> io::Result<()> {
    axum::serve(listener, router(pages)).with_graceful_shutdown(shutdown.begun()).await
}

fn router(pages: Pages) -> Router {
    let health = Router::new()
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .with_state(pages.status);
    let gate = Gate::new(pages.access, pages.hosts);
    Router::new()
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn_with_state(gate, security::guard))
        .merge(health)
}
