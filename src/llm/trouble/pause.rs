//! How long a server asks to wait.

use std::time::{Duration, SystemTime};

use serde_json::Value;

/// A pause that a server asks for is believed up to a day.
const LONGEST: Duration = Duration::from_secs(86_400);

/// Reads the `Retry-After` header: seconds, or a date. What is neither counts as absent, a date that has passed as now.
pub(in crate::llm) fn retry_after(header: Option<&str>) -> Option<Duration> {
    since(header?.trim(), SystemTime::now())
}

/// Reads seconds: a number, or a string that holds one.
pub(super) fn seconds(value: &Value) -> Option<Duration> {
    let seconds = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    Duration::try_from_secs_f64(seconds.min(LONGEST.as_secs_f64())).ok().filter(|_| seconds.is_finite())
}

fn since(header: &str, now: SystemTime) -> Option<Duration> {
    seconds(&Value::from(header)).or_else(|| {
        let date = httpdate::parse_http_date(header).ok()?;
        Some(date.duration_since(now).unwrap_or_default().min(LONGEST))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn seconds_are_read() {
        for (header, told) in [
            ("0", Some(0)),
            (" 3 ", Some(3)),
            ("3600", Some(3600)),
            ("999999", Some(86_400)),
            ("soon", None),
            ("", None),
            ("-1", None),
            ("NaN", None),
            ("inf", None),
            ("1e400", None),
        ] {
            assert_eq!(retry_after(Some(header)), told.map(Duration::from_secs), "{header}");
        }
        assert_eq!(retry_after(None), None);
        assert_eq!(seconds(&json!(2.5)), Some(Duration::from_millis(2500)));
        for value in [json!(null), json!(true), json!([]), json!({}), json!(-3)] {
            assert_eq!(seconds(&value), None, "{value}");
        }
    }

    #[test]
    fn dates_are_read() {
        let now = httpdate::parse_http_date("Fri, 20 Nov 2026 12:00:00 GMT").unwrap();
        for (header, told) in [
            ("Fri, 20 Nov 2026 12:00:02 GMT", Some(2)),
            ("Fri, 20 Nov 2026 11:59:00 GMT", Some(0)),
            ("Friday, 20-Nov-26 12:00:03 GMT", Some(3)),
            ("Sun, 20 Dec 2026 12:00:00 GMT", Some(86_400)),
            ("Fri, 20 Nov 2026", None),
            ("2026-11-20T12:00:02Z", None),
        ] {
            assert_eq!(since(header, now), told.map(Duration::from_secs), "{header}");
        }
    }
}
