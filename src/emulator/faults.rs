//! Bad weather on request, and what a test asks afterwards.

use std::time::Duration;

use super::event::Event;
use super::journal::RequestLog;
use super::people::ActionError;
use super::world::{Channel, Permissions};
use super::{Change, Emulator};
use crate::ids::{ChannelId, InteractionId, MessageId};

impl Emulator {
    /// What the bot asked for that nothing here answers.
    pub fn unexpected(&self) -> Vec<String> {
        self.read(|state| state.journal.all_unexpected())
    }

    /// The latest 10,000 requests, oldest first.
    pub fn requests(&self) -> Vec<RequestLog> {
        self.read(|state| state.journal.all_requests())
    }

    /// How many requests were answered 429.
    pub fn refused(&self) -> u64 {
        self.read(|state| state.journal.refused())
    }

    /// How many gateway sessions have a socket now.
    pub fn sessions(&self) -> usize {
        self.read(|state| state.sessions.connected())
    }

    /// How many gateway sessions have none and can still be resumed.
    pub fn waiting_sessions(&self) -> usize {
        self.read(|state| state.sessions.waiting())
    }

    pub fn identifies(&self) -> u64 {
        self.read(|state| state.sessions.identifies())
    }

    pub fn resumes(&self) -> u64 {
        self.read(|state| state.sessions.resumes())
    }

    /// Breaks all gateway connections without a word; their sessions can be resumed. Returns how many there were.
    pub fn drop_sockets(&self) -> usize {
        let dropped = self.act(|state| state.sessions.drop_sockets());
        for _ in 0..dropped {
            self.tell(Change::BotDisconnected);
        }
        dropped
    }

    /// Breaks all gateway connections and forgets their sessions: a resume is refused.
    pub fn forget_sessions(&self) {
        self.drop_sockets();
        self.act(|state| state.sessions.forget());
    }

    /// Tells the bot of a message once more, as a resume may.
    ///
    /// # Errors
    /// When there is no such message.
    pub fn repeat_message(&self, id: MessageId) -> Result<(), ActionError> {
        self.act(|state| {
            let message = state.messages.get(id).cloned().ok_or(ActionError::NoSuchMessage)?;
            state.outbox.push(Event::MessageCreated(Box::new(message)));
            Ok(())
        })
    }

    /// Tells the bot of an interaction once more, as a resume may.
    ///
    /// # Errors
    /// When there is no such interaction.
    pub fn repeat_interaction(&self, id: InteractionId) -> Result<(), ActionError> {
        self.act(|state| {
            state.interactions.get(id).ok_or(ActionError::NoSuchInteraction)?;
            state.outbox.push(Event::InteractionCreated(id));
            Ok(())
        })
    }

    /// Whether the bot may write in a channel (for a thread: in all threads of its parent).
    ///
    /// # Errors
    /// When there is no such channel.
    pub fn set_permission(&self, channel: ChannelId, can_send: bool) -> Result<(), ActionError> {
        let needed = self.read(|state| match state.world.channel(channel).is_some_and(Channel::is_thread) {
            true => Permissions::SEND_MESSAGES_IN_THREADS,
            false => Permissions::SEND_MESSAGES,
        });
        self.set_bot_permission(channel, needed, can_send)
    }

    /// Whether the bot can see a channel.
    ///
    /// # Errors
    /// When there is no such channel.
    pub fn set_visible(&self, channel: ChannelId, can_view: bool) -> Result<(), ActionError> {
        self.set_bot_permission(channel, Permissions::VIEW_CHANNEL, can_view)
    }

    /// Gives the bot any permission in a channel, or takes it away.
    ///
    /// # Errors
    /// When there is no such channel.
    pub fn set_bot_permission(
        &self,
        channel: ChannelId,
        permission: Permissions,
        granted: bool,
    ) -> Result<(), ActionError> {
        self.act(|state| state.set_bot_permission(channel, permission, granted))
            .map_err(|_| ActionError::NoSuchChannel)
    }

    /// From now on a server's automatic moderation blocks what the bot writes, or changes into, with these words.
    pub fn forbid_words(&self, words: &str) {
        self.act(|state| state.forbidden.push(words.to_owned()));
    }

    /// Lets both clocks of an interaction run out.
    ///
    /// # Errors
    /// When there is no such interaction.
    pub fn expire_interaction(&self, id: InteractionId) -> Result<(), ActionError> {
        self.act(|state| state.expire_interaction(id)).map_err(|_| ActionError::NoSuchInteraction)
    }

    /// Moves the emulator's clock ahead.
    pub fn advance(&self, by: Duration) {
        self.act(|state| state.advance(by));
        self.wake_clockwork();
    }

    /// Switches the rate limits on or off.
    pub fn set_limits(&self, enabled: bool) {
        self.act(|state| state.limits.set_enabled(enabled));
    }

    /// Answers everything in a channel with 429 and the scope `shared` for a while, as when others used it up.
    pub fn share_limit(&self, channel: ChannelId, lasting: Duration) {
        self.act(|state| {
            let until = state.now() + super::clock::whole_ms(lasting);
            state.limits.share(&channel.to_string(), until);
        });
    }
}
