//! What people do, and why they sometimes cannot.

use super::Emulator;
use super::component;
use super::interaction::InteractionKind;
use super::invocation::{self, Invocation};
use super::mentions::Allowed;
use super::message::{Author, Message};
use super::state::{Draft, Edit, NewThread, ReplyTo, State};
use super::world::Permissions;
use crate::ids::{ChannelId, InteractionId, MessageId, UserId};

/// The longest text a person may send, in characters.
const LONGEST_TEXT: usize = 2_000;

/// Why somebody cannot do what they wanted.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum ActionError {
    #[error("there is no such user")]
    NoSuchUser,
    #[error("there is no such channel")]
    NoSuchChannel,
    #[error("there is no such message")]
    NoSuchMessage,
    #[error("they may not do that here")]
    NotAllowed,
    #[error("an empty message cannot be sent")]
    Empty,
    #[error("a message has at most {LONGEST_TEXT} characters")]
    TooLong,
    #[error("there is no such command here")]
    NoSuchCommand,
    #[error("the option `{0}` is missing")]
    MissingOption(String),
    #[error("the command has no option `{0}` that takes this value")]
    BadOption(String),
    #[error("the message has no such button that can be pressed")]
    NoSuchButton,
    #[error("the bot did not answer in time")]
    NoAnswer,
    #[error("there is no such interaction")]
    NoSuchInteraction,
    #[error("the server does not permit it")]
    Refused,
}

impl Emulator {
    /// Somebody writes into a channel, a thread or their direct messages.
    ///
    /// # Errors
    /// When they may not, or the text is empty or too long.
    pub fn say(&self, user: UserId, channel: ChannelId, text: &str) -> Result<MessageId, ActionError> {
        self.act(|state| {
            check_may_send(state, user, channel)?;
            Ok(state.post(channel, Author::User(user), person_text(text)?))
        })
    }

    /// Somebody replies to a message, in its channel; `ping` is the "@ ON" switch.
    ///
    /// # Errors
    /// As [`Emulator::say`], and when the message is not there.
    pub fn reply(
        &self,
        user: UserId,
        to: MessageId,
        text: &str,
        ping: bool,
    ) -> Result<MessageId, ActionError> {
        self.act(|state| {
            let answered = state.messages.get(to).filter(|message| message.only_for.is_none());
            let channel = answered.ok_or(ActionError::NoSuchMessage)?.channel;
            check_may_send(state, user, channel)?;
            let mut draft = person_text(text)?;
            draft.reply = Some(ReplyTo { message: to, must_exist: true });
            draft.allowed.replied_user = ping;
            Ok(state.post(channel, Author::User(user), draft))
        })
    }

    /// Another bot writes. `author` must be a bot of the world that is not ours.
    ///
    /// # Errors
    /// As [`Emulator::say`].
    pub fn say_as_bot(
        &self,
        author: UserId,
        channel: ChannelId,
        text: &str,
    ) -> Result<MessageId, ActionError> {
        let is_other_bot = |state: &State| {
            author != state.world.bot && state.world.user(author).is_some_and(|user| user.bot)
        };
        if !self.read(is_other_bot) {
            return Err(ActionError::NoSuchUser);
        }
        self.say(author, channel, text)
    }

    /// A webhook that is not ours writes under a name.
    ///
    /// # Errors
    /// When there is no such channel, or the text is empty or too long.
    pub fn say_as_webhook(
        &self,
        name: &str,
        channel: ChannelId,
        text: &str,
    ) -> Result<MessageId, ActionError> {
        self.act(|state| {
            let guild = state.world.channel(channel).ok_or(ActionError::NoSuchChannel)?.guild();
            let id = guild.ok_or(ActionError::NotAllowed)?.get() + 1_000;
            let mut draft = person_text(text)?;
            draft.allowed = Allowed::users_only();
            Ok(state.post(channel, Author::Webhook { id, name: name.to_owned() }, draft))
        })
    }

    /// Somebody changes a message of their own.
    ///
    /// # Errors
    /// When it is not theirs, or the text is empty or too long.
    pub fn edit(&self, user: UserId, message: MessageId, text: &str) -> Result<(), ActionError> {
        self.act(|state| {
            let found = state.messages.get(message).ok_or(ActionError::NoSuchMessage)?;
            if !found.author.is(user) {
                return Err(ActionError::NotAllowed);
            }
            let edit = Edit {
                content: Some(person_text(text)?.content),
                embeds: None,
                components: None,
                files: Vec::new(),
                kept: None,
                allowed: Allowed::everything(),
                suppress_embeds: None,
            };
            state.change(message, edit).map_err(|_| ActionError::NoSuchMessage)
        })
    }

    /// A message is deleted, by whoever may.
    ///
    /// # Errors
    /// When it is not there.
    pub fn delete(&self, message: MessageId) -> Result<(), ActionError> {
        self.act(|state| state.delete(message).map_err(|_| ActionError::NoSuchMessage))
    }

    /// A channel or thread is deleted, with what hangs on it.
    ///
    /// # Errors
    /// When it is not there.
    pub fn delete_channel(&self, channel: ChannelId) -> Result<(), ActionError> {
        self.act(|state| state.remove_channel(channel).map_err(|_| ActionError::NoSuchChannel))
    }

