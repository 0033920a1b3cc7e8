//! Several servers at once: `name/model` is a model on the server of that name.

use prism::emulator::model::{Answer, Dialect, Fault, Listed, ModelServer, ModelSettings};
use prism::llm::{Flavour, Server};
use prism::shutdown::Shutdown;
use secrecy::SecretString;

use crate::harness::MODEL;
use crate::ladder::play::Play;

const THERE: &str = "other/that/model";

/// A stage with a second server called `other`, whose key is right.
struct Two {
    play: Play,
    other: ModelServer,
    shutdown: Shutdown,
}

impl Two {
    async fn open(models: &[&str], server: impl FnOnce(&ModelServer) -> Server) -> Self {
        let shutdown = Shutdown::default();
        let settings = ModelSettings { key: Some("sk-other".to_owned()), ..ModelSettings::default() };
        let other = ModelServer::start(settings, &shutdown).await.unwrap();
        other.list(vec![Listed::new("that/model")]);
        let server = Server { api_key: Some(SecretString::new("sk-other".to_owned())), ..server(&other) };
        let mut stage = Play::stage().await;
        stage.config.model.models = models.iter().map(|&model| model.to_owned()).collect();
        stage.config.model.others = vec![("other".to_owned(), server)];
        stage.config.model.server_fallback = true;
        Self { play: Play::on(stage).await, other, shutdown }
    }

    /// The models that the second server was asked for.
    fn asked_there(&self) -> Vec<String> {
        self.other.requests().into_iter().map(|request| request.model).collect()
    }

    async fn finish(self) {
        assert_eq!(self.other.unused(), 0, "scripted answers that nobody asked for");
        self.play.finish().await;
        self.shutdown.begin();
    }
}

fn openrouter(server: &ModelServer) -> Server {
    Server::new(server.base_url())
}

#[tokio::test]
async fn a_model_is_asked_on_the_server_that_it_names() {
    let mut two = Two::open(&[THERE, MODEL], openrouter).await;
    two.other.script(Answer::text("From over there."));
    two.play.reads("hello?", "From over there.").await;
    assert_eq!((two.asked_there(), two.play.asked()), (vec!["that/model".to_owned()], Vec::new()));
    let (rows, _) = two.play.stored_of(1).await;
    assert_eq!((rows[0].model.as_str(), rows[0].account.as_deref()), (THERE, Some("other")));
    assert_eq!(rows[0].model_answered.as_deref(), Some("that/model"));
    two.finish().await;
}

#[tokio::test]
async fn another_server_answers_for_one_that_is_down() {
    let mut two = Two::open(&[MODEL, THERE], openrouter).await;
    two.play.model().always(MODEL, Answer::status(500));
    two.other.script(Answer::text("From over there."));
    two.play.reads("hello?", "From over there.\n-# written by `other/that/model`").await;
    let body = &two.play.model().requests()[0].body;
    assert!(body.get("models").is_none(), "a server is told of its own models alone: {body}");
    two.play.stores("down", &[(MODEL, Some("provider")), (MODEL, Some("provider")), (THERE, None)]);
    let (rows, _) = two.play.stored_of(1).await;
    let accounts: Vec<_> = rows.iter().map(|row| row.account.as_deref()).collect();
    assert_eq!(accounts, [None, None, Some("other")]);
    two.finish().await;
}

#[tokio::test]
async fn an_account_that_is_refused_bars_its_own_models_alone() {
    for status in [401, 402] {
        let mut two = Two::open(&[MODEL, "another/model", THERE], openrouter).await;
        two.play.model().always(MODEL, Answer::status(status));
        two.other.script(Answer::text("From over there."));
        two.play.reads("hello?", "From over there.\n-# written by `other/that/model`").await;
        assert_eq!(two.play.asked(), [MODEL], "{status}: the other model has the same key");
        two.finish().await;
    }
}

#[tokio::test]
async fn a_text_goes_on_on_another_kind_of_server() {
    let plain = |server: &ModelServer| Server::new(server.openai_url());
    let mut two = Two::open(&[MODEL, THERE], plain).await;
    two.play.model().script(Answer::text("Once upon").fault(Fault::CutAfter(9)));
    two.other.script(Answer::text(" a time.").spoken(Dialect::LlamaCpp));
    two.play
        .reads("a tale?", "Once upon a time.\n-# begun by `first/model`, continued by `other/that/model`")
        .await;
    let body = two.other.requests().remove(0).body;
    assert!(body.get("provider").is_none() && body.get("session_id").is_none(), "{body}");
    assert_eq!(body["messages"].as_array().unwrap().last().unwrap()["role"], "user");
    two.finish().await;
}

#[tokio::test]
async fn a_server_may_say_of_what_kind_it_is() {
    let called = |server: &ModelServer| Server {
        flavour: Some(Flavour::OpenAi),
        free: true,
        ..Server::new(server.base_url())
    };
    let mut two = Two::open(&[THERE], called).await;
    two.other.script(Answer::text("Plainly.").spoken(Dialect::Ollama));
    two.play.reads("hello?", "Plainly.").await;
    let body = two.other.requests().remove(0).body;
    assert!(body.get("provider").is_none() && body["stream_options"]["include_usage"] == true, "{body}");
    let (rows, _) = two.play.stored_of(1).await;
    assert_eq!((rows[0].cost_nano_usd, rows[0].owed), (Some(0), false), "it is the operator's own");
    two.finish().await;
}
