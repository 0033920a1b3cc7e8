//! The models in their order: whoever speaks first, in that order, is heard.
//!
//! Until a model has said something that can be seen, its failure costs nothing but time: the next one is asked. After
//! that the reply belongs to the model that began it.

use std::sync::Arc;

use tokio::time::{Instant, timeout_at};
use tracing::warn;

use super::client::Client;
use super::failure::Failure;
use super::reply::Reply;
use super::report::{Attempt, millis};
use super::request::Request;
use super::settings::Settings;
use super::stream::{Read, Stream};
use crate::status::Status;

/// A handle to the models. Clones share one client.
#[derive(Clone, Debug)]
pub struct Ladder {
    client: Arc<Client>,
    status: Status,
}

/// No model spoke.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("none of {} models answered: {}", self.attempts.len(), self.cause())]
pub struct Exhausted {
    /// One per model asked; empty when there was none to ask.
    pub attempts: Vec<Attempt>,
}

impl Exhausted {
    /// The failure that somebody can do the most about; the last one when all are alike.
    pub fn cause(&self) -> &Failure {
        let failures = self.attempts.iter().filter_map(|attempt| attempt.failure.as_ref());
        failures.max_by_key(|failure| failure.urgency()).unwrap_or(&Failure::NoSuchModel)
    }
}

/// One walk over the ladder, as far as it has come.
#[derive(Debug)]
pub(super) struct Walk {
    pub(super) attempts: Vec<Attempt>,
    pub(super) started: Instant,
    /// When all models together have used up their time.
    pub(super) deadline: Instant,
}

impl Ladder {
    pub fn new(settings: Settings, client: reqwest::Client, status: Status) -> Self {
        Self { client: Arc::new(Client::new(settings, client)), status }
    }

    /// Asks model after model until one begins to speak. Dropping the future closes the connection.
    ///
    /// # Errors
    /// When none does within the time that all have together, or when the account itself is refused.
    pub async fn open(&self, request: &Request) -> Result<Reply, Exhausted> {
        let settings = self.client.settings();
        let models = if request.models.is_empty() { &settings.models } else { &request.models };
        let started = Instant::now();
        let mut walk = Walk { attempts: Vec::new(), started, deadline: started + settings.total };
        for (index, model) in models.iter().enumerate() {
            let limit = self.limit(&walk, index + 1 == models.len());
            match self.attempt(model, request, limit, &mut walk).await {
                Ok((stream, first)) => return Ok(Reply::new(self.clone(), stream, first, walk)),
                Err(failure) if failure.concerns_the_account() || Instant::now() >= walk.deadline => break,
                Err(_) => {}
            }
        }
        Err(Exhausted { attempts: walk.attempts })
    }

    /// When to stop waiting for the next model. The last one is better late than never.
    fn limit(&self, walk: &Walk, is_last: bool) -> Instant {
        if is_last { walk.deadline } else { walk.deadline.min(Instant::now() + self.settings().first_token) }
    }

    async fn attempt(
        &self,
        model: &str,
        request: &Request,
        limit: Instant,
        walk: &mut Walk,
    ) -> Result<(Stream, String), Failure> {
        let asked = Instant::now();
        let outcome =
            timeout_at(limit, self.first_words(model, request)).await.unwrap_or(Err(Failure::Silent));
        let (ms, failure) = (millis(asked.elapsed()), outcome.as_ref().err().copied());
        walk.attempts.push(Attempt { model: model.to_owned(), failure, ms });
        if let Some(failure) = failure {
            self.note_failure(model, failure, ms);
        }
        outcome
    }

    async fn first_words(&self, model: &str, request: &Request) -> Result<(Stream, String), Failure> {
        let mut stream = self.client.send(model, request).await?;
        loop {
            match stream.read().await {
                Read::Text(text) => return Ok((stream, text)),
                // It finished without a word: there is nothing to wait for.
                Read::Alive if stream.is_finishing() => stream.give_up(Failure::Empty),
                Read::Alive => {}
                Read::Ended(outcome) => return Err(outcome.err().unwrap_or(Failure::Empty)),
            }
        }
    }

    pub(super) fn settings(&self) -> &Settings {
        self.client.settings()
    }

    pub(super) fn note_success(&self) {
        self.status.model_succeeded();
    }

    /// The one place that logs a model's failure.
    pub(super) fn note_failure(&self, model: &str, failure: Failure, ms: u64) {
        self.status.model_failed();
        warn!(
            llm.model = model,
            llm.failure = failure.code(),
            llm.elapsed_ms = ms,
            "a model failed: {failure}"
        );
    }
}
