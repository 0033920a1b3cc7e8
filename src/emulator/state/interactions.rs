//! Interactions: begun by people, answered by the bot.

use super::messages::{ReplyTo, Stamp};
use super::{Draft, Edit, State};
use crate::emulator::command::Choice;
use crate::emulator::event::Event;
use crate::emulator::interaction::{Interaction, InteractionKind, Phase};
use crate::emulator::message::{Author, Flags, Message, MessageKind, Origin};
use crate::emulator::refusal::{Faults, Refusal};
use crate::ids::{ApplicationId, ChannelId, InteractionId, MessageId, UserId};

/// Later messages to an interaction of a command that a person installed for themselves.
const FOLLOW_UPS_OF_USERS: u32 = 5;

/// The first answer to an interaction.
#[derive(Clone, Debug)]
pub(in crate::emulator) enum Answer {
    Message(Box<Draft>),
    Defer { ephemeral: bool },
    DeferUpdate,
    Update(Box<Edit>),
    Suggest(Vec<Choice>),
}

impl State {
    /// Records a new interaction and tells the bot.
    pub(in crate::emulator) fn begin_interaction(
        &mut self,
        user: UserId,
        channel: ChannelId,
        kind: InteractionKind,
    ) -> InteractionId {
        let id = InteractionId::new(self.next_id());
        let token = format!("emulated-{id}-{:032x}", rand::random::<u128>());
        let (answer_until, token_until) =
            (self.deadline(self.rules.ack_window), self.deadline(self.rules.token_life));
        self.interactions.insert(Interaction {
            id,
            token,
            kind,
            user,
            channel,
            phase: Phase::Waiting,
            original: None,
            follow_ups_left: None,
            answer_until,
            token_until,
        });
        self.outbox.push(Event::InteractionCreated(id));
        self.tell_of_interaction(id);
        id
    }

    /// The bot's first answer. Returns the message it made or changed.
    pub(in crate::emulator) fn answer(
        &mut self,
        id: InteractionId,
        token: &str,
        answer: Answer,
    ) -> Result<Option<MessageId>, Refusal> {
        let found = self.interactions.get(id).filter(|interaction| interaction.token == token);
        let interaction = found.ok_or(Refusal::UnknownInteraction)?.clone();
        interaction.check_answerable(self.now())?;
        if !fits(&interaction.kind, &answer) {
            let reason = "This kind of answer does not fit this kind of interaction";
            return Err(Refusal::Form(Faults::one("type", "BASE_TYPE_CHOICES", reason)));
        }
        let (phase, original) = self.carry_out(&interaction, answer)?;
        self.set_phase(id, phase, original);
        Ok(original)
    }

    fn carry_out(
        &mut self,
        interaction: &Interaction,
        answer: Answer,
    ) -> Result<(Phase, Option<MessageId>), Refusal> {
        self.world.channel(interaction.channel).ok_or(Refusal::UnknownChannel)?;
        Ok(match answer {
            Answer::Message(draft) if draft.is_empty() => return Err(Refusal::EmptyMessage),
            Answer::Message(draft) => (Phase::Answered, Some(self.write_answer(interaction, *draft))),
            Answer::Defer { ephemeral } => {
                let mut draft = Draft::text("");
                draft.flags = if ephemeral { Flags::LOADING.with(Flags::EPHEMERAL) } else { Flags::LOADING };
                (Phase::Thinking, Some(self.write_answer(interaction, draft)))
            }
            Answer::DeferUpdate => (Phase::Answered, pressed_on(&interaction.kind)),
            Answer::Update(edit) => {
                let message = pressed_on(&interaction.kind).ok_or(Refusal::UnknownMessage)?;
                self.change(message, *edit)?;
                (Phase::Answered, Some(message))
            }
            Answer::Suggest(choices) => (Phase::Suggested(choices), None),
        })
    }

