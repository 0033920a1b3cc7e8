//! Writing, changing and deleting messages.

use serde_json::Value;

use super::State;
use crate::emulator::attachment::{Attachment, MOST_FILES, Upload};
use crate::emulator::component::Row;
use crate::emulator::event::Event;
use crate::emulator::mentions::{self, Allowed};
use crate::emulator::message::{Author, Flags, Message, MessageKind, Nonce, Origin, Reference};
use crate::emulator::refusal::{Faults, Refusal};
use crate::emulator::world::Permissions;
use crate::ids::{ChannelId, MessageId, UserId};

/// A message about to be written. The text is already trimmed and of a permitted length.
#[derive(Clone, Debug)]
pub(in crate::emulator) struct Draft {
    pub(in crate::emulator) content: String,
    pub(in crate::emulator) nonce: Option<Nonce>,
    pub(in crate::emulator) enforce_nonce: bool,
    pub(in crate::emulator) embeds: Vec<Value>,
    pub(in crate::emulator) components: Vec<Row>,
    pub(in crate::emulator) files: Vec<Upload>,
    pub(in crate::emulator) allowed: Allowed,
    pub(in crate::emulator) reply: Option<ReplyTo>,
    pub(in crate::emulator) flags: Flags,
    pub(in crate::emulator) tts: bool,
}

#[derive(Clone, Copy, Debug)]
pub(in crate::emulator) struct ReplyTo {
    pub(in crate::emulator) message: MessageId,
    /// Whether a missing message refuses the reply; otherwise it becomes an ordinary message.
    pub(in crate::emulator) must_exist: bool,
}

/// What changes in a message; None leaves a part as it is.
#[derive(Clone, Debug)]
pub(in crate::emulator) struct Edit {
    pub(in crate::emulator) content: Option<String>,
    pub(in crate::emulator) embeds: Option<Vec<Value>>,
    pub(in crate::emulator) components: Option<Vec<Row>>,
    /// Files that come to it.
    pub(in crate::emulator) files: Vec<Upload>,
    /// The attachments that stay; None is all of them.
    pub(in crate::emulator) kept: Option<Vec<u64>>,
    pub(in crate::emulator) allowed: Allowed,
    pub(in crate::emulator) suppress_embeds: Option<bool>,
}

/// Which part of a channel's history is asked for.
#[derive(Clone, Copy, Debug)]
pub(in crate::emulator) enum Page {
    Latest,
    Before(MessageId),
    After(MessageId),
    Around(MessageId),
}

/// What a message has besides its draft.
#[derive(Clone, Debug)]
pub(super) struct Stamp {
    pub(super) author: Author,
    pub(super) kind: MessageKind,
    pub(super) interaction: Option<Origin>,
    pub(super) only_for: Option<UserId>,
}

impl ReplyTo {
    /// A reply to a message that is known to be there.
    pub(super) const fn shown(message: MessageId) -> Self {
        Self { message, must_exist: false }
    }
}

impl Draft {
    /// A plain text that may ping whatever it names.
    pub(in crate::emulator) fn text(content: &str) -> Self {
        Self {
            content: content.trim().to_owned(),
            nonce: None,
            enforce_nonce: false,
            embeds: Vec::new(),
            components: Vec::new(),
            files: Vec::new(),
            allowed: Allowed::everything(),
            reply: None,
            flags: Flags::default(),
            tts: false,
        }
    }

    pub(in crate::emulator) fn is_empty(&self) -> bool {
        self.content.is_empty()
            && self.embeds.is_empty()
            && self.components.is_empty()
            && self.files.is_empty()
    }
}

impl State {
    /// The bot writes into a channel. Returns the message, which is an earlier one when the nonce says so.
    pub(in crate::emulator) fn bot_posts(
        &mut self,
        channel: ChannelId,
        draft: Draft,
    ) -> Result<MessageId, Refusal> {
        self.check_bot_can_send(channel)?;
        if draft.is_empty() {
            return Err(Refusal::EmptyMessage);
        }
        self.check_bot_can_attach(channel, &draft.files)?;
        if let Some(first) = self.sent_before(channel, &draft)? {
            return Ok(first);
        }
        self.moderate(Some(&draft.content))?;
        let draft = self.with_valid_reply(channel, draft)?;
        let bot = self.world.bot;
        Ok(self.post(channel, Author::User(bot), draft))
    }

