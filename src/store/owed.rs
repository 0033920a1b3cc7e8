//! Costs that a provider still has to tell: a request that was dropped or broke off reports none. The usage rows are
//! the queue, so that a restart forgets no debt.

use sqlx::SqliteConnection;

use super::Store;
use super::error::Result;
use super::usage::credible;

/// How long after the end of a turn its owed costs are first asked for: providers need a moment to reckon them.
pub(super) const FIRST_ASKED_AFTER_MS: i64 = 2_000;

/// A request whose cost is to be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwedCost {
    /// Id of the usage row.
    pub usage: i64,
    /// Name of the configured server that was asked. `None`: the default one.
    pub account: Option<String>,
    pub generation_id: String,
    /// How often it was asked for in vain.
    pub tries: u32,
}

/// What the provider told afterwards. `None`: it did not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettledCost {
    pub cost_nano_usd: Option<i64>,
    pub prompt_tokens: Option<i64>,
    pub completion_tokens: Option<i64>,
    pub reasoning_tokens: Option<i64>,
    pub cached_tokens: Option<i64>,
    pub provider: Option<String>,
}

impl Store {
    /// Costs that are due, the longest due first.
    ///
    /// # Errors
    /// [`StoreError`](super::StoreError) when the database fails.
    pub async fn owed_costs(&self, now: i64, most: u32) -> Result<Vec<OwedCost>> {
        let rows = sqlx::query_as!(
            OwedCost,
            r#"SELECT id AS "usage!", account, generation_id AS "generation_id!", cost_tries AS "tries!: u32"
               FROM usage WHERE cost_due <= ?1 AND generation_id IS NOT NULL ORDER BY cost_due, id LIMIT ?2"#,
            now,
            most
        );
        Ok(rows.fetch_all(&self.inner.readers).await?)
    }

    /// When the next cost is due, in milliseconds since 1970. `None`: none is owed.
    ///
    /// # Errors
    /// [`StoreError`](super::StoreError) when the database fails.
    pub async fn next_cost_due(&self) -> Result<Option<i64>> {
        let next = sqlx::query_scalar!(
            r#"SELECT min(cost_due) AS "due: i64" FROM usage WHERE cost_due IS NOT NULL"#
        );
        Ok(next.fetch_one(&self.inner.readers).await?)
    }

    /// Writes down what a request cost after all. Figures that were known before stay as they are. Without a cost the
    /// estimate stands.
    ///
    /// # Errors
    /// [`StoreError`](super::StoreError) when the database fails.
    pub async fn cost_settled(&self, usage: i64, settled: SettledCost) -> Result<()> {
        self.inner.writer.write(move |db| Box::pin(async move { settle(db, usage, &settled).await })).await
    }

    /// Puts off a cost that could not be had. One that is not owed any more is left as it is.
    ///
    /// # Errors
    /// [`StoreError`](super::StoreError) when the database fails.
    pub async fn cost_still_owed(&self, usage: i64, due: i64) -> Result<()> {
        let put_off = self.inner.writer.write(move |db| {
            Box::pin(async move {
                sqlx::query!(
                    "UPDATE usage SET cost_due = ?2, cost_tries = cost_tries + 1
                     WHERE id = ?1 AND cost_due IS NOT NULL",
                    usage,
                    due
                )
                .execute(db)
                .await?;
                Ok(())
            })
        });
        put_off.await
    }

    /// Stops asking for a cost: the estimate stands.
    ///
    /// # Errors
    /// [`StoreError`](super::StoreError) when the database fails.
    pub async fn cost_given_up(&self, usage: i64) -> Result<()> {
        let given_up = self.inner.writer.write(move |db| {
            Box::pin(async move {
                sqlx::query!("UPDATE usage SET cost_due = NULL WHERE id = ?1", usage).execute(db).await?;
                Ok(())
            })
        });
        given_up.await
    }
}

async fn settle(db: &mut SqliteConnection, usage: i64, settled: &SettledCost) -> Result<()> {
    let cost = credible(settled.cost_nano_usd);
    let [prompt, completion, reasoning, cached] =
        [settled.prompt_tokens, settled.completion_tokens, settled.reasoning_tokens, settled.cached_tokens]
            .map(credible);
    sqlx::query!(
        "UPDATE usage
         SET cost_nano_usd = coalesce(cost_nano_usd, ?2), prompt_tokens = coalesce(prompt_tokens, ?3),
             completion_tokens = coalesce(completion_tokens, ?4), reasoning_tokens = coalesce(reasoning_tokens, ?5),
             cached_tokens = coalesce(cached_tokens, ?6), provider = coalesce(provider, ?7), cost_due = NULL
         WHERE id = ?1",
        usage,
        cost,
        prompt,
        completion,
        reasoning,
        cached,
        settled.provider
    )
    .execute(db)
    .await?;
    Ok(())
}
