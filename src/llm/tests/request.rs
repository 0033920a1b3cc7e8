//! What a server is sent.

use secrecy::SecretString;
use serde_json::json;

use super::*;

fn full() -> Request {
    Request {
        messages: vec![Message::new(Role::System, "You are Ada."), Message::new(Role::User, "Hello!")],
        max_tokens: Some(300),
        temperature: Some(0.7),
        top_p: Some(0.9),
        user: Some("u1".to_owned()),
        session: Some("s1".to_owned()),
        ..Request::default()
    }
}

#[tokio::test]
async fn openrouter_is_sent_its_own_fields() {
    let bench = Bench::start().await;
    open(&bench.ladder(), full()).await.unwrap();
    let received = bench.server.wait_for_request().await;
    assert_eq!(
        received.body,
        json!({
            "model": "first",
            "messages": [
                {"role": "system", "content": "You are Ada."},
                {"role": "user", "content": "Hello!"},
            ],
            "stream": true, "max_tokens": 300, "temperature": 0.7, "top_p": 0.9,
            "user": "u1", "session_id": "s1", "provider": {"data_collection": "deny"},
        })
    );
    assert_eq!(received.headers["x-openrouter-title"], "Prism");
    assert_eq!(received.headers["content-type"], "application/json");
}

#[tokio::test]
async fn a_plain_server_is_sent_the_plain_fields() {
    let mut bench = Bench::start().await;
    bench.settings.server.flavour = Some(Flavour::OpenAi);
    bench.open().await.unwrap();
    let received = bench.server.wait_for_request().await;
    assert_eq!(
        received.body,
        json!({
            "model": "first", "messages": [{"role": "user", "content": "Hello!"}],
            "stream": true, "max_tokens": 800, "stream_options": {"include_usage": true},
        })
    );
    assert!(!received.headers.contains_key("x-openrouter-title"));
    assert!(!received.headers.contains_key("http-referer"));
}

#[tokio::test]
async fn data_collection_may_be_allowed() {
    let mut bench = Bench::start().await;
    bench.settings.deny_data_collection = false;
    bench.open().await.unwrap();
    assert_eq!(bench.server.wait_for_request().await.body.get("provider"), None);
}

#[tokio::test]
async fn the_key_opens_the_door_and_stays_secret() {
    let mut bench =
        Bench::with(ModelSettings { key: Some("sk-right".to_owned()), ..ModelSettings::default() }).await;
    for (key, failure) in [
        (None, Some(Failure::KeyRefused)),
        (Some("sk-wrong"), Some(Failure::KeyRefused)),
        (Some("sk-right"), None),
    ] {
        bench.settings.server.api_key = key.map(|key| SecretString::new(key.to_owned()));
        let outcome = bench.open().await;
        assert_eq!(outcome.err().map(|exhausted| exhausted.cause), failure, "{key:?}");
    }
    assert!(!format!("{:?}", bench.ladder()).contains("sk-right"));
}

#[tokio::test]
async fn an_unknown_model_is_told_from_other_refusals() {
    let settings = ModelSettings { models: vec!["second".to_owned()], ..ModelSettings::default() };
    let bench = Bench::with(settings).await;
    let reply = bench.open().await.unwrap();
    assert_eq!(reply.report().attempts[0].failure, Some(Failure::NoSuchModel));
}
