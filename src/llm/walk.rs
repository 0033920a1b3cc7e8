//! One walk over the ladder: model after model, until one speaks.
//!
//! Until a model has said something that can be seen, its failure costs nothing but time: the next one is asked. A
//! model that was broken a moment ago is passed over, and comes back by a probe that nobody waits for.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::again;
use super::body::{Draft, How, MOST_MODELS, Resume};
use super::book::Book;
use super::breaker::Gate;
use super::call::Call;
use super::facts::Facts;
use super::failure::{Failure, Then};
use super::ladder::Ladder;
use super::plan::Plan;
use super::race::{Event, Lane, Race};
use super::report::{Finish, millis};
use super::request::Request;
use super::settings::Flavour;
use super::standing::{Candidate, Standing};
use super::trouble::Refusal;

/// How far a walk has come.
#[derive(Debug)]
pub(super) struct Walk {
    pub(super) ladder: Ladder,
    request: Arc<Request>,
    first_choice: String,
    pub(super) book: Book,
    standing: Standing,
    pub(super) started: Instant,
    /// When all models together have used up their time.
    pub(super) deadline: Instant,
    next: Option<Next>,
    /// What a rung would have been asked once more that failed beside another one.
    spare: Option<Next>,
    race: Option<Race>,
}

/// A rung that is to be asked.
#[derive(Clone, Debug)]
struct Next {
    rung: usize,
    at: Instant,
    how: How,
    beside: Beside,
}

/// Who else is asked, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beside {
    Nobody,
    /// This is a probe: somebody at once.
    Probe,
    /// Somebody, if it is silent until then.
    Hedge(Instant),
}

impl Walk {
    pub(super) fn new(ladder: Ladder, request: Request, plan: Plan) -> Self {
        let started = Instant::now();
        let deadline = started + ladder.settings().total;
        let standing = Standing::new(&plan, ladder.breakers().clone());
        Self {
            ladder,
            request: Arc::new(request),
            book: Book::new(plan.worst()),
            first_choice: plan.first_choice,
            standing,
            started,
            deadline,
            next: None,
            spare: None,
            race: None,
        }
    }

    pub(super) fn first_choice(&self) -> &str {
        &self.first_choice
    }

    /// Asks on until a model speaks, and gives it with its first words. `said`: what an earlier one has said, to be
    /// continued. Dropping the future loses nothing.
    ///
    /// # Errors
    /// When none does: what somebody can do the most about.
    pub(super) async fn find(&mut self, said: &str) -> Result<(Call, String), Failure> {
        loop {
            if self.race.is_some() {
                let event = Race::event(&mut self.race).await;
                if let Some(found) = self.take(event, said) {
                    return Ok(found);
                }
            } else if let Some(at) = self.next.as_ref().map(|next| next.at) {
                // A timer is never done before the next millisecond.
                if at > Instant::now() {
                    sleep_until(at).await;
                }
                if let Some(next) = self.next.take() {
                    self.begin(next, said);
                }
            } else {
                self.next = Some(self.choose(said)?);
            }
        }
    }

    /// Whether anybody is left who could go on where a model broke off.
    pub(super) fn can_go_on(&self) -> bool {
        Instant::now() < self.deadline && self.standing.open().next().is_some()
    }

    /// The facts of a call that runs.
    pub(super) fn running(&self, place: usize) -> Option<&Facts> {
        let race = self.race.as_ref()?;
        race.calls().find(|call| call.attempt == place)?.facts()
    }

    /// How a call was brought to go on with what another one had said.
    pub(super) fn resume_of(&self, call: &Call) -> Option<Resume> {
        self.standing.mark(call.rung).how.resume
    }

    /// Ends what runs.
    pub(super) fn stop(&mut self) {
        let Some(race) = self.race.take() else { return };
        for call in race.calls() {
            if call.probe {
                self.ladder.breakers().leave_probe(&self.standing.rung(call.rung).name);
            }
            self.book.end(call.attempt, call.facts(), Some(Failure::Cancelled.into()));
        }
    }

    fn choose(&mut self, said: &str) -> Result<Next, Failure> {
        let now = Instant::now();
        let candidate = self.standing.candidate(now).filter(|_| now < self.deadline);
        let Some(candidate) = candidate else {
            return self.spare.take().filter(|_| now < self.deadline).ok_or_else(|| self.cause(now));
        };
        let rung = candidate.rung();
        let beside = self.beside(candidate, now, !said.is_empty());
        Ok(Next { rung, at: now, how: again::going_on(self.standing.rung(rung), said), beside })
    }

    fn beside(&self, candidate: Candidate, now: Instant, resumes: bool) -> Beside {
        if self.standing.well_beside(candidate.rung(), now).is_none() {
            return Beside::Nobody;
        }
        match (candidate, self.ladder.settings().hedge_after) {
            (Candidate::Probe(_), _) => Beside::Probe,
            (_, Some(after)) if !resumes && self.standing.is_fresh() => Beside::Hedge(now + after),
            _ => Beside::Nobody,
        }
    }

