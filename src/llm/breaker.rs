//! Circuit breakers: a model that has just failed is left alone for a while, so that a broken first choice costs the
//! next turns nothing.
//!
//! A breaker opens when failures in a row weigh enough, and stays open for its cooldown. Then one turn at a time may
//! probe the model; the walk races that probe against the next model, so nobody waits for it. A probe that fails
//! doubles the cooldown.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::failure::{Failure, Limit};
use super::settings::BreakerSettings;

/// Models that are remembered. The one whose state is oldest makes room.
const REMEMBERED: usize = 256;

/// How long a model is left alone whose free requests of the day are used up: nobody says when the day ends.
const DAILY: Duration = Duration::from_secs(60 * 60);

/// A probe that nobody reported on for so long was dropped with its turn.
const PROBE_TIMEOUT: Duration = Duration::from_secs(150);

/// The breakers of all models. Clones share one state.
#[derive(Clone, Debug)]
pub(super) struct Breakers {
    settings: BreakerSettings,
    states: Arc<Mutex<HashMap<String, State>>>,
}

/// Whether a model may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    Closed,
    /// It may be asked once, beside another one.
    Probe,
    /// Left alone. An account's own failure is final for now: asking would only repeat it.
    Open {
        account: Option<Failure>,
    },
}

#[derive(Clone, Copy, Debug)]
struct State {
    weight: u32,
    /// How often it opened since the last success.
    openings: u32,
    open_until: Option<Instant>,
    probed_at: Option<Instant>,
    account: Option<Failure>,
    changed: Instant,
}

impl Breakers {
    pub(super) fn new(settings: BreakerSettings) -> Self {
        Self { settings, states: Arc::default() }
    }

    pub(super) fn gate(&self, model: &str, now: Instant) -> Gate {
        self.lock().get(model).map_or(Gate::Closed, |state| state.gate(now))
    }

    /// Takes the one probe. `false`: somebody else has it.
    pub(super) fn take_probe(&self, model: &str, now: Instant) -> bool {
        let mut states = self.lock();
        let Some(state) = states.get_mut(model).filter(|state| state.gate(now) == Gate::Probe) else {
            return false;
        };
        state.probed_at = Some(now);
        true
    }

    /// Gives a probe back that told nothing.
    pub(super) fn leave_probe(&self, model: &str) {
        if let Some(state) = self.lock().get_mut(model) {
            state.probed_at = None;
        }
    }

    /// Returns whether it was open.
    pub(super) fn succeeded(&self, model: &str) -> bool {
        self.lock().remove(model).is_some_and(|state| state.open_until.is_some())
    }

    /// Another model was faster, though this one had a start.
    pub(super) fn was_slow(&self, model: &str, now: Instant) {
        self.count(model, Failure::Outrun, 1, now);
    }

    /// Counts a failure. Returns whether it opened the breaker.
    pub(super) fn failed(&self, model: &str, failure: Failure, now: Instant) -> bool {
        let weight = weight(failure);
        weight > 0 && self.count(model, failure, weight, now)
    }

    fn count(&self, model: &str, failure: Failure, weight: u32, now: Instant) -> bool {
        let mut states = self.lock();
        make_room(&mut states, model);
        let state = states.entry(model.to_owned()).or_insert_with(|| State::new(now));
        state.changed = now;
        state.weight = state.weight.saturating_add(weight);
        let was_probe = state.open_until.is_some_and(|until| now >= until);
        state.probed_at = None;
        if state.weight < self.settings.threshold && !was_probe {
            return false;
        }
        let is_news = state.open_until.is_none_or(|until| now >= until);
        if is_news {
            state.openings = state.openings.saturating_add(1);
        }
        state.account = failure.concerns_the_account().then_some(failure);
        let until = now + self.cooldown(state.openings, failure);
        state.open_until = Some(state.open_until.map_or(until, |earlier| earlier.max(until)));
        is_news
    }

