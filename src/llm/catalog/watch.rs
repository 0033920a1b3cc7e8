//! Configured models that are gone or about to go.

use std::collections::HashSet;
use std::time::Duration;

use tracing::warn;

use super::date;
use super::facts::ModelFacts;
use super::snapshot::Snapshot;
use super::successor;
use crate::status::Status;

/// How long before its end a model is warned of, in days.
const NOTICE: i64 = 30;
/// A list as old as this says nothing about what is not on it.
const TRUSTED: Duration = Duration::from_secs(24 * 60 * 60);

/// Why an operator should choose another model.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Cause {
    NotListed,
    /// The day of its end, `YYYY-MM-DD`.
    Ends(String),
}

/// What a list says about one model.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Well,
    Troubled(Cause),
    /// Whatever was known before still holds.
    Unknown,
}

/// What became of one model since it was last looked at.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// As it is configured.
    pub(super) model: String,
    /// For the operator; `None`: nothing to say.
    pub(super) notice: Option<String>,
    /// Not said before.
    pub(super) is_new: bool,
}

/// Models under watch, and what was said about them.
#[derive(Debug)]
pub(super) struct Watched {
    /// As their server knows them, and as they are configured.
    models: Vec<(String, String)>,
    said: HashSet<(String, Cause)>,
}

impl Watched {
    pub(super) fn new(models: Vec<(String, String)>) -> Self {
        Self { models, said: HashSet::new() }
    }

    /// Looks at every model. `now_ms`: milliseconds since 1970.
    pub(super) fn check(&mut self, snapshot: &Snapshot, now_ms: u64) -> Vec<Finding> {
        let today = date::today(now_ms);
        let mut findings = Vec::new();
        for (id, model) in &self.models {
            let model = model.clone();
            match verdict(snapshot, id, now_ms) {
                Verdict::Unknown => {}
                Verdict::Well => findings.push(Finding { model, notice: None, is_new: false }),
                Verdict::Troubled(cause) => {
                    let successor = successor::of(snapshot, id, today);
                    let notice = Some(cause.told(&model, successor.as_deref(), today));
                    let is_new = self.said.insert((model.clone(), cause));
                    findings.push(Finding { model, notice, is_new });
                }
            }
        }
        findings
    }
}

/// Says it: once in the log, in the status as long as it is so.
pub(super) fn tell(findings: Vec<Finding>, status: &Status) {
    for Finding { model, notice, is_new } in findings {
        if let Some(notice) = notice.as_deref().filter(|_| is_new) {
            warn!(llm.model = %model, "{notice}");
        }
        status.notice(&format!("model:{model}"), notice);
    }
}

/// Whether its end is near or past. `today`: days since 1970.
pub(super) fn ends_soon(facts: &ModelFacts, today: i64) -> bool {
    let end = facts.expires.as_deref().and_then(date::days);
    end.is_some_and(|end| end.saturating_sub(today) <= NOTICE)
}

fn verdict(snapshot: &Snapshot, id: &str, now_ms: u64) -> Verdict {
    let today = date::today(now_ms);
    if snapshot.holds(id) {
        let facts = snapshot.get(id).filter(|facts| ends_soon(facts, today));
        let end = facts.and_then(|facts| facts.expires.clone());
        return end.map_or(Verdict::Well, |end| Verdict::Troubled(Cause::Ends(end)));
    }
    let is_telling = snapshot.is_complete() && !snapshot.is_older(now_ms, TRUSTED);
    if is_telling { Verdict::Troubled(Cause::NotListed) } else { Verdict::Unknown }
}

impl Cause {
    fn told(&self, model: &str, successor: Option<&str>, today: i64) -> String {
        let trouble = match self {
            Self::NotListed => format!("the model {model} is not among those its server lists"),
            Self::Ends(end) if date::days(end).is_some_and(|end| end < today) => {
                format!("the model {model} was to end on {end} and may stop at any time")
            }
            Self::Ends(end) => format!("the model {model} ends on {end}"),
        };
        match successor {
            Some(successor) => format!("{trouble}; a successor: {successor}"),
            None => format!("{trouble}; no successor is known"),
        }
    }
}
