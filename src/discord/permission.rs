//! Whether a gateway session may be begun. Discord resets the token of a bot that begins too many in a day, so we ask
//! what is left of them, and count our own over restarts.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tracing::warn;

use crate::gateway::{Fatal, MayStart, Permission};
use crate::governor::{CallError, GatewayBot, Governor, Standing};
use crate::status::{Status, now_ms};
use crate::store::{SLOT, SessionBudget, Store};

/// A share of the day's sessions that is left to other processes and to emergencies: one in so many.
const SPARED: u32 = 20;
/// The key of what the operator is told.
const NOTICE: &str = "gateway.identify";
/// How long after a failure the question is asked again.
const AFTER_FAILURE: Duration = Duration::from_secs(10);
/// Until Discord is asked again although it has named a later time: the budget may have been changed meanwhile.
const LONGEST: Duration = Duration::from_secs(5 * 60);

struct Desk {
    governor: Governor,
    store: Store,
    status: Status,
    /// What Discord said at the start, until it is used.
    first: Mutex<Option<GatewayBot>>,
}

/// `first`: what Discord has said just now.
pub(super) fn asked(governor: Governor, store: Store, status: Status, first: GatewayBot) -> MayStart {
    let desk = Arc::new(Desk { governor, store, status, first: Mutex::new(Some(first)) });
    Arc::new(move |shard| {
        let desk = Arc::clone(&desk);
        Box::pin(async move { desk.decide(shard).await })
    })
}

impl Desk {
    async fn decide(&self, shard: u32) -> Permission {
        let known = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        let known = match known {
            Some(known) => known,
            None => match self.governor.gateway().await {
                Ok(known) => known,
                Err(failure) => return self.unknown(&failure),
            },
        };
        let starts = known.session_starts;
        let spared = starts.total / SPARED;
        if starts.remaining <= spared {
            return self.wait(starts.reset_after);
        }
        let budget = SessionBudget { a_day: starts.total - spared, at_once: starts.max_concurrency };
        match self.store.take_identify(budget, shard, now_ms().cast_signed()).await {
            Ok(None) => {
                self.status.notice(NOTICE, None);
                Permission::Granted { url: known.url }
            }
            Ok(Some(free_at)) => {
                let wait = Duration::from_millis(free_at.cast_unsigned().saturating_sub(now_ms()));
                if wait <= SLOT { Permission::Wait(wait) } else { self.wait(wait) }
            }
            Err(failure) => {
                warn!(error = &failure as &dyn std::error::Error, "a gateway session could not be counted");
                Permission::Wait(AFTER_FAILURE)
            }
        }
    }

    /// Discord does not say where its gateway is.
    fn unknown(&self, failure: &CallError) -> Permission {
        match failure {
            CallError::Discord { status: 401, .. } => return Permission::Never(Fatal::TokenRefused),
            CallError::Stopped if self.governor.counters().standing == Standing::Stopped => {
                return Permission::Never(Fatal::TokenRefused);
            }
            // The process stops.
            CallError::Stopped => {}
            failure => {
                warn!(error = failure as &dyn std::error::Error, "Discord does not say where its gateway is");
            }
        }
        Permission::Wait(AFTER_FAILURE)
    }

    fn wait(&self, wait: Duration) -> Permission {
        let text = "the gateway sessions that Discord permits in a day are almost used up; the bot connects when there \
                    are more, because Discord would reset its token";
        warn!(gateway.wait_s = wait.as_secs(), "{text}");
        self.status.notice(NOTICE, Some(text.to_owned()));
        Permission::Wait(wait.clamp(Duration::from_secs(1), LONGEST))
    }
}
