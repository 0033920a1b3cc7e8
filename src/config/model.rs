//! The model layer's part of the configuration: `[model]`, its variables and keys.

#[cfg(test)]
mod tests;

use std::time::Duration;

use super::address::{self, Plain};
use super::layers::{self, Layers};
use super::{Purpose, file};
use crate::document::{Place, Reader};
use crate::llm::{self, CatalogSettings, Flavour, MaxPrice, Pattern, Server};

/// The key of a server named `name` is in this variable, followed by the name in capitals.
pub(super) const KEY_PREFIX: &str = "PRISM_MODEL_KEY_";

/// The name that addresses the default server in messages.
const DEFAULT_KEY: &str = "OPENROUTER_API_KEY";

/// What `[model]` says. `None`: it says nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Values {
    models: Option<Vec<String>>,
    allow: Vec<Pattern>,
    max_price: Option<MaxPrice>,
    dearer_fallback: Option<bool>,
    server_fallback: Option<bool>,
    hedge_after: Option<Duration>,
    max_tokens: Option<u32>,
    first_token: Option<Duration>,
    idle: Option<Duration>,
    total: Option<Duration>,
    deny_data_collection: Option<bool>,
    zdr: Option<bool>,
    app_url: Option<String>,
    turn_price: Option<i64>,
    flavour: Option<Flavour>,
    free: Option<bool>,
    servers: Vec<Named>,
}

/// A server beside the default one.
#[derive(Clone, Debug, PartialEq)]
struct Named {
    name: String,
    /// Where the name stands.
    named_at: Place,
    url: String,
    /// Where the address stands.
    place: Place,
    flavour: Option<Flavour>,
    free: Option<bool>,
}

/// Reads the table.
pub(super) fn read(table: &mut Reader<'_>) -> Values {
    table.hint("key", "the key is read from the environment alone: OPENROUTER_API_KEY");
    Values {
        models: table.checked("models", "a list of at least one model id", |models: Vec<String>| {
            (!models.is_empty() && models.iter().all(|model| file::is_model_id(model))).then_some(models)
        }),
        allow: table.each(
            "allow",
            "a model id in which * stands for anything, such as \"google/*\"",
            |text: String| Pattern::parse(&text).ok(),
        ),
        max_price: table.table("max_price", max_price),
        dearer_fallback: table.optional("dearer_fallback"),
        server_fallback: table.optional("server_fallback"),
        hedge_after: file::duration(table, "hedge_after"),
        max_tokens: table.checked("max_tokens", "a number from 16 to 8192", |tokens: u32| {
            (16..=8_192).contains(&tokens).then_some(tokens)
        }),
        first_token: file::duration(table, "first_token"),
        idle: file::duration(table, "idle"),
        total: file::duration(table, "total"),
        deny_data_collection: table.optional("deny_data_collection"),
        zdr: table.optional("zdr"),
        app_url: table.checked("app_url", "an address such as \"https://example.org\"", |url: String| {
            (url.starts_with("https://") && !url.contains(char::is_whitespace)).then_some(url)
        }),
        turn_price: table.checked("turn_price", "US dollars from 0 to 1", |dollars: f64| nano(dollars, 1.0)),
        flavour: flavour(table),
        free: table.optional("free"),
        servers: table.tables("servers", server).into_iter().flatten().collect(),
    }
}

/// US dollars for a million tokens; `request`: for one request.
fn max_price(table: &mut Reader<'_>) -> MaxPrice {
    let mut price = |key: &str| table.checked(key, "US dollars, such as 2.5", |dollars: f64| valid(dollars));
    let (prompt, completion, request) = (price("prompt"), price("completion"), price("request"));
    MaxPrice::of_dollars(prompt, completion, request)
}

fn server(table: &mut Reader<'_>) -> Option<Named> {
    table
        .hint("key", "the key is read from the environment alone: PRISM_MODEL_KEY_ and the name in capitals");
    table.hint(
        "api_key",
        "the key is read from the environment alone: PRISM_MODEL_KEY_ and the name in capitals",
    );
    let name = table.required_checked(
        "name",
        "a short name of lower-case letters, digits, - and _",
        |name: String| is_server_name(&name).then_some(name),
    );
    let (named_at, place) = (table.place("name"), table.place("url"));
    let url = table.required_checked("url", "an address such as http://localhost:11434/v1", |url: String| {
        address::server(&url, Plain::Anywhere).ok()
    });
    let flavour = flavour(table);
    let free = table.optional("free");
    Some(Named { name: name?, named_at, url: url?, place, flavour, free })
}

fn flavour(table: &mut Reader<'_>) -> Option<Flavour> {
    table.checked("flavour", "\"openrouter\" or \"openai\"", |word: String| match word.as_str() {
        "openrouter" => Some(Flavour::OpenRouter),
        "openai" => Some(Flavour::OpenAi),
        _ => None,
    })
}

fn is_server_name(name: &str) -> bool {
    (1..=32).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte))
}

fn valid(dollars: f64) -> Option<f64> {
    (dollars.is_finite() && (0.0..=100_000.0).contains(&dollars)).then_some(dollars)
}

