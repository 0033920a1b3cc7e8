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
    pub shortage: Shortage,
}

/// What stands in the way of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shortage {
    /// Open turns hold what is left. It is free again, or most of it, once they are closed.
    Held,
    /// The money is spent.
    Spent,
    /// The budget is smaller than what one request can cost: time will not help.
    TooSmall,
}

/// A limit that is set, and what counts against it already.
#[derive(Clone, Copy, Debug)]
pub(super) struct Check {
    pub(super) whose: Whose,
    pub(super) window: Window,
    pub(super) limit: i64,
    pub(super) spent: i64,
    /// By other open turns.
    pub(super) reserved: i64,
}

impl Check {
    /// What costs nothing always fits, also above a limit.
    fn fits(&self, nano_usd: i64) -> bool {
        nano_usd == 0 || self.spent.saturating_add(self.reserved).saturating_add(nano_usd) <= self.limit
    }

    fn is_near(&self, percent: u8) -> bool {
        i128::from(self.spent.saturating_add(self.reserved)) * 100
            >= i128::from(self.limit) * i128::from(percent)
    }

    fn shortage(&self, least: i64) -> Shortage {
        if least > self.limit {
            Shortage::TooSmall
        } else if self.spent.saturating_add(least) > self.limit {
            Shortage::Spent
        } else {
            Shortage::Held
        }
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
    let broken = checks.iter().filter(|check| !check.fits(worst.least)).map(|check| Refusal {
        whose: check.whose,
        window: check.window,
        resets_at: calendar.resets_at(check.window),
        shortage: check.shortage(worst.least),
    });
    // What lasts longest is told; of equals the first.
    let lasting = broken.reduce(|known, next| {
        if (next.shortage, next.resets_at) > (known.shortage, known.resets_at) { next } else { known }
    });
    lasting.map_or(Reserved::Least, Reserved::Refused)
}
