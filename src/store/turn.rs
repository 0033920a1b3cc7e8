//! A turn: a trigger and what became of it, as the journal's rows say.

use std::fmt;

use sqlx::SqliteConnection;

use super::entries::persona_of;
use super::error::Result;
use super::join::Joined;
use super::journal::STOPPED;
use super::replies;
use super::scopes::{Audience, AudienceRow, ScopeKind};
use crate::ids::{ConversationId, InteractionId, MessageId, PersonaId, ScopeId, TurnId, UserId};

/// What asked for an answer.
#[derive(Clone, PartialEq, Eq)]
pub enum Trigger {
    Message(MessageId),
    /// The token answers for 15 minutes. It is empty once the turn was closed.
    Interaction {
        id: InteractionId,
        token: String,
    },
}

/// Without the token: who has it speaks as the bot.
impl fmt::Debug for Trigger {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(id) => formatter.debug_tuple("Message").field(id).finish(),
            Self::Interaction { id, .. } => {
                formatter.debug_struct("Interaction").field("id", id).finish_non_exhaustive()
            }
        }
    }
}

impl Trigger {
    pub(super) fn to_row(&self) -> TriggerRow {
        match self {
            Self::Message(id) => TriggerRow { kind: TriggerKind::Message, id: id.to_row(), token: None },
            Self::Interaction { id, token } => {
                TriggerRow { kind: TriggerKind::Interaction, id: id.to_row(), token: Some(token.clone()) }
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
pub(super) enum TriggerKind {
    Message,
    Interaction,
}

pub(super) struct TriggerRow {
    pub(super) kind: TriggerKind,
    pub(super) id: i64,
    pub(super) token: Option<String>,
}

impl TriggerRow {
    fn into_trigger(self) -> Trigger {
        match self.kind {
            TriggerKind::Message => Trigger::Message(MessageId::from_row(self.id)),
            TriggerKind::Interaction => Trigger::Interaction {
                id: InteractionId::new(self.id.cast_unsigned()),
                token: self.token.unwrap_or_default(),
            },
        }
    }
}

/// What becomes a turn.
#[derive(Clone)]
pub struct NewTurn {
    pub trigger: Trigger,
    pub persona: PersonaId,
    pub audience: Audience,
    pub author: UserId,
    /// The author's label as history will render it.
    pub speaker: String,
    pub text: String,
    /// The message it explicitly replies to.
    pub replies_to: Option<MessageId>,
    /// Whether it stays with the persona that came first, instead of each persona having a turn of its own.
    pub only_one: bool,
    pub at: i64,
}

/// Whether a trigger is news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    New(TurnId, ConversationId, ScopeId),
    Known(TurnId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
pub enum TurnState {
    Accepted,
    /// Answered together with another turn of its author.
    Joined,
    Answering,
    Done,
    /// Answered, but the answer is not whole.
    Partial,
    Failed,
    Refused,
    Cancelled,
    /// Found unfinished at a start, too old to be answered.
    Abandoned,
}

impl TurnState {
    /// What is closed like this keeps all that its Retry needs.
    pub(super) fn may_be_tried_again(self, cause: Option<&str>) -> bool {
        match self {
            Self::Failed | Self::Abandoned => true,
            Self::Cancelled => cause == Some(STOPPED),
            _ => false,
        }
    }
}

impl fmt::Display for TurnState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Accepted => "accepted",
            Self::Joined => "joined",
            Self::Answering => "answering",
            Self::Done => "done",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Cancelled => "cancelled",
            Self::Abandoned => "abandoned",
        })
    }
}

/// A turn of the journal, open or closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenTurn {
    pub id: TurnId,
    pub state: TurnState,
    pub conversation: ConversationId,
    pub scope: ScopeId,
    pub trigger: Trigger,
    pub persona: PersonaId,
    pub audience: Audience,
    /// `None`: the person has had themselves forgotten, or the question was erased.
    pub author: Option<UserId>,
    pub replies_to: Option<MessageId>,
    /// The messages of the reply that were sent so far, in order. None of a turn that has its answer.
    pub messages: Vec<MessageId>,
    /// What is answered with it, oldest first.
    pub joined: Vec<Joined>,
    /// When it was accepted, or accepted again.
    pub accepted_at: i64,
    /// How often an answer was begun.
    pub attempt: u32,
}

