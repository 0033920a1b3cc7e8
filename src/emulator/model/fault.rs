//! What goes wrong with an answer.

use std::time::Duration;

use super::error_event::ErrorEvent;
use super::refusal::Refusal;

/// What goes wrong with an answer. Positions are characters of its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An error instead of a stream. An empty body is sent empty, anything else as JSON.
    Status { status: u16, body: String, retry_after: Option<String> },
    /// An error instead of a stream, with everything chosen.
    Refused(Refusal),
    /// A head of status 200 with this type, this body, and no word of the answer's own.
    Raw { content_type: String, body: String },
    /// The request is read and never answered.
    Mute,
    /// The connection closes before any byte of the head.
    CutBeforeHead,
    /// The connection closes right after the head.
    CutAtHead,
    /// A comment and some reasoning, then nothing more.
    Silent,
    /// Comments for ever, one each time this has passed, and never text.
    Drip(Duration),
    /// It stops there and keeps the connection.
    Stall(usize),
    /// The connection breaks there.
    CutAfter(usize),
    /// The body ends there, in good order but without a finish.
    EndAfter(usize),
    /// An error comes there with this code, as the dialect tells it.
    ErrorAfter(usize, i64),
    /// This error event comes there.
    FailAfter(usize, ErrorEvent),
    /// It finishes well, without a word.
    Empty,
    /// It finishes well, but the body does not end.
    Linger,
    /// It finishes, and the body ends without `[DONE]`.
    NoDone,
    /// `[DONE]` comes without a finish.
    NoFinish,
    /// `[DONE]` and nothing else.
    OnlyDone,
    /// An event that is no JSON.
    Garbage,
}

impl Fault {
    /// How many characters of a text are said, at most.
    pub(super) fn said(&self) -> usize {
        match self {
            Self::Stall(at)
            | Self::CutAfter(at)
            | Self::EndAfter(at)
            | Self::ErrorAfter(at, _)
            | Self::FailAfter(at, _) => *at,
            Self::Empty | Self::Silent | Self::Garbage | Self::OnlyDone | Self::CutAtHead | Self::Drip(_) => {
                0
            }
            _ => usize::MAX,
        }
    }

    /// The error that comes instead of an answer.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Status { status, body, retry_after } => {
                let refusal = Refusal::new(*status);
                let refusal = if body.is_empty() { refusal.empty() } else { refusal.json_text(body.clone()) };
                Some(match retry_after {
                    Some(seconds) => refusal.retry_after(seconds),
                    None => refusal,
                })
            }
            Self::Refused(refusal) => Some(refusal.clone()),
            _ => None,
        }
    }
}
