//! Rate limits: a window per bucket, the global window, and refusals that others caused. Pure.

use std::collections::HashMap;

const GLOBAL_LIMIT: u32 = 50;
const GLOBAL_WINDOW_MS: u64 = 1_000;
/// Windows that are over are swept out beyond this many.
const KEPT: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct Limits {
    enabled: bool,
    global: Window,
    buckets: HashMap<(String, String), Window>,
    /// Refusals with the scope `shared`, by major parameter: until when.
    shared: HashMap<String, u64>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Window {
    used: u32,
    ends_at: u64,
}

/// What is asked of the limits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    /// Method and template: `POST /channels/{channel_id}/messages`.
    pub(super) route: &'a str,
    /// The channel, guild or webhook that has its own bucket; empty when there is none.
    pub(super) major: &'a str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// No limit is announced here.
    Free,
    Admitted(Quota),
    Refused {
        scope: Scope,
        retry_after_ms: u64,
        quota: Option<Quota>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Quota {
    pub(super) limit: u32,
    pub(super) remaining: u32,
    /// Milliseconds since 1970.
    pub(super) reset_at: u64,
    pub(super) reset_after_ms: u64,
    /// Opaque to the bot; equal for all channels.
    pub(super) bucket: String,
}

/// Whose limit a 429 is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The bot used up its own bucket.
    User,
    /// Others used the resource up.
    Shared,
    /// The bot asked too much of everything.
    Global,
}

impl Scope {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Shared => "shared",
            Self::Global => "global",
        }
    }
}

impl Quota {
    /// The bucket of a route with nothing left.
    pub(super) fn used_up(route: &str, reset_after_ms: u64, now: u64) -> Self {
        let limit = announced(route).map_or(1, |(limit, _)| limit);
        let bucket = bucket_name(route);
        Self { limit, remaining: 0, reset_at: now + reset_after_ms, reset_after_ms, bucket }
    }
}

impl Limits {
    pub(super) fn new(enabled: bool) -> Self {
        Self { enabled, ..Self::default() }
    }

    pub(super) const fn are_enabled(&self) -> bool {
        self.enabled
    }

    pub(super) fn set_enabled(&mut self, enabled: bool) {
        self.enabled = enabled;
    }

    /// Refuses everything of one major parameter for a while, as when others used it up.
    pub(super) fn share(&mut self, major: &str, until: u64) {
        self.shared.insert(major.to_owned(), until);
    }

    /// Counts a call and says whether it may go on.
    pub(super) fn admit(&mut self, call: Call<'_>, now: u64) -> Verdict {
        if let Some(until) = self.shared.get(call.major).filter(|until| now < **until) {
            return Verdict::Refused { scope: Scope::Shared, retry_after_ms: until - now, quota: None };
        }
        if !self.enabled {
            return Verdict::Free;
        }
        if !is_exempt_from_global(call.route)
            && self.global.take(GLOBAL_LIMIT, GLOBAL_WINDOW_MS, now).is_none()
        {
            let retry_after_ms = self.global.ends_at - now;
            return Verdict::Refused { scope: Scope::Global, retry_after_ms, quota: None };
        }
        match announced(call.route) {
            Some(size) => self.admit_to_bucket(call, size, now),
            None => Verdict::Free,
        }
    }

    fn admit_to_bucket(&mut self, call: Call<'_>, (limit, length): (u32, u64), now: u64) -> Verdict {
        if self.buckets.len() >= KEPT {
            self.buckets.retain(|_, window| now < window.ends_at);
        }
        let window = self.buckets.entry((call.route.to_owned(), call.major.to_owned())).or_default();
        let remaining = window.take(limit, length, now);
        let quota = Quota {
            limit,
            remaining: remaining.unwrap_or(0),
            reset_at: window.ends_at,
            reset_after_ms: window.ends_at - now,
            bucket: bucket_name(call.route),
        };
        match remaining {
            Some(_) => Verdict::Admitted(quota),
            None => {
                let retry_after_ms = quota.reset_after_ms;
                Verdict::Refused { scope: Scope::User, retry_after_ms, quota: Some(quota) }
            }
        }
    }
}

