//! The server's handle.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;

use super::answer::Answer;
use super::ledger::{Ledger, Received};
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
    ledger: Ledger,
}

impl ModelServer {
    /// Starts to serve. When `shutdown` begins, running answers are finished, and held or hanging ones end.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn start(settings: ModelSettings, shutdown: &Shutdown) -> io::Result<Self> {
        let listener = TcpListener::bind(settings.listen).await?;
        let address = listener.local_addr()?;
        let ledger = Ledger::new(settings.kept_requests);
        let app = routes::router(settings, ledger.clone(), shutdown.clone());
        // Without this a token may wait for the acknowledgement of the one before.
        let listener = listener.tap_io(|socket| {
            let _ = socket.set_nodelay(true);
        });
        let stop = shutdown.begun();
        shutdown.spawn(async move { axum::serve(listener, app).with_graceful_shutdown(stop).await });
        Ok(Self { address, ledger })
    }

    /// What a client takes for OpenRouter's `https://openrouter.ai/api/v1`.
    pub fn base_url(&self) -> String {
        format!("http://{}/api/v1", self.address)
    }

    /// Adds the answer to one more request, for whichever model.
    pub fn script(&self, answer: Answer) {
        self.ledger.script(answer);
    }

    /// Adds the answer to one more request for this model. Comes before [`ModelServer::always`] and
    /// [`ModelServer::script`].
    pub fn script_for(&self, model: &str, answer: Answer) {
        self.ledger.script_for(model, answer);
    }

    /// Answers every request for this model so, until told otherwise: a dead model is one line.
    pub fn always(&self, model: &str, answer: impl Into<Option<Answer>>) {
        self.ledger.always(model, answer.into());
    }

    /// How many scripted answers nobody has asked for.
    pub fn unused(&self) -> usize {
        self.ledger.unused()
    }

    /// The requests that are remembered, oldest first.
    pub fn requests(&self) -> Vec<Received> {
        self.ledger.requests()
    }

    /// Waits for the next request that nobody has waited for. Each is given once, in the order of arrival.
    pub async fn wait_for_request(&self) -> Received {
        self.ledger.next_request().await
    }

    /// Waits until a request is answered or its client has left. `None`: it is no longer remembered.
    pub async fn wait_for_end(&self, number: u64) -> Option<Received> {
        self.ledger.ended(number).await
    }
}
