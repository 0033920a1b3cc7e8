//! Money set aside for a turn before its first request, so that turns that run at the same time cannot spend the same
//! rest of a budget. One row a turn: replaced when the turn reserves again, settled when it is closed.

use sqlx::SqliteConnection;

use super::calendar::{Calendar, Window};
use super::error::{Result, StoreError};
use super::limits::{self, Check, Limit, Limits, Reserved, Whose, Worst};
use super::spending::Payer;
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

pub(super) async fn take(
    db: &mut SqliteConnection,
    turn: TurnId,
    reservation: &Reservation,
) -> Result<Reserved> {
    let calendar = Calendar::of(reservation.at);
    let forgotten = reservation.at - FORGOTTEN_AFTER_MS;
    let mut sums = sums(db, turn, reservation, &calendar).await?;
    if sums.oldest.is_some_and(|oldest| oldest < forgotten) {
        // A turn that could not be closed leaves its reserve behind. As usage it counts for its own day alone.
        write_off(db, forgotten).await?;
        sums = self::sums(db, turn, reservation, &calendar).await?;
    }
    // Less than nothing would give money back.
    let worst = Worst { full: reservation.full.max(0), least: reservation.least.max(0) };
    let checks = checks(reservation, &sums);
    let reserved = limits::decide(&checks, worst, reservation.limits.near, &calendar);
    match reserved {
        Reserved::Full => keep(db, turn, reservation, worst.full).await?,
        Reserved::Least => keep(db, turn, reservation, worst.least).await?,
        Reserved::Refused(_) => {}
    }
    Ok(reserved)
}

/// What was spent on each account above a turn, and what other turns have reserved there.
struct Sums {
    oldest: Option<i64>,
    user_day: i64,
    user_month: i64,
    user_reserved: i64,
    guild_day: i64,
    guild_month: i64,
    guild_reserved: i64,
    bot_day: i64,
    bot_month: i64,
    bot_reserved: i64,
}

/// One look for all of them, because each way to the database and back takes its time.
async fn sums(
    db: &mut SqliteConnection,
    turn: TurnId,
    reservation: &Reservation,
    calendar: &Calendar,
) -> Result<Sums> {
    let turn = turn.get();
    let user = reservation.user.map(UserId::to_row);
    let guild = reservation.guild.map(GuildId::to_row);
    let sums = sqlx::query_as!(
        Sums,
        r#"WITH days AS (
               SELECT kind, day, nano_usd FROM spending WHERE kind = 'user' AND id = ?1 AND day >= ?4 AND day < ?5
               UNION ALL
               SELECT kind, day, nano_usd FROM spending WHERE kind = 'guild' AND id = ?2 AND day >= ?4 AND day < ?5
               UNION ALL
               SELECT kind, day, nano_usd FROM spending WHERE kind = 'bot' AND id = 0 AND day >= ?4 AND day < ?5
           ), spent AS (
               SELECT coalesce(sum(iif(kind = 'user' AND day = ?3, nano_usd, 0)), 0) AS user_day,
                      coalesce(sum(iif(kind = 'user', nano_usd, 0)), 0) AS user_month,
                      coalesce(sum(iif(kind = 'guild' AND day = ?3, nano_usd, 0)), 0) AS guild_day,
                      coalesce(sum(iif(kind = 'guild', nano_usd, 0)), 0) AS guild_month,
                      coalesce(sum(iif(kind = 'bot' AND day = ?3, nano_usd, 0)), 0) AS bot_day,
                      coalesce(sum(iif(kind = 'bot', nano_usd, 0)), 0) AS bot_month
               FROM days
           ), held AS (
               SELECT min(at) AS oldest,
                      coalesce(sum(iif(user_id = ?1 AND turn_id <> ?6, nano_usd, 0)), 0) AS user_reserved,
                      coalesce(sum(iif(guild_id = ?2 AND turn_id <> ?6, nano_usd, 0)), 0) AS guild_reserved,
                      coalesce(sum(iif(turn_id <> ?6, nano_usd, 0)), 0) AS bot_reserved
               FROM reserve
           )
           SELECT oldest AS "oldest?: i64", user_day AS "user_day!: i64", user_month AS "user_month!: i64",
                  user_reserved AS "user_reserved!: i64", guild_day AS "guild_day!: i64",
                  guild_month AS "guild_month!: i64", guild_reserved AS "guild_reserved!: i64",
                  bot_day AS "bot_day!: i64", bot_month AS "bot_month!: i64", bot_reserved AS "bot_reserved!: i64"
           FROM spent, held"#,
        user,
        guild,
        calendar.day,
        calendar.month,
        calendar.next_month,
        turn
    )
    .fetch_one(db)
    .await?;
    Ok(sums)
}

/// The limits that are set, each with what is used of it.
fn checks(reservation: &Reservation, sums: &Sums) -> Vec<Check> {
    let Limits { user, guild, bot, .. } = reservation.limits;
    let mut checks = Vec::new();
    let mut check = |whose, limit: Limit, (day, month, reserved)| {
        for (window, limit, spent) in [(Window::Day, limit.day, day), (Window::Month, limit.month, month)] {
            checks.extend(limit.map(|limit| Check { whose, window, limit, spent, reserved }));
        }
    };
    if reservation.user.is_some() {
        check(Whose::User, user, (sums.user_day, sums.user_month, sums.user_reserved));
    }
    if reservation.guild.is_some() {
        check(Whose::Guild, guild, (sums.guild_day, sums.guild_month, sums.guild_reserved));
    }
    check(Whose::Bot, bot, (sums.bot_day, sums.bot_month, sums.bot_reserved));
    checks
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

/// What open turns have reserved on a payer's account.
pub(super) async fn sum(db: &mut SqliteConnection, payer: Payer) -> Result<i64> {
    let (_, id) = payer.to_row();
    let sum = match payer {
        Payer::User(_) => {
            let of_user = sqlx::query_scalar!(
                r#"SELECT coalesce(sum(nano_usd), 0) AS "sum!: i64" FROM reserve WHERE user_id = ?1"#,
                id
            );
            of_user.fetch_one(db).await?
        }
        Payer::Guild(_) => {
            let of_guild = sqlx::query_scalar!(
                r#"SELECT coalesce(sum(nano_usd), 0) AS "sum!: i64" FROM reserve WHERE guild_id = ?1"#,
                id
            );
            of_guild.fetch_one(db).await?
        }
        Payer::Bot => {
            let of_all =
                sqlx::query_scalar!(r#"SELECT coalesce(sum(nano_usd), 0) AS "sum!: i64" FROM reserve"#);
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
