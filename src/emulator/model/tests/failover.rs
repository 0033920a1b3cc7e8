//! OpenRouter's own list of models.

use super::*;

fn with_models(models: &[&str]) -> Value {
    let mut body = hello(models[0]);
    body["models"] = json!(models);
    body
}

/// Which models were tried, and how each came to it.
fn tried(bench: &Bench) -> Vec<(String, Via)> {
    bench.server.requests().into_iter().map(|request| (request.model, request.via)).collect()
}

#[tokio::test]
async fn a_model_that_fails_hands_on_to_the_next_of_the_list() {
    let bench = Bench::start().await;
    bench.server.always("a/one", Answer::status(503));
    bench.server.always("a/two", Refusal::context_length(9, 8));
    bench.server.script_for("a/three", Answer::text("Here I am."));
    let request = bench.request(&bench.server.base_url(), &with_models(&["a/one", "a/two", "a/three"]));
    let heard = Heard::read(request.header("X-OpenRouter-Metadata", "enabled").send().await.unwrap()).await;
    assert_eq!(heard.said(), "Here I am.");
    let chunks = heard.chunks();
    assert!(chunks.iter().all(|chunk| chunk["model"] == "a/three"));
    let routing = &chunks.last().unwrap()["openrouter_metadata"];
    assert_eq!((&routing["strategy"], &routing["attempt"]), (&json!("fallback"), &json!(3)));
    let statuses: Vec<_> = routing["attempts"].as_array().unwrap().iter().map(|at| &at["status"]).collect();
    assert_eq!(statuses, [503, 400, 200]);
    assert!(chunks[0].get("openrouter_metadata").is_none(), "told with the last chunk only");
    let expected = [("a/one", Via::Asked), ("a/two", Via::ServerFallback), ("a/three", Via::ServerFallback)];
    assert_eq!(tried(&bench), expected.map(|(model, via)| (model.to_owned(), via)));
    let times: Vec<_> = bench.server.requests().iter().map(|request| request.at).collect();
    assert!(times.is_sorted());
    assert!(bench.server.wait_for_end(1).await.unwrap().ended_at.is_some());
}

#[tokio::test]
async fn only_some_errors_hand_on() {
    for (answer, moves) in [
        (Answer::status(408), true),
        (Answer::status(429), true),
        (Answer::status(500), true),
        (Answer::status(529), true),
        (Refusal::deprecated(&[]).into(), true),
        (Refusal::moderated("x").into(), true),
        (Refusal::context_length(9, 8).into(), true),
        (Answer::status(400), false),
        (Answer::status(401), false),
        (Answer::status(402), false),
        (Answer::status(413), false),
        (Answer::status(422), false),
        (Answer::text("").fault(Fault::ErrorAfter(0, 503)), false),
    ] {
        let bench = Bench::start().await;
        bench.server.script_for("a", answer.clone());
        bench.ask(&with_models(&["a", "b"])).await;
        assert_eq!(tried(&bench).len(), if moves { 2 } else { 1 }, "{answer:?}");
    }
}

#[tokio::test]
async fn the_last_error_is_told_when_no_model_is_left() {
    let bench = Bench::start().await;
    bench.server.always("a", Answer::status(503));
    bench.server.always("b", Refusal::upstream_limit(2));
    let request = bench.request(&bench.server.base_url(), &with_models(&["a", "b"]));
    let heard = Heard::read(request.header("X-OpenRouter-Metadata", "enabled").send().await.unwrap()).await;
    assert_eq!((heard.status, heard.header("retry-after")), (429, Some("2")));
    assert_eq!(heard.json()["openrouter_metadata"]["attempt"], 2);
    assert_eq!(heard.json()["error"]["availability"]["retry_after"], 2);
}

#[tokio::test]
async fn four_models_are_refused_and_three_are_not() {
    let bench = Bench::start().await;
    assert_eq!(bench.ask(&with_models(&["a", "b", "c"])).await.status, 200);
    assert_eq!(bench.ask(&with_models(&["a", "b", "c", "d"])).await.status, 400);
    let heard = bench.post(&bench.server.openai_url(), &with_models(&["a", "b", "c", "d"])).await;
    assert_eq!(heard.status, 200, "a plain server does not know the list");
}

#[tokio::test]
async fn a_whole_answer_tells_of_its_attempts_too() {
    let bench = Bench::start().await;
    let mut body = hello("a");
    body["stream"] = json!(false);
    let request = bench.request(&bench.server.base_url(), &body);
    let heard = Heard::read(request.header("X-OpenRouter-Metadata", "enabled").send().await.unwrap()).await;
    assert_eq!(heard.json()["openrouter_metadata"]["strategy"], "direct");
    assert_eq!(bench.ask(&body).await.json().get("openrouter_metadata"), None, "only when asked for");
}
