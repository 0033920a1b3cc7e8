//! Joining: what one person says while they wait is one question.

use crate::ids::{MessageId, UserId};
use crate::store::Trigger;

/// What decides whether a waiting turn is answered with another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// `None`: the person was forgotten.
    pub(crate) author: Option<UserId>,
    /// `None`: it is answered alone, because it is no message or its answer was begun before.
    pub(crate) message: Option<MessageId>,
    replies_to: Option<MessageId>,
}

impl Line {
    /// Of something new.
    pub(crate) fn new(trigger: &Trigger, author: Option<UserId>, replies_to: Option<MessageId>) -> Self {
        let message = match trigger {
            Trigger::Message(message) => author.map(|_| *message),
            Trigger::Interaction { .. } => None,
        };
        Self { author, message, replies_to }
    }

    /// Of something that is answered by itself.
    pub(crate) fn alone(author: Option<UserId>) -> Self {
        Self { author, message: None, replies_to: None }
    }

    pub(crate) fn is_alone(&self) -> bool {
        self.message.is_none()
    }

    /// Whether it goes with an earlier line of its author. One that points at something else asks about that.
    pub(crate) fn may_join(&self, first: &Self) -> bool {
        let points_along = |to| Some(to) == first.replies_to || Some(to) == first.message;
        !self.is_alone() && !first.is_alone() && self.replies_to.is_none_or(points_along)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::InteractionId;

    const KIM: Option<UserId> = Some(UserId::new(7));

    fn line(message: u64, replies_to: Option<u64>) -> Line {
        Line::new(&Trigger::Message(MessageId::new(message)), KIM, replies_to.map(MessageId::new))
    }

    #[test]
    fn a_line_that_points_elsewhere_is_a_question_of_its_own() {
        let first = line(10, Some(3));
        for (replies_to, joins) in [(None, true), (Some(3), true), (Some(10), true), (Some(4), false)] {
            assert_eq!(line(11, replies_to).may_join(&first), joins, "{replies_to:?}");
        }
    }

    #[test]
    fn commands_and_what_was_begun_before_are_answered_alone() {
        let slash = Trigger::Interaction { id: InteractionId::new(11), token: String::new() };
        for alone in [Line::new(&slash, KIM, None), Line::alone(KIM)] {
            assert!(!alone.may_join(&line(10, None)) && !line(12, None).may_join(&alone));
        }
    }
}
