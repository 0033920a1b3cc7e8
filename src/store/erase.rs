//! Forgetting. An erased entry stays as a tombstone, so that the tree keeps its shape; rows go only with everything
//! that was said in their conversation. Answers go with their question, copies with what they were copied from.

use sqlx::SqliteConnection;

use super::error::{Result, StoreError};
use super::scopes::Audience;
use super::{Store, replies, reserve, spending};
use crate::ids::{ChannelId, MessageId, PersonaId, UserId};
use crate::status::now_ms;

/// How much was forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    pub entries: u64,
    /// Conversations that were forgotten whole.
    pub conversations: u64,
}

impl Store {
    /// Erases what was asked by a message, with what was asked together with it, and the answers to it. Turns of it
    /// that are open keep nothing when they are closed. Says how many entries became tombstones.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails; nothing is erased then.
    pub async fn erase_question(&self, message: MessageId) -> Result<u64> {
        self.inner.writer.write(move |db| Box::pin(question(db, message))).await
    }

    /// Forgets everything said in one conversation. Questions that wait there are asked in the empty one.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails; nothing is forgotten then.
    pub async fn forget_conversation(&self, audience: &Audience, persona: &PersonaId) -> Result<Forgotten> {
        let Some(conversation) = self.conversation(audience, persona).await? else {
            return Ok(Forgotten::default());
        };
        let ids = vec![conversation.get()];
        self.inner.writer.write(move |db| Box::pin(async move { wipe(db, &ids).await })).await
    }

    /// Forgets everything said in a channel, people's private exchanges there included, with all personas. Threads
    /// below it are channels of their own.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails; nothing is forgotten then.
    pub async fn forget_channel(&self, channel: ChannelId) -> Result<Forgotten> {
        self.inner.writer.write(move |db| Box::pin(forget_channel(db, channel))).await
    }

    /// Forgets a person: their lines, the answers to them, their direct and private conversations whole, their
    /// settings, and their name on everything that is counted, but for the sums of what they spent this month.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails; nothing is forgotten then.
    pub async fn forget_person(&self, user: UserId) -> Result<Forgotten> {
        self.inner.writer.write(move |db| Box::pin(forget_person(db, user))).await
    }
}

fn now() -> i64 {
    now_ms().cast_signed()
}

/// Ids for `json_each`, which is how a list is bound to one parameter.
pub(super) fn list(ids: &[i64]) -> Result<String> {
    serde_json::to_string(ids).map_err(|_| StoreError::unexpected("a list of ids"))
}

async fn question(db: &mut SqliteConnection, message: MessageId) -> Result<u64> {
    let raw = message.to_row();
    let roots = sqlx::query_scalar!(
        r#"SELECT question_id AS "id!" FROM turn
           WHERE trigger_id = ?1 AND trigger_kind = 'message' AND question_id IS NOT NULL
           UNION
           SELECT e.id FROM discord_message m JOIN entry e ON e.id = m.entry_id
           WHERE m.discord_id = ?1 AND e.role = 'person'"#,
        raw
    )
    .fetch_all(&mut *db)
    .await?;
    let doomed = list(&with_consequences(db, &list(&roots)?).await?)?;
    let at = now();
    // What was asked together goes together.
    sqlx::query!(
        "UPDATE turn SET erased_at = ?2, speaker = NULL, text = NULL, replies_to = NULL,
                         author_id = iif(closed_at IS NULL, author_id, NULL)
         WHERE erased_at IS NULL AND id IN (
             WITH first (id) AS (
                 SELECT coalesce(joined_into, id) FROM turn WHERE trigger_id = ?1 AND trigger_kind = 'message')
             SELECT id FROM first
             UNION
             SELECT turn.id FROM first JOIN turn ON turn.joined_into = first.id)",
        raw,
        at
    )
    .execute(&mut *db)
    .await?;
    replies::forget_erased(db).await?;
    bury(db, &doomed, at).await
}

/// The entries themselves, what personas said because of them, and copies of either.
async fn with_consequences(db: &mut SqliteConnection, roots: &str) -> Result<Vec<i64>> {
    let ids = sqlx::query_scalar!(
        r#"WITH RECURSIVE doomed (id) AS (
               SELECT value FROM json_each(?1)
               UNION
               SELECT e.id FROM doomed JOIN entry e ON e.parent_id = doomed.id WHERE e.role = 'persona'
               UNION
               SELECT e.id FROM doomed JOIN entry e ON e.copied_from = doomed.id
           )
           SELECT id AS "id!: i64" FROM doomed"#,
        roots
    )
    .fetch_all(db)
    .await?;
    Ok(ids)
}

