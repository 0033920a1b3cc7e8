//! The shape of `prism.toml`. Every key is optional.

use std::collections::HashMap;
use std::time::Duration;

use super::{budget, model};
use crate::document::{Document, Place, Problem, Reader};

const LEAST_DURATION: Duration = Duration::from_millis(1);

/// What the file says. `None`: it says nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Values {
    /// Texts whose meaning is found out later, by their dotted key.
    texts: HashMap<&'static str, Text>,
    pub(crate) message_content: Option<bool>,
    pub(crate) edit_interval: Option<Duration>,
    pub(crate) thinking_after: Option<Duration>,
    pub(crate) silence: Option<Duration>,
    pub(crate) stall: Option<Duration>,
    pub(crate) heartbeat: Option<Duration>,
    pub(crate) answer: Option<Duration>,
    pub(crate) model: model::Values,
    pub(crate) budget: budget::Values,
    pub(crate) history_tokens: Option<usize>,
    pub(crate) waiting_turns: Option<usize>,
    pub(crate) grace: Option<Duration>,
    pub(crate) hard_stop: Option<Duration>,
    /// The file's name, for problems of its values that are found later.
    pub(crate) source: String,
}

/// A text and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Text {
    pub(crate) text: String,
    pub(crate) place: Place,
}

impl Values {
    /// The text of a dotted key, if the file has it.
    pub(crate) fn text(&self, key: &str) -> Option<&Text> {
        self.texts.get(key)
    }

    fn keep(&mut self, table: &mut Reader<'_>, key: &str, dotted: &'static str) {
        if let Some(text) = table.optional::<String>(key) {
            self.texts.insert(dotted, Text { text, place: table.place(key) });
        }
    }
}

/// Reads the text of a configuration file: what could be read, and what is wrong with the rest.
pub(crate) fn read(source: &str, text: &str) -> (Values, Vec<Problem>) {
    let mut values = Values { source: source.to_owned(), ..Values::default() };
    let outcome = match Document::parse(source, text) {
        Ok(document) => document.read(|root| fill(root, &mut values)),
        Err(problem) => Err(vec![problem]),
    };
    (values, outcome.err().unwrap_or_default())
}

fn fill(root: &mut Reader<'_>, values: &mut Values) {
    for secret in ["token", "api_key", "DISCORD_TOKEN", "OPENROUTER_API_KEY"] {
        root.hint(secret, "secrets are read from the environment alone: DISCORD_TOKEN, OPENROUTER_API_KEY");
    }
    for key in ["database", "personas", "http", "log_format"] {
        values.keep(root, key, key);
    }
    root.table("discord", |table| discord(table, values));
    root.table("gateway", |table| gateway(table, values));
    root.table("watchdog", |table| watchdog(table, values));
    root.table("model", |table| {
        values.keep(table, "url", "model.url");
        values.model = model::read(table);
    });
    root.table("budget", |table| values.budget = budget::read(table));
    root.table("chat", |table| chat(table, values));
    root.table("stop", |table| stop(table, values));
}

fn discord(table: &mut Reader<'_>, values: &mut Values) {
    values.keep(table, "url", "discord.url");
    values.keep(table, "governor", "discord.governor");
    values.message_content = table.optional("message_content");
    values.edit_interval = duration(table, "edit_interval");
    values.thinking_after = duration(table, "thinking_after");
}

fn gateway(table: &mut Reader<'_>, values: &mut Values) {
    values.keep(table, "shards", "gateway.shards");
    values.silence = long(table, "silence");
}

fn watchdog(table: &mut Reader<'_>, values: &mut Values) {
    values.stall = long(table, "stall");
    values.heartbeat = long(table, "heartbeat");
    values.answer = long(table, "answer");
}

fn chat(table: &mut Reader<'_>, values: &mut Values) {
    values.history_tokens =
        table.checked("history_tokens", "a number from 200 to 1000000", |tokens: usize| {
            (200..=1_000_000).contains(&tokens).then_some(tokens)
        });
    values.waiting_turns = table.checked("waiting_turns", "a number from 1 to 100", |turns: usize| {
        (1..=100).contains(&turns).then_some(turns)
    });
}

fn stop(table: &mut Reader<'_>, values: &mut Values) {
    values.grace = duration(table, "grace");
    values.hard_stop = duration(table, "hard");
}

/// A time of at least a second: a shorter one would end what is well, or be a burden for Discord.
fn long(table: &mut Reader<'_>, key: &str) -> Option<Duration> {
    table.checked(key, "a time from 1s to a day, such as \"30s\" or \"5m\"", |text: String| {
        parse_duration(&text).filter(|duration| *duration >= Duration::from_secs(1))
    })
}

/// A time of at least `LEAST_DURATION`: none would end every answer before it began.
pub(super) fn duration(table: &mut Reader<'_>, key: &str) -> Option<Duration> {
    table.checked(key, "a time from 1ms to a day, such as \"1.5s\" or \"700ms\"", |text: String| {
        parse_duration(&text).filter(|duration| *duration >= LEAST_DURATION)
    })
}

/// A number and its unit: `ms`, `s` or `m`. At most a day.
fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').filter(|at| *at > 0)?;
    let (number, unit) = text.split_at(digits);
    let seconds = match unit.trim() {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        _ => return None,
    };
    let total = number.parse::<f64>().ok()? * seconds;
    (total <= 86_400.0).then(|| Duration::from_secs_f64(total))
}

/// Ids have no white space and no commas: commas separate them in `PRISM_MODELS`.
pub(crate) fn is_model_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 200
        && !text.contains(|c: char| c.is_whitespace() || c.is_control() || c == ',')
}
