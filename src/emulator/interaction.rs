//! One use of a command or button, and its two clocks: the first answer and the life of the token.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::command::{Choice, OptionKind};
use super::refusal::Refusal;
use crate::ids::{ChannelId, InteractionId, MessageId, UserId};

/// Older interactions are forgotten beyond this many.
const KEPT: usize = 10_000;
/// Those that were answered are swept out of those that wait from this many on.
const SWEPT: usize = 64;

#[derive(Clone, Debug)]
pub(super) struct Interaction {
    pub(super) id: InteractionId,
    pub(super) token: String,
    pub(super) kind: InteractionKind,
    pub(super) user: UserId,
    pub(super) channel: ChannelId,
    pub(super) phase: Phase,
    /// The message that `@original` names.
    pub(super) original: Option<MessageId>,
    /// Later messages that its token may still write; None where nobody counts them.
    pub(super) follow_ups_left: Option<u32>,
    /// Milliseconds since 1970: when the first answer is due.
    pub(super) answer_until: u64,
    /// Milliseconds since 1970: when the token dies.
    pub(super) token_until: u64,
}

#[derive(Clone, Debug)]
pub(super) enum InteractionKind {
    Command(Invoked),
    Autocomplete(Invoked),
    Button { message: MessageId, custom_id: String },
}

/// A command with its options filled in.
#[derive(Clone, Debug)]
pub(super) struct Invoked {
    pub(super) command: u64,
    pub(super) name: String,
    /// The words after the name: group and subcommand.
    pub(super) path: Vec<String>,
    pub(super) options: Vec<Filled>,
}

#[derive(Clone, Debug)]
pub(super) struct Filled {
    pub(super) name: String,
    pub(super) kind: OptionKind,
    pub(super) value: Value,
    /// The one being typed, in an autocomplete request.
    pub(super) focused: bool,
}

impl Invoked {
    /// The command as a person reads it: `persona use`.
    pub(super) fn full_name(&self) -> String {
        std::iter::once(&self.name).chain(&self.path).map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

/// How far the answer has come.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Phase {
    Waiting,
    /// Answered by a placeholder that the next answer fills.
    Thinking,
    Answered,
    Suggested(Vec<Choice>),
    /// A clock ran out first.
    Expired,
}

/// How far the answer to an interaction has come, as the one who asked sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InteractionState {
    /// Nothing yet.
    Waiting,
    /// "The bot is thinking".
    Thinking,
    Answered,
    /// "The application did not respond".
    DidNotRespond,
}

impl Interaction {
    pub(super) fn state(&self) -> InteractionState {
        match self.phase {
            Phase::Waiting => InteractionState::Waiting,
            Phase::Thinking => InteractionState::Thinking,
            Phase::Answered | Phase::Suggested(_) => InteractionState::Answered,
            Phase::Expired => InteractionState::DidNotRespond,
        }
    }

    /// Checks that a first answer is still possible.
    pub(super) fn check_answerable(&self, now: u64) -> Result<(), Refusal> {
        match self.phase {
            Phase::Waiting if now < self.answer_until => Ok(()),
            Phase::Waiting | Phase::Expired => Err(Refusal::UnknownInteraction),
            Phase::Thinking | Phase::Answered | Phase::Suggested(_) => Err(Refusal::AlreadyAcknowledged),
        }
    }

    /// Checks that the token still opens the webhook routes.
    pub(super) fn check_token(&self, now: u64) -> Result<(), Refusal> {
        if now >= self.token_until {
            return Err(Refusal::InvalidWebhookToken);
        }
        match self.phase {
            Phase::Waiting | Phase::Suggested(_) => Err(Refusal::UnknownWebhook),
            Phase::Expired => Err(Refusal::InvalidWebhookToken),
            Phase::Thinking | Phase::Answered => Ok(()),
        }
    }

    /// When the next clock runs out.
    pub(super) fn next_deadline(&self) -> Option<u64> {
        match self.phase {
            Phase::Waiting => Some(self.answer_until),
            Phase::Thinking => Some(self.token_until),
            Phase::Answered | Phase::Suggested(_) | Phase::Expired => None,
        }
    }
}

