//! What tokens cost, exact to a millionth of a millionth of a dollar.

use super::cost::decimal;
use serde_json::value::RawValue;

use super::catalog::Object;

/// Digits after the point of a dollar that are kept.
const PICO: i64 = 12;
/// Picodollars in a nanodollar.
const PER_NANO: i128 = 1000;

/// The list price of a model in pico-dollars (1e-12 USD), the dearest that its conditions allow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Price {
    /// A token of the prompt.
    pub prompt: i64,
    /// A token of the completion, seen or not.
    pub completion: i64,
    /// A request, whatever is in it.
    pub request: i64,
    /// An image in the prompt.
    pub image: i64,
}

impl Price {
    /// What it comes to at most where a provider keeps to a bound.
    pub(super) fn within(self, bound: MaxPrice) -> Self {
        Self {
            prompt: bound.prompt.unwrap_or(self.prompt),
            completion: bound.completion.unwrap_or(self.completion),
            request: bound.request.unwrap_or(self.request),
            image: self.image,
        }
    }

    /// Of a server of one's own.
    pub const FREE: Self = Self { prompt: 0, completion: 0, request: 0, image: 0 };

    /// What a request of this size costs at most, in nano-dollars (1e-9 USD), rounded up; `i64::MAX` for more than fits.
    pub fn worst(&self, prompt_tokens: u64, completion_tokens: u64, images: u64) -> i64 {
        let part = |count: u64, price: i64| i128::from(count) * i128::from(price.max(0));
        // Three products of at most 127 bits could exceed the type together.
        let pico = part(prompt_tokens, self.prompt)
            .saturating_add(part(completion_tokens, self.completion))
            .saturating_add(part(images, self.image))
            .saturating_add(part(1, self.request));
        let nano = pico / PER_NANO + i128::from(pico % PER_NANO > 0);
        i64::try_from(nano).unwrap_or(i64::MAX)
    }

    /// Reads OpenRouter's `pricing`. A missing key is not charged for; `None` when the price is not known: neither
    /// tokens of the prompt nor of the completion are listed, a price is negative (it varies), or is no number.
    ///
    /// `writes_cache`: the provider writes prompts into its cache unasked, which can cost more than reading them anew.
    pub(super) fn listed(pricing: &Object<'_>, writes_cache: bool) -> Option<Self> {
        if !pricing.holds("prompt") && !pricing.holds("completion") {
            return None;
        }
        let mut price = Self::keyed(pricing, writes_cache)?;
        if pricing.holds("overrides") {
            // Keys that an override leaves out keep the base price, so the dearest of each is the dearest of all.
            for conditional in pricing.read::<Vec<Object<'_>>>("overrides")? {
                price = price.dearest(Self::keyed(&conditional, writes_cache)?);
            }
        }
        Some(price)
    }

    fn keyed(pricing: &Object<'_>, writes_cache: bool) -> Option<Self> {
        let amount = |key: &str| pricing.raw(key).map_or(Some(0), |raw: &RawValue| pico_usd(raw.get()));
        let write = if writes_cache { amount("input_cache_write")? } else { 0 };
        Some(Self {
            prompt: amount("prompt")?.max(write),
            completion: amount("completion")?.max(amount("internal_reasoning")?),
            request: amount("request")?,
            image: amount("image")?,
        })
    }

    fn dearest(self, other: Self) -> Self {
        Self {
            prompt: self.prompt.max(other.prompt),
            completion: self.completion.max(other.completion),
            request: self.request.max(other.request),
            image: self.image.max(other.image),
        }
    }
}

/// The dearest price that may be paid, in pico-dollars per token and per request. `None`: any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MaxPrice {
    pub prompt: Option<i64>,
    pub completion: Option<i64>,
    pub request: Option<i64>,
}

