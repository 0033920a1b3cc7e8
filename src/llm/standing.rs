//! How the rungs of one walk stand: which were tried, which may be asked, and in what order.

use tokio::time::Instant;

use super::body::How;
use super::breaker::{Breakers, Gate};
use super::failure::Failure;
use super::plan::{Plan, Rung};

/// The rungs of one request.
#[derive(Debug)]
pub(super) struct Standing {
    rungs: Vec<Rung>,
    marks: Vec<Mark>,
    breakers: Breakers,
    /// Servers whose account was refused.
    barred: Vec<usize>,
    /// No model would take the request.
    hopeless: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Mark {
    pub(super) tried: bool,
    pub(super) repeated: bool,
    /// The server has tried those that it was told of as well.
    pub(super) passed_on: bool,
    /// How it was asked the last time.
    pub(super) how: How,
    /// The rungs that the server was told of beside it.
    pub(super) told: Vec<usize>,
}

/// Who is asked next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Candidate {
    Well(usize),
    /// It was broken, and may be probed.
    Probe(usize),
    /// It is broken, and nobody else is left.
    Broken(usize),
}

impl Candidate {
    pub(super) fn rung(self) -> usize {
        match self {
            Self::Well(rung) | Self::Probe(rung) | Self::Broken(rung) => rung,
        }
    }
}

impl Standing {
    pub(super) fn new(plan: &Plan, breakers: Breakers) -> Self {
        let rungs = plan.rungs.clone();
        let marks = vec![Mark::default(); rungs.len()];
        Self { rungs, marks, breakers, barred: Vec::new(), hopeless: false }
    }

    pub(super) fn rung(&self, rung: usize) -> &Rung {
        &self.rungs[rung]
    }

    pub(super) fn mark(&self, rung: usize) -> &Mark {
        &self.marks[rung]
    }

    pub(super) fn mark_mut(&mut self, rung: usize) -> &mut Mark {
        &mut self.marks[rung]
    }

    /// Nothing was asked yet.
    pub(super) fn is_fresh(&self) -> bool {
        !self.marks.iter().any(|mark| mark.tried)
    }

    /// Asks no model of this server any more.
    pub(super) fn bar(&mut self, server: usize) {
        self.barred.push(server);
    }

    /// Asks no model any more.
    pub(super) fn give_up(&mut self) {
        self.hopeless = true;
    }

    /// Whether a rung may still be asked in this walk.
    pub(super) fn is_open(&self, rung: usize) -> bool {
        let barred = self.hopeless || self.barred.contains(&self.rungs[rung].server);
        !self.marks[rung].tried && !barred
    }

    /// The rungs that may still be asked, in order.
    pub(super) fn open(&self) -> impl Iterator<Item = usize> {
        (0..self.rungs.len()).filter(|rung| self.is_open(*rung))
    }

    pub(super) fn gate(&self, rung: usize, now: Instant) -> Gate {
        let rung = &self.rungs[rung];
        match self.breakers.gate(&rung.account_key, now) {
            Gate::Closed | Gate::Probe => self.breakers.gate(&rung.name, now),
            open @ Gate::Open { .. } => open,
        }
    }

    /// The next rung that is not known to be broken; else one that is, unless it is its account that was refused.
    pub(super) fn candidate(&self, now: Instant) -> Option<Candidate> {
        let whole = self.open().find_map(|rung| match self.gate(rung, now) {
            Gate::Closed => Some(Candidate::Well(rung)),
            Gate::Probe => Some(Candidate::Probe(rung)),
            Gate::Open { .. } => None,
        });
        let broken = || self.open().find(|rung| self.gate(*rung, now) == Gate::Open { account: None });
        whole.or_else(|| broken().map(Candidate::Broken))
    }

    /// Why an account is not asked at the moment.
    pub(super) fn refused(&self, now: Instant) -> Option<Failure> {
        self.open().find_map(|rung| match self.gate(rung, now) {
            Gate::Open { account } => account,
            Gate::Closed | Gate::Probe => None,
        })
    }

    /// Another rung that is well.
    pub(super) fn well_beside(&self, rung: usize, now: Instant) -> Option<usize> {
        self.open().find(|other| *other != rung && self.gate(*other, now) == Gate::Closed)
    }

    /// Whether nobody else could be asked, however they stand.
    pub(super) fn is_last(&self, rung: usize, now: Instant) -> bool {
        let could_be_asked = |other: usize| !matches!(self.gate(other, now), Gate::Open { account: Some(_) });
        !self.open().any(|other| other != rung && could_be_asked(other))
    }

    /// The rung that answered: the one that was asked, or one of those that its server was told of.
    pub(super) fn speaker(&self, asked: usize, is: impl Fn(&Rung) -> bool) -> usize {
        if is(&self.rungs[asked]) {
            return asked;
        }
        let told = self.marks[asked].told.iter().copied();
        told.into_iter().find(|rung| is(&self.rungs[*rung])).unwrap_or(asked)
    }
}
