use std::collections::VecDeque;
use std::future::{IntoFuture, pending};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::*;

/// One answer of the stand-in.
#[derive(Clone, Debug)]
pub(super) enum Script {
    Answer {
        status: u16,
        headers: Vec<(&'static str, &'static str)>,
        body: String,
    },
    /// Never answers.
    Silence,
}

impl Script {
    pub(super) fn status(status: u16) -> Self {
        Self::json(status, &json!({ "message": "Some Words", "code": 50_001 }))
    }

    pub(super) fn json(status: u16, body: &Value) -> Self {
        let headers = vec![("content-type", "application/json")];
        Self::Answer { status, headers, body: body.to_string() }
    }

    /// A 429 of the bot's own limit, with a wait of a few milliseconds.
    pub(super) fn refusal(scope: &'static str) -> Self {
        let headers = vec![("x-ratelimit-scope", scope), ("retry-after", "1")];
        Self::Answer { status: 429, headers, body: json!({ "retry_after": 0.005 }).to_string() }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// For example `POST /api/v10/channels/1/messages`.
    pub(super) line: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Asked {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

#[derive(Clone, Debug)]
pub(super) struct StandIn {
    pub(super) origin: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    script: Arc<Mutex<VecDeque<Script>>>,
}

impl StandIn {
    /// Follows the script, then answers 200 with a message id.
    pub(super) async fn start(script: impl IntoIterator<Item = Script>, shutdown: &Shutdown) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let standin = Self {
            origin: format!("http://{}", listener.local_addr().unwrap()),
            asked: Arc::default(),
            script: Arc::new(Mutex::new(script.into_iter().collect())),
        };
        let router = Router::new().fallback(answer).with_state(standin.clone());
        shutdown.spawn(axum::serve(listener, router).with_graceful_shutdown(shutdown.begun()).into_future());
        standin
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }
}

async fn answer(State(standin): State<StandIn>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
    let line = format!("{} {}", parts.method, parts.uri);
    standin.asked.lock().unwrap().push(Asked { line, headers: parts.headers, body });
    let scripted = standin.script.lock().unwrap().pop_front();
    match scripted.unwrap_or_else(|| Script::json(200, &json!({ "id": "77" }))) {
        Script::Silence => pending().await,
        Script::Answer { status, headers, body } => {
            let mut response = body.into_response();
            *response.status_mut() = status.try_into().unwrap();
            for (name, value) in headers {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            response
        }
    }
}
