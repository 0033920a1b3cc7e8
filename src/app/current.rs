//! The bot that runs now, for the pages that outlive it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::chat::Engine;
use crate::governor::{Counters, Governor};
use crate::persona::Library;
use crate::status::Status;
use crate::web::{Signs, Tally};

/// What of a bot can be asked while it runs.
#[derive(Clone)]
pub(super) struct Handles {
    pub(super) engine: Engine,
    pub(super) governor: Governor,
    pub(super) status: Status,
}

/// Clones share one state.
#[derive(Clone)]
pub(super) struct Current {
    slot: Arc<Mutex<Slot>>,
}

struct Slot {
    /// `None`: between two of them.
    bot: Option<Handles>,
    /// Those of the latest.
    personas: Library,
    starts: u64,
    /// What those before it have sent, and what of it had to wait.
    before: (u64, u64),
}

impl Current {
    pub(super) fn new(bot: Handles) -> Self {
        let personas = bot.engine.personas().clone();
        Self { slot: Arc::new(Mutex::new(Slot { bot: Some(bot), personas, starts: 1, before: (0, 0) })) }
    }

    pub(super) fn enter(&self, bot: Handles) {
        let mut slot = self.lock();
        slot.personas = bot.engine.personas().clone();
        slot.starts += 1;
        slot.bot = Some(bot);
    }

    pub(super) fn leave(&self) {
        let mut slot = self.lock();
        let now = slot.counters();
        slot.before = (slot.before.0 + now.sent, slot.before.1 + now.waits.waited);
        slot.bot = None;
    }

    pub(super) fn engine(&self) -> Option<Engine> {
        self.lock().bot.as_ref().map(|bot| bot.engine.clone())
    }

    pub(super) fn personas(&self) -> Library {
        self.lock().personas.clone()
    }

    pub(super) fn signs(&self) -> Signs {
        let slot = self.lock();
        let status = slot.bot.as_ref().map(|bot| bot.status.clone()).unwrap_or_default();
        let discord = slot.bot.as_ref().map(|bot| bot.governor.counters());
        Signs { vitals: status.vitals(), discord }
    }

    pub(super) fn tally(&self) -> Tally {
        let slot = self.lock();
        let now = slot.counters();
        Tally {
            starts: slot.starts,
            sent: slot.before.0 + now.sent,
            waited: slot.before.1 + now.waits.waited,
            waiting: now.waiting as u64,
            streaming: now.live as u64,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Slot> {
        // Plain values: no change of them can end half-way.
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    fn counters(&self) -> Counters {
        self.bot.as_ref().map(|bot| bot.governor.counters()).unwrap_or_default()
    }
}
