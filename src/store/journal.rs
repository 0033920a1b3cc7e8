//! The journal: every trigger that was accepted, once per persona, and the state of what follows from it.
//!
//! `accepted → answering → done | partial | failed | refused | cancelled | abandoned`, where `joined` turns are
//! answered with another one and close with it. A turn that failed, was abandoned or was stopped before it said anything
//! may be accepted again by its Retry button.

use sqlx::SqliteConnection;

use super::error::{Result, StoreError};
use super::turn::{self, Accepted, NewTurn, OpenTurn, Trigger, TriggerRow, TurnState};
use super::{Store, join, replies, scopes};
use crate::ids::{ConversationId, MessageId, ScopeId, TurnId};

/// The cause of a turn that a person has stopped. Without an answer it may be tried again.
pub const STOPPED: &str = "stopped";

impl Store {
    /// Writes a trigger into the journal, once per persona, or once at all ([`NewTurn::only_one`]).
    ///
    /// # Errors
    /// [`super::StoreError`] when the database fails; nothing is written then.
    pub async fn accept_turn(&self, turn: NewTurn) -> Result<Accepted> {
        self.inner.writer.write(move |db| Box::pin(async move { accept(db, &turn).await })).await
    }

    /// Keeps the id of a message of the reply: by it an answer that a crash interrupted is found again.
    ///
    /// # Errors
    /// [`super::StoreError`] when the database fails. A turn that is closed is left as it is.
    pub async fn reply_sent(&self, turn: TurnId, message: MessageId, part: u16) -> Result<()> {
        self.inner.writer.write(move |db| Box::pin(replies::keep(db, turn, message, part))).await
    }

    /// Forgets the messages of the reply from one part on, because they were deleted.
    ///
    /// # Errors
    /// [`super::StoreError`] when the database fails.
    pub async fn reply_cut(&self, turn: TurnId, from: u16) -> Result<()> {
        self.inner.writer.write(move |db| Box::pin(replies::cut(db, turn, from))).await
    }

    /// Accepts a turn again that failed, was abandoned or was stopped ([`STOPPED`]) without an answer, with those that
    /// are joined to it. `false`: it is in another state, is joined itself, or its question was erased.
    ///
    /// # Errors
    /// [`super::StoreError`] when the database fails.
    pub async fn reopen_turn(&self, turn: TurnId, at: i64) -> Result<bool> {
        self.inner.writer.write(move |db| Box::pin(reopen(db, turn, at))).await
    }

    /// Whether a trigger is in the journal, whichever persona answers it.
    ///
    /// # Errors
    /// [`super::StoreError`] when the database fails.
    pub async fn knows(&self, trigger: &Trigger) -> Result<bool> {
        let trigger = trigger.to_row();
        let known = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT 1 FROM turn WHERE trigger_id = ?1 AND trigger_kind = ?2) AS "known!: bool""#,
            trigger.id,
            trigger.kind
        );
        Ok(known.fetch_one(&self.inner.readers).await?)
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
            turns.extend(with_joined(&mut db, TurnId::new(id)).await?);
        }
        Ok(turns)
    }

    /// A turn in any state.
    ///
    /// # Errors
    /// [`super::StoreError`] when the database fails.
    pub async fn turn(&self, turn: TurnId) -> Result<Option<OpenTurn>> {
        with_joined(&mut *self.inner.readers.acquire().await?, turn).await
    }
}

async fn with_joined(db: &mut SqliteConnection, id: TurnId) -> Result<Option<OpenTurn>> {
    match turn::find(db, id).await? {
        Some(turn) => Ok(Some(OpenTurn { joined: join::of(db, id).await?, ..turn })),
        None => Ok(None),
    }
}

async fn accept(db: &mut SqliteConnection, turn: &NewTurn) -> Result<Accepted> {
    let trigger = turn.trigger.to_row();
    if let Some(accepted) = write(db, &trigger, turn).await? {
        return Ok(accepted);
    }
    let known = scopes::known(db, &trigger, turn).await?;
    if let Some(turn) = known.turn {
        return Ok(Accepted::Known(turn));
    }
    scopes::place(db, turn, &known).await?;
    write(db, &trigger, turn).await?.ok_or_else(|| StoreError::unexpected("turn.conversation_id"))
}

/// One statement where the conversation is there and the trigger is news. `None`: it is otherwise.
async fn write(db: &mut SqliteConnection, trigger: &TriggerRow, turn: &NewTurn) -> Result<Option<Accepted>> {
    let persona = turn.persona.as_str();
    let place = turn.audience.to_row();
    let author = turn.author.to_row();
    let replies_to = turn.replies_to.map(MessageId::to_row);
    let written = sqlx::query!(
        r#"INSERT INTO turn (trigger_kind, trigger_id, interaction_token, persona, conversation_id, state, author_id,
                             speaker, text, replies_to, accepted_at)
           SELECT ?1, ?2, ?3, ?4, c.id, 'accepted', ?5, ?6, ?7, ?8, ?9
           FROM scope s JOIN conversation c ON c.scope_id = s.id AND c.persona = ?4
           WHERE s.channel_id = ?10 AND s.kind = ?11 AND ifnull(s.private_user_id, 0) = ifnull(?12, 0)
             AND NOT EXISTS
                 (SELECT 1 FROM turn WHERE trigger_id = ?2 AND (persona = ?4 OR ?13) AND trigger_kind = ?1)
           RETURNING id AS "id!", conversation_id AS "conversation!",
                     (SELECT scope_id FROM conversation WHERE conversation.id = conversation_id) AS "scope!: i64""#,
        trigger.kind,
        trigger.id,
        trigger.token,
        persona,
        author,
        turn.speaker,
        turn.text,
        replies_to,
        turn.at,
        place.channel,
        place.kind,
        place.private_user,
        turn.only_one
    )
    .fetch_optional(db)
    .await?;
    Ok(written.map(|row| {
        Accepted::New(TurnId::new(row.id), ConversationId::new(row.conversation), ScopeId::new(row.scope))
    }))
}

async fn reopen(db: &mut SqliteConnection, turn: TurnId, at: i64) -> Result<bool> {
    let turn = turn.get();
    let closed = sqlx::query!(
        r#"SELECT state AS "state!: TurnState", cause AS "cause?" FROM turn
           WHERE id = ?1 AND joined_into IS NULL AND erased_at IS NULL"#,
        turn
    )
    .fetch_optional(&mut *db)
    .await?;
    if !closed.is_some_and(|closed| closed.state.may_be_tried_again(closed.cause.as_deref())) {
        return Ok(false);
    }
    let reopened = sqlx::query!(
        "UPDATE turn
         SET state = iif(joined_into IS NULL, 'accepted', 'joined'), cause = NULL, closed_at = NULL, accepted_at = ?2
         WHERE erased_at IS NULL AND id IN (SELECT ?1 UNION ALL SELECT id FROM turn WHERE joined_into = ?1)",
        turn,
        at
    )
    .execute(db)
    .await?;
    Ok(reopened.rows_affected() > 0)
}
