//! Whether a request fits the budgets: decided from figures alone.

use super::calendar::{Calendar, Window};

/// Money in nano-dollars for each window. `None`: unlimited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limit {
    pub day: Option<i64>,
    pub month: Option<i64>,
}

/// The budgets above one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub user: Limit,
    pub guild: Limit,
    pub bot: Limit,
    /// Percent of a budget from which on only the cheapest rung is given.
    pub near: u8,
}

/// Whose budget it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Whose {
    User,
    Guild,
    Bot,
}

/// What was reserved for a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// The worst case of the whole ladder.
    Full,
    /// That of the cheapest rung alone.
    Least,
    /// Nothing.
    Refused(Refusal),
}

/// The budget that is used up: of several the one that resets last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub whose: Whose,
    pub window: Window,
    /// The next UTC midnight, or the first of the next month, in milliseconds since 1970.
    pub resets_at: i64,
}

/// A limit that is set, and what counts against it already.
#[derive(Clone, Copy, Debug)]
pub(super) struct Check {
    pub(super) whose: Whose,
    pub(super) window: Window,
    pub(super) limit: i64,
    pub(super) used: i64,
}

impl Check {
    fn fits(&self, nano_usd: i64) -> bool {
        self.used.saturating_add(nano_usd) <= self.limit
    }

    fn is_near(&self, percent: u8) -> bool {
        i128::from(self.used) * 100 >= i128::from(self.limit) * i128::from(percent)
    }
}

/// What the whole ladder and its cheapest rung may cost at worst, in nano-dollars.
#[derive(Clone, Copy, Debug)]
pub(super) struct Worst {
    pub(super) full: i64,
    pub(super) least: i64,
}

pub(super) fn decide(checks: &[Check], worst: Worst, near: u8, calendar: &Calendar) -> Reserved {
    if checks.iter().all(|check| check.fits(worst.full) && !check.is_near(near)) {
        return Reserved::Full;
    }
    let mut refusal: Option<Refusal> = None;
    for check in checks.iter().filter(|check| !check.fits(worst.least)) {
        let resets_at = calendar.resets_at(check.window);
        if refusal.is_none_or(|known| known.resets_at < resets_at) {
            refusal = Some(Refusal { whose: check.whose, window: check.window, resets_at });
        }
    }
    refusal.map_or(Reserved::Least, Reserved::Refused)
}
