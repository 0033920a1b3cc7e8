//! Plays a plan: waits, sends, breaks.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::stream;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, sleep_until};

use super::answer::Gate;
use super::framing::{Framing, written};
use super::generations::Billing;
use super::ledger::Running;
use super::plan::{Step, event};
use super::shape::Shape;
use crate::shutdown::Shutdown;

/// An answer being sent. When the client leaves, it is dropped with its body.
#[derive(Debug)]
pub(super) struct Playback {
    pub(super) steps: VecDeque<Step>,
    pub(super) shape: Shape,
    /// Between two tokens.
    pub(super) pace: Duration,
    pub(super) gate: Option<Gate>,
    pub(super) framing: Vec<Framing>,
    /// Stands before `running`: whoever knows that an answer has ended finds its figures.
    pub(super) billing: Option<Billing>,
    pub(super) running: Running,
    pub(super) shutdown: Shutdown,
    pub(super) sending: Sending,
}

/// What is on its way.
#[derive(Debug, Default)]
pub(super) struct Sending {
    /// Pieces to go out, each in a write of its own.
    writes: VecDeque<Vec<u8>>,
    begun: bool,
    /// When the next token is due.
    due: Option<Instant>,
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
            if let Some(write) = self.write() {
                self.told();
                return Some(Ok(write.into()));
            }
            let Some(step) = self.steps.pop_front() else {
                self.told();
                return None;
            };
            match step {
                Step::Send(event) => self.frame(&event),
                Step::Token(text) => {
                    self.token().await?;
                    let event = event(&self.shape.content(&text));
                    self.frame(&event);
                }
                Step::TokenAs(event) => {
                    self.token().await?;
                    self.frame(&event);
                }
                Step::Beat => self.token().await?,
                Step::Break => {
                    // A pause, in which what was sent before leaves the buffers.
                    yield_now().await;
                    self.told();
                    return Some(Err(io::ErrorKind::ConnectionReset.into()));
                }
                Step::Pause(pause) => sleep(pause).await,
                Step::Drip(every, line) => {
                    self.shutdown.unless_begun(sleep(every)).await?;
                    self.frame(&line);
                    self.steps.push_front(Step::Drip(every, line));
                }
                Step::Hang => {
                    self.shutdown.begun().await;
                    return None;
                }
            }
        }
    }

    fn frame(&mut self, event: &str) {
        let first = !self.sending.begun;
        self.sending.begun = true;
        self.sending.writes.extend(written(&self.framing, event, first));
    }

    /// The next write that is to go out now.
    fn write(&mut self) -> Option<Vec<u8>> {
        if !self.framing.contains(&Framing::Together) {
            return self.sending.writes.pop_front();
        }
        let goes_on = matches!(
            self.steps.front(),
            Some(Step::Send(_) | Step::Token(_) | Step::TokenAs(_) | Step::Beat)
        );
        let held = !goes_on && !self.sending.writes.is_empty();
        held.then(|| self.sending.writes.drain(..).flatten().collect())
    }

    /// Tells the end with the last piece: a client that has read it may leave before it is asked for more.
    fn told(&mut self) {
        if self.steps.is_empty() && self.sending.writes.is_empty() {
            if let Some(billing) = &mut self.billing {
                billing.sent();
            }
            self.running.sent();
        }
    }

    /// Waits until the next token is due. `None`: the server stops, and nobody will open the gate any more.
    async fn token(&mut self) -> Option<()> {
        if let Some(gate) = &self.gate {
            self.shutdown.unless_begun(gate.pass()).await?;
        }
        if self.pace > Duration::ZERO {
            let due = self.sending.due.unwrap_or_else(Instant::now);
            sleep_until(due).await;
            self.sending.due = Some(due + self.pace);
        }
        self.running.token_sent();
        if let Some(billing) = &mut self.billing {
            billing.token_sent();
        }
        Some(())
    }
}