/// The latest interactions.
#[derive(Debug, Default)]
pub(super) struct Interactions {
    list: BTreeMap<InteractionId, Interaction>,
    tokens: HashMap<String, InteractionId>,
    /// Those whose clock may still run out. What was answered meanwhile is taken out when it is met.
    waiting: BTreeSet<InteractionId>,
    sweep_at: usize,
}

impl Interactions {
    pub(super) fn insert(&mut self, interaction: Interaction) {
        self.tokens.insert(interaction.token.clone(), interaction.id);
        if self.waiting.len() >= self.sweep_at {
            self.waiting.retain(|id| list_waits(&self.list, *id));
            self.sweep_at = SWEPT.max(self.waiting.len() * 2);
        }
        self.waiting.insert(interaction.id);
        self.list.insert(interaction.id, interaction);
        if self.list.len() > KEPT
            && let Some((id, oldest)) = self.list.pop_first()
        {
            self.tokens.remove(&oldest.token);
            self.waiting.remove(&id);
        }
    }

    pub(super) fn get(&self, id: InteractionId) -> Option<&Interaction> {
        self.list.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: InteractionId) -> Option<&mut Interaction> {
        self.list.get_mut(&id)
    }

    /// Those of one person that nobody answered in time, oldest first.
    pub(super) fn expired(&self, user: UserId) -> impl Iterator<Item = &Interaction> {
        self.list.values().filter(move |one| one.user == user && one.phase == Phase::Expired)
    }

    pub(super) fn by_token(&self, token: &str) -> Option<&Interaction> {
        self.list.get(self.tokens.get(token)?)
    }

    pub(super) fn next_deadline(&self) -> Option<u64> {
        self.waiting.iter().filter_map(|id| self.list.get(id)?.next_deadline()).min()
    }

    /// Closes those whose clock ran out and returns them.
    pub(super) fn expire(&mut self, now: u64) -> Vec<InteractionId> {
        let list = &mut self.list;
        let mut expired = Vec::new();
        self.waiting.retain(|id| {
            let Some(interaction) = list.get_mut(id) else { return false };
            let Some(deadline) = interaction.next_deadline() else { return false };
            if deadline <= now {
                interaction.phase = Phase::Expired;
                expired.push(*id);
            }
            deadline > now
        });
        expired
    }
}

fn list_waits(list: &BTreeMap<InteractionId, Interaction>, id: InteractionId) -> bool {
    list.get(&id).is_some_and(|interaction| interaction.next_deadline().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interaction(phase: Phase) -> Interaction {
        Interaction {
            id: InteractionId::new(1),
            token: "t".to_owned(),
            kind: InteractionKind::Button { message: MessageId::new(1), custom_id: "b".to_owned() },
            user: UserId::new(1),
            channel: ChannelId::new(1),
            phase,
            original: None,
            follow_ups_left: None,
            answer_until: 3_000,
            token_until: 900_000,
        }
    }

    #[test]
    fn the_first_answer_has_one_chance_and_three_seconds() {
        assert_eq!(interaction(Phase::Waiting).check_answerable(2_999), Ok(()));
        assert_eq!(interaction(Phase::Waiting).check_answerable(3_000), Err(Refusal::UnknownInteraction));
        assert_eq!(interaction(Phase::Answered).check_answerable(10), Err(Refusal::AlreadyAcknowledged));
        assert_eq!(interaction(Phase::Thinking).check_answerable(10), Err(Refusal::AlreadyAcknowledged));
    }

    #[test]
    fn a_token_works_after_the_first_answer_and_dies() {
        assert_eq!(interaction(Phase::Waiting).check_token(10), Err(Refusal::UnknownWebhook));
        assert_eq!(interaction(Phase::Thinking).check_token(899_999), Ok(()));
        assert_eq!(interaction(Phase::Answered).check_token(900_000), Err(Refusal::InvalidWebhookToken));
    }

    #[test]
    fn only_what_still_waits_expires() {
        let mut all = Interactions::default();
        all.insert(interaction(Phase::Waiting));
        all.insert(Interaction { id: InteractionId::new(2), ..interaction(Phase::Answered) });
        assert_eq!(all.next_deadline(), Some(3_000));
        assert_eq!(all.expire(2_999), []);
        assert_eq!(all.expire(3_000), [InteractionId::new(1)]);
        assert_eq!(all.next_deadline(), None);
    }
}
