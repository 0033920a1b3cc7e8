//! The playground: a page on which a stranger types as a person of the embedded Discord and watches personas answer.
//!
//! The server draws everything: the page, and every message again when it changes, pushed over one event stream.
//! The script only puts what comes into its place and sends what is typed.

mod actions;
mod answering;
mod assets;
mod avatar;
mod commands;
mod events;
mod figures;
mod markup;
mod mentions;
mod message;
mod page;
mod places;
mod scene;
mod side;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::response::Redirect;
use axum::routing::{get, post};
use tokio::sync::Semaphore;

pub use self::answering::PersonaOf;
pub use self::figures::{Figures, ReplyFigures};
use crate::emulator::Emulator;
use crate::persona::Library;
use crate::shutdown::Shutdown;

/// How many pages may watch at once.
const MAX_STREAMS: usize = 64;

/// What the page shows.
pub struct Playground {
    pub emulator: Emulator,
    pub personas: Library,
    /// One sentence on where the replies come from.
    pub model_line: String,
    pub figures: Figures,
    pub persona_of: PersonaOf,
}

#[derive(Clone)]
struct Shared {
    playground: Arc<Playground>,
    streams: Arc<Semaphore>,
    shutdown: Shutdown,
}

pub(super) fn router(playground: Playground, shutdown: &Shutdown) -> Router {
    let shared = Shared {
        playground: Arc::new(playground),
        streams: Arc::new(Semaphore::new(MAX_STREAMS)),
        shutdown: shutdown.clone(),
    };
    Router::new()
        .route("/", get(async || Redirect::to("/playground")))
        .route("/playground", get(page::show))
        .route("/playground/app.js", get(assets::script))
        .route("/playground/app.css", get(assets::style))
        .route("/playground/events", get(events::stream))
        .route("/playground/figures/{message}", get(figures::show))
        .route("/playground/say", post(actions::say))
        .route("/playground/edit", post(actions::edit))
        .route("/playground/delete", post(actions::delete))
        .route("/playground/press", post(actions::press))
        .route("/playground/invoke", post(actions::invoke))
        .route("/playground/complete", post(actions::complete))
        .with_state(shared)
}