impl MaxPrice {
    /// Of US dollars for a million tokens, and for one request.
    #[expect(clippy::cast_possible_truncation, reason = "casts saturate, and nothing costs that much")]
    pub fn of_dollars(prompt: Option<f64>, completion: Option<f64>, request: Option<f64>) -> Self {
        let pico = |dollars: Option<f64>, unit: f64| dollars.map(|dollars| (dollars * unit).round() as i64);
        // A dollar for a million tokens is a million pico-dollars for one.
        Self { prompt: pico(prompt, 1e6), completion: pico(completion, 1e6), request: pico(request, 1e12) }
    }

    /// The bound that admits every one of these. `None`: there are none.
    pub(super) fn dearest(prices: &[Price]) -> Option<Self> {
        let most = |part: fn(&Price) -> i64| prices.iter().map(part).max();
        prices.first()?;
        Some(Self {
            prompt: most(|price| price.prompt),
            completion: most(|price| price.completion),
            request: most(|price| price.request),
        })
    }

    /// The bound that admits this, with room for a provider that asks half as much again for a token as the list says:
    /// prices differ between the providers of one model.
    pub(super) fn with_room(price: Price) -> Self {
        Self {
            prompt: Some(more(price.prompt)),
            completion: Some(more(price.completion)),
            request: Some(price.request),
        }
    }

    /// What it does not bound, the other one does.
    pub(super) fn or(self, other: Option<Self>) -> Self {
        let other = other.unwrap_or_default();
        Self {
            prompt: self.prompt.or(other.prompt),
            completion: self.completion.or(other.completion),
            request: self.request.or(other.request),
        }
    }

    /// What is within either bound.
    pub(super) fn dearest_of(self, other: Self) -> Self {
        let most =
            |own: Option<i64>, others: Option<i64>| own.zip(others).map(|(own, others)| own.max(others));
        Self {
            prompt: most(self.prompt, other.prompt),
            completion: most(self.completion, other.completion),
            request: most(self.request, other.request),
        }
    }

    /// What is within both bounds.
    pub(super) fn least_of(self, other: Self) -> Self {
        let least = |own: Option<i64>, others: Option<i64>| own.into_iter().chain(others).min();
        Self {
            prompt: least(self.prompt, other.prompt),
            completion: least(self.completion, other.completion),
            request: least(self.request, other.request),
        }
    }

    pub fn admits(&self, price: &Price) -> bool {
        let within = |limit: Option<i64>, price: i64| limit.is_none_or(|limit| price <= limit);
        within(self.prompt, price.prompt)
            && within(self.completion, price.completion)
            && within(self.request, price.request)
    }
}

/// Half as much again.
fn more(pico: i64) -> i64 {
    pico.saturating_add(pico / 2)
}

/// Reads a JSON number, or a string that holds one, as dollars, and gives pico-dollars, rounded up. `None` for anything
/// else, for negative sums and for more than fits.
fn pico_usd(json: &str) -> Option<i64> {
    let (digits, exponent) = decimal(json)?;
    scaled(digits, exponent.checked_add(PICO)?)
}

