//! How a turn ended, and what that makes of it in the journal.

use super::answer::Answer;
use super::failure::Failure;
use crate::ids::MessageId;
use crate::store::{Outcome, Shortage};

/// How a turn ended, as its surface saw it.
#[derive(Default)]
pub struct End {
    pub answer: Option<Answer>,
    pub failure: Option<Failure>,
    pub display: Display,
    /// What people can read of the answer, where that is not all of it.
    pub shown: Option<String>,
    /// Discord's messages that show the answer, in order.
    pub messages: Vec<MessageId>,
    /// It was found too late to be answered, and somebody was told so.
    pub late: bool,
}

/// What became of an answer on its surface. Codes are short words for the journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Display {
    #[default]
    Shown,
    /// It cannot be shown, or not all of it.
    Failed(&'static str),
    /// Somebody deleted it, or the place where it stood.
    Removed(&'static str),
}

impl End {
    pub(super) fn outcome(&self) -> Outcome {
        let said = self.shown.as_deref().or(self.answer.as_ref().map(Answer::text));
        let has_text = said.is_some_and(|text| !text.trim().is_empty());
        match (self.display, &self.failure) {
            (Display::Removed(_), _) | (_, Some(Failure::Deleted)) => Outcome::Cancelled,
            (_, Some(Failure::Stopped)) if !has_text => Outcome::Cancelled,
            _ if self.late => Outcome::Abandoned,
            // What others hold is free again in a moment: it can be tried again then.
            (_, Some(Failure::Spent(refusal))) if refusal.shortage != Shortage::Held => Outcome::Refused,
            (Display::Failed(_), _) if self.shown.is_some() => Outcome::Partial,
            (Display::Failed(_), _) => Outcome::Failed,
            (Display::Shown, Some(_)) if has_text => Outcome::Partial,
            (Display::Shown, Some(_)) => Outcome::Failed,
            (Display::Shown, None) => Outcome::Done,
        }
    }

    pub(super) fn cause(&self) -> Option<&'static str> {
        match self.display {
            Display::Failed(code) | Display::Removed(code) => Some(code),
            Display::Shown => self.failure.as_ref().map(Failure::code),
        }
    }
}
