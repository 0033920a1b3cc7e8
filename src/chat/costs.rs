//! Costs that providers tell later: of replies that broke off, were given up, or lost a race. The store is the queue,
//! so a restart forgets none.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::time::sleep;
use tracing::{debug, warn};

use super::{Engine, now};
use crate::llm::{GENERATION_PATIENCE, Generation, Unsettled};
use crate::shutdown::Shutdown;
use crate::store::{OwedCost, SettledCost, StoreError};

/// Costs that are asked for before the queue is looked at again.
const AT_ONCE: u32 = 16;

/// Costs that are asked for side by side, so that a server that hangs holds up few.
const SIDE_BY_SIDE: usize = 4;

/// The longest time between two looks at the queue.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

/// The pause after a look at the queue that failed.
const AFTER_FAILURE: Duration = Duration::from_secs(30);

impl Engine {
    /// Asks for owed costs until `stop` begins.
    pub fn settle_costs(&self, stop: &Shutdown) {
        let (engine, stop) = (self.clone(), stop.clone());
        stop.clone().spawn(async move {
            // What is not settled waits in the store for the next start.
            let _ = stop.unless_begun(engine.keep_settling()).await;
        });
    }

    async fn keep_settling(&self) {
        loop {
            let pause = match self.settle_due().await {
                Ok(pause) => pause,
                // The process ends: what is owed waits for the next start.
                Err(StoreError::Closed) => return,
                Err(failure) => {
                    warn!(error = &failure as &dyn std::error::Error, "owed costs could not be looked up");
                    AFTER_FAILURE
                }
            };
            tokio::select! {
                () = sleep(pause) => {}
                () = self.inner.owed.notified() => {}
            }
        }
    }

    /// Asks for what is due. Returns when to look again.
    async fn settle_due(&self) -> Result<Duration, StoreError> {
        let owed = self.store().owed_costs(now(), AT_ONCE).await?;
        let settling = stream::iter(owed).map(|owed| async move { self.settle(&owed).await });
        settling.buffer_unordered(SIDE_BY_SIDE).try_collect::<()>().await?;
        let next = self.store().next_cost_due().await?;
        let wait = next.map(|due| Duration::from_millis((due - now()).max(0).unsigned_abs()));
        Ok(wait.map_or(LONGEST_WAIT, |wait| wait.min(LONGEST_WAIT)))
    }

    async fn settle(&self, owed: &OwedCost) -> Result<(), StoreError> {
        let ladder = &self.inner.parts.ladder;
        let answer = ladder.cost_of(owed.account.as_deref(), &owed.generation_id).await;
        // The first pause was before this or an earlier time.
        let next = usize::try_from(owed.tries).unwrap_or(usize::MAX).saturating_add(1);
        match (answer, GENERATION_PATIENCE.get(next)) {
            (Ok(generation), _) => {
                debug!(llm.generation_id = owed.generation_id, "an owed cost is settled");
                self.store().cost_settled(owed.usage, settled(&generation)).await
            }
            (Err(Unsettled::NotYet), Some(pause)) => {
                let due = now().saturating_add(i64::try_from(pause.as_millis()).unwrap_or(i64::MAX));
                self.store().cost_still_owed(owed.usage, due).await
            }
            (Err(_), _) => {
                warn!(
                    llm.generation_id = owed.generation_id,
                    "the provider does not say what a request cost: it counts as its worst case"
                );
                self.store().cost_given_up(owed.usage).await
            }
        }
    }
}

fn settled(generation: &Generation) -> SettledCost {
    SettledCost {
        cost_nano_usd: Some(generation.cost_nano_usd),
        prompt_tokens: generation.prompt_tokens.map(i64::from),
        completion_tokens: generation.completion_tokens.map(i64::from),
        reasoning_tokens: generation.reasoning_tokens.map(i64::from),
        cached_tokens: generation.cached_tokens.map(i64::from),
        provider: generation.provider.clone(),
    }
}
