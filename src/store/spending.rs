//! What was spent, by payer and day. Triggers of the schema keep these sums together with the usage rows, so that the
//! check of a budget reads a month of days at most, however much was said.

use sqlx::SqliteConnection;

use super::calendar::Calendar;
use super::error::Result;
use super::{Store, reserve};
use crate::ids::{GuildId, UserId};

/// On whose account requests go. One request may go on all three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Payer {
    User(UserId),
    Guild(GuildId),
    Bot,
}

impl Payer {
    pub(super) fn to_row(self) -> (&'static str, i64) {
        match self {
            Self::User(user) => ("user", user.to_row()),
            Self::Guild(guild) => ("guild", guild.to_row()),
            Self::Bot => ("bot", 0),
        }
    }
}

/// What a payer used on a UTC day and in its calendar month. Money is nano-dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    pub day_nano_usd: i64,
    pub month_nano_usd: i64,
    pub day_requests: i64,
    pub month_requests: i64,
    /// Of prompts and completions.
    pub day_tokens: i64,
    pub month_tokens: i64,
    /// What open turns may cost beside that.
    pub reserved_nano_usd: i64,
}

impl Store {
    /// What a payer used up to now on the day and in the month of `at`.
    ///
    /// # Errors
    /// [`StoreError`](super::StoreError) when the database fails.
    pub async fn spent(&self, payer: Payer, at: i64) -> Result<Spent> {
        // One view of both tables: a turn that is closed meanwhile counts once.
        let mut db = self.inner.readers.begin().await?;
        let spent = of(&mut db, payer, &Calendar::of(at)).await?;
        let reserved_nano_usd = reserve::sum(&mut db, payer).await?;
        Ok(Spent { reserved_nano_usd, ..spent })
    }
}

/// Without what is reserved.
pub(super) async fn of(db: &mut SqliteConnection, payer: Payer, calendar: &Calendar) -> Result<Spent> {
    let (kind, id) = payer.to_row();
    let spent = sqlx::query_as!(
        Spent,
        r#"SELECT coalesce(sum(nano_usd), 0) AS "month_nano_usd!: i64",
                  coalesce(sum(iif(day = ?3, nano_usd, 0)), 0) AS "day_nano_usd!: i64",
                  coalesce(sum(requests), 0) AS "month_requests!: i64",
                  coalesce(sum(iif(day = ?3, requests, 0)), 0) AS "day_requests!: i64",
                  coalesce(sum(prompt_tokens + completion_tokens), 0) AS "month_tokens!: i64",
                  coalesce(sum(iif(day = ?3, prompt_tokens + completion_tokens, 0)), 0) AS "day_tokens!: i64",
                  0 AS "reserved_nano_usd!: i64"
           FROM spending WHERE kind = ?1 AND id = ?2 AND day >= ?4 AND day < ?5"#,
        kind,
        id,
        calendar.day,
        calendar.month,
        calendar.next_month
    )
    .fetch_one(db)
    .await?;
    Ok(spent)
}

/// Forgets what a person spent before the month of `at`. The sums of this month stay, as an id and numbers: otherwise
/// to be forgotten would be a way to a fresh budget. They go with the next time the person asks to be forgotten.
pub(super) async fn forget(db: &mut SqliteConnection, user: UserId, at: i64) -> Result<()> {
    let (user, month) = (user.to_row(), Calendar::of(at).month);
    sqlx::query!("DELETE FROM spending WHERE kind = 'user' AND id = ?1 AND day < ?2", user, month)
        .execute(db)
        .await?;
    Ok(())
}
