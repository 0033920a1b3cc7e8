//! Which answer a request gets: who may ask, which model takes it, and what goes out.

use std::collections::VecDeque;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::account::Account;
use super::answer::Answer;
use super::asked::Asked;
use super::catalog::Catalog;
use super::dialect::Dialect;
use super::door::Line;
use super::fault::Fault;
use super::generations::{Generation, Generations};
use super::ledger::{Ledger, Running, Via};
use super::plan::{self, Step};
use super::playback::{Playback, Sending};
use super::price::Counts;
use super::refusal::Refusal;
use super::server::ModelSettings;
use super::shape::{PROVIDER, Shape};
use super::telling::Telling;
use crate::shutdown::Shutdown;

const GENERATION_ID: &str = "x-generation-id";

/// All that the server knows.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    pub(super) settings: ModelSettings,
    pub(super) ledger: Ledger,
    pub(super) catalog: Catalog,
    pub(super) account: Account,
    pub(super) generations: Generations,
    pub(super) shutdown: Shutdown,
}

/// A model that takes a request, with its answer.
#[derive(Debug)]
struct Taken {
    model: String,
    answer: Answer,
    dialect: Dialect,
    /// What is to be told about the attempts.
    routing: Option<Value>,
    running: Running,
}

impl Desk {
    pub(super) fn new(settings: ModelSettings, shutdown: Shutdown) -> Self {
        let account = Account::new(settings.credit);
        Self {
            ledger: Ledger::new(settings.kept_requests),
            catalog: Catalog::new(settings.models.clone()),
            generations: Generations::new(account.clone(), settings.bills_cancelled),
            account,
            settings,
            shutdown,
        }
    }

    pub(super) fn admits(&self, headers: &HeaderMap) -> bool {
        let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        self.settings.key.as_deref().is_none_or(|key| given == Some(key))
    }

    /// Answers a request: from the model that was asked, or from the next one that the request allows.
    pub(super) async fn serve(&self, asked: Asked, admitted: bool, line: Line) -> Response {
        let mut models = asked.models().into_iter();
        let mut model = models.next().unwrap_or_default();
        let mut running = self.ledger.receive(&model, &asked, Via::Asked);
        if let Err(refusal) = self.check(&asked, admitted) {
            running.sent();
            return refusal.response(asked.dialect, None);
        }
        let mut attempts = Vec::new();
        loop {
            self.catalog.note(&model);
            let taken = self.take(&asked, &model);
            let status = taken.as_ref().map_or_else(|(_, refusal)| refusal.status(), |_| 200);
            attempts.push(json!({"model": model, "provider": PROVIDER, "status": status}));
            let routing = asked.wants_routing().then(|| routing(&asked, &attempts));
            let (dialect, refusal) = match taken {
                Ok((dialect, answer)) => {
                    let taken = Taken { model, answer, dialect, routing, running };
                    return self.answer(taken, &asked, line).await;
                }
                Err(refused) => refused,
            };
            running.sent();
            let next = if refusal.moves_on() { models.next() } else { None };
            let Some(next) = next else { return refusal.response(dialect, routing.as_ref()) };
            model = next;
            running = self.ledger.receive(&model, &asked, Via::ServerFallback);
        }
    }

    fn check(&self, asked: &Asked, admitted: bool) -> Result<(), Refusal> {
        if !admitted {
            return Err(Refusal::new(401).saying("wrong key"));
        }
        asked.check()?;
        if asked.dialect.is_openrouter() && self.account.is_overdrawn() {
            return Err(Refusal::negative_balance());
        }
        Ok(())
    }

    /// The model's answer and its dialect, or why it gives none.
    fn take(&self, asked: &Asked, model: &str) -> Result<(Dialect, Answer), (Dialect, Refusal)> {
        let by_path = |refusal| (asked.dialect, refusal);
        if !self.catalog.exists(model) {
            return Err(by_path(Refusal::unknown_model(model)));
        }
        let facts = self.catalog.facts(model);
        if asked.dialect.is_openrouter() {
            let longest = facts.max_completion_tokens.or(facts.context_length);
            let wanted = asked.max_tokens().or_else(|| usize::try_from(longest?).ok()).unwrap_or(0);
            let prompt = Counts { prompt: asked.prompt_tokens, images: asked.images(), ..Counts::default() };
            self.account.check(&facts.tariff(), &prompt, wanted).map_err(by_path)?;
        }
        let answer = self.ledger.take_script(model);
        let dialect = answer.dialect.unwrap_or(asked.dialect);
        let context = facts.context_length.filter(|_| answer.obeys_context);
        let context = context.and_then(|tokens| usize::try_from(tokens).ok());
        let asks = asked.prompt_tokens;
        let refusal = match &answer.fault {
            // LiteLLM still can, before its first text.
            Some(Fault::ErrorAfter(0, _)) if dialect == Dialect::LiteLlm => Some(Refusal::new(500)),
            Some(fault) => fault.refusal(),
            None => None,
        };
        let too_long = context.filter(|&most| asks > most).map(|most| Refusal::context_length(asks, most));
        match refusal.or(too_long) {
            Some(refusal) => Err((dialect, refusal)),
            None => Ok((dialect, answer)),
        }
    }

