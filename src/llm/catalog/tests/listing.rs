//! What servers list.

use serde_json::json;

use super::super::listing::{self, Listed, Terms};
use crate::llm::catalog::ModelFacts;
use crate::llm::price::Price;

const OPENROUTER: Terms = Terms { openrouter: true, free: false };
const OTHER: Terms = Terms { openrouter: false, free: false };

fn read(entry: serde_json::Value, terms: Terms) -> Listed {
    let page = listing::read(&json!({"data": [entry]}).to_string(), terms, 10).unwrap();
    page.models.into_iter().next().unwrap()
}

#[test]
fn everything_that_openrouter_tells_is_read() {
    let entry = json!({
        "id": "google/gemini-2.5-flash", "canonical_slug": "google/gemini-2.5-flash-20250617",
        "name": "Google: Gemini 2.5 Flash", "created": 1_750_172_488, "context_length": 1_048_576,
        "architecture": {"input_modalities": ["file", "image", "text"], "output_modalities": ["text"]},
        "pricing": {"prompt": "0.0000003", "completion": "0.0000025", "image": "0.001238",
            "input_cache_write": "0.0000003833"},
        "top_provider": {"context_length": 1_000_000, "max_completion_tokens": 65_535},
        "supported_parameters": ["max_tokens", "temperature"], "expiration_date": "2026-12-01",
        "alias_target": {"slug": "google/gemini-3.5-flash", "name": "x"}, "from the future": [[[]]],
    });
    let facts = ModelFacts {
        id: "google/gemini-2.5-flash".to_owned(),
        canonical_slug: Some("google/gemini-2.5-flash-20250617".to_owned()),
        name: "Google: Gemini 2.5 Flash".to_owned(),
        context_length: Some(1_048_576),
        max_completion_tokens: Some(65_535),
        price: Some(Price { prompt: 300_000, completion: 2_500_000, request: 0, image: 1_238_000_000 }),
        images: Some(true),
        parameters: Some(vec!["max_tokens".to_owned(), "temperature".to_owned()]),
        expires: Some("2026-12-01".to_owned()),
        alias_target: Some("google/gemini-3.5-flash".to_owned()),
    };
    let listed = read(entry, OPENROUTER);
    assert_eq!(listed, Listed { facts, created: Some(1_750_172_488), takes_any_name: false });
}

#[test]
fn null_and_wrong_types_count_as_not_told() {
    let bare = json!({"id": "x/y"});
    let strange = json!({
        "id": "x/y", "canonical_slug": 1, "name": null, "created": "today", "context_length": null,
        "architecture": "text->text", "pricing": "cheap", "top_provider": null,
        "supported_parameters": {"a": 1}, "expiration_date": "soon", "alias_target": null,
    });
    let expected = ModelFacts { id: "x/y".to_owned(), name: "x/y".to_owned(), ..ModelFacts::default() };
    for entry in [bare, strange] {
        assert_eq!(read(entry, OPENROUTER).facts, expected);
    }
    let late = json!({"id": "x", "context_length": null, "top_provider": {"context_length": 8192.0},
        "expiration_date": "2026-12-01T00:00:00Z", "architecture": {"input_modalities": ["text"]}});
    let facts = read(late, OPENROUTER).facts;
    assert_eq!((facts.context_length, facts.images), (Some(8192), Some(false)));
    assert_eq!(facts.expires.as_deref(), Some("2026-12-01"));
}

#[test]
fn entries_without_a_fit_id_are_passed_over() {
    let long = "x".repeat(257);
    let data = json!([{"id": "a"}, {}, 7, null, {"id": 1}, {"id": ""}, {"id": "b\nWARN all is lost"}, {"id": long},
        {"id": "models/a b.gguf"}]);
    let page = listing::read(&json!({"data": data}).to_string(), OTHER, 10).unwrap();
    let ids: Vec<_> = page.models.iter().map(|model| model.facts.id.as_str()).collect();
    assert_eq!(ids, ["a", "models/a b.gguf"]);
}

#[test]
fn only_as_many_as_there_is_room_for_are_kept() {
    let data: Vec<_> = (0..5).map(|number| json!({"id": number.to_string()})).collect();
    assert_eq!(listing::read(&json!({"data": data}).to_string(), OTHER, 3).unwrap().models.len(), 3);
}

#[test]
fn what_is_no_list_is_none() {
    for body in
        ["", "{}", "null", "7", r#"{"error":{"code":500}}"#, r#"{"data":{"a":1}}"#, "<html>", "{\"data\":["]
    {
        assert!(listing::read(body, OPENROUTER, 10).is_none(), "{body}");
    }
    let bare = listing::read(r#"[{"id":"a"}]"#, OTHER, 10).unwrap();
    assert_eq!((bare.models.len(), bare.next), (1, None));
    let next = r#"{"data":[],"links":{"next":"/x?offset=500"}}"#;
    assert_eq!(listing::read(next, OTHER, 10).unwrap().next.as_deref(), Some("/x?offset=500"));
}

#[test]
fn other_servers_tell_the_context_in_their_own_words() {
    for (entry, length) in [
        (json!({"id": "m", "object": "model", "created": 1, "owned_by": "library"}), None),
        (json!({"id": "m", "owned_by": "vllm", "max_model_len": 32_768}), Some(32_768)),
        (json!({"id": "m", "context_window": 131_072}), Some(131_072)),
        (json!({"id": "m", "meta": {"n_ctx": 4096, "n_ctx_train": 131_072}}), Some(4096)),
        (json!({"id": "m", "meta": {"n_ctx": 0}}), None),
    ] {
        assert_eq!(read(entry.clone(), OTHER).facts.context_length, length, "{entry}");
    }
    assert!(read(json!({"id": "m", "owned_by": "llamacpp"}), OTHER).takes_any_name);
    assert!(
        !read(json!({"id": "m", "owned_by": "llamacpp", "status": {"value": "loaded"}}), OTHER)
            .takes_any_name
    );
}

#[test]
fn prices_are_believed_from_openrouter_only_and_ones_own_server_is_free() {
    let entry = json!({"id": "m", "pricing": {"prompt": "0.3", "completion": "0.9"}});
    assert!(read(entry.clone(), OPENROUTER).facts.price.is_some());
    assert_eq!(read(entry.clone(), OTHER).facts.price, None);
    assert_eq!(read(entry, Terms { free: true, ..OTHER }).facts.price, Some(Price::FREE));
}

#[test]
fn writing_a_cache_counts_where_it_happens_unasked() {
    let pricing = json!({"prompt": "4e-12", "completion": "0", "input_cache_write": "5e-12"});
    let prompt =
        |id: &str| read(json!({"id": id, "pricing": pricing}), OPENROUTER).facts.price.unwrap().prompt;
    assert_eq!([prompt("openai/gpt-5.6"), prompt("~openai/gpt-latest")], [5, 5]);
    assert_eq!([prompt("anthropic/claude"), prompt("~anthropic/claude-latest")], [4, 4]);
}
