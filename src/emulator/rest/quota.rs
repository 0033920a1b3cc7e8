//! Rate limits in headers and refusals.

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::emulator::limits::{Quota, Scope};

/// 429, as Discord writes it.
pub(super) fn too_many(scope: Scope, retry_after_ms: u64, quota: Option<&Quota>) -> Response {
    let body = json!({
        "message": "You are being rate limited.",
        "retry_after": Seconds(retry_after_ms).to_number(),
        "global": scope == Scope::Global,
    });
    let mut response = (StatusCode::TOO_MANY_REQUESTS, Json(body)).into_response();
    let headers = response.headers_mut();
    if let Some(quota) = quota {
        announce(headers, quota);
    }
    set(headers, "retry-after", &retry_after_ms.div_ceil(1_000).to_string());
    set(headers, "x-ratelimit-scope", scope.name());
    if scope == Scope::Global {
        set(headers, "x-ratelimit-global", "true");
    }
    response
}

/// The headers of a bucket.
pub(super) fn announce(headers: &mut HeaderMap, quota: &Quota) {
    set(headers, "x-ratelimit-limit", &quota.limit.to_string());
    set(headers, "x-ratelimit-remaining", &quota.remaining.to_string());
    set(headers, "x-ratelimit-reset", &Seconds(quota.reset_at).to_string());
    set(headers, "x-ratelimit-reset-after", &Seconds(quota.reset_after_ms).to_string());
    set(headers, "x-ratelimit-bucket", &quota.bucket);
}

fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// Milliseconds, written as seconds with three decimals.
struct Seconds(u64);

impl Seconds {
    fn to_number(&self) -> Value {
        self.to_string().parse::<f64>().map_or(Value::Null, Value::from)
    }
}

impl std::fmt::Display for Seconds {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{:03}", self.0 / 1_000, self.0 % 1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_global_refusal_says_so_in_headers_and_body() {
        let response = too_many(Scope::Global, 600, None);
        assert_eq!(response.status(), 429);
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap());
        assert_eq!(header("x-ratelimit-global"), Some("true"));
        assert_eq!(header("x-ratelimit-scope"), Some("global"));
        assert_eq!(header("retry-after"), Some("1"));
        assert_eq!(header("x-ratelimit-bucket"), None);
    }

    #[test]
    fn seconds_keep_their_milliseconds() {
        assert_eq!(Seconds(1_470_173_023_123).to_string(), "1470173023.123");
        assert_eq!(Seconds(65).to_number(), json!(0.065));
    }
}
