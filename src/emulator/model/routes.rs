//! The HTTP surface: who may ask, what is asked, which answer it gets.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::Value;

use super::answer::{Answer, Fault};
use super::ledger::{Ledger, Running};
use super::plan::{self, Step, Timing};
use super::playback::Playback;
use super::server::ModelSettings;
use super::shape::{self, Shape};
use super::speaker;
use crate::shutdown::Shutdown;

const GENERATION_ID: &str = "x-generation-id";
/// What `GET /models` lists when every model exists.
const SOME_MODELS: [&str; 3] =
    ["google/gemini-2.5-flash", "google/gemini-2.5-flash-lite", "~google/gemini-flash-latest"];

struct Desk {
    settings: ModelSettings,
    ledger: Ledger,
    shutdown: Shutdown,
}

pub(super) fn router(settings: ModelSettings, ledger: Ledger, shutdown: Shutdown) -> Router {
    Router::new()
        .route("/api/v1/chat/completions", post(complete))
        .route("/api/v1/models", get(models))
        .route("/api/v1/key", get(key))
        .fallback(async || refuse(404, "there is nothing here"))
        .with_state(Arc::new(Desk { settings, ledger, shutdown }))
}

async fn models(State(desk): State<Arc<Desk>>) -> Json<Value> {
    let some = || SOME_MODELS.map(str::to_owned).to_vec();
    let models = if desk.settings.models.is_empty() { some() } else { desk.settings.models.clone() };
    Json(shape::models(&models))
}

async fn key(State(desk): State<Arc<Desk>>, headers: HeaderMap) -> Response {
    if desk.admits(&headers) { Json(shape::key()).into_response() } else { refuse(401, "wrong key") }
}

async fn complete(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> Response {
    let Ok(body) = serde_json::from_slice::<Value>(&body) else {
        return refuse(400, "the body is not JSON");
    };
    let model = body["model"].as_str().unwrap_or_default().to_owned();
    let mut running = desk.ledger.receive(&model, body.clone(), kept(&headers));
    let refusal = if !desk.admits(&headers) {
        refuse(401, "wrong key")
    } else if body["messages"].as_array().is_none_or(Vec::is_empty) {
        refuse(400, "messages: expected at least one")
    } else if !desk.settings.models.is_empty() && !desk.settings.models.contains(&model) {
        refuse(400, &format!("{model} is not a valid model ID"))
    } else {
        return desk.answer(desk.ledger.take_script(&model), &body, running).await;
    };
    running.sent();
    refusal
}

impl Desk {
    fn admits(&self, headers: &HeaderMap) -> bool {
        let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        self.settings.key.as_deref().is_none_or(|key| given == Some(key))
    }

    async fn answer(&self, answer: Answer, body: &Value, mut running: Running) -> Response {
        match &answer.fault {
            Some(Fault::Status { status, body, retry_after }) => {
                running.sent();
                refuse_with(*status, body, retry_after.as_deref())
            }
            Some(Fault::Raw { content_type, body }) => {
                running.sent();
                ([(CONTENT_TYPE, content_type.clone())], body.clone()).into_response()
            }
            Some(Fault::Mute) => {
                self.shutdown.begun().await;
                refuse(503, "the server stops")
            }
            _ if body["stream"] == true => self.stream(answer, body, running),
            _ => self.whole(answer, body, running).await,
        }
    }

    fn stream(&self, answer: Answer, body: &Value, running: Running) -> Response {
        let (shape, id) = named(&running, body);
        let text = answer.text.clone().unwrap_or_else(|| speaker::speak(body));
        let steps = plan::stream(&shape, &text, answer.fault.as_ref(), self.timing(&answer, body));
        let head = [
            (CONTENT_TYPE.as_str(), "text/event-stream".to_owned()),
            (CACHE_CONTROL.as_str(), "no-cache".to_owned()),
            (GENERATION_ID, id),
        ];
        (head, self.play(answer, shape, steps, running).into_body()).into_response()
    }

    /// The same answer without a stream: it comes when its last token would have come.
    async fn whole(&self, answer: Answer, body: &Value, running: Running) -> Response {
        let (shape, id) = named(&running, body);
        let text = answer.text.clone().unwrap_or_else(|| speaker::speak(body));
        let timing = self.timing(&answer, body);
        let said = plan::tokens(&text);
        let mut steps = vec![Step::Pause(timing.first_token)];
        steps.extend(said.iter().map(|_| Step::Beat));
        let whole = shape.whole(&text, timing.prompt_tokens, said.len()).to_string();
        steps.push(Step::Send(whole));
        let head = [(CONTENT_TYPE.as_str(), "application/json".to_owned()), (GENERATION_ID, id)];
        (head, self.play(answer, shape, steps, running).into_body()).into_response()
    }

    fn play(&self, answer: Answer, shape: Shape, steps: Vec<Step>, running: Running) -> Playback {
        let per_second = answer.tokens_per_second.or(self.settings.tokens_per_second);
        let pace =
            per_second.and_then(|rate| Duration::try_from_secs_f64(rate.recip()).ok()).unwrap_or_default();
        let (steps, shutdown) = (steps.into_iter(), self.shutdown.clone());
        Playback { steps, shape, pace, gate: answer.gate, running, shutdown, due: None }
    }

    fn timing(&self, answer: &Answer, body: &Value) -> Timing {
        let first_token = answer.first_token.unwrap_or(self.settings.first_token);
        let characters: usize = body["messages"].to_string().chars().count();
        Timing { first_token, prompt_tokens: characters.div_ceil(4) }
    }
}

fn named(running: &Running, body: &Value) -> (Shape, String) {
    let shape = Shape::new(running.number(), body["model"].as_str().unwrap_or_default());
    let id = shape.id.clone();
    (shape, id)
}

fn kept(headers: &HeaderMap) -> BTreeMap<String, String> {
    let kept = headers.iter().filter(|(name, _)| *name != AUTHORIZATION);
    kept.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned()))).collect()
}

fn refuse(status: u16, message: &str) -> Response {
    refuse_with(status, &shape::error(i64::from(status), message).to_string(), None)
}

fn refuse_with(status: u16, body: &str, retry_after: Option<&str>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::new(Body::from(body.to_owned()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    if !body.is_empty() {
        headers.insert(CONTENT_TYPE, axum::http::HeaderValue::from_static("application/json"));
    }
    if let Some(seconds) = retry_after.and_then(|seconds| seconds.try_into().ok()) {
        headers.insert(RETRY_AFTER, seconds);
    }
    response
}