    async fn answer(&self, mut taken: Taken, asked: &Asked, line: Line) -> Response {
        match &taken.answer.fault {
            Some(Fault::Raw { content_type, body }) => {
                let head = [(CONTENT_TYPE, content_type.clone())];
                let steps = [Step::Send(body.clone())].into();
                let shape = Shape::new(taken.running.number(), &taken.model, taken.dialect);
                (head, self.play(taken, shape, steps, None).into_body()).into_response()
            }
            Some(Fault::Mute) => {
                self.shutdown.begun().await;
                Refusal::new(503).saying("the server stops").response(taken.dialect, None)
            }
            Some(Fault::CutBeforeHead) => {
                taken.running.sent();
                line.cut();
                Response::default()
            }
            _ => self.tell(taken, asked),
        }
    }

    fn tell(&self, mut taken: Taken, asked: &Asked) -> Response {
        let answer = taken.answer.clone();
        let dialect = taken.dialect;
        let tariff = self.catalog.facts(&taken.model).tariff();
        let mut telling = Telling::new(&answer, asked, dialect, tariff);
        telling.first_token = answer.first_token.unwrap_or(self.settings.first_token);
        let model = answer.model.as_deref().unwrap_or(&taken.model);
        let provider = answer.provider.as_deref().unwrap_or(PROVIDER);
        let mut shape = Shape::new(taken.running.number(), model, dialect).provided_by(provider);
        shape.routing = taken.routing.take().filter(|_| dialect.is_openrouter());
        let generation = dialect.is_openrouter().then(|| Generation {
            id: shape.id.clone(),
            model: model.to_owned(),
            provider: provider.to_owned(),
            streamed: asked.is_streamed(),
            tariff,
            planned: telling.counts,
            finish: telling.ends_with().map(str::to_owned),
        });
        let id = generation.as_ref().map(|generation| [(GENERATION_ID, generation.id.clone())]);
        if asked.is_streamed() {
            let head = [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-cache")];
            let steps = plan::stream(&mut shape, &telling);
            (head, id, self.play(taken, shape, steps, generation).into_body()).into_response()
        } else {
            let steps = plan::whole(&shape, &telling);
            taken.answer.framing.clear();
            let head = [(CONTENT_TYPE, "application/json")];
            (head, id, self.play(taken, shape, steps, generation).into_body()).into_response()
        }
    }

    fn play(
        &self,
        taken: Taken,
        shape: Shape,
        steps: VecDeque<Step>,
        generation: Option<Generation>,
    ) -> Playback {
        let per_second = taken.answer.tokens_per_second.or(self.settings.tokens_per_second);
        let pace = per_second.and_then(|rate| Duration::try_from_secs_f64(rate.recip()).ok());
        Playback {
            steps,
            shape,
            pace: pace.unwrap_or_default(),
            gate: taken.answer.gate,
            framing: taken.answer.framing,
            billing: generation.map(|generation| self.generations.begin(generation)),
            running: taken.running,
            shutdown: self.shutdown.clone(),
            sending: Sending::default(),
        }
    }
}

/// What OpenRouter tells about its attempts; the last one is the one that answers.
fn routing(asked: &Asked, attempts: &[Value]) -> Value {
    let strategy = if attempts.len() > 1 { "fallback" } else { "direct" };
    let last = attempts.last().map(|attempt| attempt["model"].clone());
    json!({
        "requested": asked.body["model"].as_str().unwrap_or_default(), "strategy": strategy,
        "region": null, "summary": format!("available=1, selected={PROVIDER}"), "is_byok": false,
        "attempt": attempts.len(), "attempts": attempts,
        "endpoints": {"total": 1, "available": [{"model": last, "provider": PROVIDER, "selected": true}]},
    })
}
