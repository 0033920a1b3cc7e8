//! What people see.

use super::Emulator;
use super::attachment::{Attachment, AttachmentView};
use super::component::Button;
use super::interaction::{Interaction, InteractionKind, InteractionState};
use super::message::{Author, Flags, Message, Nonce};
use super::state::State;
use super::world::World;
use crate::ids::{ChannelId, InteractionId, MessageId, UserId};

/// A message as a person reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct MessageView {
    pub id: MessageId,
    pub channel: ChannelId,
    pub author: AuthorView,
    pub content: String,
    pub nonce: Option<String>,
    /// The only one who sees it.
    pub only_for: Option<UserId>,
    pub ephemeral: bool,
    pub reply_to: Option<MessageId>,
    /// Rows of buttons.
    pub components: Vec<Vec<Button>>,
    /// Everybody pinged by name or by a reply.
    pub mentions: Vec<UserId>,
    pub mention_roles: Vec<super::world::RoleId>,
    pub mention_everyone: bool,
    /// Whether it carries the "edited" mark.
    pub edited: bool,
    pub interaction: Option<InteractionLine>,
    /// "The bot is thinking".
    pub pending: bool,
    /// Milliseconds since 1970.
    pub created_at: u64,
    /// How often it changed, also where that leaves no mark.
    pub edits: u32,
    pub attachments: Vec<AttachmentView>,
    /// The number of embeds.
    pub embeds: usize,
    /// Links in it unfold.
    pub unfolds: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorView {
    /// A webhook has a number of its own.
    pub id: UserId,
    pub name: String,
    pub bot: bool,
    /// 0xRRGGBB.
    pub color: u32,
}

/// "Robin used /chat", above an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InteractionLine {
    pub user: UserId,
    /// The command without its slash; None for a button.
    pub name: Option<String>,
}

/// How far the answer to a command or button has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InteractionView {
    pub id: InteractionId,
    pub user: UserId,
    pub channel: ChannelId,
    /// The command without its slash; None for a button.
    pub command: Option<String>,
    /// The message whose button was pressed; None for a command.
    pub pressed: Option<MessageId>,
    pub state: InteractionState,
    /// The message that answered, or the placeholder.
    pub original: Option<MessageId>,
}

impl Emulator {
    /// What `viewer` sees in a channel, oldest first: nothing where they may not look.
    pub fn messages(&self, channel: ChannelId, viewer: UserId) -> Vec<MessageView> {
        self.read(|state| {
            if !state.world.can_view(viewer, channel) {
                return Vec::new();
            }
            let visible = |message: &&Message| message.only_for.is_none_or(|only| only == viewer);
            state.messages.of(channel).filter(visible).map(|message| message_view(state, message)).collect()
        })
    }

    /// One message, whoever may see it.
    pub fn message(&self, id: MessageId) -> Option<MessageView> {
        self.read(|state| state.messages.get(id).map(|message| message_view(state, message)))
    }

    /// Whether the bot is seen typing.
    pub fn typing(&self, channel: ChannelId) -> bool {
        self.read(|state| state.is_typing(channel))
    }

    pub fn interaction(&self, id: InteractionId) -> Option<InteractionView> {
        self.read(|state| state.interactions.get(id).map(interaction_view))
    }

    /// What a person asked in a channel and nobody answered in time, oldest first.
    pub fn unanswered(&self, channel: ChannelId, user: UserId) -> Vec<InteractionView> {
        self.read(|state| {
            let expired = state.interactions.expired(user);
            expired.filter(|one| one.channel == channel).map(interaction_view).collect()
        })
    }

    /// The registered commands as Discord gives them back, global ones first.
    pub fn commands(&self) -> Vec<serde_json::Value> {
        self.read(|state| {
            state.commands.all().iter().map(|command| super::wire::command(state, command)).collect()
        })
    }

    /// A copy of who and what there is now.
    pub fn world(&self) -> World {
        self.read(|state| state.world.clone())
    }
}

fn message_view(state: &State, message: &Message) -> MessageView {
    MessageView {
        id: message.id,
        channel: message.channel,
        author: author_view(&state.world, &message.author),
        content: message.content.clone(),
        nonce: message.nonce.as_ref().map(|nonce| match nonce {
            Nonce::Text(text) => text.clone(),
            Nonce::Number(number) => number.to_string(),
        }),
        only_for: message.only_for,
        ephemeral: message.only_for.is_some(),
        reply_to: message.reference.map(|reference| reference.message),
        components: message.components.clone(),
        mentions: message.mentions.all_users(),
        mention_roles: message.mentions.roles.clone(),
        mention_everyone: message.mentions.everyone,
        edited: message.edited_at.is_some(),
        interaction: message
            .interaction
            .as_ref()
            .map(|origin| InteractionLine { user: origin.user, name: origin.command.clone() }),
        pending: state.is_pending(message),
        created_at: message.created_at,
        edits: message.edits,
        attachments: message.attachments.iter().map(|file| attachment_view(state, message, file)).collect(),
        embeds: message.embeds.len(),
        unfolds: !message.flags.has(Flags::SUPPRESS_EMBEDS),
    }
}

fn attachment_view(state: &State, message: &Message, file: &Attachment) -> AttachmentView {
    AttachmentView {
        name: file.name.clone(),
        size: file.bytes.len(),
        text: std::str::from_utf8(&file.bytes).ok().map(str::to_owned),
        url: super::wire::attachment_url(state, message, file),
    }
}

fn author_view(world: &World, author: &Author) -> AuthorView {
    match author {
        Author::User(id) => {
            let user = world.user(*id);
            AuthorView {
                id: *id,
                name: user.map_or_else(String::new, |user| user.display_name().to_owned()),
                bot: user.is_some_and(|user| user.bot),
                color: user.map_or(0, |user| user.color),
            }
        }
        Author::Webhook { id, name } => {
            AuthorView { id: UserId::new(*id), name: name.clone(), bot: true, color: 0x0060_6C76 }
        }
    }
}

fn interaction_view(interaction: &Interaction) -> InteractionView {
    let (command, pressed) = match &interaction.kind {
        InteractionKind::Command(invoked) | InteractionKind::Autocomplete(invoked) => {
            (Some(invoked.full_name()), None)
        }
        InteractionKind::Button { message, .. } => (None, Some(*message)),
    };
    InteractionView {
        id: interaction.id,
        user: interaction.user,
        channel: interaction.channel,
        command,
        pressed,
        state: interaction.state(),
        original: interaction.original,
    }
}
