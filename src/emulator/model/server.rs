//! The server's handle.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpListener;

use super::account::KeyFigures;
use super::answer::Answer;
use super::desk::Desk;
use super::door::{Door, Line};
use super::ledger::Received;
use super::listed::Listed;
use super::routes;
use crate::shutdown::Shutdown;

/// How the server behaves where no script says otherwise.
#[derive(Clone, Debug)]
pub struct ModelSettings {
    pub listen: SocketAddr,
    /// The key that requests must carry; `None` takes any, and none.
    pub key: Option<String>,
    /// The models that exist; empty: every one that is asked for.
    pub models: Vec<String>,
    pub first_token: Duration,
    /// `None`: all at once.
    pub tokens_per_second: Option<f64>,
    /// How many requests are remembered, the newest.
    pub kept_requests: usize,
    /// Whether an answer that a client left is charged in full, as Google's endpoints do; otherwise for what was sent.
    pub bills_cancelled: bool,
    /// What there is to spend, in nano-dollars; `None`: without end.
    pub credit: Option<i64>,
}

impl Default for ModelSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            key: None,
            models: Vec::new(),
            first_token: Duration::ZERO,
            tokens_per_second: None,
            kept_requests: 1_000,
            bills_cancelled: false,
            credit: None,
        }
    }
}

impl ModelSettings {
    /// The pace of a quick model, pleasant to read along with.
    pub fn playground() -> Self {
        Self {
            first_token: Duration::from_millis(300),
            tokens_per_second: Some(40.0),
            kept_requests: 16,
            ..Self::default()
        }
    }
}

/// A running model server. Clones are handles to the same one.
#[derive(Clone, Debug)]
pub struct ModelServer {
    address: SocketAddr,
    desk: Desk,
}

impl ModelServer {
    /// Starts to serve. When `shutdown` begins, running answers are finished, and held or hanging ones end.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn start(settings: ModelSettings, shutdown: &Shutdown) -> io::Result<Self> {
        let listener = TcpListener::bind(settings.listen).await?;
        let address = listener.local_addr()?;
        let desk = Desk::new(settings, shutdown.clone());
        let app = routes::router(desk.clone()).into_make_service_with_connect_info::<Line>();
        let stop = shutdown.begun();
        shutdown.spawn(async move { axum::serve(Door { listener }, app).with_graceful_shutdown(stop).await });
        Ok(Self { address, desk })
    }

    /// What a client takes for OpenRouter's `https://openrouter.ai/api/v1`.
    pub fn base_url(&self) -> String {
        format!("http://{}/api/v1", self.address)
    }

    /// The same server as a plain OpenAI-compatible one.
    pub fn openai_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Adds the answer to one more request, for whichever model.
    pub fn script(&self, answer: Answer) {
        self.desk.ledger.script(answer);
    }

    /// Adds the answer to one more request for this model. Comes before [`ModelServer::always`] and
    /// [`ModelServer::script`].
    pub fn script_for(&self, model: &str, answer: Answer) {
        self.desk.ledger.script_for(model, answer);
    }

    /// Answers every request for this model so, until told otherwise: a dead model is one line.
    pub fn always(&self, model: &str, answer: impl Into<Option<Answer>>) {
        self.desk.ledger.always(model, answer.into());
    }

    /// How many scripted answers nobody has asked for.
    pub fn unused(&self) -> usize {
        self.desk.ledger.unused()
    }

    /// The requests that are remembered, oldest first.
    pub fn requests(&self) -> Vec<Received> {
        self.desk.ledger.requests()
    }

    /// Waits for the next request that nobody has waited for. Each is given once, in the order of arrival.
    pub async fn wait_for_request(&self) -> Received {
        self.desk.ledger.next_request().await
    }

    /// Waits until a request is answered or its client has left. `None`: it is no longer remembered.
    pub async fn wait_for_end(&self, number: u64) -> Option<Received> {
        self.desk.ledger.ended(number).await
    }

    /// Lists these models, a thousand at most, instead of those that exist. An unlisted model still answers.
    pub fn list(&self, models: Vec<Listed>) {
        self.desk.catalog.list(models);
    }

    /// Answers requests for the list so, until told otherwise. The answer's fault counts: an error, a raw body, or
    /// silence.
    pub fn catalog_fault(&self, answer: impl Into<Option<Answer>>) {
        self.desk.catalog.set_fault(answer.into());
    }

    /// How often the list was asked for.
    pub fn catalog_requests(&self) -> u64 {
        self.desk.catalog.requests()
    }

    /// Lets so many questions about each answer be in vain before it is told.
    pub fn generation_after(&self, asks: u32) {
        self.desk.generations.hide(asks);
    }

    /// The ids of the answers that were asked about, oldest first, the newest thousand.
    pub fn generations_asked(&self) -> Vec<String> {
        self.desk.generations.asked()
    }

    /// What `GET /key` tells.
    pub fn key_figures(&self, figures: KeyFigures) {
        self.desk.account.set_figures(figures);
    }

    /// What is left of the credit, in nano-dollars, rounded down.
    pub fn credit(&self) -> Option<i64> {
        self.desk.account.credit()
    }

    /// Nano-dollars; below zero nothing is answered.
    pub fn set_credit(&self, nano_dollars: Option<i64>) {
        self.desk.account.set_credit(nano_dollars);
    }
}
