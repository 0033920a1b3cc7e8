//! Money set aside for a turn before its first request, so that turns that run at the same time cannot spend the same
//! rest of a budget. One row a turn: replaced when the turn reserves again, settled when it is closed.

use sqlx::SqliteConnection;

use super::calendar::{Calendar, Window};
use super::error::{Result, StoreError};
use super::limits::{self, Check, Limit, Limits, Reserved, Whose, Worst};
use super::spending::{self, Payer};
use super::usage::MOST;
use super::{Store, turn};
use crate::ids::{GuildId, PersonaId, TurnId, UserId};

/// A turn that holds its reserve for longer was not closed, because the disk was full or a task died.
const FORGOTTEN_AFTER_MS: i64 = 60 * 60 * 1_000;

/// What a turn may cost, and the budgets it has to fit.
#[derive(Clone, Debug)]
pub struct Reservation {
    /// `None`: nobody's, because the person was forgotten.
    pub user: Option<UserId>,
    /// `None`: a direct message, which no guild pays for.
    pub guild: Option<GuildId>,
    pub persona: PersonaId,
    /// Of the first rung.
    pub model: String,
    /// Worst case of the whole ladder, in nano-dollars.
    pub full: i64,
    /// Worst case of its cheapest rung alone.
    pub least: i64,
    pub limits: Limits,
    pub at: i64,
}

impl Store {
    /// Sets money aside for an open turn, if it fits every budget above it. What counts against a budget is what was
    /// spent in its window and what other open turns have reserved.
    ///
    /// A second call for a turn replaces what the first reserved; when it is refused, that stays, because it may be
    /// spent already. Closing the turn gives back what its usage does not count.
    ///
    /// # Errors
    /// [`StoreError::NoSuchTurn`] or [`StoreError::TurnState`] when there is no such open turn, or a failure of the
    /// database: nothing is reserved then.
    pub async fn reserve(&self, turn: TurnId, reservation: Reservation) -> Result<Reserved> {
        self.inner.writer.write(move |db| Box::pin(async move { take(db, turn, &reservation).await })).await
    }
}

async fn take(db: &mut SqliteConnection, turn: TurnId, reservation: &Reservation) -> Result<Reserved> {
    let calendar = Calendar::of(reservation.at);
    write_off_forgotten(db, reservation.at - FORGOTTEN_AFTER_MS).await?;
    let checks = checks(db, turn, reservation, &calendar).await?;
    // Less than nothing would give money back.
    let worst = Worst { full: reservation.full.max(0), least: reservation.least.max(0) };
    let reserved = limits::decide(&checks, worst, reservation.limits.near, &calendar);
    match reserved {
        Reserved::Full => keep(db, turn, reservation, worst.full).await?,
        Reserved::Least => keep(db, turn, reservation, worst.least).await?,
        Reserved::Refused(_) => {}
    }
    Ok(reserved)
}

