//! What may happen ten thousand times in a second is told once in a second, with a count.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

const PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(super) struct Murmur(Mutex<Heard>);

#[derive(Debug, Default)]
struct Heard {
    told: Option<Instant>,
    since: u64,
}

impl Murmur {
    /// It happened again. Gives how often since it was last told, if it is to be told now.
    pub(super) fn hear(&self) -> Option<u64> {
        let now = Instant::now();
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        heard.since += 1;
        if heard.told.is_some_and(|told| now.duration_since(told) < PAUSE) {
            return None;
        }
        heard.told = Some(now);
        Some(std::mem::take(&mut heard.since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    #[tokio::test(start_paused = true)]
    async fn a_flood_is_told_once_in_a_second_and_counted() {
        let murmur = Murmur::default();
        assert_eq!(murmur.hear(), Some(1));
        assert!((0..10_000).all(|_| murmur.hear().is_none()));
        advance(PAUSE).await;
        assert_eq!(murmur.hear(), Some(10_001));
        advance(PAUSE).await;
        assert_eq!(murmur.hear(), Some(1));
    }
}
