//! Which message of Discord shows which entry.

use sqlx::SqliteConnection;

use super::error::Result;
use crate::ids::{EntryId, MessageId};

/// A message that asked two personas stays with the first one's question.
pub(super) async fn link_question(
    db: &mut SqliteConnection,
    message: MessageId,
    entry: EntryId,
) -> Result<()> {
    let (message, entry) = (message.to_row(), entry.get());
    sqlx::query!(
        "INSERT INTO discord_message (discord_id, entry_id) VALUES (?1, ?2) ON CONFLICT (discord_id) DO NOTHING",
        message,
        entry
    )
    .execute(db)
    .await?;
    Ok(())
}

/// A message that showed another variant before now shows this one.
pub(super) async fn link_answer(
    db: &mut SqliteConnection,
    messages: &[MessageId],
    entry: EntryId,
) -> Result<()> {
    let entry = entry.get();
    for (part, message) in (0_i64..).zip(messages) {
        let message = message.to_row();
        sqlx::query!(
            "INSERT INTO discord_message (discord_id, entry_id, part) VALUES (?1, ?2, ?3)
             ON CONFLICT (discord_id) DO UPDATE SET entry_id = excluded.entry_id, part = excluded.part",
            message,
            entry,
            part
        )
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}
