//! Sums of money as people read them.

use std::fmt;

const DOLLAR: i64 = 1_000_000_000;
const CENT: i64 = DOLLAR / 100;

/// Nano-dollars. Shown in US dollars, with as many digits as tell something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dollars(pub i64);

impl fmt::Display for Dollars {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(nano) = *self;
        let (sign, nano) = (if nano < 0 { "-" } else { "" }, nano.unsigned_abs());
        let digits: u32 = match nano {
            0 => 2,
            1..1_000 => 9,
            1_000..100_000 => 7,
            _ if nano < CENT.unsigned_abs() => 5,
            _ => 2,
        };
        let unit = 10_u64.pow(9 - digits);
        let rounded = nano.saturating_add(unit / 2) / unit;
        let whole = 10_u64.pow(digits);
        let width = digits as usize;
        write!(formatter, "{sign}${}.{:0width$}", rounded / whole, rounded % whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_sums_keep_their_digits() {
        for (nano, shown) in [
            (0, "$0.00"),
            (3, "$0.000000003"),
            (12_345, "$0.0000123"),
            (3_456_789, "$0.00346"),
            (10_000_000, "$0.01"),
            (250_000_000, "$0.25"),
            (1_999_999_999, "$2.00"),
            (40 * DOLLAR, "$40.00"),
            (-DOLLAR, "-$1.00"),
        ] {
            assert_eq!(Dollars(nano).to_string(), shown, "{nano}");
        }
        assert!(Dollars(i64::MIN).to_string().starts_with("-$9223372036."));
    }
}
