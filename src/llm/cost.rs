//! Money from JSON: exact, without a detour over binary fractions.

/// Digits after the point of a dollar that are kept.
const NANO: i64 = 9;
/// More digits than any price has; what is longer is not a price.
const MAX_DIGITS: usize = 30;

/// Reads a JSON number, or a string that holds one, as dollars, and gives billionths of a dollar, rounded half up.
/// `None` for anything else, for negative sums and for more than fits.
pub(super) fn nano_usd(json: &str) -> Option<i64> {
    let (digits, exponent) = decimal(json)?;
    scaled(digits, exponent.checked_add(NANO)?)
}

/// Reads a JSON number, or a string that holds one, as `digits * 10^exponent`. `None` for anything else, for negative
/// numbers and for more digits than any price has.
pub(super) fn decimal(json: &str) -> Option<(i128, i64)> {
    let number = json.trim().trim_matches('"').trim();
    let (mantissa, exponent) = match number.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (number, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || digits.len() > MAX_DIGITS || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    Some((digits.parse().ok()?, exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?))
}

/// `digits * 10^shift`, rounded half up.
fn scaled(digits: i128, shift: i64) -> Option<i64> {
    let places = u32::try_from(shift.unsigned_abs()).ok()?;
    let nano = match 10_i128.checked_pow(places) {
        Some(power) if shift >= 0 => digits.checked_mul(power)?,
        Some(power) => (digits + power / 2) / power,
        None if shift < 0 || digits == 0 => 0,
        None => return None,
    };
    i64::try_from(nano).ok()
}

#[cfg(test)]
mod tests {
    use super::nano_usd;

    #[test]
    fn prices_are_exact() {
        for (json, nano) in [
            ("0", 0),
            ("1", 1_000_000_000),
            ("0.00014", 140_000),
            ("\"0.00014\"", 140_000),
            ("1.4e-4", 140_000),
            ("1.4E-04", 140_000),
            ("0.1", 100_000_000),
            ("0.29", 290_000_000),
            ("0.0000000015", 2),
            ("0.00000000149", 1),
            ("1e-400", 0),
            ("0e400", 0),
            ("12e2", 1_200_000_000_000),
            ("9223372036.854775807", i64::MAX),
        ] {
            assert_eq!(nano_usd(json), Some(nano), "{json}");
        }
    }

    #[test]
    fn what_is_no_price_is_none() {
        let long = format!("0.{}", "1".repeat(40));
        for json in
            ["", "null", "-1", "true", "{}", "\"\"", ".", "1e", "1e999", "9223372036.854775808", "NaN", &long]
        {
            assert_eq!(nano_usd(json), None, "{json}");
        }
    }
}
