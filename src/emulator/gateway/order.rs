//! In which order events arrive that were held back.

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

/// Discord promises no order between events of different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As it happened.
    AsSent,
    /// The latest first.
    Reversed,
    /// Any order, the same for the same seed.
    Shuffled(u64),
}

impl Order {
    pub(super) fn arrange<T>(self, events: &mut [T]) {
        match self {
            Self::AsSent => {}
            Self::Reversed => events.reverse(),
            Self::Shuffled(seed) => events.shuffle(&mut StdRng::seed_from_u64(seed)),
        }
    }
}
