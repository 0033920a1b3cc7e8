//! Ending the bot and starting it again, because somebody on the page wants it.

use std::sync::Arc;

use tokio::sync::watch;

/// What is being done with the bot. Clones share one state: the page wishes, and whoever runs the bot obeys.
#[derive(Clone, Debug)]
pub struct Power {
    phase: Arc<watch::Sender<Phase>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// It is there, connected or about to be.
    Up,
    /// It finishes what it does.
    Stopping,
    /// It is cut off where it stands.
    Crashing,
    /// It is gone, and the next one is being built.
    Starting,
}

impl Default for Power {
    fn default() -> Self {
        Self { phase: Arc::new(watch::Sender::new(Phase::Up)) }
    }
}

impl Power {
    pub fn up(&self) {
        self.phase.send_replace(Phase::Up);
    }

    pub fn starting(&self) {
        self.phase.send_replace(Phase::Starting);
    }

    /// Completes when the bot is to end, in whichever way.
    pub async fn asked_to_stop(&self) {
        self.until(|phase| matches!(phase, Phase::Stopping | Phase::Crashing)).await;
    }

    /// Completes when the bot is to be cut off.
    pub async fn asked_to_crash(&self) {
        self.until(|phase| phase == Phase::Crashing).await;
    }

    async fn until(&self, is: impl Fn(Phase) -> bool) {
        // The sender lives as long as this handle, so there is no error.
        let _ = self.phase.subscribe().wait_for(|phase| is(*phase)).await;
    }

    pub(super) fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    pub(super) fn watch(&self) -> watch::Receiver<Phase> {
        self.phase.subscribe()
    }

    /// `false`: the bot ends already, or is not there yet.
    pub(super) fn restart(&self) -> bool {
        self.turn(&[Phase::Up], Phase::Stopping)
    }

    /// Also while it stops. `false`: it is not there.
    pub(super) fn crash(&self) -> bool {
        self.turn(&[Phase::Up, Phase::Stopping], Phase::Crashing)
    }

    fn turn(&self, from: &[Phase], to: Phase) -> bool {
        self.phase.send_if_modified(|phase| {
            let may = from.contains(phase);
            if may {
                *phase = to;
            }
            may
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_bot_is_ended_once_and_only_while_it_is_there() {
        let power = Power::default();
        assert!(power.restart());
        assert!(!power.restart(), "it stops already");
        power.asked_to_stop().await;
        assert!(power.crash(), "a stop can be cut short");
        assert!(!power.crash() && !power.restart());
        power.asked_to_crash().await;
        power.starting();
        assert!(!power.crash() && !power.restart(), "there is nothing to end");
        power.up();
        assert!(power.crash());
    }
}