    /// A later message. The first one after a deferral fills the placeholder, as visible as the deferral said.
    pub(in crate::emulator) fn follow_up(
        &mut self,
        application: ApplicationId,
        token: &str,
        draft: Draft,
    ) -> Result<MessageId, Refusal> {
        let interaction = self.by_token(application, token)?.clone();
        self.world.channel(interaction.channel).ok_or(Refusal::UnknownChannel)?;
        if draft.is_empty() {
            return Err(Refusal::EmptyMessage);
        }
        self.moderate(Some(&draft.content))?;
        self.count_follow_up(interaction.id)?;
        match interaction.original.filter(|_| interaction.phase == Phase::Thinking) {
            Some(message) => {
                let edit = Edit {
                    content: Some(draft.content),
                    embeds: Some(draft.embeds),
                    components: Some(draft.components),
                    files: draft.files,
                    kept: None,
                    allowed: draft.allowed,
                    suppress_embeds: None,
                };
                self.change(message, edit)?;
                self.set_phase(interaction.id, Phase::Answered, Some(message));
                Ok(message)
            }
            None => Ok(self.write_answer(&interaction, draft)),
        }
    }

    /// From now on the bot is not in the place of this interaction: a person brought it along.
    pub(in crate::emulator) fn limit_follow_ups(&mut self, id: InteractionId) {
        if let Some(interaction) = self.interactions.get_mut(id) {
            interaction.follow_ups_left = Some(FOLLOW_UPS_OF_USERS);
        }
    }

