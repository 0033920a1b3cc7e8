//! How many answers are being shown, and what their intermediate edits may take.

use tokio::time::Instant;

use crate::governor::rules::Rules;

#[derive(Debug, Default)]
pub(super) struct Crowd {
    live: usize,
    /// Since when there have been so many that their edits go in waves.
    since: Option<Instant>,
}

impl Crowd {
    pub(super) const fn live(&self) -> usize {
        self.live
    }

    pub(super) fn show(&mut self, rules: &Rules, now: Instant) {
        self.live += 1;
        if self.live > rules.waves.from {
            self.since.get_or_insert(now);
        }
    }

    pub(super) const fn hide(&mut self, rules: &Rules) {
        self.live = self.live.saturating_sub(1);
        if self.live <= rules.waves.from {
            self.since = None;
        }
    }

    /// How many places an intermediate edit must leave free, or when the next wave comes.
    pub(super) fn spare(&self, rules: &Rules, places: usize, now: Instant) -> Result<usize, Instant> {
        let Some(since) = self.since else {
            return Ok(self.outside(rules, places));
        };
        let waves = &rules.waves;
        // A quarter of a period after the crowd has come: its first words need the places before.
        let begin = since + waves.every / 4;
        if now < begin {
            return Err(begin);
        }
        let period = waves.every.as_nanos().max(1);
        let passed = u32::try_from(now.duration_since(begin).as_nanos() / period).unwrap_or(u32::MAX);
        let wave = begin + waves.every * passed;
        if now < wave + waves.length { Ok(self.in_wave(rules, places)) } else { Err(wave + waves.every) }
    }

    /// How many intermediate edits may go in one second, on average.
    pub(super) fn rate(&self, rules: &Rules, places: usize) -> usize {
        if self.since.is_none() {
            return places.saturating_sub(self.outside(rules, places));
        }
        let in_wave = places.saturating_sub(self.in_wave(rules, places));
        let millis = usize::try_from(rules.waves.every.as_millis()).unwrap_or(usize::MAX).max(1);
        (in_wave * 1_000 / millis).min(places)
    }

    fn outside(&self, rules: &Rules, places: usize) -> usize {
        (places * rules.reserve_percent / 100).max(self.live / rules.live_per_place.max(1))
    }

    fn in_wave(&self, rules: &Rules, places: usize) -> usize {
        (places * rules.waves.reserve_percent / 100).max(self.live / rules.waves.live_per_place.max(1))
    }
}