    fn cooldown(&self, openings: u32, failure: Failure) -> Duration {
        if failure.concerns_the_account() {
            return self.settings.account;
        }
        let doublings = openings.saturating_sub(1).min(16);
        let doubled = self.settings.cooldown.saturating_mul(1 << doublings);
        doubled.min(self.settings.longest).max(pause(failure))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, State>> {
        // No change of a state can end half-way.
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn new(now: Instant) -> Self {
        Self { weight: 0, openings: 0, open_until: None, probed_at: None, account: None, changed: now }
    }

    fn gate(&self, now: Instant) -> Gate {
        match self.open_until {
            None => Gate::Closed,
            Some(until) if now < until => Gate::Open { account: self.account },
            Some(_) if self.probed_at.is_some_and(|at| now < at + PROBE_TIMEOUT) => {
                Gate::Open { account: None }
            }
            Some(_) => Gate::Probe,
        }
    }
}

/// The pause that a server asked for.
fn pause(failure: Failure) -> Duration {
    match failure {
        Failure::RateLimited { limit: Limit::Daily, retry_after: None, .. } => DAILY,
        Failure::RateLimited { retry_after, .. } | Failure::Overloaded { retry_after, .. } => {
            retry_after.unwrap_or_default()
        }
        _ => Duration::ZERO,
    }
}

/// How much a failure tells of the model rather than of this one request.
fn weight(failure: Failure) -> u32 {
    match failure {
        Failure::Unreachable
        | Failure::Silent
        | Failure::NoSuchModel
        | Failure::KeyRefused
        | Failure::NoCredit { .. }
        | Failure::Forbidden
        | Failure::RateLimited { .. } => 2,
        Failure::Stalled
        | Failure::Interrupted
        | Failure::Empty
        | Failure::Garbled
        | Failure::Overloaded { .. }
        | Failure::Provider { .. } => 1,
        Failure::Moderated
        | Failure::TooLong
        | Failure::Rejected { .. }
        | Failure::Outrun
        | Failure::Cancelled
        | Failure::Unaffordable => 0,
    }
}

fn make_room(states: &mut HashMap<String, State>, model: &str) {
    if states.len() < REMEMBERED || states.contains_key(model) {
        return;
    }
    let oldest = states.iter().min_by_key(|(_, state)| state.changed).map(|(name, _)| name.clone());
    if let Some(oldest) = oldest {
        states.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEAD: Failure = Failure::Silent;
    const SICK: Failure = Failure::Provider { code: None, retryable: None };

    fn breakers() -> (Breakers, Instant, Duration) {
        let settings = BreakerSettings::default();
        (Breakers::new(settings.clone()), Instant::now(), settings.cooldown)
    }

    #[test]
    fn one_failure_that_cost_time_opens_it_and_of_others_two() {
        let (breakers, now, _) = breakers();
        assert!(breakers.failed("dead", DEAD, now));
        assert!(!breakers.failed("sick", SICK, now));
        assert_eq!(breakers.gate("sick", now), Gate::Closed);
        assert!(breakers.failed("sick", SICK, now));
        assert!(!breakers.failed("sick", SICK, now), "it is open already");
        for model in ["dead", "sick"] {
            assert_eq!(breakers.gate(model, now), Gate::Open { account: None }, "{model}");
        }
    }

    #[test]
    fn a_success_forgets_what_was() {
        let (breakers, now, _) = breakers();
        breakers.failed("m", SICK, now);
        breakers.succeeded("m");
        breakers.failed("m", SICK, now);
        assert_eq!(breakers.gate("m", now), Gate::Closed);
    }

    #[test]
    fn what_concerns_one_request_never_opens_it() {
        let (breakers, now, _) = breakers();
        for failure in [Failure::Moderated, Failure::TooLong, Failure::Outrun, Failure::Cancelled] {
            assert!(!breakers.failed("m", failure, now) && !breakers.failed("m", failure, now));
        }
        assert_eq!(breakers.gate("m", now), Gate::Closed);
    }

    #[test]
    fn one_probe_at_a_time_and_each_that_fails_doubles_the_pause() {
        let (breakers, now, cooldown) = breakers();
        breakers.failed("m", DEAD, now);
        let later = now + cooldown;
        assert_eq!(breakers.gate("m", later), Gate::Probe);
        assert!(breakers.take_probe("m", later) && !breakers.take_probe("m", later));
        assert!(breakers.failed("m", DEAD, later));
        assert_eq!(breakers.gate("m", later + cooldown), Gate::Open { account: None });
        let last = later + 2 * cooldown;
        assert!(breakers.take_probe("m", last));
        breakers.succeeded("m");
        assert_eq!(breakers.gate("m", last), Gate::Closed);
    }

    #[test]
    fn a_probe_whose_turn_vanished_is_given_to_another() {
        let (breakers, now, cooldown) = breakers();
        breakers.failed("m", DEAD, now);
        let later = now + cooldown;
        assert!(breakers.take_probe("m", later));
        assert!(breakers.take_probe("m", later + PROBE_TIMEOUT));
        breakers.leave_probe("m");
        assert!(breakers.take_probe("m", later + PROBE_TIMEOUT));
    }

    #[test]
    fn the_pause_is_bounded_above_and_by_what_the_server_asked_for() {
        let (breakers, mut now, _) = breakers();
        for _ in 0..40 {
            breakers.failed("m", DEAD, now);
            now += BreakerSettings::default().longest;
            assert_eq!(breakers.gate("m", now), Gate::Probe);
        }
        let day = Duration::from_secs(86_400);
        let limited = Failure::RateLimited { limit: Limit::Account, retry_after: Some(day), retryable: None };
        breakers.failed("capped", limited, now);
        assert_eq!(breakers.gate("capped", now + day / 2), Gate::Open { account: None });
        assert_eq!(breakers.gate("capped", now + day), Gate::Probe);
    }

    #[test]
    fn an_account_that_was_refused_is_not_asked_for_a_moment() {
        let (breakers, now, _) = breakers();
        breakers.failed("m", Failure::KeyRefused, now);
        assert_eq!(breakers.gate("m", now), Gate::Open { account: Some(Failure::KeyRefused) });
        assert_eq!(breakers.gate("m", now + BreakerSettings::default().account), Gate::Probe);
    }

    #[test]
    fn only_so_many_are_remembered() {
        let (breakers, now, _) = breakers();
        for index in 0..=REMEMBERED {
            let at = now + Duration::from_millis(index as u64);
            breakers.failed(&index.to_string(), DEAD, at);
        }
        assert_eq!(breakers.lock().len(), REMEMBERED);
        assert_eq!(breakers.gate("0", now), Gate::Closed, "the oldest made room");
    }
}
