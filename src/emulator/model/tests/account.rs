//! Credit and the key's figures.

use super::*;

#[tokio::test]
async fn a_request_that_may_cost_more_than_there_is_is_refused() {
    // Prompt tokens 10 at 300, 100 completion tokens at 2,500: in nano-dollars.
    let bench =
        Bench::with(ModelSettings { credit: Some(10 * 300 + 100 * 2_500), ..ModelSettings::default() }).await;
    let mut body = json!({"model": "m", "stream": true, "messages": [{"role": "user", "content": "fill"}]});
    let prompt = body["messages"].to_string().len().div_ceil(4);
    assert_eq!(prompt, 9);
    body["messages"][0]["content"] = json!("fill it");
    let heard = bench.ask(&body).await;
    assert_eq!(heard.status, 402, "without max_tokens the longest answer counts");
    let message = heard.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("up to 65535 tokens, but can only afford 100."), "{message}");
    body["max_tokens"] = json!(101);
    assert_eq!(bench.ask(&body).await.status, 402);
    body["max_tokens"] = json!(100);
    bench.server.script(Answer::text("Two words."));
    assert_eq!(bench.ask(&body).await.said(), "Two words.");
    assert_eq!(bench.server.credit(), Some(98 * 2_500), "what was spent is gone");
}

#[tokio::test]
async fn a_negative_balance_stops_free_models_too() {
    let bench = Bench::start().await;
    bench.server.list(vec![Listed::new("gift").free()]);
    bench.server.set_credit(Some(0));
    assert_eq!(bench.ask(&hello("gift")).await.status, 200);
    bench.server.set_credit(Some(-1));
    let heard = bench.ask(&hello("gift")).await;
    assert_eq!(heard.status, 402);
    assert!(heard.json()["error"]["message"].as_str().unwrap().contains("negative"));
    assert_eq!(bench.post(&bench.server.openai_url(), &hello("gift")).await.status, 200, "one's own server");
}

#[tokio::test]
async fn the_key_tells_what_was_set() {
    let bench = Bench::start().await;
    assert_eq!(bench.get("/key").await.1["data"]["limit"], Value::Null);
    bench.server.key_figures(KeyFigures {
        limit: Some(5_000_000_000),
        limit_remaining: Some(1),
        usage_daily: 250_000_000,
        is_free_tier: true,
        ..KeyFigures::default()
    });
    let told = bench.get("/key").await.1["data"].clone();
    assert_eq!((&told["limit"], &told["usage_daily"]), (&json!(5.0), &json!(0.25)));
    assert_eq!((told["limit_remaining"].to_string().as_str(), &told["is_free_tier"]), ("1e-9", &json!(true)));
}
