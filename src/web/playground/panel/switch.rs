//! What stays broken until it is switched back.

use serde::{Deserialize, Serialize};

use crate::emulator::model::{Answer, ModelServer};

/// Said where the embedded model does not answer.
pub(super) const NEEDS_EMBEDDED: &str = "This needs the embedded model, and here another one answers.";

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Switch {
    Refused,
    Slow,
    DeadModel,
}

/// The first model of the ladder, on the embedded server.
#[derive(Clone, Debug)]
pub struct FirstModel {
    pub server: ModelServer,
    /// Its name there.
    pub name: String,
}

impl Switch {
    pub(super) const ALL: [Self; 3] = [Self::Refused, Self::Slow, Self::DeadModel];

    /// As requests and the page's script name it.
    pub(super) const fn id(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Slow => "slow",
            Self::DeadModel => "dead_model",
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Refused => "Discord refuses (429)",
            Self::Slow => "Slow Discord",
            Self::DeadModel => "First model is dead",
        }
    }

    /// What it does, and what to watch for.
    pub(super) const fn about(self) -> &'static str {
        match self {
            Self::Refused => "Every third message or edit waits a second; answers still come whole.",
            Self::Slow => "All of Discord takes 0.8 s longer. Answers lag; none is lost or doubled.",
            Self::DeadModel => "It answers 503. A lighter one speaks at once, and a small line names it.",
        }
    }
}

impl FirstModel {
    /// 503 for every request, or as usual.
    pub(super) fn kill(&self, on: bool) {
        self.server.always(&self.name, on.then(|| Answer::status(503)));
    }
}
