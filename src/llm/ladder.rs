//! The models in their order, and everything that is remembered of them between replies.

use std::sync::Arc;

use tokio::time::{Instant, timeout};
use tracing::{debug, info, warn};

use super::breaker::Breakers;
use super::call::Call;
use super::catalog::{Catalog, ModelFacts, Snapshot, Source};
use super::client::Client;
use super::failure::Failure;
use super::generation::{Generation, Unsettled};
use super::plan::{Cost, Excluded, Plan, Rung, bounded};
use super::price::{MaxPrice, Price};
use super::reply::Reply;
use super::report::Attempt;
use super::request::{Request, Size};
use super::settings::{Flavour, Server, Settings};
use super::tokens::Ratios;
use crate::shutdown::Shutdown;
use crate::status::Status;

/// A handle to the models. Clones share one state.
#[derive(Clone, Debug)]
pub struct Ladder {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    settings: Settings,
    /// The default one first.
    servers: Vec<Known>,
    breakers: Breakers,
    ratios: Ratios,
    status: Status,
    /// Probes that nobody waits for run as its tasks.
    shutdown: Shutdown,
}

/// One server and what is known of its models.
#[derive(Debug)]
struct Known {
    /// `None`: the default one.
    name: Option<String>,
    free: bool,
    client: Arc<Client>,
    catalog: Catalog,
}

/// A model that can be chosen, and what the operator's bounds say of it.
#[derive(Clone, Debug)]
pub struct Offer {
    /// As it is configured and chosen.
    pub name: String,
    pub facts: Arc<ModelFacts>,
    /// `None`: it may be chosen.
    pub excluded: Option<Excluded>,
}

impl Ladder {
    /// `http`: the client for a server's address. The catalogs' tasks end with `shutdown`.
    pub fn new(
        settings: Settings,
        http: impl Fn(&str) -> reqwest::Client,
        status: Status,
        shutdown: &Shutdown,
    ) -> Self {
        let know = |name: Option<&str>, server: &Server| {
            let http = http(&server.base_url);
            let client = Client::new(server, settings.app_url.as_deref(), http.clone());
            let source = Source {
                name: name.unwrap_or_default().to_owned(),
                base_url: server.base_url.trim_end_matches('/').to_owned(),
                http,
                key: client.key(),
                openrouter: client.flavour() == Flavour::OpenRouter,
                free: server.free,
            };
            let catalog = Catalog::start(settings.catalog.clone(), source, status.clone(), shutdown.clone());
            Known { name: name.map(str::to_owned), free: server.free, client: Arc::new(client), catalog }
        };
        let others = settings.others.iter().map(|(name, server)| know(Some(name), server));
        let servers = [know(None, &settings.server)].into_iter().chain(others).collect();
        let breakers = Breakers::new(settings.breaker.clone());
        let ratios = Ratios::default();
        let inner = Inner { settings, servers, breakers, ratios, status, shutdown: shutdown.clone() };
        Self { inner: Arc::new(inner) }
    }

    /// Warns of models that are gone or will be: those of the settings and `others`.
    pub fn watch(&self, others: impl IntoIterator<Item = String>) {
        let mut models: Vec<Vec<String>> = vec![Vec::new(); self.inner.servers.len()];
        for name in self.settings().models.iter().cloned().chain(others) {
            let (server, model) = self.resolve(&name);
            if !models[server].iter().any(|known| known == model) {
                models[server].push(model.to_owned());
            }
        }
        for (server, models) in self.inner.servers.iter().zip(models) {
            server.catalog.watch(models);
        }
    }

    /// The models that a request may go to: those it names, or the configured ones where none of them is allowed.
    pub fn plan(&self, request: &Request) -> Plan {
        let own = &self.settings().models;
        let wanted = if request.models.is_empty() { own } else { &request.models };
        let first_choice = wanted.first().cloned().unwrap_or_default();
        let rungs = self.rungs(wanted, request);
        let rungs = if rungs.is_empty() && wanted != own { self.rungs(own, request) } else { rungs };
        Plan::of(rungs, first_choice)
    }

    /// A reply to a request, over the models of a plan. Nothing is sent before it is waited for.
    pub fn ask(&self, request: Request, plan: Plan) -> Reply {
        Reply::new(self.clone(), request, plan)
    }

    /// What a generation cost, as its server says later. `account`: the server's name, if it is not the default one.
    ///
    /// # Errors
    /// When that is not known yet, or will never be said.
    pub async fn cost_of(&self, account: Option<&str>, generation: &str) -> Result<Generation, Unsettled> {
        let server = self.inner.servers.iter().find(|server| server.name.as_deref() == account);
        let Some(server) = server else { return Err(Unsettled::Never) };
        server.client.cost(generation).await
    }

