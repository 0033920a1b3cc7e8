//! One page's eye on the panel: it tells what has changed since it last looked.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use super::Panel;
use super::strip::Reading;
use super::switch::Switch;
use crate::web::playground::power::Phase;

/// Between two looks while an answer streams: its end moves a figure of which Discord says nothing.
const LOOK: Duration = Duration::from_millis(500);

pub(in crate::web::playground) struct Gauge {
    panel: Arc<Panel>,
    switches: watch::Receiver<BTreeSet<Switch>>,
    phase: watch::Receiver<Phase>,
    last: Option<Reading>,
}

impl Gauge {
    pub(in crate::web::playground) fn of(panel: &Arc<Panel>) -> Self {
        let (switches, phase) = (panel.switches.subscribe(), panel.power.watch());
        Self { panel: Arc::clone(panel), switches, phase, last: None }
    }

    /// Completes when the panel may have changed though nothing happened on Discord, and says whether that concerns the
    /// presence of the bot. Dropping the future loses nothing.
    pub(in crate::web::playground) async fn moved(&mut self) -> bool {
        let is_moving = self.last.as_ref().is_some_and(|last| last.is_moving);
        // The panel holds both senders, so there is no error.
        tokio::select! {
            _ = self.switches.changed() => false,
            _ = self.phase.changed() => true,
            () = sleep(LOOK), if is_moving => false,
        }
    }

    /// What is to be shown, if it is not what was told last.
    pub(in crate::web::playground) fn read(&mut self) -> Option<&impl serde::Serialize> {
        let reading = self.panel.read();
        if self.last.as_ref() == Some(&reading) {
            return None;
        }
        Some(&*self.last.insert(reading))
    }
}
