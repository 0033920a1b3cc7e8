//! A server that answers as it is told, and holds answers back when it is told to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::response::{IntoResponse, Response};
use axum::{Router, serve};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use crate::llm::catalog::{Catalog, CatalogSettings, Source};
use crate::shutdown::Shutdown;
use crate::status::Status;

/// Longer than any test takes: what waits for it, hangs.
const NEVER: Duration = Duration::from_secs(600);

pub(super) struct Server {
    desk: Arc<Desk>,
    pub(super) base_url: String,
    pub(super) settings: CatalogSettings,
    pub(super) first_pause: Duration,
    pub(super) status: Status,
    /// Of the catalog.
    pub(super) shutdown: Shutdown,
    own: Shutdown,
}

struct Desk {
    /// The last one is given again and again.
    answers: Mutex<VecDeque<(u16, String)>>,
    /// Paths with queries, and the key.
    asked: watch::Sender<Vec<(String, Option<String>)>>,
    /// Answers that may go out.
    gate: Semaphore,
}

impl Server {
    pub(super) async fn start(answers: impl IntoIterator<Item = (u16, String)>) -> Self {
        let server = Self::held(answers).await;
        server.release(Semaphore::MAX_PERMITS >> 1);
        server
    }

    /// No answer goes out before it is released.
    pub(super) async fn held(answers: impl IntoIterator<Item = (u16, String)>) -> Self {
        let answers = Mutex::new(answers.into_iter().collect());
        let desk = Arc::new(Desk { answers, asked: watch::Sender::default(), gate: Semaphore::new(0) });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/api/v1", listener.local_addr().unwrap());
        let own = Shutdown::default();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&desk));
        let stop = own.clone();
        own.spawn(async move { stop.unless_begun(async { serve(listener, router).await }).await });
        Self {
            desk,
            base_url,
            settings: CatalogSettings { timeout: NEVER, ..CatalogSettings::default() },
            first_pause: NEVER,
            status: Status::default(),
            shutdown: Shutdown::default(),
            own,
        }
    }

    pub(super) fn release(&self, answers: usize) {
        self.desk.gate.add_permits(answers);
    }

    /// What was asked, as soon as it is this much.
    pub(super) async fn asked(&self, count: usize) -> Vec<(String, Option<String>)> {
        self.desk.asked.subscribe().wait_for(|asked| asked.len() >= count).await.unwrap().clone()
    }

    pub(super) fn requests(&self) -> usize {
        self.desk.asked.borrow().len()
    }

    pub(super) fn source(&self) -> Source {
        Source {
            name: String::new(),
            base_url: self.base_url.clone(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            key: None,
            openrouter: true,
            free: false,
        }
    }

    pub(super) fn catalog(&self) -> Catalog {
        self.catalog_of(self.source())
    }

    pub(super) fn catalog_of(&self, source: Source) -> Catalog {
        let (settings, status, shutdown) =
            (self.settings.clone(), self.status.clone(), self.shutdown.clone());
        Catalog::with_pause(settings, source, status, shutdown, self.first_pause)
    }

    /// Nothing listens there any more.
    pub(super) async fn close(&self) {
        self.own.begin();
        assert!(self.own.drain(NEVER).await);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.own.begin();
        self.shutdown.begin();
    }
}

async fn answer(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    let path = request.uri().path_and_query().unwrap().to_string();
    let key = request.headers().get(AUTHORIZATION).map(|key| key.to_str().unwrap().to_owned());
    desk.asked.send_modify(|asked| asked.push((path, key)));
    desk.gate.acquire().await.unwrap().forget();
    let mut answers = desk.answers.lock().unwrap();
    let (status, body) =
        if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() }.unwrap();
    (StatusCode::from_u16(status).unwrap(), body).into_response()
}

/// A list of models with nothing but ids.
pub(super) fn list(ids: &[&str]) -> (u16, String) {
    page(ids, None)
}

pub(super) fn page(ids: &[&str], next: Option<&str>) -> (u16, String) {
    let data: Vec<_> = ids.iter().map(|id| serde_json::json!({"id": id})).collect();
    (200, serde_json::json!({"data": data, "links": {"next": next}}).to_string())
}

pub(super) fn error(status: u16) -> (u16, String) {
    (status, r#"{"error":{"code":500,"message":"no"}}"#.to_owned())
}
