//! One page of `GET /models`, as OpenRouter and others write it.

use serde_json::value::RawValue;

use super::date;
use super::facts::ModelFacts;
use super::object::Object;
use crate::llm::price::Price;

/// The longest id and the longest name that are kept, in bytes.
const MAX_NAME: usize = 256;
/// The most parameters of a model, and the longest of their names in bytes.
const MAX_PARAMETERS: usize = 100;
const MAX_PARAMETER: usize = 64;
/// `YYYY-MM-DD`, in bytes; what follows is a time.
const DAY: usize = 10;

/// Authors whose caches are written only when a request says so. The others may do it, and charge for it, unasked.
const ASKED_CACHES: [&str; 3] = ["anthropic", "google", "qwen"];
/// How llama.cpp signs the one model that it has. It answers for every name.
const LLAMA_CPP: &str = "llamacpp";

/// How the server behind a list is to be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Terms {
    /// Prices are in dollars per token. Others list them in units of their own, which are left alone.
    pub(super) openrouter: bool,
    /// Nothing costs anything.
    pub(super) free: bool,
}

#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) models: Vec<Listed>,
    /// Where the next page is, as the server writes it.
    pub(super) next: Option<String>,
}

/// A model and what only the catalog itself needs to know of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) facts: ModelFacts,
    /// Seconds since 1970.
    pub(super) created: Option<u64>,
    pub(super) takes_any_name: bool,
}

/// Reads at most `room` models. `None` when the text is no list of models.
pub(super) fn read(json: &str, terms: Terms, room: usize) -> Option<Page> {
    let (entries, next) = match Object::of(json) {
        Some(page) => {
            let links = page.object("links");
            (page.read::<Vec<&RawValue>>("data")?, links.and_then(|links| links.read("next")))
        }
        // Some servers write the bare list.
        None => (serde_json::from_str(json).ok()?, None),
    };
    let objects = entries.into_iter().filter_map(|entry| Object::of(entry.get()));
    let models = objects.filter_map(|entry| listed(&entry, terms)).take(room).collect();
    Some(Page { models, next })
}

fn listed(entry: &Object<'_>, terms: Terms) -> Option<Listed> {
    let id = name(entry, "id")?;
    let architecture = entry.object("architecture");
    let modalities: Option<Vec<String>> = architecture.and_then(|inner| inner.read("input_modalities"));
    let top = entry.object("top_provider");
    let facts = ModelFacts {
        canonical_slug: name(entry, "canonical_slug"),
        name: name(entry, "name").unwrap_or_else(|| id.clone()),
        context_length: context_length(entry).or_else(|| size(top.as_ref()?, "context_length")),
        max_completion_tokens: top.as_ref().and_then(|top| size(top, "max_completion_tokens")),
        price: price(entry, &id, terms),
        images: modalities.map(|inputs| inputs.iter().any(|input| input == "image")),
        parameters: parameters(entry),
        expires: day(entry),
        alias_target: entry
            .object("alias_target")
            .map_or_else(|| name(entry, "alias_target"), |target| name(&target, "slug")),
        id,
    };
    let is_llama_cpp = entry.read::<&str>("owned_by") == Some(LLAMA_CPP);
    // With several models it has a status for each, and names count.
    let takes_any_name = is_llama_cpp && !entry.holds("status");
    Some(Listed { facts, created: entry.read("created"), takes_any_name })
}

/// A name fit for logs and pages.
fn name(entry: &Object<'_>, key: &str) -> Option<String> {
    let text: String = entry.read(key)?;
    let text = text.trim();
    let is_fit = !text.is_empty() && text.len() <= MAX_NAME && !text.contains(char::is_control);
    is_fit.then(|| text.to_owned())
}

/// Under the names that OpenRouter, vLLM, hosted services and llama.cpp have for it.
fn context_length(entry: &Object<'_>) -> Option<u32> {
    ["context_length", "max_model_len", "context_window"]
        .iter()
        .find_map(|key| size(entry, key))
        .or_else(|| size(&entry.object("meta")?, "n_ctx"))
}

/// A number of tokens; none is no size.
fn size(entry: &Object<'_>, key: &str) -> Option<u32> {
    entry.count(key).filter(|tokens| *tokens > 0)
}

fn price(entry: &Object<'_>, id: &str, terms: Terms) -> Option<Price> {
    if terms.free {
        return Some(Price::FREE);
    }
    if !terms.openrouter {
        return None;
    }
    let author = id.trim_start_matches('~').split('/').next().unwrap_or_default();
    Price::listed(&entry.object("pricing")?, !ASKED_CACHES.contains(&author))
}

fn parameters(entry: &Object<'_>) -> Option<Vec<String>> {
    let told: Vec<String> = entry.read("supported_parameters")?;
    Some(told.into_iter().filter(|name| name.len() <= MAX_PARAMETER).take(MAX_PARAMETERS).collect())
}

fn day(entry: &Object<'_>) -> Option<String> {
    let date: String = entry.read("expiration_date")?;
    let day = date.get(..DAY)?;
    date::days(day).map(|_| day.to_owned())
}

/// Sorted by id, each once: of two with one id the first counts.
pub(super) fn in_order(mut models: Vec<Listed>) -> Vec<Listed> {
    models.sort_by(|left, right| left.facts.id.cmp(&right.facts.id));
    models.dedup_by(|later, first| later.facts.id == first.facts.id);
    models
}