/// `digits * 10^shift`, rounded up.
fn scaled(digits: i128, shift: i64) -> Option<i64> {
    let power = u32::try_from(shift.unsigned_abs()).ok().and_then(|places| 10_i128.checked_pow(places));
    let pico = match power {
        Some(power) if shift >= 0 => digits.checked_mul(power)?,
        Some(power) => digits / power + i128::from(digits % power > 0),
        None if digits == 0 => 0,
        None if shift < 0 => 1,
        None => return None,
    };
    i64::try_from(pico).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(json: &str) -> Option<Price> {
        Price::listed(&Object::of(json)?, false)
    }

    #[test]
    fn prices_are_exact() {
        for (json, pico) in [
            ("0", 0),
            ("\"0\"", 0),
            ("\"0.0000003\"", 300_000),
            ("0.0000003", 300_000),
            ("3e-7", 300_000),
            ("\"0.0000000375\"", 37_500),
            ("\"0.000015\"", 15_000_000),
            ("1", 1_000_000_000_000),
            ("1e-12", 1),
            // Rounded up: never less than is charged.
            ("\"0.0000000000001\"", 1),
            ("1e-400", 1),
            ("0e-400", 0),
            ("0e400", 0),
            ("9223372.036854775807", i64::MAX),
        ] {
            assert_eq!(pico_usd(json), Some(pico), "{json}");
        }
    }

    #[test]
    fn what_is_no_price_is_unknown() {
        let long = format!("0.{}", "1".repeat(40));
        for json in
            ["", "\"\"", "\"-1\"", "-1", "true", "{}", ".", "1e", "1e99", "9223372.036854775808", &long]
        {
            assert_eq!(pico_usd(json), None, "{json}");
        }
    }

    #[test]
    fn a_listing_is_read_key_by_key() {
        let price = Price { prompt: 300_000, completion: 2_500_000, request: 0, image: 1_238_000_000 };
        let json = r#"{"prompt":"0.0000003","completion":"0.0000025","image":"0.001238","request":null,
            "input_cache_write":"1","web_search":"-1","discount":0.5}"#;
        assert_eq!(listed(json), Some(price));
        // A router's price varies.
        assert_eq!(listed(r#"{"prompt":"-1","completion":"-1"}"#), None);
        assert_eq!(listed(r#"{"prompt":"0.1","request":"x"}"#), None);
        // Another vendor's keys, in units of its own.
        assert_eq!(listed(r#"{"input":0.3,"output":0.9}"#), None);
        assert_eq!(listed("{}"), None);
        assert_eq!(listed(r#"{"prompt":"0","completion":"0"}"#), Some(Price::FREE));
    }

    #[test]
    fn the_dearest_condition_counts() {
        let json = r#"{"prompt":"2e-12","completion":"5e-12","internal_reasoning":"6e-12","request":"1e-12",
            "overrides":[{"min_prompt_tokens":200000,"prompt":"4e-12"},{"utc_start":100,"prompt":"1e-12","completion":"9e-12"}]}"#;
        assert_eq!(listed(json), Some(Price { prompt: 4, completion: 9, request: 1, image: 0 }));
        assert_eq!(listed(r#"{"prompt":"0","overrides":null}"#), Some(Price::FREE));
        // Conditions that cannot be read could say anything.
        assert_eq!(listed(r#"{"prompt":"0","overrides":{"prompt":"1"}}"#), None);
        assert_eq!(listed(r#"{"prompt":"0","overrides":[{"prompt":"-1"}]}"#), None);
    }

    #[test]
    fn a_cache_that_is_written_unasked_counts() {
        let pricing = Object::of(r#"{"prompt":"4e-12","input_cache_write":"5e-12"}"#).unwrap();
        assert_eq!(Price::listed(&pricing, true).unwrap().prompt, 5);
        assert_eq!(Price::listed(&pricing, false).unwrap().prompt, 4);
    }

    #[test]
    fn the_worst_case_is_rounded_up_and_never_overflows() {
        let price = Price { prompt: 300_000, completion: 2_500_000, request: 1, image: 7_000 };
        assert_eq!(price.worst(1000, 800, 0), 300_000 + 2_000_000 + 1);
        assert_eq!(price.worst(0, 0, 0), 1);
        assert_eq!(price.worst(0, 0, 2), 15);
        assert_eq!(Price::FREE.worst(u64::MAX, u64::MAX, u64::MAX), 0);
        let dear = Price { prompt: i64::MAX, completion: i64::MAX, request: i64::MAX, image: i64::MAX };
        assert_eq!(dear.worst(u64::MAX, u64::MAX, u64::MAX), i64::MAX);
    }

    #[test]
    fn a_limit_holds_for_each_part() {
        let price = Price { prompt: 3, completion: 5, request: 7, image: 1000 };
        let limit = |prompt, completion, request| MaxPrice { prompt, completion, request };
        assert!(MaxPrice::default().admits(&price));
        assert!(limit(Some(3), Some(5), Some(7)).admits(&price));
        for limit in [limit(Some(2), None, None), limit(None, Some(4), None), limit(None, None, Some(6))] {
            assert!(!limit.admits(&price), "{limit:?}");
        }
    }
}
