//! An embedded Discord: REST and gateway on loopback, as far as a persona bot meets it, and faithful where it goes.
//!
//! - `world` and `state` say what there is and how it changes, without protocol; what happened is left in an outbox.
//! - `rest` and `gateway` are the two protocols the bot speaks; `wire` writes what it reads; `limits` slows it down.
//! - `people`, `invocation` and `view` are what a person does and sees: tests, the playground page and benchmarks.
//! - `faults`, `weather` and `gateway::outage` are what goes wrong on request, and what a test asks afterwards.
//! - The emulator never names the bot's own modules: they meet over the socket only.
//!
//! One lock guards the state. It is never held across an await, and events are handed over while it is held, so that
//! their order is the order of what happened.

mod attachment;
mod clock;
mod command;
mod component;
mod event;
mod faults;
mod gateway;
mod interaction;
mod invocation;
mod journal;
mod limits;
mod mentions;
mod message;
pub mod model;
mod people;
mod refusal;
mod rest;
mod server;
mod settings;
mod state;
#[cfg(test)]
mod tests;
mod view;
mod weather;
mod wire;
pub mod world;

pub use attachment::AttachmentView;
pub use command::Choice;
pub use component::{Button, ButtonAction, ButtonStyle};
pub use event::Change;
pub use gateway::{Chatter, Order, SessionStarts};
pub use interaction::InteractionState;
pub use invocation::Invocation;
pub use journal::RequestLog;
pub use limits::Scope;
pub use people::ActionError;
pub use settings::Settings;
pub use view::{AuthorView, InteractionLine, InteractionView, MessageView};
pub use weather::{RestFault, RestFaultKind};
pub use world::{World, playground};

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, broadcast};

use crate::ids::{ApplicationId, UserId};
use crate::shutdown::Shutdown;
use state::State;

/// Changes a watcher may lag behind before it misses some.
const WATCHED: usize = 4_096;

/// A running emulator. Clones share one state.
#[derive(Clone)]
pub struct Emulator {
    shared: Arc<Shared>,
}

struct Shared {
    settings: Settings,
    authority: String,
    shutdown: Shutdown,
    /// Short, synchronous transitions only; see the module's documentation.
    state: Mutex<State>,
    watchers: broadcast::Sender<Change>,
    clockwork: Notify,
}

impl Emulator {
    /// Where the REST routes are: `http://127.0.0.1:PORT`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.shared.authority)
    }

    /// The bot's user.
    pub fn bot(&self) -> UserId {
        self.read(|state| state.world.bot)
    }

    pub fn application(&self) -> ApplicationId {
        self.read(|state| state.world.application)
    }

    /// Watches what happens from now on. A watcher that lags misses changes and is told so.
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.shared.watchers.subscribe()
    }

    fn gateway_url(&self) -> String {
        format!("ws://{}", self.shared.authority)
    }

    /// Where sessions are taken up again.
    fn resume_url(&self) -> String {
        format!("ws://{}/resume", self.shared.authority)
    }

    fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    fn shutdown(&self) -> &Shutdown {
        &self.shared.shutdown
    }

    fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.lock())
    }

    /// Changes the state and tells everybody before anybody else can change it.
    fn act<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let result = change(&mut state);
        gateway::deliver(&mut state, &self.shared.watchers);
        result
    }

    fn tell(&self, change: Change) {
        // Nobody may be watching.
        let _ = self.shared.watchers.send(change);
    }

    /// Lets the clockwork look for a nearer deadline.
    fn wake_clockwork(&self) {
        self.shared.clockwork.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic in one transition leaves plain data behind; the others go on.
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
