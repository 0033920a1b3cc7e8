//! The attempts of one reply and what they may have cost, so that no request begins that could cost too much.

use tokio::time::Instant;

use super::facts::Facts;
use super::failure::Failure;
use super::plan::{Cost, Rung};
use super::report::{Attempt, Bill, millis};
use super::settings::Flavour;
use super::trouble::Refusal;

#[derive(Debug)]
pub(super) struct Book {
    entries: Vec<Entry>,
    /// The most that all attempts may cost together, in nano-dollars.
    allowance: i64,
}

#[derive(Clone, Debug)]
struct Entry {
    attempt: Attempt,
    started: Instant,
    ended: bool,
    worst: i64,
    cost: Cost,
    /// The server can be asked for its cost later.
    can_be_asked: bool,
}

impl Book {
    pub(super) fn new(allowance: i64) -> Self {
        Self { entries: Vec::new(), allowance }
    }

    /// Whether a request that can cost so much may begin.
    pub(super) fn affords(&self, worst: i64) -> bool {
        let spent =
            self.entries.iter().fold(0_i64, |sum, entry| sum.saturating_add(entry.attempt.bill.most()));
        spent.saturating_add(worst) <= self.allowance
    }

    /// Writes a request down before it is sent: it counts in full until its end. Returns its place.
    pub(super) fn begin(&mut self, rung: &Rung, account: Option<&str>, worst: i64) -> usize {
        let attempt = Attempt {
            account: account.map(str::to_owned),
            model: rung.name.clone(),
            fell_back_to: None,
            model_answered: None,
            provider: None,
            generation_id: None,
            usage: None,
            first_token_ms: None,
            ms: 0,
            failure: None,
            finish: None,
            upstream_attempts: None,
            bill: Bill::Assumed(worst),
        };
        let can_be_asked = rung.flavour == Flavour::OpenRouter;
        self.entries.push(Entry {
            attempt,
            started: Instant::now(),
            ended: false,
            worst,
            cost: rung.cost,
            can_be_asked,
        });
        self.entries.len() - 1
    }

    /// Writes down that a rung was not asked because it could cost too much.
    pub(super) fn skip(&mut self, rung: &Rung, account: Option<&str>) {
        let place = self.begin(rung, account, 0);
        self.end(place, None, Some(Failure::Unaffordable.into()));
    }

    pub(super) fn first_words(&mut self, place: usize) {
        if let Some(entry) = self.entries.get_mut(place) {
            entry.attempt.first_token_ms.get_or_insert(millis(entry.started.elapsed()));
        }
    }

    /// An attempt has ended.
    pub(super) fn end(&mut self, place: usize, facts: Option<&Facts>, refusal: Option<Refusal>) {
        if let Some(entry) = self.entries.get_mut(place) {
            entry.end(facts, refusal);
        }
    }

    /// The server went on to another rung by itself.
    pub(super) fn fell_back(&mut self, place: usize, to: &str) {
        if let Some(entry) = self.entries.get_mut(place) {
            entry.attempt.fell_back_to = Some(to.to_owned());
        }
    }

    pub(super) fn attempt(&self, place: usize) -> Option<&Attempt> {
        self.entries.get(place).map(|entry| &entry.attempt)
    }

    /// Every attempt as it stands, those that still run with what is known of them by now.
    pub(super) fn attempts<'a>(
        &self,
        running: impl Fn(usize) -> Option<&'a Facts>,
    ) -> impl Iterator<Item = Attempt> {
        self.entries.iter().enumerate().map(move |(place, entry)| {
            let mut entry = entry.clone();
            if !entry.ended {
                entry.learn(running(place), None);
            }
            entry.attempt
        })
    }

    /// The failure that somebody can do the most about; the last one when all are alike.
    pub(super) fn cause(&self) -> Option<Failure> {
        let failures = self.entries.iter().filter_map(|entry| entry.attempt.failure);
        failures.max_by_key(|failure| failure.urgency())
    }
}

impl Entry {
    fn end(&mut self, facts: Option<&Facts>, refusal: Option<Refusal>) {
        self.ended = true;
        if let Some(refusal) = refusal {
            self.attempt.failure = Some(refusal.failure);
            self.attempt.provider = refusal.provider;
            self.attempt.upstream_attempts = refusal.upstream_attempts;
        }
        self.learn(facts, self.attempt.failure);
    }

    fn learn(&mut self, facts: Option<&Facts>, failure: Option<Failure>) {
        self.attempt.ms = millis(self.started.elapsed());
        if let Some(facts) = facts.cloned() {
            let attempt = &mut self.attempt;
            attempt.model_answered = facts.model;
            attempt.provider = facts.provider.or(attempt.provider.take());
            attempt.generation_id = facts.id;
            attempt.usage = facts.usage;
            attempt.finish = facts.finish;
            attempt.upstream_attempts = facts.upstream_attempts.or(attempt.upstream_attempts);
        }
        self.attempt.bill = self.bill(facts.is_some(), failure);
    }

    /// `heard`: the head of an answer came.
    fn bill(&self, heard: bool, failure: Option<Failure>) -> Bill {
        let usage = self.attempt.usage;
        if let Some(cost) = usage.and_then(|usage| usage.cost_nano_usd) {
            return Bill::Reported(cost);
        }
        // An error in place of any word costs nothing; of silence and of a broken connection nothing is known.
        let unsaid = self.attempt.first_token_ms.is_none();
        let refused_at_once = unsaid && failure.is_some_and(|failure| is_refusal(failure, heard));
        if self.cost == Cost::Free || refused_at_once {
            return Bill::Nothing;
        }
        if self.can_be_asked && self.attempt.generation_id.is_some() {
            return Bill::Owed(self.worst);
        }
        match (self.cost, usage) {
            (Cost::Listed(price), Some(usage)) => {
                Bill::Assumed(price.worst(usage.prompt_tokens.into(), usage.completion_tokens.into(), 0))
            }
            _ => Bill::Assumed(self.worst),
        }
    }
}

/// Whether this, in place of a reply, is an answer of the server's. Where time ran out behind it, a model may be at work.
fn is_refusal(failure: Failure, heard: bool) -> bool {
    match failure {
        Failure::Provider { code: Some(408 | 504 | 524), .. } => false,
        Failure::Moderated | Failure::Provider { .. } => true,
        Failure::Garbled => !heard,
        failure => failure.is_free(),
    }
}