    /// Every model that the servers list by now, sorted by name within each server.
    pub fn offers(&self) -> Vec<Offer> {
        let cap = self.cap();
        let servers = self.inner.servers.iter();
        let listed = servers.flat_map(|server| {
            let models = server.catalog.look().list().to_vec();
            models.into_iter().map(|facts| self.offer(server, facts, cap))
        });
        listed.collect()
    }

    /// The same, once each server has said it or failed to.
    pub async fn fetched_offers(&self) -> Vec<Offer> {
        for server in &self.inner.servers {
            server.catalog.fetched().await;
        }
        self.offers()
    }

    /// What is known of a model, and what the operator's bounds say of it. `None`: its server does not list it.
    pub fn offer_of(&self, name: &str) -> Option<Offer> {
        let (index, model) = self.resolve(name);
        let server = &self.inner.servers[index];
        let facts = server.catalog.look().get(model).cloned()?;
        let excluded = bounded(self.settings(), name, cost(server.free, Some(&facts)), self.cap());
        Some(Offer { name: name.to_owned(), facts, excluded })
    }

    /// Whether the server of a model has told what it has.
    pub fn knows_server_of(&self, name: &str) -> bool {
        self.inner.servers[self.resolve(name).0].catalog.look().is_known()
    }

    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    fn offer(&self, server: &Known, facts: Arc<ModelFacts>, cap: Option<MaxPrice>) -> Offer {
        let name = match &server.name {
            Some(account) => format!("{account}/{}", facts.id),
            None => facts.id.clone(),
        };
        let excluded = bounded(self.settings(), &name, cost(server.free, Some(&facts)), cap);
        Offer { name, facts, excluded }
    }

