//! Plays a plan: waits, sends, breaks.

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::stream;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, sleep_until};

use super::answer::Gate;
use super::ledger::Running;
use super::plan::{Step, event};
use super::shape::Shape;
use crate::shutdown::Shutdown;

/// An answer being sent. When the client leaves, it is dropped with its body.
#[derive(Debug)]
pub(super) struct Playback {
    pub(super) steps: std::vec::IntoIter<Step>,
    pub(super) shape: Shape,
    /// Between two tokens.
    pub(super) pace: Duration,
    pub(super) gate: Option<Gate>,
    pub(super) running: Running,
    pub(super) shutdown: Shutdown,
    /// When the next token is due.
    pub(super) due: Option<Instant>,
}

impl Playback {
    /// The body that this answer becomes.
    pub(super) fn into_body(self) -> Body {
        Body::from_stream(stream::unfold(self, |mut playback| async move {
            let piece = playback.next().await?;
            Some((piece, playback))
        }))
    }

    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        loop {
            let piece = match self.steps.next()? {
                Step::Send(event) => Ok(event.into()),
                Step::Token(text) => {
                    self.token().await?;
                    Ok(event(&self.shape.content(&text)).into())
                }
                Step::Beat => {
                    self.token().await?;
                    continue;
                }
                Step::Break => {
                    // A pause, in which what was sent before leaves the buffers.
                    yield_now().await;
                    Err(io::ErrorKind::ConnectionReset.into())
                }
                Step::Pause(pause) => {
                    sleep(pause).await;
                    continue;
                }
                Step::Hang => {
                    self.shutdown.begun().await;
                    return None;
                }
            };
            // Told with the last piece: a client that has read it may leave before it is asked for more.
            if self.steps.as_slice().is_empty() {
                self.running.sent();
            }
            return Some(piece);
        }
    }

    /// Waits until the next token is due. `None`: the server stops, and nobody will open the gate any more.
    async fn token(&mut self) -> Option<()> {
        if let Some(gate) = &self.gate {
            self.shutdown.unless_begun(gate.pass()).await?;
        }
        if self.pace > Duration::ZERO {
            let due = self.due.unwrap_or_else(Instant::now);
            sleep_until(due).await;
            self.due = Some(due + self.pace);
        }
        self.running.token_sent();
        Some(())
    }
}
