//! Checks the bot's requests against Discord's own description of its API, where `DISCORD_OPENAPI` names the file.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use jsonschema::Validator;
use prism::emulator::RequestLog;
use serde_json::{Value, json};

/// The document, and the validators that were made of it so far.
struct Description {
    document: Value,
    validators: Mutex<HashMap<(String, String), Option<&'static Validator>>>,
}

/// Fails on a body that Discord's description does not allow.
pub(crate) fn check(requests: &[RequestLog]) {
    let Some(description) = description() else { return };
    for request in requests.iter().filter(|request| !request.body.is_null()) {
        let Some(route) = &request.route else { continue };
        let Some(validator) = description.validator(&request.method, route) else {
            panic!("{} {route} takes no JSON body by Discord's description", request.method);
        };
        let problems: Vec<_> =
            validator.iter_errors(&request.body).map(|problem| problem.to_string()).collect();
        assert!(problems.is_empty(), "{} {route}: {}\n{problems:#?}", request.method, request.body);
    }
}

fn description() -> Option<&'static Description> {
    static DESCRIPTION: OnceLock<Option<Description>> = OnceLock::new();
    DESCRIPTION.get_or_init(read).as_ref()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the file is a matter of the tests, not of the bot's configuration"
)]
fn read() -> Option<Description> {
    let path = std::env::var_os("DISCORD_OPENAPI")?;
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("DISCORD_OPENAPI: {error}"));
    Some(Description { document: serde_json::from_str(&text).unwrap(), validators: Mutex::default() })
}

impl Description {
    fn validator(&self, method: &str, route: &str) -> Option<&'static Validator> {
        let key = (method.to_owned(), anonymous(route));
        let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
        *validators.entry(key.clone()).or_insert_with(|| self.compile(&key.0, &key.1))
    }

    fn compile(&self, method: &str, route: &str) -> Option<&'static Validator> {
        let paths = self.document["paths"].as_object()?;
        let (_, item) = paths.iter().find(|(path, _)| anonymous(path) == route)?;
        let schema = &item[method.to_lowercase()]["requestBody"]["content"]["application/json"]["schema"];
        if schema.is_null() {
            return None;
        }
        let root = json!({"components": self.document["components"], "allOf": [schema]});
        // One for each route, for the life of the tests.
        Some(Box::leak(Box::new(jsonschema::validator_for(&root).unwrap())))
    }
}

/// A route without the names of its parameters.
fn anonymous(route: &str) -> String {
    let parts = route.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
    parts.collect::<Vec<_>>().join("/")
}
