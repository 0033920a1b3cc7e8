//! What came of it, in figures.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;

use super::switch::Switch;
use crate::emulator::Emulator;
use crate::web::playground::power::Phase;

/// What the bot counts, all its lives together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub starts: u64,
    /// Requests to Discord.
    pub sent: u64,
    /// Those that had to wait for their place.
    pub waited: u64,
    /// Those that wait now.
    pub waiting: u64,
    /// Answers that are being shown now.
    pub streaming: u64,
}

pub type ReadTally = Arc<dyn Fn() -> Tally + Send + Sync>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Figure {
    pub(super) id: &'static str,
    #[serde(skip)]
    pub(super) label: &'static str,
    pub(super) value: u64,
}

/// All of the panel that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Reading {
    pub(super) on: BTreeSet<Switch>,
    /// What is broken now; empty in fair weather.
    pub(super) weather: String,
    /// What is being done with the bot; empty while it is there.
    pub(super) bot: &'static str,
    pub(super) figures: Vec<Figure>,
    /// It changes by itself, without a word from Discord.
    #[serde(skip)]
    pub(super) is_moving: bool,
}

pub(super) fn figures(emulator: &Emulator, tally: Tally) -> Vec<Figure> {
    let figure = |id, label, value| Figure { id, label, value };
    vec![
        figure("streaming", "streaming", tally.streaming),
        figure("waiting", "waiting", tally.waiting),
        figure("sent", "requests", tally.sent),
        figure("waited", "had to wait", tally.waited),
        figure("refused", "429s", emulator.refused()),
        figure("resumes", "resumes", emulator.resumes()),
        figure("sessions", "sessions", emulator.identifies()),
        figure("starts", "starts", tally.starts),
    ]
}

impl Reading {
    pub(super) fn new(on: BTreeSet<Switch>, phase: Phase, figures: Vec<Figure>) -> Self {
        let labels: Vec<_> = on.iter().map(|switch| switch.label()).collect();
        let is_moving = |figure: &Figure| matches!(figure.id, "streaming" | "waiting") && figure.value > 0;
        let is_moving = figures.iter().any(is_moving);
        Self { weather: labels.join(" · "), on, bot: words(phase), figures, is_moving }
    }
}

const fn words(phase: Phase) -> &'static str {
    match phase {
        Phase::Up => "",
        Phase::Stopping => "The bot finishes its answers, then it starts again.",
        Phase::Crashing | Phase::Starting => "The bot is gone and is being started again.",
    }
}
