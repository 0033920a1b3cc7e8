//! The far side as Discord documents it: windows that begin with their first request, and so many requests in any second.

use std::collections::HashMap;

use super::*;

pub(super) struct Far {
    limit: u32,
    window: Duration,
    /// End and use of each bucket's window.
    windows: HashMap<String, (Instant, u32)>,
    per_second: usize,
    arrivals: Vec<Instant>,
    pub(super) refused: usize,
}

impl Far {
    pub(super) fn new(limit: u32, window: Duration, per_second: usize) -> Self {
        Self { limit, window, windows: HashMap::new(), per_second, arrivals: Vec::new(), refused: 0 }
    }

    /// A request arrives now. What the answer says is settled here, however long it takes to arrive.
    pub(super) fn arrive(&mut self, bucket: &str) -> Limits {
        let now = Instant::now();
        self.arrivals.push(now);
        let recent = self.arrivals.iter().filter(|at| now.duration_since(**at) < S).count();
        let window = self.windows.entry(bucket.to_owned()).or_insert((now, 0));
        if window.0 <= now {
            *window = (now + self.window, 0);
        }
        window.1 += 1;
        if window.1 > self.limit || recent > self.per_second {
            self.refused += 1;
        }
        limits("hash", self.limit, self.limit.saturating_sub(window.1), window.0.duration_since(now))
    }
}
