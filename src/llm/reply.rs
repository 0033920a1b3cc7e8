//! A reply that has begun: pulled by its reader, at its reader's pace.

use std::fmt;

use futures_util::FutureExt;
use tokio::time::{Instant, timeout_at};

use super::failure::Failure;
use super::ladder::{Ladder, Walk};
use super::report::{Report, millis};
use super::stream::{Read, Stream};

/// About how much text is gathered into one piece, in bytes, when more of it is here already.
const PIECE: usize = 64 * 1024;

/// A stream of text whose first piece is here. Dropping it closes the connection.
pub struct Reply {
    ladder: Ladder,
    stream: Stream,
    first: Option<String>,
    walk: Walk,
    first_token: Instant,
    /// When it ended; `None` while it runs.
    ended: Option<Instant>,
    /// Since when the model is done and only its figures are waited for.
    finishing: Option<Instant>,
}

/// Without what was said: it may not reach a log.
impl fmt::Debug for Reply {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Reply").field("report", &self.report()).finish_non_exhaustive()
    }
}

impl Reply {
    pub(super) fn new(ladder: Ladder, stream: Stream, first: String, walk: Walk) -> Self {
        let first_token = Instant::now();
        Self { ladder, stream, first: Some(first), walk, first_token, ended: None, finishing: None }
    }

    /// Waits for text, and gives all of it that is here. `None`: the reply is complete, or its failure has been told.
    /// Dropping the future loses nothing.
    ///
    /// # Errors
    /// When the model broke off; what it said before stays said.
    pub async fn next(&mut self) -> Option<Result<String, Failure>> {
        if let Some(text) = self.ready() {
            return Some(Ok(text));
        }
        while self.ended.is_none() {
            let Ok(read) = timeout_at(self.limit(), self.stream.read()).await else {
                self.stream.give_up(Failure::Stalled);
                continue;
            };
            match read {
                Read::Text(text) => return Some(Ok(self.gather(text))),
                Read::Alive => {}
                Read::Ended(outcome) => return self.end(outcome).map(Err),
            }
        }
        None
    }

    /// Text that is here already. `None`: it would have to be waited for.
    pub fn ready(&mut self) -> Option<String> {
        let first = self.first.take().unwrap_or_default();
        Some(self.gather(first)).filter(|text| !text.is_empty())
    }

    /// How it went so far. Complete once [`Reply::next`] gave `None` or an error, true to what is known at any time.
    pub fn report(&self) -> Report {
        let facts = self.stream.facts().clone();
        let end = self.ended.unwrap_or_else(Instant::now);
        Report {
            attempts: self.walk.attempts.clone(),
            model_asked: self.model().to_owned(),
            model_answered: facts.model,
            provider: facts.provider,
            generation_id: facts.id,
            usage: facts.usage,
            first_token_ms: millis(self.first_token - self.walk.started),
            total_ms: millis(end - self.walk.started),
            finish: facts.finish,
        }
    }

    fn model(&self) -> &str {
        self.walk.attempts.last().map_or("", |attempt| &attempt.model)
    }

    fn gather(&mut self, mut text: String) -> String {
        while self.ended.is_none() && text.len() < PIECE {
            match self.stream.read().now_or_never() {
                Some(Read::Text(more)) => text.push_str(&more),
                Some(Read::Alive) => {}
                // The end is told by the next call, once the text is handed up.
                Some(Read::Ended(_)) | None => break,
            }
        }
        text
    }

    /// The clocks run while somebody waits: a reader that takes its time is no fault of the model.
    fn limit(&mut self) -> Instant {
        let (settings, now) = (self.ladder.settings(), Instant::now());
        let limit = if self.stream.is_finishing() {
            *self.finishing.get_or_insert(now) + settings.tail
        } else {
            now + settings.idle
        };
        limit.min(self.walk.deadline)
    }

    fn end(&mut self, outcome: Result<(), Failure>) -> Option<Failure> {
        let ended = Instant::now();
        self.ended = Some(ended);
        let Err(failure) = outcome else {
            self.ladder.note_success();
            return None;
        };
        self.ladder.note_failure(self.model(), failure, millis(ended - self.walk.started));
        if let Some(attempt) = self.walk.attempts.last_mut() {
            attempt.failure = Some(failure);
        }
        Some(failure)
    }
}
