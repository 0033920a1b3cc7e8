//! Several servers at once.

use secrecy::SecretString;

use super::*;
use crate::emulator::model::{Fault, Listed};

/// A bench beside whose server there is another one, called `other`.
struct Two {
    bench: Bench,
    other: ModelServer,
}

impl Two {
    async fn with(settings: ModelSettings, server: impl FnOnce(&ModelServer) -> Server) -> Self {
        let mut bench = Bench::start().await;
        let other = ModelServer::start(settings, &bench.shutdown).await.unwrap();
        other.list(vec![Listed::new("a/model")]);
        bench.settings.others = vec![("other".to_owned(), server(&other))];
        bench.settings.models = ["first", "other/a/model"].map(str::to_owned).to_vec();
        Self { bench, other }
    }

    async fn start() -> Self {
        Self::with(ModelSettings::default(), |other| Server::new(other.base_url())).await
    }

    /// What each server was asked for.
    fn asked(&self) -> (Vec<String>, Vec<String>) {
        (self.bench.asked(), self.other.requests().into_iter().map(|received| received.model).collect())
    }
}

fn on(model: &str) -> Request {
    Request { models: vec![model.to_owned()], ..hello() }
}

#[tokio::test]
async fn a_name_before_the_model_is_a_server() {
    let mut two = Two::start().await;
    two.bench.settings.allow = vec![crate::llm::Pattern::parse("*").unwrap()];
    let ladder = two.bench.ladder();
    for (model, account, here, there) in [
        ("other/a/model", Some("other"), &[][..], &["a/model"][..]),
        ("another/model", None, &["another/model"], &[]),
        ("other", None, &["other"], &[]),
        ("first", None, &["first"], &[]),
    ] {
        let before = two.asked();
        let report = open(&ladder, on(model)).await.unwrap().into_report();
        let (asked_here, asked_there) = two.asked();
        assert_eq!(asked_here[before.0.len()..], *here, "{model}");
        assert_eq!(asked_there[before.1.len()..], *there, "{model}");
        let attempt = &report.attempts[0];
        assert_eq!((attempt.model.as_str(), attempt.account.as_deref()), (model, account));
    }
}

#[tokio::test]
async fn each_server_has_its_own_key() {
    let settings = ModelSettings { key: Some("sk-other".to_owned()), ..ModelSettings::default() };
    for (key, answers) in [(Some("sk-other"), true), (Some("sk-first"), false), (None, false)] {
        let api_key = key.map(|key| SecretString::new(key.to_owned()));
        let two = Two::with(settings.clone(), |other| Server { api_key, ..Server::new(other.base_url()) });
        let mut two = two.await;
        two.bench.settings.server.api_key = Some(SecretString::new("sk-first".to_owned()));
        assert_eq!(open(&two.bench.ladder(), on("other/a/model")).await.is_ok(), answers, "{key:?}");
    }
}

#[tokio::test]
async fn each_server_has_its_own_dialect() {
    let two = Two::with(ModelSettings::default(), |other| Server::new(other.openai_url())).await;
    two.bench.server.always("first", Answer::status(404));
    let request = Request { session: Some("s1".to_owned()), ..hello() };
    open(&two.bench.ladder(), request).await.unwrap();
    let (here, there) = (two.bench.server.requests().remove(0).body, two.other.requests().remove(0).body);
    assert!(
        here["provider"].is_object() && here["session_id"] == "s1" && here.get("stream_options").is_none()
    );
    assert!(there.get("provider").is_none() && there.get("session_id").is_none(), "{there}");
    assert_eq!(there["stream_options"]["include_usage"], true);
}

#[tokio::test]
async fn each_server_lists_its_own_models() {
    let two = Two::start().await;
    two.bench.server.list(vec![Listed::new("first")]);
    let ladder = two.bench.ladder();
    let names: Vec<_> = ladder.fetched_offers().await.into_iter().map(|offer| offer.name).collect();
    assert_eq!(names, ["first", "other/a/model"]);
    assert!(ladder.offer_of("other/a/model").is_some() && ladder.offer_of("a/model").is_none());
    assert!(ladder.knows_server_of("other/unlisted") && ladder.offer_of("other/unlisted").is_none());
}

#[tokio::test]
async fn a_refused_account_bars_its_own_server_alone() {
    let mut two = Two::start().await;
    two.bench.settings.models = ["first", "second", "other/a/model"].map(str::to_owned).to_vec();
    two.bench.server.always("first", Answer::status(401));
    let mut reply = two.bench.open().await.unwrap();
    assert_eq!(listen(&mut reply).await.1, None);
    assert_eq!(two.asked(), (vec!["first".to_owned()], vec!["a/model".to_owned()]));
}

#[tokio::test]
async fn a_server_is_told_of_its_own_models_alone() {
    let mut two = Two::start().await;
    two.bench.settings.server_fallback = true;
    let ladder = |two: &mut Two, models: &[&str]| {
        two.bench.settings.models = models.iter().map(|&model| model.to_owned()).collect();
        two.bench.ladder()
    };
    for (models, told) in [
        (&["first", "other/a/model", "second"][..], None),
        (&["first", "second", "other/a/model"], Some(["first", "second"])),
    ] {
        open(&ladder(&mut two, models), hello()).await.unwrap();
        let body = two.bench.server.requests().pop().unwrap().body;
        assert_eq!(body.get("models"), told.map(|told| serde_json::json!(told)).as_ref());
    }
    two.other.script_for("a/model", Answer::status(500));
    open(&ladder(&mut two, &["other/a/model", "other/b/model"]), hello()).await.unwrap();
    let body = two.other.requests().remove(0).body;
    assert_eq!(body["models"], serde_json::json!(["a/model", "b/model"]), "without its own name");
}

#[tokio::test]
async fn a_server_of_ones_own_costs_nothing() {
    let own = |other: &ModelServer| Server { free: true, ..Server::new(other.openai_url()) };
    let two = Two::with(ModelSettings::default(), own).await;
    let ladder = two.bench.ladder();
    assert_eq!(ladder.plan(&on("other/a/model")).worst(), 0);
    let mut reply = open(&ladder, on("other/a/model")).await.unwrap();
    listen(&mut reply).await;
    assert_eq!(reply.into_report().attempts[0].bill, Bill::Nothing);
    let dead = Answer::text("Half of it").fault(Fault::CutAfter(4));
    two.other.script(dead);
    let mut reply = open(&ladder, on("other/a/model")).await.unwrap();
    listen(&mut reply).await;
    assert_eq!(reply.into_report().attempts[0].bill, Bill::Nothing);
}

#[tokio::test]
async fn a_cost_is_asked_for_where_it_arose() {
    let two = Two::start().await;
    let ladder = two.bench.ladder();
    two.other.script(Answer::text("Half of it").fault(Fault::CutAfter(4)));
    let mut reply = open(&ladder, on("other/a/model")).await.unwrap();
    listen(&mut reply).await;
    let attempt = reply.into_report().attempts.remove(0);
    assert!(matches!(attempt.bill, Bill::Owed(_)), "{attempt:?}");
    let id = attempt.generation_id.unwrap();
    let told = ladder.cost_of(attempt.account.as_deref(), &id).await.unwrap();
    assert!(told.cost_nano_usd > 0);
    assert_eq!((two.other.generations_asked(), two.bench.server.generations_asked()), (vec![id], Vec::new()));
    assert!(ladder.cost_of(Some("nobody"), "gen-1").await.is_err());
}
