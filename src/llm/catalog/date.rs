//! Days.

/// Milliseconds in a day.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// The days of the months before each, in a year that begins with March, so that the leap day is its last.
const BEFORE: [i64; 12] = [306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275];
const LENGTHS: [i64; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/// The days from the first of March of year 0 to the first of January 1970.
const EPOCH: i64 = 719_468;

/// Days since 1970 of a moment in milliseconds since 1970.
pub(super) fn today(now_ms: u64) -> i64 {
    i64::try_from(now_ms / DAY_MS).unwrap_or(i64::MAX)
}

/// Days since 1970 of a day of the Gregorian calendar, `YYYY-MM-DD`. `None` for a day that does not exist.
pub(super) fn days(date: &str) -> Option<i64> {
    let mut parts = date.splitn(3, '-');
    let (year, month, day) =
        (number(parts.next()?, 4)?, number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    let place = usize::try_from(month.checked_sub(1)?).ok()?;
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let exists = (1..=*LENGTHS.get(place)?).contains(&day) && (is_leap || month != 2 || day < 29);
    let year = if month < 3 { year - 1 } else { year };
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    exists.then(|| year * 365 + leaps + BEFORE[place] + day - 1 - EPOCH)
}

fn number(text: &str, digits: usize) -> Option<i64> {
    let is_number = text.len() == digits && text.bytes().all(|digit| digit.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_from_1970() {
        for (date, count) in [
            ("1970-01-01", 0),
            ("1969-12-31", -1),
            ("2000-02-29", 11_016),
            ("2000-03-01", 11_017),
            ("2026-11-20", 20_777),
            ("2100-03-01", 47_541),
            ("0000-03-01", -EPOCH),
        ] {
            assert_eq!(days(date), Some(count), "{date}");
        }
        assert_eq!(today(20_777 * DAY_MS + DAY_MS - 1), 20_777);
    }

    #[test]
    fn every_day_of_four_centuries_follows_the_one_before() {
        let mut last = days("1999-12-31").unwrap();
        for year in 2000..2400 {
            for month in 1..=12 {
                let found = (1..=31).filter_map(|day| days(&format!("{year}-{month:02}-{day:02}")));
                for day in found {
                    assert_eq!(day, last + 1, "{year}-{month}");
                    last = day;
                }
            }
        }
        assert_eq!(last, days("2000-01-01").unwrap() + 146_097 - 1);
    }

    #[test]
    fn what_is_no_day_is_none() {
        for date in [
            "",
            "2026",
            "2026-13-01",
            "2026-00-01",
            "2026-02-29",
            "2100-02-29",
            "2026-04-31",
            "2026-1-1",
            "20261-01-01",
            "2026-01-01T",
            "2026-01-00",
            "+026-01-01",
            "soon",
        ] {
            assert_eq!(days(date), None, "{date}");
        }
    }
}
