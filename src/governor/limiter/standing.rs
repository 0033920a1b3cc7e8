//! How the bot stands with Discord.

use super::Mode;
use super::invalid::Level;

/// How the bot stands with Discord.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    #[default]
    Well,
    /// Discord has refused much lately: nothing is sent that can be done without.
    Sparing,
    /// It has refused so much that only callbacks are sent.
    Paused,
    /// It has refused the bot token: nothing is sent any more.
    Stopped,
    /// Limits are kept by somebody else.
    Off,
}

impl Standing {
    pub(super) const fn of(is_stopped: bool, level: Level, mode: Mode) -> Self {
        match (is_stopped, level, mode) {
            (true, ..) => Self::Stopped,
            (false, Level::Paused, _) => Self::Paused,
            (false, Level::Sparing, _) => Self::Sparing,
            (false, Level::Well, Mode::Off) => Self::Off,
            (false, Level::Well, Mode::On) => Self::Well,
        }
    }
}
