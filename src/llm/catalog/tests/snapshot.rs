//! Finding models by the names they go by.

use std::sync::Arc;
use std::time::Duration;

use super::{NOW, complete, facts, listed};
use crate::llm::catalog::listing::Listed;
use crate::llm::catalog::{ModelFacts, Snapshot};
use crate::llm::price::Price;

const PRICE: Price = Price { prompt: 1, completion: 2, request: 0, image: 0 };

fn flash() -> ModelFacts {
    ModelFacts {
        canonical_slug: Some("google/flash-20250617".to_owned()),
        price: Some(PRICE),
        ..facts("google/flash")
    }
}

fn snapshot() -> Snapshot {
    let free = ModelFacts { price: Some(Price::FREE), ..flash() };
    let alias = ModelFacts { alias_target: Some("google/flash".to_owned()), ..flash() };
    let models = vec![
        listed(ModelFacts { id: "google/flash:free".to_owned(), ..free }),
        listed(flash()),
        listed(ModelFacts { id: "~google/flash-latest".to_owned(), ..alias }),
        listed(facts("llama3:latest")),
        listed(facts("openai/gpt")),
    ];
    complete(models)
}

fn found(snapshot: &Snapshot, id: &str) -> Option<(String, Option<Price>)> {
    snapshot.get(id).map(|facts| (facts.id.clone(), facts.price))
}

#[test]
fn a_model_is_found_by_id_slug_and_variant() {
    let snapshot = snapshot();
    for (asked, id, price) in [
        ("google/flash", "google/flash", Some(PRICE)),
        ("google/flash-20250617", "google/flash", Some(PRICE)),
        ("google/flash:free", "google/flash:free", Some(Price::FREE)),
        ("~google/flash-latest", "~google/flash-latest", Some(PRICE)),
        ("google/flash:thinking", "google/flash", Some(PRICE)),
        // How the provider is chosen changes what it costs.
        ("google/flash:nitro", "google/flash", None),
        ("google/flash:floor", "google/flash", None),
        ("google/flash-20250617:nitro", "google/flash", None),
        ("google/flash:new-variant", "google/flash", None),
        ("llama3", "llama3:latest", None),
    ] {
        assert_eq!(found(&snapshot, asked), Some((id.to_owned(), price)), "{asked}");
    }
    for asked in ["google/flas", "", ":", "flash", "llama3:8b", "google/flash/x"] {
        assert_eq!(found(&snapshot, asked), None, "{asked}");
    }
    let twice = [snapshot.get("google/flash:nitro").unwrap(), snapshot.get("google/flash:floor").unwrap()];
    assert!(Arc::ptr_eq(twice[0], twice[1]));
}

#[test]
fn the_list_is_sorted_and_holds_each_id_once() {
    let ids = |snapshot: &Snapshot| snapshot.list().iter().map(|model| model.id.clone()).collect::<Vec<_>>();
    let sorted = ["google/flash", "google/flash:free", "llama3:latest", "openai/gpt", "~google/flash-latest"];
    assert_eq!(ids(&snapshot()), sorted);
    let first = ModelFacts { context_length: Some(1), ..facts("a") };
    let twice = Snapshot::from(vec![first, facts("b"), facts("a")]);
    assert_eq!(ids(&twice), ["a", "b"]);
    assert_eq!(twice.get("a").unwrap().context_length, Some(1));
    assert!(twice.is_known() && !Snapshot::default().is_known());
}

#[test]
fn the_one_model_of_llama_cpp_answers_for_every_name() {
    let only = Listed { takes_any_name: true, ..listed(facts("/models/x.gguf")) };
    let snapshot = complete(vec![only.clone()]);
    assert_eq!(snapshot.get("gpt-4").unwrap().id, "/models/x.gguf");
    assert!(snapshot.holds("gpt-4") && snapshot.same_model("gpt-4", "x"));
    let several = complete(vec![only, listed(facts("y"))]);
    assert!(several.get("gpt-4").is_none() && !several.holds("gpt-4"));
}

#[test]
fn an_answer_of_the_model_asked_for_is_told_from_a_fallback() {
    let snapshot = snapshot();
    for (asked, answered) in [
        ("google/flash", "google/flash"),
        ("google/flash", "google/flash-20250617"),
        ("google/flash", "google/flash-2025-09-01"),
        ("google/flash:free", "google/flash-20250617"),
        ("google/flash:nitro", "google/flash"),
        ("~google/flash-latest", "google/flash-20250617"),
        ("~google/flash-latest", "google/flash"),
        ("google/flash-20250617", "google/flash"),
        ("openrouter/auto", "openai/gpt"),
        ("@preset/mine", "openai/gpt"),
        ("unknown/model", "unknown/model-20260101"),
        ("unknown/model-2026-01-01", "unknown/model"),
        ("~unknown/model-latest", "unknown/model-7"),
    ] {
        assert!(snapshot.same_model(asked, answered), "{asked} {answered}");
    }
    for (asked, answered) in [
        ("google/flash", "openai/gpt"),
        ("google/flash", "google/flash-lite"),
        ("google/flash", "google/flash-lite-20250617"),
        ("~google/flash-latest", "google/pro"),
        ("~unknown/model-latest", "openai/gpt"),
        ("unknown/model", "unknown/model-2"),
    ] {
        assert!(!snapshot.same_model(asked, answered), "{asked} {answered}");
    }
    assert!(Snapshot::default().same_model("a/b", "a/b-20260101"));
    assert!(!Snapshot::default().same_model("a/b", "a/c"));
}

#[test]
fn age_is_counted_from_the_fetch() {
    let snapshot = complete(vec![]);
    let minute = Duration::from_secs(60);
    assert!(!snapshot.is_older(NOW + 59_999, minute));
    assert!(snapshot.is_older(NOW + 60_000, minute));
    assert!(snapshot.is_older(NOW, Duration::ZERO));
    assert!(snapshot.is_older(NOW - 1, minute), "the clock was set back");
    assert!(Snapshot::default().is_older(NOW, Duration::MAX));
}