    /// Writes a message without asking whether its author may.
    pub(in crate::emulator) fn post(
        &mut self,
        channel: ChannelId,
        author: Author,
        draft: Draft,
    ) -> MessageId {
        let kind = if draft.reply.is_some() { MessageKind::Reply } else { MessageKind::Ordinary };
        self.write(channel, draft, Stamp { author, kind, interaction: None, only_for: None })
    }

    pub(super) fn write(&mut self, channel: ChannelId, draft: Draft, stamp: Stamp) -> MessageId {
        let id = MessageId::new(self.next_id());
        let created_at = id.created_at_ms();
        if let Some(nonce) = draft.nonce.clone() {
            self.nonces.remember(channel, nonce, id, created_at);
        }
        let mentions = self.mentions(channel, &stamp.author, &draft);
        let attachments = self.attach(draft.files);
        let message = Message {
            id,
            channel,
            author: stamp.author,
            kind: stamp.kind,
            content: draft.content,
            nonce: draft.nonce,
            embeds: draft.embeds,
            components: draft.components,
            attachments,
            mentions,
            flags: draft.flags,
            reference: draft.reply.map(|reply| Reference { channel, message: reply.message }),
            interaction: stamp.interaction,
            created_at,
            edited_at: None,
            edits: 0,
            tts: draft.tts,
            only_for: stamp.only_for,
        };
        if message.author.is(self.world.bot) {
            self.typing.remove(&channel);
        }
        self.unarchive(channel);
        self.messages.insert(message.clone());
        self.outbox.push(Event::MessageCreated(Box::new(message)));
        id
    }

    /// Changes a message. A placeholder becomes an answer by it and does not count as edited.
    pub(in crate::emulator) fn change(&mut self, id: MessageId, edit: Edit) -> Result<(), Refusal> {
        let now = self.now();
        let message = self.messages.get(id).ok_or(Refusal::UnknownMessage)?;
        let mut message = message.clone();
        message.content = edit.content.unwrap_or(message.content);
        message.embeds = edit.embeds.unwrap_or(message.embeds);
        message.components = edit.components.unwrap_or(message.components);
        if let Some(kept) = edit.kept {
            message.attachments.retain(|own| kept.contains(&own.id));
        }
        if message.attachments.len() + edit.files.len() > MOST_FILES {
            let reason = format!("Must be {MOST_FILES} or fewer in length.");
            return Err(Refusal::Form(Faults::one("attachments", "BASE_TYPE_MAX_LENGTH", reason)));
        }
        message.attachments.extend(self.attach(edit.files));
        if message.is_empty() {
            return Err(Refusal::EmptyMessage);
        }
        message.mentions = self.mentions_of(&message, &edit.allowed);
        message.flags = match edit.suppress_embeds {
            Some(true) => message.flags.with(Flags::SUPPRESS_EMBEDS),
            Some(false) => message.flags.without(Flags::SUPPRESS_EMBEDS),
            None => message.flags,
        };
        if message.flags.has(Flags::LOADING) {
            message.flags = message.flags.without(Flags::LOADING);
        } else {
            message.edited_at = Some(now);
        }
        message.edits += 1;
        self.replace(message);
        Ok(())
    }

    /// Puts a changed message in place of the old and tells everybody.
    pub(super) fn replace(&mut self, message: Message) {
        if let Some(place) = self.messages.get_mut(message.id) {
            *place = message.clone();
            self.outbox.push(Event::MessageEdited(Box::new(message)));
        }
    }

    pub(in crate::emulator) fn delete(&mut self, id: MessageId) -> Result<(), Refusal> {
        let message = self.messages.remove(id).ok_or(Refusal::UnknownMessage)?;
        self.outbox.push(Event::MessageDeleted(Box::new(message)));
        Ok(())
    }

    /// The bot changes a message of its own.
    pub(in crate::emulator) fn bot_edits(
        &mut self,
        channel: ChannelId,
        id: MessageId,
        edit: Edit,
    ) -> Result<(), Refusal> {
        self.check_bot_can_view(channel)?;
        let message = self.readable(channel, id)?;
        if !message.author.is(self.world.bot) {
            return Err(Refusal::NotTheAuthor);
        }
        self.check_bot_can_attach(channel, &edit.files)?;
        self.moderate(edit.content.as_deref())?;
        self.change(id, edit)
    }

    /// The bot deletes a message: its own, or another's with the permission for it.
    pub(in crate::emulator) fn bot_deletes(
        &mut self,
        channel: ChannelId,
        id: MessageId,
    ) -> Result<(), Refusal> {
        self.check_bot_can_view(channel)?;
        let own = self.readable(channel, id)?.author.is(self.world.bot);
        if !own && !self.bot_may(channel, Permissions::MANAGE_MESSAGES) {
            return Err(Refusal::MissingPermissions);
        }
        self.delete(id)
    }