impl OpenTurn {
    /// The message that its answer replies to: of those that are answered together the last.
    pub fn replied_to(&self) -> Option<MessageId> {
        last_of(&self.trigger, &self.joined)
    }
}

/// What was said last of what is answered together. Those that are joined may have been said earlier.
pub(crate) fn last_of(trigger: &Trigger, joined: &[Joined]) -> Option<MessageId> {
    let own = match trigger {
        Trigger::Message(message) => Some(*message),
        Trigger::Interaction { .. } => None,
    };
    joined.iter().map(|one| one.message).chain(own).max()
}

struct TurnRow {
    id: i64,
    state: TurnState,
    conversation_id: i64,
    scope_id: i64,
    trigger_kind: TriggerKind,
    trigger_id: i64,
    interaction_token: Option<String>,
    persona: String,
    kind: ScopeKind,
    guild_id: Option<i64>,
    channel_id: i64,
    parent_id: Option<i64>,
    private_user_id: Option<i64>,
    author_id: Option<i64>,
    replies_to: Option<i64>,
    accepted_at: i64,
    attempt: i64,
}

impl TurnRow {
    fn into_turn(self, messages: Vec<MessageId>) -> Result<OpenTurn> {
        let trigger =
            TriggerRow { kind: self.trigger_kind, id: self.trigger_id, token: self.interaction_token };
        let audience = AudienceRow {
            kind: self.kind,
            guild: self.guild_id,
            channel: self.channel_id,
            parent: self.parent_id,
            private_user: self.private_user_id,
        };
        Ok(OpenTurn {
            id: TurnId::new(self.id),
            state: self.state,
            conversation: ConversationId::new(self.conversation_id),
            scope: ScopeId::new(self.scope_id),
            trigger: trigger.into_trigger(),
            persona: persona_of(&self.persona)?,
            audience: audience.to_audience()?,
            author: self.author_id.map(UserId::from_row),
            replies_to: self.replies_to.map(MessageId::from_row),
            messages,
            joined: Vec::new(),
            accepted_at: self.accepted_at,
            attempt: u32::try_from(self.attempt).unwrap_or(u32::MAX),
        })
    }
}

/// Without those that are joined to it.
pub(super) async fn find(db: &mut SqliteConnection, id: TurnId) -> Result<Option<OpenTurn>> {
    let turn = id.get();
    let row = sqlx::query_as!(
        TurnRow,
        r#"SELECT t.id AS "id!", t.state AS "state!: TurnState", t.conversation_id AS "conversation_id!",
                  s.id AS "scope_id!", t.trigger_kind AS "trigger_kind!: TriggerKind", t.trigger_id AS "trigger_id!",
                  t.interaction_token AS "interaction_token?", t.persona AS "persona!", s.kind AS "kind!: ScopeKind",
                  s.guild_id AS "guild_id?", s.channel_id AS "channel_id!", s.parent_id AS "parent_id?",
                  s.private_user_id AS "private_user_id?", t.author_id AS "author_id?", t.replies_to AS "replies_to?",
                  t.accepted_at AS "accepted_at!", t.attempt AS "attempt!"
           FROM turn t JOIN conversation c ON c.id = t.conversation_id JOIN scope s ON s.id = c.scope_id
           WHERE t.id = ?1"#,
        turn
    )
    .fetch_optional(&mut *db)
    .await?;
    match row {
        Some(row) => row.into_turn(replies::of(db, id).await?).map(Some),
        None => Ok(None),
    }
}