    fn count_follow_up(&mut self, id: InteractionId) -> Result<(), Refusal> {
        let left = self.interactions.get_mut(id).and_then(|interaction| interaction.follow_ups_left.as_mut());
        match left {
            Some(0) => Err(Refusal::TooManyFollowUps),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// The id of a message that this token may read, change and delete; None means `@original`.
    pub(in crate::emulator) fn answer_message(
        &self,
        application: ApplicationId,
        token: &str,
        message: Option<MessageId>,
    ) -> Result<MessageId, Refusal> {
        let interaction = self.by_token(application, token)?;
        let wanted = message.or(interaction.original).ok_or(Refusal::UnknownMessage)?;
        let found = self.messages.get(wanted).ok_or(Refusal::UnknownMessage)?;
        let of_this = found.interaction.as_ref().is_some_and(|origin| origin.id == interaction.id);
        if of_this || interaction.original == Some(wanted) {
            Ok(wanted)
        } else {
            Err(Refusal::UnknownMessage)
        }
    }

    /// Changes a message by the token of its interaction.
    pub(in crate::emulator) fn edit_answer(
        &mut self,
        application: ApplicationId,
        token: &str,
        message: Option<MessageId>,
        edit: Edit,
    ) -> Result<MessageId, Refusal> {
        let wanted = self.answer_message(application, token, message)?;
        self.moderate(edit.content.as_deref())?;
        let interaction = self.by_token(application, token)?;
        let (id, was_thinking) = (interaction.id, interaction.phase == Phase::Thinking);
        let is_original = interaction.original == Some(wanted);
        self.change(wanted, edit)?;
        if was_thinking && is_original {
            self.set_phase(id, Phase::Answered, Some(wanted));
        }
        Ok(wanted)
    }

    /// Deletes a message by the token of its interaction.
    pub(in crate::emulator) fn delete_answer(
        &mut self,
        application: ApplicationId,
        token: &str,
        message: Option<MessageId>,
    ) -> Result<(), Refusal> {
        let wanted = self.answer_message(application, token, message)?;
        let interaction = self.by_token(application, token)?;
        let (id, was_thinking) = (interaction.id, interaction.phase == Phase::Thinking);
        let is_original = interaction.original == Some(wanted);
        self.delete(wanted)?;
        if was_thinking && is_original {
            self.set_phase(id, Phase::Answered, None);
        }
        Ok(())
    }

    /// Makes both clocks of an interaction run out.
    pub(in crate::emulator) fn expire_interaction(&mut self, id: InteractionId) -> Result<(), Refusal> {
        let now = self.now();
        let interaction = self.interactions.get_mut(id).ok_or(Refusal::UnknownInteraction)?;
        interaction.answer_until = now.min(interaction.answer_until);
        interaction.token_until = now.min(interaction.token_until);
        self.expire();
        Ok(())
    }

    /// Closes the interactions whose time is over.
    pub(in crate::emulator) fn expire(&mut self) {
        let now = self.now();
        for id in self.interactions.expire(now) {
            self.tell_of_interaction(id);
        }
    }

    fn by_token(&self, application: ApplicationId, token: &str) -> Result<&Interaction, Refusal> {
        if application != self.world.application {
            return Err(Refusal::UnknownWebhook);
        }
        let interaction = self.interactions.by_token(token).ok_or(Refusal::UnknownWebhook)?;
        interaction.check_token(self.now())?;
        Ok(interaction)
    }

    fn write_answer(&mut self, interaction: &Interaction, mut draft: Draft) -> MessageId {
        let answers = interaction.original.or_else(|| pressed_on(&interaction.kind));
        draft.reply = answers.filter(|id| self.messages.get(*id).is_some()).map(ReplyTo::shown);
        draft.allowed.replied_user = false;
        let is_first = interaction.phase == Phase::Waiting;
        let stamp = Stamp {
            author: Author::User(self.world.bot),
            kind: match &interaction.kind {
                InteractionKind::Command(_) if is_first => MessageKind::CommandAnswer,
                _ if draft.reply.is_some() => MessageKind::Reply,
                _ => MessageKind::Ordinary,
            },
            interaction: Some(origin(interaction)),
            only_for: draft.flags.has(Flags::EPHEMERAL).then_some(interaction.user),
        };
        self.write(interaction.channel, draft, stamp)
    }

    fn set_phase(&mut self, id: InteractionId, phase: Phase, original: Option<MessageId>) {
        if let Some(interaction) = self.interactions.get_mut(id) {
            interaction.phase = phase;
            interaction.original = original;
        }
        self.tell_of_interaction(id);
    }

    fn tell_of_interaction(&mut self, id: InteractionId) {
        if let Some(interaction) = self.interactions.get(id) {
            let (channel, user, state) = (interaction.channel, interaction.user, interaction.state());
            self.outbox.push(Event::InteractionChanged { id, channel, user, state });
        }
    }

    /// Whether a placeholder still waits for its text.
    pub(in crate::emulator) fn is_pending(&self, message: &Message) -> bool {
        message.flags.has(Flags::LOADING)
            && message
                .interaction
                .as_ref()
                .and_then(|origin| self.interactions.get(origin.id))
                .is_some_and(|interaction| interaction.phase == Phase::Thinking)
    }
}

fn origin(interaction: &Interaction) -> Origin {
    let command = match &interaction.kind {
        InteractionKind::Command(invoked) | InteractionKind::Autocomplete(invoked) => {
            Some(invoked.full_name())
        }
        InteractionKind::Button { .. } => None,
    };
    Origin { id: interaction.id, user: interaction.user, command, pressed_on: pressed_on(&interaction.kind) }
}

fn pressed_on(kind: &InteractionKind) -> Option<MessageId> {
    match kind {
        InteractionKind::Button { message, .. } => Some(*message),
        InteractionKind::Command(_) | InteractionKind::Autocomplete(_) => None,
    }
}

fn fits(kind: &InteractionKind, answer: &Answer) -> bool {
    match kind {
        InteractionKind::Command(_) => matches!(answer, Answer::Message(_) | Answer::Defer { .. }),
        InteractionKind::Autocomplete(_) => matches!(answer, Answer::Suggest(_)),
        InteractionKind::Button { .. } => !matches!(answer, Answer::Suggest(_)),
    }
}
