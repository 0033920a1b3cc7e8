//! How urgent a request is.

use std::time::Duration;

/// What a request is for. The order is the order of service: the first class goes first.
///
/// A final edit or an ordinary request that has waited for long is served as if it were first words, so nothing
/// starves behind a flood. The last two classes never age: what they would show is overtaken by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// The first answer to an interaction, due within three seconds.
    Callback,
    /// The post that shows that an answer has begun.
    FirstWords,
    /// The edit that completes an answer.
    FinalEdit,
    /// Everything that no other class names.
    Other,
    /// An edit of an answer that still grows.
    Intermediate,
    /// The typing indicator.
    Typing,
}

impl Class {
    /// By rank.
    pub const ALL: [Self; 6] =
        [Self::Callback, Self::FirstWords, Self::FinalEdit, Self::Other, Self::Intermediate, Self::Typing];

    /// How long it is worth waiting for a place at most, where a request in general may wait for so long.
    pub(super) fn patience(self, usual: Duration) -> Duration {
        match self {
            // Discord takes the first answer for so long.
            Self::Callback => usual.min(Duration::from_secs(3)),
            Self::Intermediate => usual.min(Duration::from_secs(10)),
            // So long Discord shows one.
            Self::Typing => usual.min(Duration::from_secs(10)),
            Self::FirstWords | Self::FinalEdit | Self::Other => usual,
        }
    }

    /// Whether the request is worth nothing once a newer one of its kind exists: it is never repeated, and takes no
    /// place that something better may soon need.
    pub(super) const fn is_passing(self) -> bool {
        matches!(self, Self::Intermediate | Self::Typing)
    }

    /// How many free requests a bucket must have. The last one belongs to the edit that completes an answer.
    pub(super) const fn needs(self) -> u32 {
        match self {
            Self::Intermediate => 2,
            _ => 1,
        }
    }

    pub(super) const fn rank(self) -> u8 {
        self as u8
    }
}
