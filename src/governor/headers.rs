//! Discord's rate-limit headers, read with tolerance.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};

/// Discord rounds to milliseconds, perhaps down; a request that arrives a moment early is refused.
const ROUNDING: Duration = Duration::from_millis(1);
/// No announced wait is taken for longer than a day, whatever the number says.
const LONGEST: f64 = 86_400.0;

/// The state of a bucket as an answer announced it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// Discord's name of the bucket, to be taken together with the major resource.
    pub(super) bucket: Arc<str>,
    /// Requests in a window.
    pub(super) limit: u32,
    /// Requests left in this one.
    pub(super) remaining: u32,
    /// Until the window ends.
    pub(super) reset_after: Duration,
}

/// What the headers of an answer said about its bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    Limits(Limits),
    /// Not one of the headers was there.
    Absent,
    /// Some are missing or are no numbers: nothing can be learned from them.
    Garbled,
}

/// Whose limit a refused request has met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// The bot's own, in this bucket.
    User,
    /// The whole bot's.
    Global,
    /// One that all bots share; it does not count as an invalid request.
    Shared,
}

impl Scope {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Global => "global",
            Self::Shared => "shared",
        }
    }
}

impl Seen {
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let names =
            ["x-ratelimit-bucket", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset-after"];
        if !names.iter().any(|name| headers.contains_key(*name)) {
            return Self::Absent;
        }
        let read = || {
            Some(Limits {
                bucket: headers.get(names[0])?.to_str().ok()?.into(),
                limit: count(headers, names[1])?.max(1),
                remaining: count(headers, names[2])?,
                reset_after: seconds(number(headers, names[3])?)? + ROUNDING,
            })
        };
        read().map_or(Self::Garbled, Self::Limits)
    }

    pub(super) const fn limits(&self) -> Option<&Limits> {
        match self {
            Self::Limits(limits) => Some(limits),
            Self::Absent | Self::Garbled => None,
        }
    }
}

/// Scope and wait of a 429. `None` when it names no wait: such an answer is not from Discord's API but from
/// something before it, and to repeat the request would make things worse.
pub(super) fn refusal(headers: &HeaderMap, body: &[u8], seen: &Seen) -> Option<(Scope, Duration)> {
    let scope = match headers.get("x-ratelimit-scope").map(|value| value.as_bytes()) {
        Some(b"shared") => Scope::Shared,
        Some(b"global") => Scope::Global,
        _ if headers.contains_key("x-ratelimit-global") => Scope::Global,
        _ => Scope::User,
    };
    // The header counts whole seconds, the body has the exact number.
    let exact = || serde_json::from_slice::<serde_json::Value>(body).ok()?.get("retry_after")?.as_f64();
    let rounded = || number(headers, RETRY_AFTER.as_str());
    let announced = exact().or_else(rounded).and_then(seconds).map(|wait| wait + ROUNDING);
    let reset = seen.limits().map(|limits| limits.reset_after).filter(|_| scope == Scope::User);
    // A limit that no header tells of may last far longer than the window of the bucket.
    Some((scope, reset.max(announced)?))
}

fn number(headers: &HeaderMap, name: &str) -> Option<f64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok().filter(|value: &f64| value.is_finite())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked before")]
fn count(headers: &HeaderMap, name: &str) -> Option<u32> {
    number(headers, name)
        .filter(|value| (0.0..=f64::from(u32::MAX)).contains(value))
        .map(|value| value as u32)
}

fn seconds(value: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(value.min(LONGEST)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderName, HeaderValue};

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    fn limits(limit: &'static str, reset: &'static str) -> Seen {
        Seen::read(&headers(&[
            ("x-ratelimit-bucket", "abc"),
            ("x-ratelimit-limit", limit),
            ("x-ratelimit-remaining", "4"),
            ("x-ratelimit-reset-after", reset),
        ]))
    }

    #[test]
    fn whole_and_broken_numbers_are_the_same() {
        assert_eq!(limits("5", "2"), limits("5.0", "2.000"));
        let seen = limits("5.0", "1.999");
        assert_eq!(seen.limits().unwrap().limit, 5);
        assert_eq!(seen.limits().unwrap().reset_after, Duration::from_millis(2000));
    }

    #[test]
    fn what_cannot_be_read_teaches_nothing() {
        for (limit, reset) in [("", "1"), ("-1", "1"), ("NaN", "1"), ("five", "1"), ("5", "-3"), ("5", "NaN")]
        {
            assert_eq!(limits(limit, reset), Seen::Garbled, "{limit} {reset}");
        }
        assert_eq!(Seen::read(&headers(&[("x-ratelimit-limit", "5")])), Seen::Garbled);
        assert_eq!(Seen::read(&headers(&[("content-type", "text/html")])), Seen::Absent);
        assert!(limits("5", "1e300").limits().unwrap().reset_after < Duration::from_secs(90_000));
    }

    #[test]
    fn a_refusal_tells_whose_limit_it_was() {
        let wait = |pairs: &[(&'static str, &'static str)], body: &str| {
            let headers = headers(pairs);
            refusal(&headers, body.as_bytes(), &Seen::read(&headers))
        };
        let exact = r#"{"message":"You are being rate limited.","retry_after":0.4,"global":false}"#;
        let ms = Duration::from_millis;
        assert_eq!(
            wait(&[("retry-after", "1"), ("x-ratelimit-scope", "shared")], exact),
            Some((Scope::Shared, ms(401)))
        );
        assert_eq!(
            wait(&[("retry-after", "1"), ("x-ratelimit-global", "true")], ""),
            Some((Scope::Global, ms(1001)))
        );
        assert_eq!(wait(&[("retry-after", "1")], exact), Some((Scope::User, ms(401))));
        assert_eq!(wait(&[], "<html>blocked</html>"), None);
    }

    #[test]
    fn the_longer_of_two_waits_holds() {
        let bucket = |reset| {
            headers(&[
                ("x-ratelimit-bucket", "abc"),
                ("x-ratelimit-limit", "5"),
                ("x-ratelimit-remaining", "4"),
                ("x-ratelimit-reset-after", reset),
                ("x-ratelimit-scope", "user"),
                ("retry-after", "300"),
            ])
        };
        let wait = |reset, body: &str| {
            let headers = bucket(reset);
            refusal(&headers, body.as_bytes(), &Seen::read(&headers)).unwrap().1
        };
        let ms = Duration::from_millis;
        assert_eq!(wait("1", r#"{"retry_after":299.5}"#), ms(299_501), "a limit that no header tells of");
        assert_eq!(wait("2", r#"{"retry_after":0.4}"#), ms(2_001), "the body has the exact number");
        assert_eq!(wait("1", ""), ms(300_001));
    }
}
