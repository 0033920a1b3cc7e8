//! The break-it panel: what can go wrong is made to go wrong, and the page shows what comes of it.
//!
//! The state of the switches is kept here, so that every page shows the same. What they do is done to the far side,
//! to the embedded Discord and the embedded model; the bot knows nothing of them.

mod actions;
mod button;
mod gauge;
mod show;
mod strip;
mod switch;

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::sync::watch;

pub(super) use self::actions::{push, switch};
use self::button::Button;
pub(super) use self::gauge::Gauge;
pub(super) use self::show::show;
use self::strip::Reading;
pub use self::strip::{ReadTally, Tally};
pub use self::switch::FirstModel;
use self::switch::Switch;
use super::Playground;
use super::power::{Phase, Power};
use crate::emulator::Emulator;

/// How much longer a slow Discord takes.
const SLOWNESS: Duration = Duration::from_millis(800);

pub(super) struct Panel {
    emulator: Emulator,
    first_model: Option<FirstModel>,
    power: Power,
    tally: ReadTally,
    /// Those that are on.
    switches: watch::Sender<BTreeSet<Switch>>,
}

/// Why nothing was done, in a sentence.
type Unfit = &'static str;

impl Panel {
    pub(super) fn of(playground: &Playground) -> Self {
        Self {
            emulator: playground.emulator.clone(),
            first_model: playground.first_model.clone(),
            power: playground.power.clone(),
            tally: playground.tally.clone(),
            switches: watch::Sender::default(),
        }
    }

    /// Whether the bot is gone and the next one not there yet.
    pub(super) fn is_between_two(&self) -> bool {
        matches!(self.power.phase(), Phase::Crashing | Phase::Starting)
    }

    fn has(&self, switch: Switch) -> bool {
        switch != Switch::DeadModel || self.first_model.is_some()
    }

    fn switch(&self, switch: Switch, on: bool) -> Result<(), Unfit> {
        if !self.has(switch) {
            return Err(switch::NEEDS_EMBEDDED);
        }
        // Done while the state is held, so that it says what was done last.
        self.switches.send_modify(|switches| {
            self.turn(switch, on);
            if on {
                switches.insert(switch)
            } else {
                switches.remove(&switch)
            };
        });
        Ok(())
    }

    fn turn(&self, switch: Switch, on: bool) {
        match switch {
            Switch::Refused => self.emulator.refuse_now_and_then(on),
            Switch::Slow => self.emulator.slow_rest(if on { SLOWNESS } else { Duration::ZERO }),
            Switch::DeadModel => self.first_model.iter().for_each(|model| model.kill(on)),
        }
    }

    fn push(&self, button: Button) -> Result<(), Unfit> {
        match button {
            Button::Drop => drop(self.emulator.drop_sockets()),
            Button::Forget => drop(self.emulator.invalidate_sessions(false)),
            Button::Restart if !self.power.restart() => return Err(button::NOT_THERE),
            Button::Crash if !self.power.crash() => return Err(button::NOT_THERE),
            Button::Restart | Button::Crash => {}
            Button::Fair => self.clear_up(),
        }
        Ok(())
    }

    fn clear_up(&self) {
        self.switches.send_modify(|switches| {
            std::mem::take(switches).into_iter().for_each(|switch| self.turn(switch, false));
        });
    }

    fn read(&self) -> Reading {
        let switches = self.switches.borrow().clone();
        Reading::new(switches, self.power.phase(), strip::figures(&self.emulator, (self.tally)()))
    }
}
