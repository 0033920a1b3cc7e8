//! The messages of an answer whose turn is open, or may be opened again.

use sqlx::SqliteConnection;

use super::error::Result;
use crate::ids::{MessageId, TurnId};

pub(super) async fn keep(
    db: &mut SqliteConnection,
    turn: TurnId,
    message: MessageId,
    part: u16,
) -> Result<()> {
    let (turn, message) = (turn.get(), message.to_row());
    sqlx::query!(
        "INSERT INTO turn_message (turn_id, part, discord_id)
         SELECT id, ?2, ?3 FROM turn WHERE id = ?1 AND closed_at IS NULL
         ON CONFLICT (turn_id, part) DO UPDATE SET discord_id = excluded.discord_id",
        turn,
        part,
        message
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn cut(db: &mut SqliteConnection, turn: TurnId, from: u16) -> Result<()> {
    let turn = turn.get();
    sqlx::query!("DELETE FROM turn_message WHERE turn_id = ?1 AND part >= ?2", turn, from)
        .execute(db)
        .await?;
    Ok(())
}

/// The messages in order. Behind a part that was never written down none is known.
pub(super) async fn of(db: &mut SqliteConnection, turn: TurnId) -> Result<Vec<MessageId>> {
    let turn = turn.get();
    let rows = sqlx::query!(
        r#"SELECT part AS "part!", discord_id AS "discord_id!" FROM turn_message WHERE turn_id = ?1 ORDER BY part"#,
        turn
    )
    .fetch_all(db)
    .await?;
    let unbroken = (0_i64..).zip(rows).take_while(|(part, row)| *part == row.part);
    Ok(unbroken.map(|(_, row)| MessageId::from_row(row.discord_id)).collect())
}

/// Forgets the messages of closed turns that were erased. An open one needs them until it is closed.
pub(super) async fn forget_erased(db: &mut SqliteConnection) -> Result<()> {
    sqlx::query!(
        "DELETE FROM turn_message WHERE EXISTS (
             SELECT 1 FROM turn
             WHERE id = turn_message.turn_id AND erased_at IS NOT NULL AND closed_at IS NOT NULL)"
    )
    .execute(db)
    .await?;
    Ok(())
}