    /// Somebody opens a thread, from a message or on its own.
    ///
    /// # Errors
    /// When they may not, or the message has one already.
    pub fn create_thread(
        &self,
        user: UserId,
        parent: ChannelId,
        name: &str,
        from: Option<MessageId>,
    ) -> Result<ChannelId, ActionError> {
        self.act(|state| {
            check_may(state, user, parent, Permissions::CREATE_PUBLIC_THREADS)?;
            let name = name.to_owned();
            let thread = NewThread { name, parent, from, private: false, auto_archive: 1440 };
            state.open_thread(thread, user).map_err(|_| ActionError::Refused)
        })
    }

    /// The direct-message channel of somebody with the bot, opened when there is none.
    ///
    /// # Errors
    /// When there is no such person.
    pub fn open_direct(&self, user: UserId) -> Result<ChannelId, ActionError> {
        self.act(|state| state.open_direct(user).map_err(|_| ActionError::NoSuchUser))
    }

    /// Somebody runs a slash command.
    ///
    /// # Errors
    /// What a client would not even send: an unknown command or option, a missing one, a wrong value, no permission.
    pub fn invoke(
        &self,
        user: UserId,
        channel: ChannelId,
        invocation: &Invocation,
    ) -> Result<InteractionId, ActionError> {
        let id = self.act(|state| {
            let invoked = invocation::fill(state, user, channel, invocation)?;
            Ok(state.begin_interaction(user, channel, InteractionKind::Command(invoked)))
        })?;
        self.wake_clockwork();
        Ok(id)
    }

    /// Somebody runs a slash command of a bot that they installed for themselves, where it is no member: its token
    /// writes at most five later messages.
    ///
    /// # Errors
    /// As [`Emulator::invoke`].
    pub fn invoke_user_installed(
        &self,
        user: UserId,
        channel: ChannelId,
        invocation: &Invocation,
    ) -> Result<InteractionId, ActionError> {
        let id = self.act(|state| {
            let invoked = invocation::fill(state, user, channel, invocation)?;
            let id = state.begin_interaction(user, channel, InteractionKind::Command(invoked));
            state.limit_follow_ups(id);
            Ok(id)
        })?;
        self.wake_clockwork();
        Ok(id)
    }

    /// Somebody presses a button.
    ///
    /// # Errors
    /// When they do not see it, it is not there, or it is disabled.
    pub fn press(
        &self,
        user: UserId,
        message: MessageId,
        custom_id: &str,
    ) -> Result<InteractionId, ActionError> {
        self.press_if(user, message, custom_id, |message| {
            component::find(&message.components, custom_id).is_some_and(|button| !button.disabled)
        })
    }

    /// Somebody presses a button that is gone: their client has not heard of it yet.
    ///
    /// # Errors
    /// When they do not see the message.
    pub fn press_late(
        &self,
        user: UserId,
        message: MessageId,
        custom_id: &str,
    ) -> Result<InteractionId, ActionError> {
        self.press_if(user, message, custom_id, |_| true)
    }

    fn press_if(
        &self,
        user: UserId,
        message: MessageId,
        custom_id: &str,
        can_press: impl FnOnce(&Message) -> bool,
    ) -> Result<InteractionId, ActionError> {
        let id = self.act(|state| {
            let found = state.messages.get(message).ok_or(ActionError::NoSuchMessage)?;
            let channel = found.channel;
            if found.only_for.is_some_and(|only| only != user) || !state.world.can_view(user, channel) {
                return Err(ActionError::NoSuchMessage);
            }
            if !can_press(found) {
                return Err(ActionError::NoSuchButton);
            }
            let kind = InteractionKind::Button { message, custom_id: custom_id.to_owned() };
            Ok(state.begin_interaction(user, channel, kind))
        })?;
        self.wake_clockwork();
        Ok(id)
    }
}

fn check_may_send(state: &State, user: UserId, channel: ChannelId) -> Result<(), ActionError> {
    state.world.user(user).ok_or(ActionError::NoSuchUser)?;
    state.world.channel(channel).ok_or(ActionError::NoSuchChannel)?;
    if state.world.can_send(user, channel) { Ok(()) } else { Err(ActionError::NotAllowed) }
}

pub(super) fn check_may(
    state: &State,
    user: UserId,
    channel: ChannelId,
    permission: Permissions,
) -> Result<(), ActionError> {
    state.world.user(user).ok_or(ActionError::NoSuchUser)?;
    state.world.channel(channel).ok_or(ActionError::NoSuchChannel)?;
    let permissions = state.world.permissions(user, channel);
    if permissions.contains(permission) { Ok(()) } else { Err(ActionError::NotAllowed) }
}

fn person_text(text: &str) -> Result<Draft, ActionError> {
    let draft = Draft::text(text);
    if draft.content.is_empty() {
        return Err(ActionError::Empty);
    }
    if draft.content.chars().count() > LONGEST_TEXT {
        return Err(ActionError::TooLong);
    }
    Ok(draft)
}