impl Window {
    /// Takes one place and returns how many are left; None when the window is full.
    fn take(&mut self, limit: u32, length: u64, now: u64) -> Option<u32> {
        if now >= self.ends_at {
            *self = Self { used: 0, ends_at: now + length };
        }
        if self.used >= limit {
            return None;
        }
        self.used += 1;
        Some(limit - self.used)
    }
}

/// Calls and milliseconds of a route's window; None where Discord announces none.
fn announced(route: &str) -> Option<(u32, u64)> {
    let (method, template) = route.split_once(' ')?;
    if template.starts_with("/webhooks/") {
        return Some((5, 2_000));
    }
    match (method, template) {
        (_, "/gateway" | "/interactions/{interaction_id}/{interaction_token}/callback") => None,
        ("DELETE", "/channels/{channel_id}/messages/{message_id}") => Some((5, 1_000)),
        (_, template) if template.starts_with("/channels/{channel_id}/") => Some((5, 5_000)),
        _ => Some((10, 10_000)),
    }
}

/// Routes that interaction and webhook tokens open do not count against the global limit.
fn is_exempt_from_global(route: &str) -> bool {
    route.contains(" /webhooks/") || route.contains(" /interactions/")
}

/// 32 hexadecimal digits that stand for a route (FNV-1a).
fn bucket_name(route: &str) -> String {
    let hash = route.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}{:016x}", hash.rotate_left(32))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREATE: &str = "POST /channels/{channel_id}/messages";

    fn call(route: &'static str, major: &'static str) -> Call<'static> {
        Call { route, major }
    }

    #[test]
    fn five_messages_in_five_seconds_per_channel() {
        let mut limits = Limits::new(true);
        for left in (0..5).rev() {
            let Verdict::Admitted(quota) = limits.admit(call(CREATE, "1"), 1_000) else { panic!("{left}") };
            assert_eq!((quota.limit, quota.remaining, quota.reset_at), (5, left, 6_000));
        }
        let refused = limits.admit(call(CREATE, "1"), 2_000);
        assert!(matches!(refused, Verdict::Refused { scope: Scope::User, retry_after_ms: 4_000, .. }));
        assert!(matches!(limits.admit(call(CREATE, "2"), 2_000), Verdict::Admitted(_)));
        assert!(matches!(limits.admit(call(CREATE, "1"), 6_000), Verdict::Admitted(_)));
    }

    #[test]
    fn fifty_a_second_over_all_but_token_routes() {
        let mut limits = Limits::new(true);
        let routes: Vec<_> = (0..50).map(|n| n.to_string()).collect();
        for major in &routes {
            assert!(matches!(limits.admit(Call { route: CREATE, major }, 0), Verdict::Admitted(_)));
        }
        let refused = limits.admit(call(CREATE, "next"), 400);
        assert_eq!(refused, Verdict::Refused { scope: Scope::Global, retry_after_ms: 600, quota: None });
        let callback = "POST /interactions/{interaction_id}/{interaction_token}/callback";
        assert_eq!(limits.admit(call(callback, "9"), 400), Verdict::Free);
        let token = "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original";
        assert!(matches!(limits.admit(call(token, "t"), 400), Verdict::Admitted(_)));
        assert!(matches!(limits.admit(call(CREATE, "next"), 1_000), Verdict::Admitted(_)));
    }

    #[test]
    fn switched_off_it_refuses_only_what_is_shared() {
        let mut limits = Limits::new(false);
        for _ in 0..100 {
            assert_eq!(limits.admit(call(CREATE, "1"), 0), Verdict::Free);
        }
        limits.share("1", 500);
        let refused = limits.admit(call(CREATE, "1"), 100);
        assert_eq!(refused, Verdict::Refused { scope: Scope::Shared, retry_after_ms: 400, quota: None });
        assert_eq!(limits.admit(call(CREATE, "1"), 500), Verdict::Free);
    }

    #[test]
    fn a_bucket_has_one_name_in_all_channels() {
        assert_eq!(bucket_name(CREATE), bucket_name(CREATE));
        assert_ne!(bucket_name(CREATE), bucket_name("GET /channels/{channel_id}/messages"));
        assert_eq!(bucket_name(CREATE).len(), 32);
    }
}