    /// A message the bot can read over the channel's routes: ephemeral ones are not there.
    pub(in crate::emulator) fn readable(
        &self,
        channel: ChannelId,
        id: MessageId,
    ) -> Result<&Message, Refusal> {
        let message = self.messages.get_in(channel, id).filter(|message| message.only_for.is_none());
        message.ok_or(Refusal::UnknownMessage)
    }

    /// At most `limit` messages, newest first.
    pub(in crate::emulator) fn history(&self, channel: ChannelId, page: Page, limit: usize) -> Vec<&Message> {
        let shown = |message: &&Message| message.only_for.is_none();
        let before = |id: MessageId, limit| self.messages.before(channel, id).filter(shown).take(limit);
        let from = |id: MessageId, limit| -> Vec<_> {
            let mut found: Vec<_> = self.messages.from(channel, id).filter(shown).take(limit).collect();
            found.reverse();
            found
        };
        match page {
            Page::Latest => before(MessageId::new(u64::MAX), limit).collect(),
            Page::Before(id) => before(id, limit).collect(),
            Page::After(id) => from(MessageId::new(id.get().saturating_add(1)), limit),
            Page::Around(id) => {
                let older: Vec<_> = before(id, limit / 2).collect();
                let mut found = from(id, limit - older.len());
                found.extend(older);
                found
            }
        }
    }

    /// Whether automatic moderation lets a text of the bot pass.
    pub(super) fn moderate(&self, content: Option<&str>) -> Result<(), Refusal> {
        let content = content.unwrap_or_default();
        let is_forbidden = self.forbidden.iter().any(|words| content.contains(words.as_str()));
        if is_forbidden { Err(Refusal::Moderated) } else { Ok(()) }
    }

    fn check_bot_can_attach(&self, channel: ChannelId, files: &[Upload]) -> Result<(), Refusal> {
        let may = files.is_empty() || self.bot_may(channel, Permissions::ATTACH_FILES);
        if may { Ok(()) } else { Err(Refusal::MissingPermissions) }
    }

    fn attach(&mut self, files: Vec<Upload>) -> Vec<Attachment> {
        files.into_iter().map(|file| Attachment::of(self.next_id(), file)).collect()
    }

    fn sent_before(&self, channel: ChannelId, draft: &Draft) -> Result<Option<MessageId>, Refusal> {
        let Some(nonce) = draft.nonce.as_ref().filter(|_| draft.enforce_nonce) else { return Ok(None) };
        let Some(first) = self.nonces.find(channel, nonce, self.now()) else { return Ok(None) };
        self.messages.get(first).map(|message| Some(message.id)).ok_or(Refusal::UnknownMessage)
    }

    fn with_valid_reply(&self, channel: ChannelId, mut draft: Draft) -> Result<Draft, Refusal> {
        let Some(reply) = draft.reply else { return Ok(draft) };
        if !self.bot_may(channel, Permissions::READ_MESSAGE_HISTORY) {
            return Err(Refusal::CannotReply);
        }
        if self.readable(channel, reply.message).is_err() {
            if reply.must_exist {
                let fault = Faults::one("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message");
                return Err(Refusal::Form(fault));
            }
            draft.reply = None;
        }
        Ok(draft)
    }

    fn mentions(&self, channel: ChannelId, author: &Author, draft: &Draft) -> mentions::Mentions {
        let mut found = self.found(channel, author, &draft.content, &draft.allowed);
        found.replied = draft
            .reply
            .filter(|_| draft.allowed.replied_user)
            .and_then(|reply| self.author_of(reply.message));
        found
    }

    fn mentions_of(&self, message: &Message, allowed: &Allowed) -> mentions::Mentions {
        let mut found = self.found(message.channel, &message.author, &message.content, allowed);
        let replied = message.reference.filter(|_| allowed.replied_user);
        found.replied = replied.and_then(|reference| self.author_of(reference.message));
        found
    }

    fn found(
        &self,
        channel: ChannelId,
        author: &Author,
        text: &str,
        allowed: &Allowed,
    ) -> mentions::Mentions {
        let author = match author {
            Author::User(user) => Some(*user),
            Author::Webhook { .. } => None,
        };
        mentions::find(&self.world, channel, author, text, allowed)
    }

    fn author_of(&self, id: MessageId) -> Option<UserId> {
        match self.messages.get(id)?.author {
            Author::User(user) => Some(user),
            Author::Webhook { .. } => None,
        }
    }
}
