//! What becomes of something that was said, before any of it is answered.

use std::sync::Arc;

use super::rates::TooFast;
use super::turn::Turn;
use crate::persona::Persona;

/// What became of something that was said.
pub enum Admission {
    /// It is answered: run the turn and close it.
    Turn(Box<Turn>),
    /// The same trigger arrived before.
    Known,
    /// Too much is waiting. The turn is in the journal, closed as refused.
    Full(Arc<Persona>, Full),
    /// It comes too soon after others. The turn is in the journal, closed as refused.
    TooFast(Arc<Persona>, TooFast),
    /// The process is stopping. The turn is in the journal, the next start answers it.
    Later,
}

/// Where there is no room for a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full {
    pub what: Crowd,
    /// Whether somebody was told so there, and it has stayed so since: once is kind, more is noise.
    pub told: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crowd {
    /// Too many turns wait in this conversation.
    Conversation,
    /// Too many turns run or wait everywhere.
    Bot,
}

/// An unfinished turn of an earlier run of the process.
pub enum Unfinished {
    /// Young enough to be answered now.
    Resumed(Box<Turn>),
    /// Too old: it is to be closed in words.
    Stale(Box<Turn>),
}
