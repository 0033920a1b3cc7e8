//! Who was told something within the last minute: once is kind, more is noise, and never again would be silence.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use tokio::time::Instant;

/// How long something is no news.
const MINUTE: Duration = Duration::from_secs(60);

/// Whether what was said then is no news yet.
pub(super) fn is_fresh(said: Instant, now: Instant) -> bool {
    now < said + MINUTE
}

/// When each was told. So many are remembered, and no more are told: where too many are to be told, silence is kinder
/// to Discord than a flood of ours.
#[derive(Debug)]
pub(super) struct Told<K> {
    most: usize,
    said: HashMap<K, Instant>,
    swept: Option<Instant>,
}

impl<K: Eq + Hash> Told<K> {
    pub(super) fn new(most: usize) -> Self {
        Self { most, said: HashMap::new(), swept: None }
    }

    /// Whether somebody was told.
    pub(super) fn knows(&self, who: &K, now: Instant) -> bool {
        self.said.get(who).is_some_and(|said| is_fresh(*said, now))
    }

    /// Whether somebody was told, or is not to be. Otherwise they are told now.
    pub(super) fn was_told(&mut self, who: K, now: Instant) -> bool {
        if self.knows(&who, now) {
            return true;
        }
        self.forget_old(now);
        if self.said.len() >= self.most && !self.said.contains_key(&who) {
            return true;
        }
        self.said.insert(who, now);
        false
    }

    /// It is news to them again.
    pub(super) fn forget(&mut self, who: &K) {
        self.said.remove(who);
    }

    pub(super) fn clear(&mut self) {
        self.said.clear();
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.said.len()
    }

    /// At most once a second: a look at everything takes its time.
    fn forget_old(&mut self, now: Instant) {
        let is_due = self.swept.is_none_or(|at| now >= at + Duration::from_secs(1));
        if self.said.len() >= self.most && is_due {
            self.swept = Some(now);
            self.said.retain(|_, said| is_fresh(*said, now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_news_again_after_a_minute() {
        let (mut told, now) = (Told::new(9), Instant::now());
        let mut at = |seconds| told.was_told("Kim", now + Duration::from_secs(seconds));
        assert_eq!([0, 1, 59, 60, 61, 120].map(&mut at), [false, true, true, false, true, false]);
    }

    #[test]
    fn so_many_are_told_in_a_minute_and_the_next_ones_after_it() {
        let (mut told, now) = (Told::new(3), Instant::now());
        let mut loud = |from: u32, at| (from..from + 9).filter(|who| !told.was_told(*who, at)).count();
        assert_eq!(loud(0, now), 3);
        assert_eq!(loud(100, now + Duration::from_secs(59)), 0);
        assert_eq!(loud(200, now + MINUTE), 3);
        assert_eq!(told.len(), 3);
    }
}
