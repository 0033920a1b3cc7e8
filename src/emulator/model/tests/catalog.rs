//! What the list says, and what an answer costs by it.

use super::*;

#[tokio::test]
async fn a_list_says_what_was_put_in() {
    let bench = Bench::start().await;
    let listed = Listed::new("a/one")
        .called("One")
        .canonical("a/one-2026")
        .priced("0.0000000375", "0.00000015")
        .context(None)
        .longest(None)
        .text_only()
        .supporting(&["stop"])
        .expiring("2026-12-01")
        .with("new_field", json!({"a": 1}));
    bench.server.list(vec![listed, Listed::new("~a/latest").alias_of("a/one").unpriced()]);
    let (_, body) = bench.get("/models").await;
    let (one, latest) = (&body["data"][0], &body["data"][1]);
    assert_eq!(body["total_count"], 2);
    assert_eq!((&one["id"], &one["canonical_slug"]), (&json!("a/one"), &json!("a/one-2026")));
    assert_eq!(one["pricing"]["prompt"], "0.0000000375");
    assert_eq!((&one["context_length"], &one["expiration_date"]), (&Value::Null, &json!("2026-12-01")));
    assert_eq!(one["architecture"]["input_modalities"], json!(["text"]));
    assert_eq!((&one["supported_parameters"], &one["new_field"]["a"]), (&json!(["stop"]), &json!(1)));
    assert_eq!((&latest["alias_target"]["slug"], &latest["pricing"]), (&json!("a/one"), &json!({})));
    let url = format!("{}/models", bench.server.openai_url());
    let plain: Value =
        serde_json::from_str(&bench.client.get(url).send().await.unwrap().text().await.unwrap()).unwrap();
    let entry = plain["data"][0].as_object().unwrap();
    assert_eq!(entry.keys().collect::<Vec<_>>(), ["created", "id", "object", "owned_by"]);
    assert_eq!(bench.server.catalog_requests(), 2);
}

#[tokio::test]
async fn without_a_list_what_was_asked_for_exists() {
    let bench = Bench::start().await;
    bench.ask(&hello("mine/own")).await;
    let (_, body) = bench.get("/models").await;
    let ids: Vec<_> =
        body["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap()).collect();
    assert_eq!((ids.len(), ids[0], ids[3]), (4, "google/gemini-2.5-flash", "mine/own"));
    let settings = ModelSettings { models: vec!["only".to_owned()], ..ModelSettings::default() };
    let bench = Bench::with(settings).await;
    assert_eq!(bench.ask(&hello("mine/own")).await.status, 400);
    assert_eq!(bench.get("/models").await.1["total_count"], 1);
}

#[tokio::test]
async fn the_list_can_fail_and_recover() {
    let bench = Bench::start().await;
    bench.server.catalog_fault(Answer::status(503));
    assert_eq!(bench.get("/models").await.0, 503);
    bench.server.catalog_fault(Answer::raw("application/json", "{\"data\":null}"));
    assert_eq!(bench.get("/models").await, (200, json!({"data": null})));
    bench.server.catalog_fault(None);
    assert_eq!(bench.get("/models").await.0, 200);
    assert_eq!(bench.server.catalog_requests(), 3);
}

#[tokio::test]
async fn an_answer_costs_what_the_list_says_of_the_model_that_gave_it() {
    let bench = Bench::start().await;
    let cheap = Listed::new("cheap")
        .priced("0.0000000375", "0.00000015")
        .request_price("0.001")
        .image_price("0.0005");
    bench.server.list(vec![cheap, Listed::new("gift").free()]);
    bench.server.always("dear", Answer::status(503));
    bench.server.always("cheap", Answer::text("Two words."));
    let image = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}});
    let messages = json!([{"role": "user", "content": [{"type": "text", "text": "hello"}, image]}]);
    let body = json!({"model": "dear", "models": ["dear", "cheap"], "stream": true, "messages": messages});
    let usage = bench.ask(&body).await.usage();
    // In pico-dollars.
    let cost = usage["prompt_tokens"].as_i64().unwrap() * 37_500 + 2 * 150_000 + 1_000_000_000 + 500_000_000;
    let expected = format!("0.{cost:012}");
    assert_eq!(usage["cost"].as_f64().unwrap().to_string(), expected.trim_end_matches('0'));
    assert_eq!(bench.ask(&hello("gift")).await.usage()["cost"], 0.0);
}

#[tokio::test]
async fn limits_bind_where_an_answer_says_so() {
    let bench = Bench::start().await;
    bench.server.list(vec![Listed::new("m").context(20)]);
    let mut body = hello("m");
    body["max_tokens"] = json!(2);
    bench.server.script(Answer::text("One two three four."));
    assert_eq!(bench.ask(&body).await.said(), "One two three four.");
    bench.server.script(Answer::text("One two three four.").obeying_max_tokens());
    let heard = bench.ask(&body).await;
    assert_eq!((heard.said().as_str(), &heard.usage()["completion_tokens"]), ("One two", &json!(2)));
    let finish = &heard.chunks().pop().unwrap()["choices"][0];
    assert_eq!(
        (&finish["finish_reason"], &finish["native_finish_reason"]),
        (&json!("length"), &json!("MAX_TOKENS"))
    );
    let short = Answer::text("Short.").obeying_context();
    assert_eq!(bench.hear(short.clone()).await.said(), "Short.");
    body["messages"] = json!([{"role": "user", "content": "long ".repeat(20)}]);
    bench.server.script(short);
    let heard = bench.ask(&body).await;
    assert_eq!(heard.status, 400);
    assert_eq!(heard.json()["error"]["metadata"]["error_type"], "context_length_exceeded");
}
