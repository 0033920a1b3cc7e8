//! The gateway sessions that were begun, so that Discord's limits for them are kept over restarts.

use std::time::Duration;

use sqlx::SqliteConnection;

use super::Store;
use super::error::Result;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// Discord begins so many sessions at once in this time.
pub const SLOT: Duration = Duration::from_secs(5);
const SLOT_MS: i64 = SLOT.as_millis() as i64;

/// How many sessions may be begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionBudget {
    pub a_day: u32,
    /// Within [`SLOT`], one of each remainder that a shard's number leaves.
    pub at_once: u32,
}

impl Store {
    /// Takes one of the sessions that may be begun. `Some`: none is left before that time.
    ///
    /// # Errors
    /// [`super::StoreError`] when the database fails; nothing is taken then.
    pub async fn take_identify(&self, budget: SessionBudget, shard: u32, at: i64) -> Result<Option<i64>> {
        self.inner.writer.write(move |db| Box::pin(take(db, budget, shard, at))).await
    }
}

async fn take(db: &mut SqliteConnection, budget: SessionBudget, shard: u32, at: i64) -> Result<Option<i64>> {
    let (outdated, recent, slot) = (at - DAY_MS, at - SLOT_MS, shard % budget.at_once.max(1));
    // A clock that was ahead once must not keep the bot away.
    sqlx::query!("DELETE FROM identify WHERE at <= ?1 OR at > ?2", outdated, at).execute(&mut *db).await?;
    let taken = sqlx::query!(
        r#"SELECT count(*) AS "today!", min(at) AS "oldest?", max(at) FILTER (WHERE slot = ?1) AS "last?: i64"
           FROM identify"#,
        slot
    );
    let taken = taken.fetch_one(&mut *db).await?;
    if taken.today >= i64::from(budget.a_day) {
        return Ok(Some(taken.oldest.unwrap_or(at) + DAY_MS));
    }
    if let Some(last) = taken.last.filter(|last| *last > recent) {
        return Ok(Some(last + SLOT_MS));
    }
    sqlx::query!("INSERT INTO identify (at, slot) VALUES (?1, ?2)", at, slot).execute(db).await?;
    Ok(None)
}
