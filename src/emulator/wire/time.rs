//! Points in time as Discord writes them.

const DAY_MS: u64 = 86_400_000;

/// ISO 8601 in UTC, from milliseconds since 1970: `2026-11-20T08:43:00.123000+00:00`.
pub(in crate::emulator) fn iso(ms: u64) -> String {
    let (year, month, day) = civil(ms / DAY_MS);
    let (hours, minutes) = (ms % DAY_MS / 3_600_000, ms % 3_600_000 / 60_000);
    let (seconds, millis) = (ms % 60_000 / 1_000, ms % 1_000);
    format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}.{millis:03}000+00:00")
}

/// Year, month and day of a number of days since 1970: years are counted from March, 400 at a time.
const fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::iso;

    #[test]
    fn times_are_written_as_discord_writes_them() {
        assert_eq!(iso(0), "1970-01-01T00:00:00.000000+00:00");
        assert_eq!(iso(1_420_070_400_000), "2015-01-01T00:00:00.000000+00:00");
        assert_eq!(iso(1_709_210_096_789), "2024-02-29T12:34:56.789000+00:00");
    }
}