    fn begin(&mut self, next: Next, said: &str) {
        let Next { rung, how, beside, .. } = next;
        let now = Instant::now();
        // Another turn may have taken the probe meanwhile: the next choice sees it.
        let probes = beside == Beside::Probe;
        if probes && !self.ladder.breakers().take_probe(&self.standing.rung(rung).name, now) {
            return;
        }
        let then = if beside == Beside::Nobody { self.server_fallback(rung, &how, now) } else { Vec::new() };
        match self.ask(rung, how, then, said) {
            Some(mut lane) => {
                lane.call.probe = probes;
                self.race = Some(match beside {
                    Beside::Nobody => Race::new(lane, None),
                    Beside::Probe => Race::new(lane, Some(now)),
                    Beside::Hedge(at) => Race::new(lane, Some(at)),
                });
            }
            None if probes => self.ladder.breakers().leave_probe(&self.standing.rung(rung).name),
            None => {}
        }
    }

    /// The well rungs right behind this one on the same server: OpenRouter can go on to them by itself, which saves the
    /// way back here. They are sent what this one is sent, so they must be able to take it.
    fn server_fallback(&self, rung: usize, how: &How, now: Instant) -> Vec<usize> {
        let asked = self.standing.rung(rung);
        let is_plain = *how == How::default();
        if !self.ladder.settings().server_fallback || asked.flavour != Flavour::OpenRouter || !is_plain {
            return Vec::new();
        }
        let pictures = self.request.size(0).images > 0;
        let follows = |other: &usize| {
            let behind = self.standing.rung(*other);
            self.standing.is_open(*other)
                && behind.server == asked.server
                && behind.halvings <= asked.halvings
                && (!pictures || behind.sees_images() == asked.sees_images())
                && self.standing.gate(*other, now) == Gate::Closed
        };
        self.standing.open().filter(|other| *other > rung).take_while(follows).take(MOST_MODELS - 1).collect()
    }

    /// Sends a request. `None`: it could cost more than is left.
    fn ask(&mut self, rung: usize, how: How, then: Vec<usize>, said: &str) -> Option<Lane> {
        let limit = self.limit(rung);
        self.standing.mark_mut(rung).tried = true;
        let asked = self.standing.rung(rung);
        let account = self.ladder.account(asked.server);
        let behind = || then.iter().map(|other| self.standing.rung(*other));
        let worst =
            [asked].into_iter().chain(behind()).map(|rung| again::worst(rung, &how, said)).max().unwrap_or(0);
        if !self.book.affords(worst) {
            self.ladder.note_unaffordable(&asked.name);
            self.book.skip(asked, account);
            return None;
        }
        let models: Vec<_> = behind().map(|rung| rung.model.clone()).collect();
        let ceiling = behind().fold(asked.ceiling, |ceiling, rung| rung.ceiling.dearest_of(ceiling));
        let settings = self.ladder.settings();
        let draft =
            Draft { settings, request: &self.request, rung: asked, then: &models, ceiling, how: &how, said };
        let body = draft.json().unwrap_or_default();
        let attempt = self.book.begin(asked, account, worst);
        let client = self.ladder.client(asked.server);
        let mark = self.standing.mark_mut(rung);
        (mark.how, mark.told) = (how, then);
        Some(Lane { call: Call::new(client, body, rung, attempt), limit })
    }

    /// When to stop waiting for a model. The last one is better late than never.
    fn limit(&self, rung: usize) -> Instant {
        let now = Instant::now();
        let is_last = self.standing.is_last(rung, now);
        if is_last { self.deadline } else { self.deadline.min(now + self.ladder.settings().first_token) }
    }

    fn take(&mut self, event: Event, said: &str) -> Option<(Call, String)> {
        match event {
            Event::Spoke { winner, text, loser } => {
                self.book.first_words(winner.attempt);
                // It was the plain question: what was said by now would be said again.
                self.spare = None;
                if let Some(loser) = loser {
                    self.outrun(loser);
                }
                return Some((winner, text));
            }
            Event::Failed { call, refusal, rest } => {
                let failure = refusal.failure;
                self.fail(&call, refusal);
                let again = self.repeat(&call, failure);
                match rest {
                    None => self.next = again,
                    Some(mut race) => {
                        self.spare = again;
                        let left = race.calls().map(|call| call.rung).next();
                        let is_last = |rung: usize| self.standing.is_last(rung, Instant::now());
                        if self.spare.is_none() && left.is_some_and(is_last) {
                            race.wait_until(self.deadline);
                        }
                        self.race = Some(race);
                    }
                }
            }
            Event::Due => self.join(said),
        }
        None
    }

    /// Another one was faster. A probe goes on until its first word, so that its model can come back.
    fn outrun(&mut self, loser: Call) {
        let rung = self.standing.rung(loser.rung);
        self.book.end(loser.attempt, loser.facts(), Some(Failure::Outrun.into()));
        if let Some(attempt) = self.book.attempt(loser.attempt) {
            self.ladder.note_failure(attempt, Failure::Outrun);
        }
        if loser.probe {
            self.ladder.finish_probe(rung.name.clone(), loser);
        } else {
            self.ladder.breakers().was_slow(&rung.name, Instant::now());
        }
    }

