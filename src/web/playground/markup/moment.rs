//! Points in time. The page's script puts them into the visitor's own zone; without it they stand in UTC.

use maud::{Markup, html};

/// The last second that browsers can name, 275,760 years after Christ.
const LAST_SECOND: i64 = 8_640_000_000_000;

/// `seconds` since 1970 in one of Discord's formats (`t T d D f F R`).
pub(in crate::web::playground) fn stamp(seconds: i64, format: char) -> Markup {
    if seconds.abs() > LAST_SECOND {
        return html! { "(no such moment)" };
    }
    let (year, month, day) = civil(seconds.div_euclid(86_400));
    let (hour, minute) = (seconds.rem_euclid(86_400) / 3600, seconds.rem_euclid(3600) / 60);
    let shown = format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02} UTC");
    html! { time data-seconds=(seconds) data-format=(format) { (shown) } }
}

/// Year, month and day of a day counted from 1970. Years are counted from March, so that the leap day is a year's last.
fn civil(days: i64) -> (i64, i64, i64) {
    let from_era = days + 719_468;
    let (era, day_of_era) = (from_era.div_euclid(146_097), from_era.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_their_dates() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(-1), (1969, 12, 31));
        assert_eq!(civil(19_782), (2024, 2, 29));
        assert_eq!(civil(20_513), (2026, 3, 1));
    }

    #[test]
    fn an_absurd_moment_is_said_to_be_one() {
        assert!(stamp(1_700_000_000, 'R').into_string().contains("2023-11-14 22:13 UTC"));
        assert_eq!(stamp(i64::MAX, 'f').into_string(), "(no such moment)");
    }
}
