//! Where Discord's gateway is, and how it may be used.

use std::time::Duration;

use serde_json::Value;

/// What Discord says of its gateway to this bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayBot {
    pub url: String,
    /// How many shards Discord recommends.
    pub shards: u32,
    pub session_starts: SessionStarts,
}

/// How many sessions may be begun in a day, by all processes of the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionStarts {
    pub total: u32,
    pub remaining: u32,
    pub reset_after: Duration,
    /// So many at a time.
    pub max_concurrency: u32,
}

impl Default for SessionStarts {
    /// What Discord grants to small bots.
    fn default() -> Self {
        Self { total: 1_000, remaining: 1_000, reset_after: Duration::ZERO, max_concurrency: 1 }
    }
}

impl GatewayBot {
    /// `None`: it names no address of a gateway. What else is missing is as for a small bot.
    pub(super) fn read(body: &Value) -> Option<Self> {
        let url = body["url"]
            .as_str()
            .filter(|url| url.starts_with("ws://") || url.starts_with("wss://"))?
            .to_owned();
        let number = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
        let (starts, usual) = (&body["session_start_limit"], SessionStarts::default());
        let session_starts = SessionStarts {
            total: number(&starts["total"]).unwrap_or(usual.total),
            remaining: number(&starts["remaining"]).unwrap_or(usual.remaining),
            reset_after: starts["reset_after"].as_u64().map_or(usual.reset_after, Duration::from_millis),
            max_concurrency: number(&starts["max_concurrency"]).unwrap_or(usual.max_concurrency).max(1),
        };
        Some(Self { url, shards: number(&body["shards"]).unwrap_or(1), session_starts })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_missing_is_as_for_a_small_bot() {
        let told = json!({"url": "wss://gateway.discord.gg", "shards": 9,
            "session_start_limit": {"total": 1000, "remaining": 7, "reset_after": 60000, "max_concurrency": 16}});
        let known = GatewayBot::read(&told).unwrap();
        assert_eq!(
            (known.shards, known.session_starts.remaining, known.session_starts.max_concurrency),
            (9, 7, 16)
        );
        assert_eq!(known.session_starts.reset_after, Duration::from_secs(60));
        let short = GatewayBot::read(&json!({"url": "ws://127.0.0.1:1"})).unwrap();
        assert_eq!((short.shards, short.session_starts), (1, SessionStarts::default()));
        assert_eq!(GatewayBot::read(&json!({"url": "https://discord.com"})), None);
        assert_eq!(GatewayBot::read(&json!({"shards": 1})), None);
    }
}
