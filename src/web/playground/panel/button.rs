//! What breaks once, at a push.

use serde::Deserialize;

/// Said when there is no bot to be ended.
pub(super) const NOT_THERE: &str = "The bot is being started again already.";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Button {
    Drop,
    Forget,
    Restart,
    Crash,
    /// Everything off.
    Fair,
}

impl Button {
    pub(super) const ALL: [Self; 5] = [Self::Drop, Self::Forget, Self::Restart, Self::Crash, Self::Fair];

    /// As requests and the page's script name it.
    pub(super) const fn id(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Forget => "forget",
            Self::Restart => "restart",
            Self::Crash => "crash",
            Self::Fair => "fair",
        }
    }

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Drop => "Drop the socket",
            Self::Forget => "Forget the session",
            Self::Restart => "Restart the bot",
            Self::Crash => "Crash the bot",
            Self::Fair => "Back to fair weather",
        }
    }

    /// What it does, and what to watch for.
    pub(super) const fn about(self) -> &'static str {
        match self {
            Self::Drop => "The connection breaks and is resumed; what was said then is answered.",
            Self::Forget => "Discord forgets the bot, which begins anew. Running answers go on.",
            Self::Restart => "Running answers are finished; the next start answers the others.",
            Self::Crash => "A power cut in mid-word. The next start makes that message whole.",
            Self::Fair => "Switches everything off.",
        }
    }
}
