//! How hard it is to be let through, for those who can ask for less.

/// The state of one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pressure {
    /// Answers that are being shown.
    pub live: usize,
    /// Requests that wait for a place, of all classes.
    pub waiting: usize,
    /// Of these, edits of answers that still grow.
    pub intermediates: usize,
    /// Of these, all that go before such edits; the typing indicator does not.
    pub ahead: usize,
    /// Places of the whole bot that all intermediate edits together may take in one second.
    pub intermediates_per_second: usize,
    /// Intermediate edits are refused: Discord has refused too much lately, or everything.
    pub sparing: bool,
}