/// Makes tombstones. Says how many are new.
async fn bury(db: &mut SqliteConnection, entries: &str, at: i64) -> Result<u64> {
    sqlx::query!("DELETE FROM discord_message WHERE entry_id IN (SELECT value FROM json_each(?1))", entries)
        .execute(&mut *db)
        .await?;
    let buried = sqlx::query!(
        "UPDATE entry SET text = NULL, speaker = NULL, author_id = NULL, erased_at = ?2
         WHERE erased_at IS NULL AND id IN (SELECT value FROM json_each(?1))",
        entries,
        at
    )
    .execute(db)
    .await?;
    Ok(buried.rows_affected())
}

async fn forget_channel(db: &mut SqliteConnection, channel: ChannelId) -> Result<Forgotten> {
    let channel = channel.to_row();
    let ids = sqlx::query_scalar!(
        r#"SELECT c.id AS "id!" FROM scope s JOIN conversation c ON c.scope_id = s.id WHERE s.channel_id = ?1"#,
        channel
    )
    .fetch_all(&mut *db)
    .await?;
    wipe(db, &ids).await
}

/// Removes all entries of whole conversations. The conversations stay, empty: their turns are the memory of what was
/// answered already. Open turns whose question is no entry yet stay as they are.
async fn wipe(db: &mut SqliteConnection, conversations: &[i64]) -> Result<Forgotten> {
    let ids = list(conversations)?;
    let at = now();
    sqlx::query!(
        "UPDATE turn SET erased_at = ?2, speaker = NULL, text = NULL, replies_to = NULL,
                         author_id = iif(closed_at IS NULL, author_id, NULL)
         WHERE conversation_id IN (SELECT value FROM json_each(?1)) AND erased_at IS NULL
           AND (closed_at IS NOT NULL OR question_id IS NOT NULL)",
        ids,
        at
    )
    .execute(&mut *db)
    .await?;
    replies::forget_erased(db).await?;
    let removed =
        sqlx::query!("DELETE FROM entry WHERE conversation_id IN (SELECT value FROM json_each(?1))", ids)
            .execute(db)
            .await?;
    let conversations = u64::try_from(conversations.len()).unwrap_or(u64::MAX);
    Ok(Forgotten { entries: removed.rows_affected(), conversations })
}

async fn forget_person(db: &mut SqliteConnection, user: UserId) -> Result<Forgotten> {
    let own = own_conversations(db, user).await?;
    let forgotten = wipe(db, &own).await?;
    let raw = user.to_row();
    let roots = sqlx::query_scalar!(r#"SELECT id AS "id!" FROM entry WHERE author_id = ?1"#, raw)
        .fetch_all(&mut *db)
        .await?;
    let doomed = list(&with_consequences(db, &list(&roots)?).await?)?;
    let buried = bury(db, &doomed, now()).await?;
    forget_name(db, user).await?;
    Ok(Forgotten { entries: forgotten.entries + buried, ..forgotten })
}

/// Those that nobody else is part of.
async fn own_conversations(db: &mut SqliteConnection, user: UserId) -> Result<Vec<i64>> {
    let user = user.to_row();
    let ids = sqlx::query_scalar!(
        r#"SELECT c.id AS "id!" FROM scope s JOIN conversation c ON c.scope_id = s.id WHERE s.private_user_id = ?1
           UNION
           SELECT c.id FROM turn t JOIN conversation asked ON asked.id = t.conversation_id
           JOIN scope s ON s.id = asked.scope_id JOIN conversation c ON c.scope_id = s.id
           WHERE t.author_id = ?1 AND s.kind = 'dm'"#,
        user
    )
    .fetch_all(db)
    .await?;
    Ok(ids)
}

/// Takes the person's id from everything that stays.
async fn forget_name(db: &mut SqliteConnection, user: UserId) -> Result<()> {
    let (raw, at) = (user.to_row(), now());
    sqlx::query!(
        "UPDATE turn SET erased_at = coalesce(erased_at, ?2), author_id = NULL, speaker = NULL, text = NULL,
                         replies_to = NULL
         WHERE author_id = ?1",
        raw,
        at
    )
    .execute(&mut *db)
    .await?;
    replies::forget_erased(db).await?;
    sqlx::query!("UPDATE usage SET user_id = NULL WHERE user_id = ?1", raw).execute(&mut *db).await?;
    reserve::forget(db, user).await?;
    spending::forget(db, user, at).await?;
    sqlx::query!("UPDATE scope SET private_user_id = -id WHERE private_user_id = ?1", raw)
        .execute(&mut *db)
        .await?;
    sqlx::query!("DELETE FROM setting WHERE target_kind = 'user' AND target_id = ?1", raw)
        .execute(&mut *db)
        .await?;
    sqlx::query!("UPDATE setting SET set_by = NULL WHERE set_by = ?1", raw).execute(db).await?;
    Ok(())
}
