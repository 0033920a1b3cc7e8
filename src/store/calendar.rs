//! UTC days and calendar months, in which money is counted.

pub(super) const DAY_MS: i64 = 86_400_000;

/// In which stretch of time a limit holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Window {
    /// A UTC day.
    Day,
    /// A calendar month, UTC.
    Month,
}

/// The day and the month of a moment. Days are counted from 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Calendar {
    pub(super) day: i64,
    /// First day of the month.
    pub(super) month: i64,
    /// First day of the month after.
    pub(super) next_month: i64,
}

impl Calendar {
    /// The day is reckoned as the schema does it.
    pub(super) fn of(at: i64) -> Self {
        let day = at / DAY_MS;
        let month = first_of_month(day);
        // 31 days later is never the same month, and never the one after the next.
        Self { day, month, next_month: first_of_month(month + 31) }
    }

    /// When the window ends, in milliseconds since 1970.
    pub(super) fn resets_at(&self, window: Window) -> i64 {
        match window {
            Window::Day => self.day + 1,
            Window::Month => self.next_month,
        }
        .saturating_mul(DAY_MS)
    }
}

/// By Howard Hinnant's `civil_from_days`: years begin in March, so that the leap day is their last.
fn first_of_month(day: i64) -> i64 {
    let of_era = (day + 719_468).rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    day - (of_year - (153 * month + 2) / 5)
}
