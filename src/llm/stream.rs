//! One answer while it arrives: an HTTP body that is pulled and decoded.

use reqwest::Response;

use super::decoder::Decoder;
use super::facts::Facts;
use super::failure::Failure;

/// The answer to one request. Dropping it closes the connection.
pub(super) struct Stream {
    /// `None` once the end is known: the connection goes back to the pool, or is closed.
    response: Option<Response>,
    decoder: Decoder,
    /// Text that came with the head.
    early: String,
}

/// What one read brought.
pub(super) enum Read {
    Text(String),
    /// A comment, reasoning, figures: a sign of life without text.
    Alive,
    Ended(Result<(), Failure>),
}

impl Read {
    fn of(text: String) -> Self {
        if text.is_empty() { Self::Alive } else { Self::Text(text) }
    }
}

impl Stream {
    pub(super) fn of_events(response: Response, id: Option<String>) -> Self {
        let mut decoder = Decoder::default();
        decoder.set_id(id);
        Self { response: Some(response), decoder, early: String::new() }
    }

    pub(super) fn of_whole(body: &[u8], id: Option<String>) -> Self {
        let mut decoder = Decoder::default();
        decoder.set_id(id);
        let early = decoder.whole(body);
        Self { response: None, decoder, early }
    }

    /// Waits for the next read. Dropping the future loses nothing.
    pub(super) async fn read(&mut self) -> Read {
        if !self.early.is_empty() {
            return Read::Text(std::mem::take(&mut self.early));
        }
        if let Some(outcome) = self.decoder.outcome() {
            self.response = None;
            return Read::Ended(outcome);
        }
        let Some(response) = &mut self.response else {
            return Read::of(self.decoder.close());
        };
        match response.chunk().await {
            Ok(Some(bytes)) => Read::of(self.decoder.feed(&bytes)),
            Ok(None) => Read::of(self.decoder.close()),
            Err(_) => {
                self.decoder.give_up(Failure::Interrupted);
                Read::Alive
            }
        }
    }

    /// Ends it from this side: the reader has waited long enough. The connection is closed.
    pub(super) fn give_up(&mut self, failure: Failure) {
        self.response = None;
        self.decoder.give_up(failure);
    }

    /// See [`Decoder::is_finishing`].
    pub(super) fn is_finishing(&self) -> bool {
        self.decoder.is_finishing()
    }

    pub(super) fn facts(&self) -> &Facts {
        self.decoder.facts()
    }
}
