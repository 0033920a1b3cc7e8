//! The journal: every trigger that was accepted, once per persona, and the state of what follows from it.
//!
//! `accepted → answering → done | partial | failed | refused | cancelled | abandoned`, where `joined` turns are
//! answered with another one, and a failed or abandoned turn may be accepted again by its Retry button.

use std::fmt;

use sqlx::SqliteConnection;

use super::entries::persona_of;
use super::error::Result;
use super::scopes::{Audience, AudienceRow, ScopeKind};
use super::{Store, scopes};
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
    fn to_row(&self) -> TriggerRow {
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

struct TriggerRow {
    kind: TriggerKind,
    id: i64,
    token: Option<String>,
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
    pub fn is_open(self) -> bool {
        matches!(self, Self::Accepted | Self::Joined | Self::Answering)
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
    /// The first message of the reply, if one was sent.
    pub reply: Option<MessageId>,
    /// When it was accepted, or accepted again.
    pub accepted_at: i64,
    /// How often an answer was begun.
    pub attempt: u32,
}

impl Store {
    /// Writes a trigger into the journal, once per persona.
    ///
    /// # Errors
    /// [`super::StoreError`] when the database fails; nothing is written then.
    pub async fn accept_turn(&self, turn: NewTurn) -> Result<Accepted> {
        self.inner.writer.write(move |db| Box::pin(async move { accept(db, &turn).await })).await
    }

    /// Keeps the id of a message of the reply. Only the first part's is kept until the turn is closed: by it an answer
    /// that a crash interrupted is found again.
    ///
    /// # Errors
    /// [`super::StoreError`] when the database fails. A turn that is closed is left as it is.
    pub async fn reply_sent(&self, turn: TurnId, message: MessageId, part: u16) -> Result<()> {
        if part > 0 {
            return Ok(());
        }
        self.inner.writer.write(move |db| Box::pin(keep_reply(db, turn, message))).await
    }

    /// Accepts a failed or abandoned turn again. `false`: it is in another state, or its question was erased.
    ///
    /// # Errors
    /// [`super::StoreError`] when the database fails.
    pub async fn reopen_turn(&self, turn: TurnId, at: i64) -> Result<bool> {
        self.inner.writer.write(move |db| Box::pin(reopen(db, turn, at))).await
    }

    /// Accepted and answering turns, in the order of their triggers.
    ///
    /// # Errors
    /// [`super::StoreError`] when the database fails.
    pub async fn unfinished_turns(&self) -> Result<Vec<OpenTurn>> {
        let mut db = self.inner.readers.acquire().await?;
        let ids = sqlx::query_scalar!(
            r#"SELECT id AS "id!" FROM turn WHERE closed_at IS NULL AND state <> 'joined' ORDER BY trigger_id, id"#
        )
        .fetch_all(&mut *db)
        .await?;
        let mut turns = Vec::with_capacity(ids.len());
        for id in ids {
            turns.extend(find(&mut db, TurnId::new(id)).await?);
        }
        Ok(turns)
    }

    /// A turn in any state.
    ///
    /// # Errors
    /// [`super::StoreError`] when the database fails.
    pub async fn turn(&self, turn: TurnId) -> Result<Option<OpenTurn>> {
        find(&mut *self.inner.readers.acquire().await?, turn).await
    }
}

async fn accept(db: &mut SqliteConnection, turn: &NewTurn) -> Result<Accepted> {
    let trigger = turn.trigger.to_row();
    if let Some(known) = known(db, &trigger, &turn.persona).await? {
        return Ok(Accepted::Known(known));
    }
    let scope = scopes::resolve(db, &turn.audience).await?;
    let conversation = scopes::converse(db, scope, &turn.persona).await?;
    let (raw, persona) = (conversation.get(), turn.persona.as_str());
    let author = turn.author.to_row();
    let replies_to = turn.replies_to.map(MessageId::to_row);
    let id = sqlx::query_scalar!(
        r#"INSERT INTO turn (trigger_kind, trigger_id, interaction_token, persona, conversation_id, state, author_id,
                             speaker, text, replies_to, accepted_at)
           VALUES (?1, ?2, ?3, ?4, ?5, 'accepted', ?6, ?7, ?8, ?9, ?10) RETURNING id AS "id!""#,
        trigger.kind,
        trigger.id,
        trigger.token,
        persona,
        raw,
        author,
        turn.speaker,
        turn.text,
        replies_to,
        turn.at
    )
    .fetch_one(db)
    .await?;
    Ok(Accepted::New(TurnId::new(id), conversation, scope))
}

async fn known(
    db: &mut SqliteConnection,
    trigger: &TriggerRow,
    persona: &PersonaId,
) -> Result<Option<TurnId>> {
    let persona = persona.as_str();
    let id = sqlx::query_scalar!(
        r#"SELECT id AS "id!" FROM turn WHERE trigger_id = ?1 AND persona = ?2 AND trigger_kind = ?3"#,
        trigger.id,
        persona,
        trigger.kind
    )
    .fetch_optional(db)
    .await?;
    Ok(id.map(TurnId::new))
}

async fn keep_reply(db: &mut SqliteConnection, turn: TurnId, message: MessageId) -> Result<()> {
    let (turn, message) = (turn.get(), message.to_row());
    sqlx::query!("UPDATE turn SET reply_id = ?2 WHERE id = ?1 AND closed_at IS NULL", turn, message)
        .execute(db)
        .await?;
    Ok(())
}

async fn reopen(db: &mut SqliteConnection, turn: TurnId, at: i64) -> Result<bool> {
    let turn = turn.get();
    let reopened = sqlx::query!(
        "UPDATE turn SET state = 'accepted', cause = NULL, closed_at = NULL, accepted_at = ?2
         WHERE id = ?1 AND state IN ('failed', 'abandoned') AND erased_at IS NULL",
        turn,
        at
    )
    .execute(db)
    .await?;
    Ok(reopened.rows_affected() == 1)
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
    reply_id: Option<i64>,
    accepted_at: i64,
    attempt: i64,
}

impl TurnRow {
    fn into_turn(self) -> Result<OpenTurn> {
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
            reply: self.reply_id.map(MessageId::from_row),
            accepted_at: self.accepted_at,
            attempt: u32::try_from(self.attempt).unwrap_or(u32::MAX),
        })
    }
}

pub(super) async fn find(db: &mut SqliteConnection, turn: TurnId) -> Result<Option<OpenTurn>> {
    let turn = turn.get();
    let row = sqlx::query_as!(
        TurnRow,
        r#"SELECT t.id AS "id!", t.state AS "state!: TurnState", t.conversation_id AS "conversation_id!",
                  s.id AS "scope_id!", t.trigger_kind AS "trigger_kind!: TriggerKind", t.trigger_id AS "trigger_id!",
                  t.interaction_token AS "interaction_token?", t.persona AS "persona!", s.kind AS "kind!: ScopeKind",
                  s.guild_id AS "guild_id?", s.channel_id AS "channel_id!", s.parent_id AS "parent_id?",
                  s.private_user_id AS "private_user_id?", t.author_id AS "author_id?", t.replies_to AS "replies_to?",
                  t.reply_id AS "reply_id?", t.accepted_at AS "accepted_at!", t.attempt AS "attempt!"
           FROM turn t JOIN conversation c ON c.id = t.conversation_id JOIN scope s ON s.id = c.scope_id
           WHERE t.id = ?1"#,
        turn
    )
    .fetch_optional(db)
    .await?;
    row.map(TurnRow::into_turn).transpose()
}
