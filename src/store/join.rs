//! Turns that are answered together: what somebody said while they waited becomes one question with the first of it.
//!
//! The first one is answered; the others are `joined` to it, and whatever becomes of it becomes of them, in the same
//! transaction.

use sqlx::SqliteConnection;

use super::error::Result;
use super::{Store, messages};
use crate::ids::{EntryId, MessageId, TurnId};

/// A message that is answered with an earlier one of its author.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Joined {
    pub turn: TurnId,
    pub message: MessageId,
}

impl Store {
    /// Joins waiting turns to an open one that has not begun: their texts belong to its question from now on. Those
    /// that are not waiting in the same conversation stay as they are. Gives those that are joined.
    ///
    /// # Errors
    /// [`super::StoreError`] when the database fails; nothing is joined then.
    pub async fn join_turns(&self, first: TurnId, others: &[TurnId]) -> Result<Vec<TurnId>> {
        let others: Vec<_> = others.iter().map(|turn| turn.get()).collect();
        self.inner.writer.write(move |db| Box::pin(async move { join(db, first, &others).await })).await
    }
}

async fn join(db: &mut SqliteConnection, first: TurnId, others: &[i64]) -> Result<Vec<TurnId>> {
    let (first, others) = (first.get(), super::erase::list(others)?);
    let joined = sqlx::query_scalar!(
        r#"UPDATE turn SET state = 'joined', joined_into = ?1
         FROM (SELECT conversation_id FROM turn
               WHERE id = ?1 AND state = 'accepted' AND question_id IS NULL) AS first
         WHERE turn.id IN (SELECT value FROM json_each(?2)) AND turn.id <> ?1
           AND turn.state = 'accepted' AND turn.question_id IS NULL AND turn.trigger_kind = 'message'
           AND turn.conversation_id = first.conversation_id
           AND NOT EXISTS (SELECT 1 FROM turn own WHERE own.joined_into = turn.id)
         RETURNING id AS "id!""#,
        first,
        others
    )
    .fetch_all(db)
    .await?;
    Ok(joined.into_iter().map(TurnId::new).collect())
}

/// The turns that are joined to one, oldest first.
pub(super) async fn of(db: &mut SqliteConnection, first: TurnId) -> Result<Vec<Joined>> {
    let first = first.get();
    let rows = sqlx::query!(
        r#"SELECT id AS "id!", trigger_id AS "trigger_id!" FROM turn WHERE joined_into = ?1 ORDER BY trigger_id"#,
        first
    )
    .fetch_all(db)
    .await?;
    let joined = |id, message| Joined { turn: TurnId::new(id), message: MessageId::from_row(message) };
    Ok(rows.into_iter().map(|row| joined(row.id, row.trigger_id)).collect())
}

/// The words of one and of those that are joined to it, oldest first, one line for each message. Who only called has
/// said nothing.
pub(super) async fn words(db: &mut SqliteConnection, first: TurnId) -> Result<String> {
    let first = first.get();
    let all = sqlx::query_scalar!(
        r#"SELECT text AS "text!" FROM turn WHERE (id = ?1 OR joined_into = ?1) AND text IS NOT NULL
           ORDER BY trigger_id"#,
        first
    )
    .fetch_all(db)
    .await?;
    Ok(all.into_iter().filter(|text| !text.trim().is_empty()).collect::<Vec<_>>().join("\n"))
}

/// Their words are part of a question now, and their messages show it.
pub(super) async fn asked(db: &mut SqliteConnection, first: TurnId, question: EntryId) -> Result<()> {
    for joined in of(db, first).await? {
        messages::link_question(db, joined.message, question).await?;
    }
    let (first, question) = (first.get(), question.get());
    sqlx::query!(
        "UPDATE turn SET question_id = ?2, speaker = NULL, text = NULL WHERE joined_into = ?1",
        first,
        question
    )
    .execute(db)
    .await?;
    Ok(())
}