    /// The server of a model, and the model's name there.
    fn resolve<'a>(&self, name: &'a str) -> (usize, &'a str) {
        let named = name.split_once('/').and_then(|(server, model)| {
            let place = self.inner.servers.iter().position(|known| known.name.as_deref() == Some(server))?;
            Some((place, model))
        });
        named.unwrap_or((0, name))
    }

    fn rungs(&self, names: &[String], request: &Request) -> Vec<Rung> {
        let (cap, size) = (self.cap(), request.size(0));
        let mut rungs: Vec<Rung> = Vec::new();
        for name in names {
            let rung = self.rung(name, request);
            let dearer = rungs.last().is_some_and(|above| rung.is_dearer_than(above, size));
            let excluded = self.excluded(&rung, dearer, cap);
            if let Some(why) = excluded {
                debug!(llm.model = %name, llm.excluded = ?why, "a model is not asked");
            } else if !rungs.iter().any(|known| known.name == rung.name) {
                rungs.push(rung);
            }
        }
        rungs
    }

    /// `dearer`: it costs more than the rung above.
    fn excluded(&self, rung: &Rung, dearer: bool, cap: Option<MaxPrice>) -> Option<Excluded> {
        let too_dear = dearer && !self.settings().dearer_fallback;
        bounded(self.settings(), &rung.name, rung.cost, cap)
            .or_else(|| too_dear.then_some(Excluded::DearerThanAbove))
    }

    fn rung(&self, name: &str, request: &Request) -> Rung {
        let (index, model) = self.resolve(name);
        let server = &self.inner.servers[index];
        let facts = server.catalog.look().get(model).cloned();
        let wanted = request.max_tokens.unwrap_or(self.settings().max_tokens);
        let bound = facts.as_ref().and_then(|facts| facts.max_completion_tokens);
        let mut rung = Rung {
            name: name.to_owned(),
            server: index,
            account_key: format!("account/{index}"),
            flavour: server.client.flavour(),
            model: model.to_owned(),
            cost: cost(server.free, facts.as_deref()),
            ceiling: self.ceiling(cost(server.free, facts.as_deref())),
            facts,
            worst: 0,
            max_tokens: bound.filter(|bound| *bound > 0).map_or(wanted, |bound| wanted.min(bound)),
            halvings: 0,
        };
        self.fit(&mut rung, request);
        rung
    }

    /// Leaves out as much of the history as the model cannot read, and reckons what the rest can cost at most.
    fn fit(&self, rung: &mut Rung, request: &Request) {
        let context = rung.facts.as_ref().and_then(|facts| facts.context_length).map(u64::from);
        let room = context.map(|context| context.saturating_sub(rung.max_tokens.into()));
        let mut size = request.size(0);
        while room.is_some_and(|room| self.estimate(rung, size) > room) && request.can_halve(rung.halvings) {
            rung.halvings += 1;
            size = request.size(rung.halvings);
        }
        rung.worst = self.worst(rung, size);
    }

    fn estimate(&self, rung: &Rung, size: Size) -> u64 {
        self.inner.ratios.estimate(&rung.name, size.characters)
    }

    /// A continuation reads what was said before, which is at most one more reply.
    fn worst(&self, rung: &Rung, size: Size) -> i64 {
        let prompt = self.inner.ratios.most(&rung.name, size) + u64::from(rung.max_tokens);
        match rung.cost {
            Cost::Free => 0,
            Cost::Listed(price) => {
                price.within(rung.ceiling).worst(prompt, rung.max_tokens.into(), size.images)
            }
            Cost::Unknown => self.settings().turn_price,
        }
    }

    /// What a provider may charge for a model: what is reckoned with, and no more than the operator's bound.
    fn ceiling(&self, cost: Cost) -> MaxPrice {
        let bound = self.settings().max_price.unwrap_or_default();
        match cost {
            Cost::Listed(price) => MaxPrice::with_room(price).least_of(bound),
            Cost::Free | Cost::Unknown => bound,
        }
    }

    /// What others may choose costs at most as much as the dearest of the operator's own models, where no bound is set.
    fn cap(&self) -> Option<MaxPrice> {
        let prices: Vec<Price> = self
            .settings()
            .models
            .iter()
            .filter_map(|name| {
                let (server, model) = self.resolve(name);
                self.inner.servers[server].catalog.look().get(model)?.price
            })
            .collect();
        MaxPrice::dearest(&prices)
    }

    pub(super) fn client(&self, server: usize) -> Arc<Client> {
        Arc::clone(&self.inner.servers[server].client)
    }

    pub(super) fn account(&self, server: usize) -> Option<&str> {
        self.inner.servers[server].name.as_deref()
    }

    pub(super) fn breakers(&self) -> &Breakers {
        &self.inner.breakers
    }

    pub(super) fn is_same_model(&self, rung: &Rung, answered: &str) -> bool {
        self.catalog_of(rung).same_model(&rung.model, answered)
    }

    fn catalog_of(&self, rung: &Rung) -> Arc<Snapshot> {
        self.inner.servers[rung.server].catalog.look()
    }

    /// A reply came to its end. `size`: of its prompt, where that was text alone.
    pub(super) fn note_success(&self, rung: &Rung, attempt: &Attempt, size: Option<Size>) {
        self.inner.status.model_succeeded();
        self.breakers().succeeded(&rung.account_key);
        self.is_well(&rung.name);
        if let Some((usage, size)) = attempt.usage.zip(size) {
            self.inner.ratios.learn(&rung.name, size.characters, usage.prompt_tokens);
        }
    }

    fn is_well(&self, model: &str) {
        if self.breakers().succeeded(model) {
            info!(llm.model = model, "a model is back");
        }
    }

    /// Counts a failure against a model or an account.
    pub(super) fn blame(&self, blamed: &str, failure: Failure) {
        if self.breakers().failed(blamed, failure, Instant::now()) {
            warn!(llm.model = blamed, llm.failure = failure.code(), "a model is left alone for a while");
        }
    }

    /// Waits for the first word of a probe that lost its race, so that its model can come back.
    pub(super) fn finish_probe(&self, model: String, mut call: Call) {
        let (ladder, patience) = (self.clone(), self.settings().first_token);
        self.inner.shutdown.clone().spawn(async move {
            let words = timeout(patience, call.first_words());
            match ladder.inner.shutdown.unless_begun(words).await {
                Some(Ok(Ok(_))) => ladder.is_well(&model),
                Some(Ok(Err(refusal))) => ladder.blame(&model, refusal.failure),
                Some(Err(_)) => ladder.blame(&model, Failure::Silent),
                None => {}
            }
        });
    }

    /// The one place that logs a model's failure. What a reader did is none.
    pub(super) fn note_failure(&self, attempt: &Attempt, failure: Failure) {
        if matches!(failure, Failure::Cancelled | Failure::Outrun) {
            info!(
                llm.model = attempt.model,
                llm.failure = failure.code(),
                "a request was given up: {failure}"
            );
            return;
        }
        self.inner.status.model_failed();
        warn!(
            llm.model = attempt.model,
            llm.provider = attempt.provider,
            llm.generation_id = attempt.generation_id,
            llm.failure = failure.code(),
            llm.elapsed_ms = attempt.ms,
            "a model failed: {failure}"
        );
    }

    pub(super) fn note_unaffordable(&self, model: &str) {
        info!(llm.model = model, "a model is not asked: it could cost more than is left for this turn");
    }
}

fn cost(free: bool, facts: Option<&ModelFacts>) -> Cost {
    match facts.and_then(|facts| facts.price) {
        _ if free => Cost::Free,
        Some(price) => Cost::Listed(price),
        None => Cost::Unknown,
    }
}
