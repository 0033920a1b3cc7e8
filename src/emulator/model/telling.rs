//! An answer made ready for one request: what it says, how it finishes, what it counts.

use std::time::Duration;

use super::answer::{Answer, Placed};
use super::asked::Asked;
use super::dialect::Dialect;
use super::fault::Fault;
use super::plan::tokens;
use super::price::{Counts, Tariff};
use super::shape::Finish;
use super::speaker;

/// What an answer says to a request.
#[derive(Debug)]
pub(super) struct Telling<'a> {
    pub(super) answer: &'a Answer,
    pub(super) text: String,
    pub(super) finish: Finish,
    /// Of the answer if nothing goes wrong.
    pub(super) counts: Counts,
    pub(super) tariff: Tariff,
    pub(super) placed: Placed,
    pub(super) first_token: Duration,
}

impl<'a> Telling<'a> {
    pub(super) fn new(answer: &'a Answer, asked: &Asked, dialect: Dialect, tariff: Tariff) -> Self {
        let mut text = answer.text.clone().unwrap_or_else(|| speaker::speak(&asked.body));
        let mut finish = answer.finish.clone().unwrap_or_else(|| Finish::new("stop", "STOP"));
        let most = asked.max_tokens().filter(|_| answer.obeys_max_tokens);
        let said = tokens(&text);
        let mut count = said.len();
        if let Some(most) = most.filter(|&most| most < count) {
            text = said[..most].concat();
            finish = Finish::new("length", "MAX_TOKENS");
            count = most;
        }
        if answer.fault == Some(Fault::NoFinish) {
            finish.reason = None;
            finish.native = None;
        }
        let counts = Counts {
            prompt: asked.prompt_tokens,
            cached: answer.cached.min(asked.prompt_tokens),
            images: asked.images(),
            thought: answer.thought.as_deref().map_or(0, |thought| tokens(thought).len()),
            said: count,
        };
        let usual = match dialect {
            Dialect::OpenRouter => Placed::WithFinish,
            _ if asked.wants_usage() => Placed::Apart,
            _ => Placed::Never,
        };
        let placed = answer.placed.unwrap_or(usual);
        Self { answer, text, finish, counts, tariff, placed, first_token: Duration::ZERO }
    }

    /// The part of the text that is said before something goes wrong.
    pub(super) fn said(&self) -> &str {
        let most = self.answer.fault.as_ref().map_or(usize::MAX, Fault::said);
        &self.text[..self.text.char_indices().nth(most).map_or(self.text.len(), |(end, _)| end)]
    }

    /// What is really counted, once the fault has had its way.
    pub(super) fn counted(&self) -> Counts {
        Counts { said: tokens(self.said()).len(), ..self.counts }
    }

    /// The reason that `GET /generation` tells of an answer that was sent to its end; `None`: it never finished.
    pub(super) fn ends_with(&self) -> Option<&str> {
        match self.answer.fault {
            Some(Fault::ErrorAfter(..) | Fault::FailAfter(..)) => Some("error"),
            Some(
                Fault::CutAfter(_)
                | Fault::EndAfter(_)
                | Fault::CutAtHead
                | Fault::OnlyDone
                | Fault::Garbage
                | Fault::NoFinish,
            ) => None,
            _ => self.finish.reason.as_deref().filter(|reason| !reason.is_empty()),
        }
    }
}
