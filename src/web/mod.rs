//! Pages and endpoints: health for supervisors, the playground for people.
//!
//! Everything but health is guarded by `security`: who may ask, from which page, and what an answer may do.

mod connections;
mod health;
mod playground;
mod security;

use std::io;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use tokio::net::TcpListener;

use self::connections::Connections;
pub use self::health::{ReadSigns, Signs};
pub use self::playground::{
    Figures, FirstModel, PersonaOf, Personas, Playground, Power, ReadTally, ReplyFigures, Tally,
};
pub use self::security::Access;
use self::security::Gate;
use crate::shutdown::Shutdown;

/// The longest body of a request that is read, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// What the pages show and who may see them.
pub struct Pages {
    /// What `/health/ready` shows.
    pub signs: ReadSigns,
    pub access: Access,
    /// Names besides the loopback ones under which a browser may ask for the pages, without a port.
    pub hosts: Vec<String>,
    /// `None` where the bot talks to the real Discord.
    pub playground: Option<Playground>,
}

/// Answers requests until the stop begins and the running ones are answered.
///
/// # Errors
/// When the listener cannot be served.
pub async fn serve(listener: TcpListener, pages: Pages, shutdown: &Shutdown) -> io::Result<()> {
    axum::serve(Connections::of(listener), router(pages, shutdown))
        .with_graceful_shutdown(shutdown.begun())
        .await
}

fn router(pages: Pages, shutdown: &Shutdown) -> Router {
    let health = Router::new()
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .with_state(pages.signs);
    let gate = Gate::new(pages.access, pages.hosts);
    let playground = pages.playground.map(|playground| playground::router(playground, shutdown));
    playground
        .unwrap_or_default()
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn_with_state(gate, security::guard))
        .merge(health)
}