/// A turn that could not be closed leaves its reserve behind. It becomes usage, so that it counts for its own day alone.
async fn write_off_forgotten(db: &mut SqliteConnection, before: i64) -> Result<()> {
    let any =
        sqlx::query_scalar!(r#"SELECT EXISTS (SELECT 1 FROM reserve WHERE at < ?1) AS "any!: bool""#, before);
    if any.fetch_one(&mut *db).await? {
        write_off(db, before).await?;
    }
    Ok(())
}

/// The limits that are set, each with what is used of it.
async fn checks(
    db: &mut SqliteConnection,
    turn: TurnId,
    reservation: &Reservation,
    calendar: &Calendar,
) -> Result<Vec<Check>> {
    let limits = &reservation.limits;
    let payers = [
        (Whose::User, reservation.user.map(Payer::User), limits.user),
        (Whose::Guild, reservation.guild.map(Payer::Guild), limits.guild),
        (Whose::Bot, Some(Payer::Bot), limits.bot),
    ];
    let mut checks = Vec::new();
    for (whose, payer, limit) in payers {
        let Some(payer) = payer.filter(|_| limit != Limit::default()) else { continue };
        let spent = spending::of(db, payer, calendar).await?;
        let reserved = sum(db, payer, Some(turn)).await?;
        let of = |window, limit: Option<i64>, spent: i64| {
            limit.map(|limit| Check { whose, window, limit, spent, reserved })
        };
        checks.extend(of(Window::Day, limit.day, spent.day_nano_usd));
        checks.extend(of(Window::Month, limit.month, spent.month_nano_usd));
    }
    Ok(checks)
}

/// Under nobody's name when the person was forgotten meanwhile.
async fn keep(db: &mut SqliteConnection, id: TurnId, reservation: &Reservation, nano_usd: i64) -> Result<()> {
    let turn = id.get();
    let user = reservation.user.map(UserId::to_row);
    let guild = reservation.guild.map(GuildId::to_row);
    let persona = reservation.persona.as_str();
    let nano_usd = nano_usd.min(MOST);
    let kept = sqlx::query!(
        "INSERT INTO reserve (turn_id, user_id, guild_id, persona, model, nano_usd, at)
         SELECT id, iif(author_id IS NULL, NULL, ?2), ?3, ?4, ?5, ?6, ?7 FROM turn WHERE id = ?1 AND closed_at IS NULL
         ON CONFLICT (turn_id) DO UPDATE
         SET user_id = excluded.user_id, guild_id = excluded.guild_id, persona = excluded.persona,
             model = excluded.model, nano_usd = excluded.nano_usd, at = excluded.at",
        turn,
        user,
        guild,
        persona,
        reservation.model,
        nano_usd,
        reservation.at
    )
    .execute(&mut *db)
    .await?;
    if kept.rows_affected() > 0 {
        return Ok(());
    }
    let turn = turn::find(db, id).await?.ok_or(StoreError::NoSuchTurn(id))?;
    Err(StoreError::TurnState { turn: id, state: turn.state })
}

/// What open turns have reserved on a payer's account, all but one.
pub(super) async fn sum(db: &mut SqliteConnection, payer: Payer, but: Option<TurnId>) -> Result<i64> {
    let (_, id) = payer.to_row();
    // Ids begin at 1.
    let but = but.map_or(0, TurnId::get);
    let sum = match payer {
        Payer::User(_) => {
            let of_user = sqlx::query_scalar!(
                r#"SELECT coalesce(sum(nano_usd), 0) AS "sum!: i64" FROM reserve WHERE user_id = ?1 AND turn_id <> ?2"#,
                id,
                but
            );
            of_user.fetch_one(db).await?
        }
        Payer::Guild(_) => {
            let of_guild = sqlx::query_scalar!(
                r#"SELECT coalesce(sum(nano_usd), 0) AS "sum!: i64" FROM reserve WHERE guild_id = ?1 AND turn_id <> ?2"#,
                id,
                but
            );
            of_guild.fetch_one(db).await?
        }
        Payer::Bot => {
            let of_all = sqlx::query_scalar!(
                r#"SELECT coalesce(sum(nano_usd), 0) AS "sum!: i64" FROM reserve WHERE turn_id <> ?1"#,
                but
            );
            of_all.fetch_one(db).await?
        }
    };
    Ok(sum)
}

/// Gives back what was reserved for a turn whose usage is written.
pub(super) async fn settle(db: &mut SqliteConnection, turn: TurnId) -> Result<()> {
    let turn = turn.get();
    sqlx::query!("DELETE FROM reserve WHERE turn_id = ?1", turn).execute(db).await?;
    Ok(())
}

/// Makes usage of what was reserved before a moment for turns that were not closed. Nobody knows what they cost, so they
/// count as the worst case. Two statements, to be run in one transaction.
pub(super) async fn write_off(db: &mut SqliteConnection, before: i64) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO usage (turn_id, attempt, user_id, guild_id, persona, model, estimate_nano_usd, failure, at)
         SELECT t.id, t.attempt, r.user_id, r.guild_id, r.persona, r.model, r.nano_usd, 'interrupted', r.at
         FROM reserve r JOIN turn t ON t.id = r.turn_id WHERE r.at < ?1 ORDER BY t.id",
        before
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!("DELETE FROM reserve WHERE at < ?1", before).execute(&mut *db).await?;
    Ok(())
}

/// Takes a person's name from what is reserved. It counts as spent for them at once: what the turn uses in the end goes
/// on nobody's account, and to be forgotten in time would make it free.
pub(super) async fn forget(db: &mut SqliteConnection, user: UserId) -> Result<()> {
    let user = user.to_row();
    sqlx::query!(
        "INSERT INTO spending (kind, id, day, nano_usd, requests, prompt_tokens, completion_tokens)
         SELECT 'user', user_id, at / 86400000, nano_usd, 1, 0, 0 FROM reserve WHERE user_id = ?1
         ON CONFLICT (kind, id, day) DO UPDATE
         SET nano_usd = min(nano_usd + excluded.nano_usd, 100000000000000000), requests = requests + 1",
        user
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!("UPDATE reserve SET user_id = NULL WHERE user_id = ?1", user).execute(db).await?;
    Ok(())
}
