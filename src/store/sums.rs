//! Figures for people: what requests used, put together by something they have in common.

use super::Store;
use super::error::Result;
use super::spending::Payer;

/// What requests are put together by, and what the key of a sum is then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SumBy {
    /// Id of the person. Empty: people who were forgotten.
    User,
    Persona,
    /// Id of the guild. Empty: direct messages.
    Guild,
    /// The model that was asked for.
    Model,
    /// `YYYY-MM-DD`, UTC.
    Day,
}

impl SumBy {
    fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Persona => "persona",
            Self::Guild => "guild",
            Self::Model => "model",
            Self::Day => "day",
        }
    }
}

/// What requests used together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageSum {
    pub key: String,
    pub requests: i64,
    pub prompt_tokens: i64,
    pub completion_tokens: i64,
    /// Costs as far as they are known, estimates otherwise.
    pub nano_usd: i64,
}

/// One query, with its own condition for each kind of payer: each has its own index, and reads nobody else's rows.
/// `total` does not fail where a sum overflows.
macro_rules! sums {
    ($payer:literal, $by:expr, $id:expr, $since:expr, $most:expr) => {
        sqlx::query_as!(
            UsageSum,
            r#"SELECT CASE ?1 WHEN 'user' THEN ifnull(CAST(user_id AS TEXT), '')
                              WHEN 'persona' THEN persona
                              WHEN 'guild' THEN ifnull(CAST(guild_id AS TEXT), '')
                              WHEN 'model' THEN model
                              ELSE ifnull(date(day * 86400, 'unixepoch'), '') END AS "key!: String",
                      count(*) AS "requests!: i64",
                      CAST(total(prompt_tokens) AS INTEGER) AS "prompt_tokens!: i64",
                      CAST(total(completion_tokens) AS INTEGER) AS "completion_tokens!: i64",
                      CAST(total(coalesce(cost_nano_usd, estimate_nano_usd)) AS INTEGER) AS "nano_usd!: i64"
               FROM usage WHERE "#
                + $payer
                + r#" AND day >= ?3 / 86400000 AND at >= ?3
               GROUP BY 1
               ORDER BY iif(?1 = 'day', max(day), 0) DESC, 5 DESC, 2 DESC, 1
               LIMIT ?4"#,
            $by,
            $id,
            $since,
            $most
        )
    };
}

impl Store {
    /// What a payer's requests since a moment used: the largest sum of money first, or the newest day.
    ///
    /// # Errors
    /// [`StoreError`](super::StoreError) when the database fails.
    pub async fn usage_sums(&self, by: SumBy, of: Payer, since: i64, most: u32) -> Result<Vec<UsageSum>> {
        let db = &self.inner.readers;
        let (by, (_, id)) = (by.name(), of.to_row());
        let sums = match of {
            Payer::User(_) => sums!("user_id = ?2", by, id, since, most).fetch_all(db).await?,
            Payer::Guild(_) => sums!("guild_id = ?2", by, id, since, most).fetch_all(db).await?,
            Payer::Bot => sums!("?2 = 0", by, id, since, most).fetch_all(db).await?,
        };
        Ok(sums)
    }
}
