//! Channels and threads coming and going, typing, and what the bot may do where.

use super::State;
use crate::emulator::event::Event;
use crate::emulator::message::Flags;
use crate::emulator::refusal::{Faults, Refusal};
use crate::emulator::world::{Channel, ChannelKind, Permissions, Thread};
use crate::ids::{ChannelId, MessageId, UserId};

const TYPING_MS: u64 = 10_000;
const MOST_CHANNELS: usize = 100_000;

/// A thread about to be opened.
#[derive(Clone, Debug)]
pub(in crate::emulator) struct NewThread {
    pub(in crate::emulator) name: String,
    pub(in crate::emulator) parent: ChannelId,
    /// The message it grows from, whose id it takes.
    pub(in crate::emulator) from: Option<MessageId>,
    pub(in crate::emulator) private: bool,
    pub(in crate::emulator) auto_archive: u32,
}

impl State {
    pub(in crate::emulator) fn bot_may(&self, channel: ChannelId, permission: Permissions) -> bool {
        self.world.permissions(self.world.bot, channel).contains(permission)
    }

    /// The channel, when the bot can see it.
    pub(in crate::emulator) fn check_bot_can_view(&self, channel: ChannelId) -> Result<&Channel, Refusal> {
        let found = self.world.channel(channel).ok_or(Refusal::UnknownChannel)?;
        if self.world.can_view(self.world.bot, channel) { Ok(found) } else { Err(Refusal::MissingAccess) }
    }

    pub(in crate::emulator) fn check_bot_can_send(&self, channel: ChannelId) -> Result<(), Refusal> {
        let found = self.check_bot_can_view(channel)?;
        if !self.world.can_send(self.world.bot, channel) {
            return Err(Refusal::MissingPermissions);
        }
        match found.kind {
            ChannelKind::Thread(thread)
                if thread.locked && !self.bot_may(channel, Permissions::MANAGE_THREADS) =>
            {
                Err(Refusal::Archived)
            }
            _ => Ok(()),
        }
    }

    pub(in crate::emulator) fn bot_types(&mut self, channel: ChannelId) -> Result<(), Refusal> {
        self.check_bot_can_send(channel)?;
        let until = self.now() + TYPING_MS;
        self.typing.insert(channel, until);
        self.outbox.push(Event::Typing { channel, user: self.world.bot });
        Ok(())
    }

    pub(in crate::emulator) fn is_typing(&self, channel: ChannelId) -> bool {
        self.typing.get(&channel).is_some_and(|until| self.now() < *until)
    }

    /// The bot opens a thread.
    pub(in crate::emulator) fn bot_opens_thread(&mut self, thread: NewThread) -> Result<ChannelId, Refusal> {
        let parent = self.check_bot_can_view(thread.parent)?;
        if !matches!(parent.kind, ChannelKind::Text { .. }) {
            return Err(Refusal::WrongChannelKind);
        }
        let needed = match thread.private {
            true => Permissions::CREATE_PRIVATE_THREADS,
            false => Permissions::CREATE_PUBLIC_THREADS,
        };
        if !self.bot_may(thread.parent, needed) {
            return Err(Refusal::MissingPermissions);
        }
        if let Some(message) = thread.from {
            self.readable(thread.parent, message)?;
        }
        let bot = self.world.bot;
        self.open_thread(thread, bot)
    }

    /// Opens a thread without asking whether its owner may.
    pub(in crate::emulator) fn open_thread(
        &mut self,
        thread: NewThread,
        owner: UserId,
    ) -> Result<ChannelId, Refusal> {
        let parent = self.world.channel(thread.parent).ok_or(Refusal::UnknownChannel)?;
        let guild = parent.guild().ok_or(Refusal::WrongChannelKind)?;
        let id = match thread.from {
            Some(message) => ChannelId::new(message.get()),
            None => ChannelId::new(self.next_id()),
        };
        if self.world.channel(id).is_some() {
            return Err(Refusal::ThreadExists);
        }
        let kind = Thread {
            guild,
            parent: thread.parent,
            owner,
            private: thread.private,
            archived: false,
            locked: false,
            auto_archive: thread.auto_archive,
        };
        self.add_channel(Channel::thread(id, &thread.name, kind))?;
        if let Some(mut message) = thread.from.and_then(|id| self.messages.get(id)).cloned() {
            message.flags = message.flags.with(Flags::HAS_THREAD);
            self.replace(message);
        }
        Ok(id)
    }

    /// The direct-message channel with a person, made when there is none.
    pub(in crate::emulator) fn open_direct(&mut self, person: UserId) -> Result<ChannelId, Refusal> {
        let user = self.world.user(person).ok_or_else(unknown_recipient)?;
        if user.bot {
            return Err(Refusal::CannotMessage);
        }
        if let Some(channel) = self.world.direct_of(person) {
            return Ok(channel.id);
        }
        let id = ChannelId::new(self.next_id());
        self.add_channel(Channel::direct(id, person))?;
        Ok(id)
    }

    /// Takes a channel away, with its threads and messages.
    pub(in crate::emulator) fn remove_channel(&mut self, id: ChannelId) -> Result<(), Refusal> {
        let found = self.world.channel(id).cloned().ok_or(Refusal::UnknownChannel)?;
        let gone: Vec<_> =
            self.world.channels.iter().filter(|channel| channel.parent() == Some(id)).cloned().collect();
        for channel in gone.into_iter().chain([found]) {
            self.messages.remove_channel(channel.id);
            self.typing.remove(&channel.id);
            self.world.remove(channel.id);
            self.outbox.push(Event::ChannelDeleted(Box::new(channel)));
        }
        Ok(())
    }

    pub(in crate::emulator) fn set_bot_permission(
        &mut self,
        channel: ChannelId,
        permission: Permissions,
        granted: bool,
    ) -> Result<(), Refusal> {
        let found = self.world.channel(channel).ok_or(Refusal::UnknownChannel)?;
        let holder = found.parent().unwrap_or(channel);
        self.world.set_bot_permission(holder, permission, granted);
        let changed = self.world.channel(holder).cloned().ok_or(Refusal::UnknownChannel)?;
        self.outbox.push(Event::ChannelUpdated(Box::new(changed)));
        Ok(())
    }

    /// A message in an archived thread opens it again.
    pub(super) fn unarchive(&mut self, channel: ChannelId) {
        let Some(found) = self.world.channel_mut(channel) else { return };
        let ChannelKind::Thread(thread) = &mut found.kind else { return };
        if thread.archived {
            thread.archived = false;
            self.outbox.push(Event::ChannelUpdated(Box::new(found.clone())));
        }
    }

    fn add_channel(&mut self, channel: Channel) -> Result<(), Refusal> {
        if self.world.channels.len() >= MOST_CHANNELS {
            return Err(Refusal::TooManyChannels);
        }
        self.world.add(channel.clone());
        self.outbox.push(Event::ChannelCreated(Box::new(channel)));
        Ok(())
    }
}

fn unknown_recipient() -> Refusal {
    Refusal::Form(Faults::one("recipient_id", "INVALID_RECIPIENT", "Unknown user"))
}
