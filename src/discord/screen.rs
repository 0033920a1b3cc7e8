//! What Discord shows of one answer: the messages sent so far and the next change that brings them closer to the text.

use super::body::{self, Body};
use super::busy::Busy;
use super::face::Face;
use super::update::{Shown, Update};
use crate::governor::{Call, Governor};
use crate::ids::{ApplicationId, ChannelId, InteractionId, MessageId, PersonaId};

/// Where an answer goes. A token is not for a log, so it has no debug form.
#[derive(Clone)]
pub(crate) enum Destination {
    /// Messages in a channel; the first one replies to the question.
    Channel { channel: ChannelId, question: MessageId, persona: PersonaId },
    /// The answer to an interaction: its original response, then follow-ups.
    Interaction(Asked),
    /// The public answer to an interaction whose token has ended: its messages stand in their channel like any other.
    Ended { channel: ChannelId },
}

/// An interaction that is answered by its token.
#[derive(Clone)]
pub(crate) struct Asked {
    /// Its time is the one at which the token began.
    pub(crate) id: InteractionId,
    pub(crate) application: ApplicationId,
    pub(crate) token: String,
    pub(crate) ephemeral: bool,
    pub(crate) channel: ChannelId,
    pub(crate) persona: PersonaId,
}

/// The messages of one answer.
pub(crate) struct Screen {
    governor: Governor,
    destination: Destination,
    parts: Vec<Part>,
    pub(crate) busy: Busy,
    /// The part that is created as a reply, and to which message.
    reference: Option<(usize, MessageId)>,
    /// The first message says only where the answer stands.
    has_lead: bool,
}

/// A message that exists.
#[derive(Clone, Default)]
struct Part {
    /// `None`: the original response of an interaction, which needs none.
    id: Option<MessageId>,
    /// What it shows of the answer. `None`: something else, or nobody knows.
    shown: Option<Face>,
}

impl Part {
    /// An original response whose id is not known was never changed.
    fn may_have_file(&self) -> bool {
        self.id.is_some() && self.shown.as_ref().is_none_or(|face| face.file.is_some())
    }
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
        if parts.is_empty() && matches!(destination, Destination::Interaction(_)) {
            parts.push(Part::default());
        }
        let reference = match &destination {
            Destination::Channel { question, .. } => Some((0, *question)),
            Destination::Interaction(_) | Destination::Ended { .. } => None,
        };
        Self { governor, destination, parts, busy: Busy::default(), reference, has_lead: false }
    }

    /// Takes what the messages show for the answer, or the beginning of it.
    pub(crate) fn recall(&mut self, contents: Vec<String>) {
        for (part, content) in self.parts.iter_mut().zip(contents) {
            part.shown = Some(Face::of(content));
        }
    }

    /// Of the messages that are answered together the answer replies to this one.
    pub(crate) fn reply_to(&mut self, message: MessageId) {
        if let Destination::Channel { question, .. } = &mut self.destination {
            *question = message;
            self.reference = self.reference.map(|(part, _)| (part, message));
        }
    }

    /// The first message whose face is not what it should be.
    pub(crate) fn next_step(&self, faces: &[Face]) -> Option<Step> {
        let differs = |(part, face): (usize, &Face)| {
            let known = self.parts.get(part);
            let shown = known.and_then(|known| known.shown.as_ref());
            (shown != Some(face)).then_some(Step { part, exists: known.is_some() })
        };
        faces.iter().enumerate().find_map(differs)
    }

    pub(crate) fn first_step(&self) -> Step {
        Step { part: 0, exists: !self.parts.is_empty() }
    }

    /// Nobody has read a word of the answer yet. Something else may stand there.
    pub(crate) fn is_blank(&self) -> bool {
        self.parts.iter().skip(usize::from(self.has_lead)).all(|part| part.shown.is_none())
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
            Destination::Interaction(_) => None,
        }
    }

    /// The interaction by whose token the answer is shown.
    pub(crate) fn asked(&self) -> Option<&Asked> {
        match &self.destination {
            Destination::Interaction(asked) => Some(asked),
            Destination::Channel { .. } | Destination::Ended { .. } => None,
        }
    }

    /// What people can read of the answer, message by message.
    pub(crate) fn contents(&self) -> Vec<String> {
        self.parts.iter().map_while(|part| Some(part.shown.as_ref()?.content.clone())).collect()
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
        self.reference.take().is_some()
    }

    /// The first message says only where the answer stands.
    pub(crate) fn set_lead(&mut self) {
        self.has_lead = true;
    }

    /// The first message says so already, since an earlier try.
    pub(crate) fn recall_lead(&mut self, line: String) {
        self.recall(vec![line]);
        self.set_lead();
    }

    /// The line that says where the answer stands.
    pub(crate) fn lead(&self) -> Option<&str> {
        let first = self.parts.first().filter(|_| self.has_lead)?;
        Some(&first.shown.as_ref()?.content)
    }

    /// The first message is wanted for the answer itself. `false`: it was already.
    pub(crate) fn drop_lead(&mut self) -> bool {
        std::mem::take(&mut self.has_lead)
    }

    /// The messages of a public answer to an interaction are from now on changed and followed like any other in their
    /// channel. The next one replies to the first. A placeholder that nothing has filled is left to its fate.
    pub(crate) fn leave_token(&mut self) {
        let Some(Asked { id, channel, persona, .. }) = self.asked().cloned() else { return };
        if self.parts.first().is_some_and(|original| original.id.is_none()) {
            self.parts.clear();
        }
        self.reference = self.parts.first().and_then(|part| part.id).map(|first| (self.parts.len(), first));
        // The nonces of its messages are made from the interaction: no message has the same id.
        self.destination = Destination::Channel { channel, question: MessageId::new(id.get()), persona };
    }

    /// The change that brings a part up to date.
    pub(crate) fn update(&self, step: Step) -> Update {
        let (call, body) = (self.route(step), self.body(step));
        let may_have_file = self.parts.get(step.part).is_some_and(Part::may_have_file);
        Update { governor: self.governor.clone(), call, body, step, may_have_file, busy: self.busy.clone() }
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
            (Destination::Interaction(asked), _) if step.part == 0 => {
                Call::EditOriginal(asked.application, asked.token.clone())
            }
            (Destination::Interaction(asked), Some(id)) => {
                Call::EditFollowUp(asked.application, asked.token.clone(), id)
            }
            (Destination::Interaction(asked), None) => Call::FollowUp(asked.application, asked.token.clone()),
        }
    }

    /// What goes around the content of a part.
    fn body(&self, step: Step) -> Body {
        let body = Body::new("");
        match &self.destination {
            // A deferral has created it, and that cannot say what becomes of links.
            Destination::Interaction(_) if step.part == 0 => body.without_previews(),
            _ if step.exists => body,
            Destination::Interaction(asked) if asked.ephemeral => body.ephemeral(),
            Destination::Interaction(_) | Destination::Ended { .. } => body.without_previews(),
            Destination::Channel { question, persona, .. } => {
                let body = body.without_previews().once(body::nonce(*question, persona, step.part));
                match self.reference {
                    Some((part, message)) if part == step.part => body.replying_to(message),
                    _ => body,
                }
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
            Destination::Interaction(asked) => {
                Call::DeleteFollowUp(asked.application, asked.token.clone(), last)
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
        self.parts[part].shown = Some(shown.face);
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
