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
mod panel;
mod places;
mod power;
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
use self::panel::Panel;
pub use self::panel::{FirstModel, ReadTally, Tally};
pub use self::power::Power;
use crate::emulator::Emulator;
use crate::persona::Library;
use crate::shutdown::Shutdown;

/// How many pages may watch at once.
const MAX_STREAMS: usize = 64;

/// Who can be talked to.
pub type Personas = Arc<dyn Fn() -> Library + Send + Sync>;

/// What the page shows, and what can be broken from it.
pub struct Playground {
    pub emulator: Emulator,
    pub personas: Personas,
    /// One sentence on where the replies come from.
    pub model_line: String,
    pub figures: Figures,
    pub persona_of: PersonaOf,
    pub tally: ReadTally,
    /// `None`: the embedded model does not answer here.
    pub first_model: Option<FirstModel>,
    pub power: Power,
}

#[derive(Clone)]
struct Shared {
    playground: Arc<Playground>,
    panel: Arc<Panel>,
    streams: Arc<Semaphore>,
    shutdown: Shutdown,
}

pub(super) fn router(playground: Playground, shutdown: &Shutdown) -> Router {
    let shared = Shared {
        panel: Arc::new(Panel::of(&playground)),
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
        .route("/playground/switch", post(panel::switch))
        .route("/playground/push", post(panel::push))
        .with_state(shared)
}