    /// Asks the next well rung beside the one that runs.
    fn join(&mut self, said: &str) {
        let Some(first) = self.race.as_ref().and_then(|race| race.calls().next()).map(|call| call.rung)
        else {
            return;
        };
        let Some(second) = self.standing.well_beside(first, Instant::now()) else { return };
        let how = again::going_on(self.standing.rung(second), said);
        if let Some(lane) = self.ask(second, how, Vec::new(), said)
            && let Some(race) = &mut self.race
        {
            race.join(lane);
        }
    }

    /// Writes an attempt's failure down everywhere it counts.
    pub(super) fn fail(&mut self, call: &Call, refusal: Refusal) {
        let failure = refusal.failure;
        // What the server says of its way counts more than what it usually does.
        let passed_on =
            refusal.upstream_attempts.map_or_else(|| again::is_passed_on(failure), |attempts| attempts > 1);
        self.book.end(call.attempt, call.facts(), Some(refusal));
        let speaker = self.credit(call);
        if let Some(attempt) = self.book.attempt(call.attempt) {
            self.ladder.note_failure(attempt, failure);
        }
        let rung = self.standing.rung(speaker);
        let blamed = if failure.concerns_the_account() { &rung.account_key } else { &rung.name };
        self.ladder.blame(blamed, failure);
        let server = rung.server;
        self.standing.mark_mut(speaker).tried = true;
        match failure.advice().then {
            Then::AskOperator => self.standing.bar(server),
            // A call that was ended from this side says nothing about the others.
            Then::GiveUp if matches!(failure, Failure::Rejected { .. }) => self.standing.give_up(),
            Then::GiveUp | Then::NextModel => {}
        }
        if call.facts().is_none() && passed_on {
            for other in std::mem::take(&mut self.standing.mark_mut(call.rung).told) {
                self.standing.mark_mut(other).tried = true;
                self.standing.mark_mut(call.rung).passed_on = true;
                self.ladder.blame(&self.standing.rung(other).name, failure);
            }
        }
    }

    /// Finds out who answered, and writes it down where the server went on to another rung by itself.
    fn credit(&mut self, call: &Call) -> usize {
        let Some(answered) = call.facts().and_then(|facts| facts.model.clone()) else { return call.rung };
        let is = |rung: &super::plan::Rung| self.ladder.is_same_model(rung, &answered);
        let speaker = self.standing.speaker(call.rung, is);
        if speaker != call.rung {
            let (asked, spoke) = (self.standing.rung(call.rung), self.standing.rung(speaker));
            self.ladder.blame(&asked.name, Failure::Provider { code: None, retryable: None });
            self.book.fell_back(call.attempt, &spoke.name);
        }
        speaker
    }

    /// Whether and how the same rung is asked once more.
    fn repeat(&mut self, call: &Call, failure: Failure) -> Option<Next> {
        let now = Instant::now();
        let (rung, mark) = (self.standing.rung(call.rung), self.standing.mark(call.rung));
        if mark.repeated || now >= self.deadline {
            return None;
        }
        let cut = call.facts().is_some_and(|facts| facts.finish == Some(Finish::Length));
        let (how, pause) = match again::changed(&self.request, rung, &mark.how, (failure, cut)) {
            Some(how) => (how, Duration::ZERO),
            // The server has tried every one of them already.
            None if mark.passed_on => return None,
            None if again::may_repeat(failure) => (mark.how.clone(), failure.advice().again?),
            None => return None,
        };
        let alone = self.standing.is_last(call.rung, now);
        let worth_it = pause.is_zero() || (alone && pause <= self.ladder.settings().retry_wait);
        if !worth_it || now + pause >= self.deadline {
            return None;
        }
        self.standing.mark_mut(call.rung).repeated = true;
        Some(Next { rung: call.rung, at: now + pause, how, beside: Beside::Nobody })
    }

    /// A reply has ended well.
    pub(super) fn succeed(&mut self, call: &Call) {
        self.book.end(call.attempt, call.facts(), None);
        let speaker = self.credit(call);
        let spoke = self.standing.rung(speaker);
        let Some(attempt) = self.book.attempt(call.attempt) else { return };
        let how = &self.standing.mark(call.rung).how;
        let size = self.request.size(how.halvings.max(self.standing.rung(call.rung).halvings));
        // Pictures and what was said before are counted by nobody here.
        let size = (size.images == 0 && how.resume.is_none()).then_some(size);
        self.ladder.note_success(spoke, attempt, size);
        let patience = millis(self.ladder.settings().first_token);
        if attempt.first_token_ms.is_some_and(|ms| ms > patience) {
            // It was the last one, or it would have been left: the next turn begins with somebody else.
            self.ladder.blame(&spoke.name, Failure::Silent);
        }
    }

    fn cause(&self, now: Instant) -> Failure {
        let refused = self.standing.refused(now);
        refused.or_else(|| self.book.cause()).unwrap_or(Failure::NoSuchModel)
    }
}

/// A probe that nobody reports on would keep its model shut.
impl Drop for Walk {
    fn drop(&mut self) {
        self.stop();
    }
}
