//! Money, exactly: decimal strings on the wire, pico-dollars (1e-12 USD) inside.

/// The finest digit of a price that is understood.
const DIGITS: usize = 12;

/// What a model costs, in pico-dollars: per token, per request and per image of the prompt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tariff {
    pub(super) prompt: i64,
    pub(super) completion: i64,
    pub(super) request: i64,
    pub(super) image: i64,
}

/// What an answer is counted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) prompt: usize,
    /// Of the prompt, read from a cache; at the prompt's price.
    pub(super) cached: usize,
    pub(super) images: usize,
    /// Thought before it was said; a part of the completion.
    pub(super) thought: usize,
    pub(super) said: usize,
}

impl Counts {
    pub(super) fn completion(&self) -> usize {
        self.thought + self.said
    }
}

impl Tariff {
    pub(super) fn prompt_cost(&self, counts: &Counts) -> i64 {
        let read = times(self.prompt, counts.prompt);
        read.saturating_add(times(self.image, counts.images)).saturating_add(self.request)
    }

    pub(super) fn completion_cost(&self, counts: &Counts) -> i64 {
        times(self.completion, counts.completion())
    }

    pub(super) fn cost(&self, counts: &Counts) -> i64 {
        self.prompt_cost(counts).saturating_add(self.completion_cost(counts))
    }
}

fn times(price: i64, count: usize) -> i64 {
    price.saturating_mul(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Pico-dollars of a decimal number of dollars; `None` where it is no number, negative, too fine or too large.
pub(super) fn pico(dollars: &str) -> Option<i64> {
    let (whole, fraction) = dollars.split_once('.').unwrap_or((dollars, ""));
    let fraction = fraction.trim_end_matches('0');
    let is_number = !whole.is_empty() && [whole, fraction].concat().bytes().all(|byte| byte.is_ascii_digit());
    let fits = is_number && fraction.len() <= DIGITS;
    fits.then(|| format!("{whole}{fraction:0<DIGITS$}").parse().ok()).flatten()
}

/// Dollars as a JSON number. Shortest form: what was exact in pico-dollars reads exactly.
#[expect(clippy::cast_precision_loss, reason = "a cost in JSON is a number of this precision")]
pub(super) fn dollars(pico: i64) -> f64 {
    pico as f64 / 1e12
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_read_exactly_or_not_at_all() {
        for (text, expected) in [
            ("0", Some(0)),
            ("0.0000003", Some(300_000)),
            ("0.0000000375", Some(37_500)),
            ("0.000000000001", Some(1)),
            ("0.0000000000010000", Some(1)),
            ("12.5", Some(12_500_000_000_000)),
            ("0.0000000000001", None),
            ("-1", None),
            ("", None),
            (".", None),
            ("1e-6", None),
            ("free", None),
            ("99999999999", None),
        ] {
            assert_eq!(pico(text), expected, "{text}");
        }
    }

    #[test]
    fn a_cost_reads_without_rounding() {
        let tariff = Tariff { prompt: 37_500, completion: 150_000, request: 0, image: 0 };
        let counts = Counts { prompt: 3, said: 7, ..Counts::default() };
        assert_eq!(dollars(tariff.cost(&counts)).to_string(), "0.0000011625");
    }
}