/// Nano-dollars.
#[expect(clippy::cast_possible_truncation, reason = "bounded just before")]
pub(super) fn nano(dollars: f64, most: f64) -> Option<i64> {
    let valid = valid(dollars).filter(|dollars| *dollars <= most)?;
    Some((valid * 1e9).round() as i64)
}

impl Layers<'_> {
    pub(super) fn model(&mut self, file: &file::Values, purpose: Purpose) -> llm::Settings {
        let values = &file.model;
        let server = self.default_server(file, purpose);
        let others = self.other_servers(file);
        let written =
            [layers::flag("--models", self.flags.models.as_ref()), self.variable("PRISM_MODELS"), None];
        let models = self.pick(written, layers::models).or_else(|| values.models.clone());
        // Who writes a ladder says what it may cost; the built-in one says it here.
        let is_own = models.is_some();
        let defaults = llm::Settings::default();
        llm::Settings {
            server,
            others,
            models: models.unwrap_or(defaults.models),
            allow: values.allow.clone(),
            max_price: values.max_price.or(defaults.max_price.filter(|_| !is_own)),
            dearer_fallback: values.dearer_fallback.unwrap_or(!is_own),
            server_fallback: values.server_fallback.unwrap_or(defaults.server_fallback),
            hedge_after: values.hedge_after,
            max_tokens: values.max_tokens.unwrap_or(defaults.max_tokens),
            first_token: values.first_token.unwrap_or(defaults.first_token),
            idle: values.idle.unwrap_or(defaults.idle),
            total: values.total.unwrap_or(defaults.total),
            deny_data_collection: values.deny_data_collection.unwrap_or(defaults.deny_data_collection),
            zdr: values.zdr.unwrap_or(defaults.zdr),
            app_url: values.app_url.clone(),
            turn_price: values.turn_price.unwrap_or(defaults.turn_price),
            ..llm::Settings::default()
        }
    }

    fn default_server(&mut self, file: &file::Values, purpose: Purpose) -> Server {
        let written = [None, self.variable("PRISM_MODEL_URL"), layers::in_file(file, "model.url")];
        let default = llm::Settings::default().server.base_url;
        let base_url = self.pick(written, |text| address::server(text, Plain::Anywhere)).unwrap_or(default);
        let api_key = self.secret(DEFAULT_KEY);
        if purpose == Purpose::Bot && api_key.is_none() && base_url.starts_with("https://openrouter.ai") {
            let cure =
                "is not set: make a key at OpenRouter, or point PRISM_MODEL_URL at a server that needs none";
            self.problem(DEFAULT_KEY, cure);
        }
        if api_key.is_some() && is_exposed(&base_url) {
            self.problem(
                "PRISM_MODEL_URL",
                "would carry the key over plain http to another network: use https",
            );
        }
        let flavour = file.model.flavour;
        let free = file.model.free.unwrap_or_else(|| api_key.is_none() && is_free(&base_url, flavour));
        Server { free, base_url, api_key, flavour }
    }

    fn other_servers(&mut self, file: &file::Values) -> Vec<(String, Server)> {
        let mut servers: Vec<(String, Server)> = Vec::new();
        for named in &file.model.servers {
            let variable = key_variable(&named.name);
            let api_key = self.secret(&variable);
            if api_key.is_some() && is_exposed(&named.url) {
                let cure = "would carry its key over plain http to another network: use https";
                self.wrong(file, (named, named.place), cure);
            }
            if servers.iter().any(|(name, _)| key_variable(name) == variable) {
                let cure = "another server has this name, or one whose key would be in the same variable";
                self.wrong(file, (named, named.named_at), cure);
            }
            let is_own = || api_key.is_none() && is_free(&named.url, named.flavour);
            let free = named.free.unwrap_or_else(is_own);
            let server = Server { base_url: named.url.clone(), api_key, flavour: named.flavour, free };
            servers.push((named.name.clone(), server));
        }
        servers
    }

    fn wrong(&mut self, file: &file::Values, (named, place): (&Named, Place), message: &str) {
        self.problems.push(crate::document::Problem {
            source: file.source.clone(),
            place: Some(place),
            key: Some(format!("model.servers.{}", named.name)),
            message: message.to_owned(),
        });
    }
}

/// The variable that holds the key of a named server.
pub(crate) fn key_variable(server: &str) -> String {
    format!("{KEY_PREFIX}{}", server.to_uppercase().replace('-', "_"))
}

fn is_exposed(url: &str) -> bool {
    url.starts_with("http://") && !address::is_private(url)
}

/// A server in a network of one's own costs nothing, unless it sells what OpenRouter sells. One that wants a key may
/// stand before others that are paid.
fn is_free(url: &str, flavour: Option<Flavour>) -> bool {
    address::is_private(url) && flavour.unwrap_or_else(|| Flavour::of(url)) == Flavour::OpenAi
}

/// Where the lists of models are kept: beside the database.
pub(super) fn catalog(database: &std::path::Path) -> CatalogSettings {
    let folder = database.parent().map(std::path::Path::to_owned);
    CatalogSettings { folder, ..CatalogSettings::default() }
}
