//! Keys and credit: only the operator can mend them, and the person is told so.

use prism::emulator::model::{Answer, ModelServer, ModelSettings, Refusal};
use prism::shutdown::Shutdown;
use secrecy::SecretString;

use super::play::{OPERATOR, Play, times};
use crate::harness::{LIGHTER_MODEL, MODEL};

/// A server in the place of the stage's own.
async fn elsewhere(settings: ModelSettings) -> (ModelServer, Play, Shutdown) {
    let shutdown = Shutdown::default();
    let server = ModelServer::start(settings, &shutdown).await.unwrap();
    let url = server.base_url();
    let play = Play::open(|model| {
        model.server.base_url = url;
        model.server.api_key = Some(SecretString::new("sk-wrong".to_owned()));
    })
    .await;
    (server, play, shutdown)
}

#[tokio::test]
async fn a_wrong_key_is_the_operators() {
    let settings = ModelSettings { key: Some("sk-right".to_owned()), ..ModelSettings::default() };
    let (server, mut play, shutdown) = elsewhere(settings).await;
    play.is_told("hello?", OPERATOR).await;
    let asked: Vec<_> = server.requests().into_iter().map(|request| request.model).collect();
    assert_eq!(asked, [MODEL], "the key is the same for every model");
    play.stores("wrong key", &[(MODEL, Some("key_refused"))]);
    play.finish().await;
    shutdown.begin();
}

#[tokio::test]
async fn models_that_do_not_exist_are_the_operators() {
    let settings = ModelSettings { models: vec!["another/model".to_owned()], ..ModelSettings::default() };
    let (server, mut play, shutdown) = elsewhere(settings).await;
    play.is_told("hello?", OPERATOR).await;
    let asked: Vec<_> = server.requests().into_iter().map(|request| request.model).collect();
    assert_eq!(asked, [MODEL, LIGHTER_MODEL]);
    let gone = Some("no_such_model");
    play.stores("unknown models", &[(MODEL, gone), (LIGHTER_MODEL, gone)]);
    play.finish().await;
    shutdown.begin();
}

#[tokio::test]
async fn credit_for_a_shorter_answer_gives_a_shorter_answer() {
    let mut play = Play::open(|_| {}).await;
    play.model().script_for(MODEL, Refusal::can_only_afford(800, 120).into());
    play.model().script_for(MODEL, Answer::text("Short, then."));
    play.reads("hello?", "Short, then.").await;
    assert_eq!(play.asked(), times(MODEL, 2));
    let requests = play.model().requests();
    assert_eq!(
        (&requests[0].body["max_tokens"], &requests[1].body["max_tokens"]),
        (&800.into(), &120.into())
    );
    play.stores("affordable", &[(MODEL, Some("no_credit")), (MODEL, None)]);
    play.model().script_for(MODEL, Refusal::can_only_afford(800, 120).into());
    play.model().script_for(MODEL, Refusal::can_only_afford(120, 70).into());
    play.is_told("and now?", OPERATOR).await;
    assert_eq!(play.asked(), times(MODEL, 2), "it is asked once more, not for ever");
    play.stores("less and less", &[(MODEL, Some("no_credit")); 2]);
    play.finish().await;
}

#[tokio::test]
async fn a_negative_balance_stops_every_model() {
    let mut play = Play::open(|_| {}).await;
    play.model().set_credit(Some(-1));
    play.is_told("hello?", OPERATOR).await;
    assert_eq!(play.asked(), [MODEL]);
    play.stores("overdrawn", &[(MODEL, Some("no_credit"))]);
    play.model().set_credit(None);
    play.model().script(Answer::text("We are solvent."));
    play.reads("and now?", "We are solvent.").await;
    assert_eq!(play.asked(), [MODEL]);
    let (rows, _) = play.stored_of(1).await;
    assert_eq!((rows[0].cost_nano_usd, rows[0].owed), (Some(0), false), "a refusal costs nothing");
    play.finish().await;
}
