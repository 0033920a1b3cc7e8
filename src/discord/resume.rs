//! Takes up the turns that an earlier run of the process left open.

use tracing::{info, warn};

use super::standing::{Look, Standing};
use super::{Me, Surface, error, reply};
use crate::chat::Unfinished;

/// Answers young turns and closes old ones in words, each in a task of its own.
pub(crate) fn take_up(surface: &Surface, me: Me, unfinished: Vec<Unfinished>) {
    if !unfinished.is_empty() {
        info!(turns.unfinished = unfinished.len(), "taking up turns of an earlier run");
    }
    for turn in unfinished {
        let (task, surface) = (surface.clone(), surface.clone());
        task.shutdown.spawn(async move { take_up_one(&surface, me, turn).await });
    }
}

async fn take_up_one(surface: &Surface, me: Me, unfinished: Unfinished) {
    let (turn, is_young) = match unfinished {
        Unfinished::Resumed(turn) => (turn, true),
        Unfinished::Stale(turn) => (turn, false),
    };
    let look = Look { surface, me, turn: &turn, is_young };
    match look.standing().await {
        Standing::Open(screen) if is_young => reply::go_on(surface, turn, screen).await,
        Standing::Open(screen) | Standing::Ended(screen) => {
            reply::apologise(surface, turn, screen, error::too_late()).await;
        }
        Standing::Unsure(screen) => reply::apologise(surface, turn, screen, error::unsure()).await,
        Standing::Gone(lasting) => {
            warn!(turn.id = %turn.id(), "an answer of an earlier run has no place any more");
            reply::give_up(*turn, lasting.display()).await;
        }
        Standing::Unknown => reply::leave(*turn).await,
    }
}
