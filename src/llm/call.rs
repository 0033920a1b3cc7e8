//! One request on its way: asked, then heard. Its state is kept here, so that a wait for it can be given up and taken
//! up again; dropping it closes the connection.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::client::Client;
use super::facts::Facts;
use super::failure::Failure;
use super::stream::{Read, Stream};
use super::trouble::Refusal;

/// One attempt at one rung.
pub(super) struct Call {
    pub(super) rung: usize,
    /// Its place among the attempts.
    pub(super) attempt: usize,
    /// It finds out whether its model is well again.
    pub(super) probe: bool,
    state: State,
}

enum State {
    Asking(BoxFuture<'static, Result<Stream, Refusal>>),
    Heard(Box<Stream>),
    /// No answer came.
    Refused,
}

/// Without what was said: it may not reach a log.
impl fmt::Debug for Call {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Call").field("rung", &self.rung).finish_non_exhaustive()
    }
}

impl Call {
    pub(super) fn new(client: Arc<Client>, body: Vec<u8>, rung: usize, attempt: usize) -> Self {
        let state = State::Asking(Box::pin(client.send(body)));
        Self { rung, attempt, probe: false, state }
    }

    /// Waits for the first visible text. Dropping the future loses nothing.
    pub(super) async fn first_words(&mut self) -> Result<String, Refusal> {
        if let State::Asking(asking) = &mut self.state {
            match asking.await {
                Ok(stream) => self.state = State::Heard(Box::new(stream)),
                Err(refusal) => {
                    self.state = State::Refused;
                    return Err(refusal);
                }
            }
        }
        let State::Heard(stream) = &mut self.state else { return Err(Failure::Interrupted.into()) };
        loop {
            match stream.read().await {
                Read::Text(text) => return Ok(text),
                // It finished without a word: there is nothing to wait for.
                Read::Alive if stream.is_finishing() => stream.give_up(Failure::Empty),
                Read::Alive => {}
                Read::Ended(outcome) => return Err(outcome.err().unwrap_or(Failure::Empty).into()),
            }
        }
    }

    /// Waits for the next read, once it was heard.
    pub(super) async fn read(&mut self) -> Read {
        match &mut self.state {
            State::Heard(stream) => stream.read().await,
            State::Asking(_) | State::Refused => Read::Ended(Err(Failure::Interrupted)),
        }
    }

    pub(super) fn give_up(&mut self, failure: Failure) {
        if let State::Heard(stream) = &mut self.state {
            stream.give_up(failure);
        }
    }

    pub(super) fn is_finishing(&self) -> bool {
        matches!(&self.state, State::Heard(stream) if stream.is_finishing())
    }

    /// What the answer told so far. `None`: not even its head came.
    pub(super) fn facts(&self) -> Option<&Facts> {
        match &self.state {
            State::Heard(stream) => Some(stream.facts()),
            State::Asking(_) | State::Refused => None,
        }
    }
}
