//! What Discord shows of one answer: the messages sent so far and the next change that brings them closer to the text.

use super::body::{self, Body};
use super::update::{Shown, Update};
use crate::governor::{Call, Governor};
use crate::ids::{ApplicationId, ChannelId, MessageId, PersonaId};

/// Where an answer goes. A token is not for a log, so it has no debug form.
#[derive(Clone)]
pub(crate) enum Destination {
    /// Messages in a channel; the first one replies to the question.
    Channel { channel: ChannelId, question: MessageId, persona: PersonaId },
    /// The answer to an interaction: its original response, then follow-ups.
    Interaction { application: ApplicationId, token: String, ephemeral: bool },
    /// The public answer to an interaction whose token has ended: its messages stand in their channel like any other.
    Ended { channel: ChannelId },
}

/// The messages of one answer.
pub(crate) struct Screen {
    governor: Governor,
    destination: Destination,
    parts: Vec<Part>,
    /// Messages may refer to the question.
    refers: bool,
}

/// A message that exists.
#[derive(Clone, Default)]
struct Part {
    /// `None`: the original response of an interaction, which needs none.
    id: Option<MessageId>,
    /// What it shows of the answer. `None`: something else, or nobody knows.
    shown: Option<String>,
}

/// One message that differs from what it should show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) part: usize,
    pub(crate) exists: bool,
}

impl Screen {
    /// `known`: the messages that an earlier try has sent, in order.
    pub(crate) fn new(governor: Governor, destination: Destination, known: &[MessageId]) -> Self {
        let mut parts: Vec<_> = known.iter().map(|id| Part { id: Some(*id), shown: None }).collect();
        if parts.is_empty() && matches!(destination, Destination::Interaction { .. }) {
            parts.push(Part::default());
        }
        Self { governor, destination, parts, refers: true }
    }

    /// Takes what the messages show for the answer, or the beginning of it.
    pub(crate) fn recall(&mut self, contents: Vec<String>) {
        for (part, content) in self.parts.iter_mut().zip(contents) {
            part.shown = Some(content);
        }
    }

    /// The first message whose content is not what it should be.
    pub(crate) fn next_step(&self, contents: &[String]) -> Option<Step> {
        let differs = |(part, content): (usize, &String)| {
            let known = self.parts.get(part);
            let shown = known.and_then(|known| known.shown.as_ref());
            (shown != Some(content)).then_some(Step { part, exists: known.is_some() })
        };
        contents.iter().enumerate().find_map(differs)
    }

    pub(crate) fn first_step(&self) -> Step {
        Step { part: 0, exists: !self.parts.is_empty() }
    }

    /// Nobody has read a word of the answer yet. Something else may stand there.
    pub(crate) fn is_blank(&self) -> bool {
        self.parts.iter().all(|part| part.shown.is_none())
    }

    /// Not even a line of something else stands there.
    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// How many messages there are.
    pub(crate) fn len(&self) -> usize {
        self.parts.len()
    }

    pub(crate) fn channel(&self) -> Option<ChannelId> {
        match &self.destination {
            Destination::Channel { channel, .. } | Destination::Ended { channel } => Some(*channel),
            Destination::Interaction { .. } => None,
        }
    }

    /// What people can read of the answer, message by message.
    pub(crate) fn contents(&self) -> Vec<String> {
        self.parts.iter().map_while(|part| part.shown.clone()).collect()
    }

    /// The ids of the messages that show the answer, in order.
    pub(crate) fn messages(&self) -> Vec<MessageId> {
        self.parts.iter().take_while(|part| part.shown.is_some()).filter_map(|part| part.id).collect()
    }

    /// Whether a call that may have arrived can be made again: a follow-up would stand there twice, because nothing
    /// tells Discord that it is the same.
    pub(crate) fn may_repeat(&self, step: Step) -> bool {
        step.exists || matches!(self.destination, Destination::Channel { .. })
    }

    /// From now on messages do without the reference to the question. `false`: they had none.
    pub(crate) fn drop_reference(&mut self) -> bool {
        std::mem::replace(&mut self.refers, false) && matches!(self.destination, Destination::Channel { .. })
    }

    /// The change that brings a part up to date.
    pub(crate) fn update(&self, step: Step) -> Update {
        Update { governor: self.governor.clone(), call: self.route(step), body: self.body(step), step }
    }

    fn route(&self, step: Step) -> Call {
        let id = self.parts.get(step.part).and_then(|part| part.id);
        match (&self.destination, id) {
            (Destination::Channel { channel, .. } | Destination::Ended { channel }, Some(id)) => {
                Call::EditMessage(*channel, id)
            }
            (Destination::Channel { channel, .. } | Destination::Ended { channel }, None) => {
                Call::CreateMessage(*channel)
            }
            (Destination::Interaction { application, token, .. }, _) if step.part == 0 => {
                Call::EditOriginal(*application, token.clone())
            }
            (Destination::Interaction { application, token, .. }, Some(id)) => {
                Call::EditFollowUp(*application, token.clone(), id)
            }
            (Destination::Interaction { application, token, .. }, None) => {
                Call::FollowUp(*application, token.clone())
            }
        }
    }

    /// What goes around the content of a part.
    fn body(&self, step: Step) -> Body {
        let body = Body::new("");
        match &self.destination {
            // A deferral has created it, and that cannot say what becomes of links.
            Destination::Interaction { .. } if step.part == 0 => body.without_previews(),
            _ if step.exists => body,
            Destination::Interaction { ephemeral: true, .. } => body.ephemeral(),
            Destination::Interaction { .. } | Destination::Ended { .. } => body.without_previews(),
            Destination::Channel { question, persona, .. } => {
                let body = body.without_previews().once(body::nonce(*question, persona, step.part));
                if step.part == 0 && self.refers { body.replying_to(*question) } else { body }
            }
        }
    }

    /// Deletes the last message, where there are more than wanted.
    pub(crate) fn deletion(&self, wanted: usize) -> Option<Call> {
        let last = self.parts.get(wanted..)?.last()?.id?;
        Some(match &self.destination {
            Destination::Channel { channel, .. } | Destination::Ended { channel } => {
                Call::DeleteMessage(*channel, last)
            }
            Destination::Interaction { application, token, .. } => {
                Call::DeleteFollowUp(*application, token.clone(), last)
            }
        })
    }

    /// The last message is gone.
    pub(crate) fn drop_last(&mut self) {
        self.parts.pop();
    }

    /// Remembers what a part shows now. Returns its id if that is news.
    pub(crate) fn shows(&mut self, part: usize, shown: Shown) -> Option<MessageId> {
        let news = self.holds(part, shown.id);
        self.parts[part].shown = Some(shown.content);
        news
    }

    /// Remembers that a part exists, whatever it shows. Returns its id if that is news.
    pub(crate) fn holds(&mut self, part: usize, id: Option<MessageId>) -> Option<MessageId> {
        if self.parts.len() <= part {
            self.parts.resize_with(part + 1, Part::default);
        }
        let known = &mut self.parts[part];
        let news = id.filter(|_| known.id.is_none());
        known.id = known.id.or(id);
        news
    }
}
