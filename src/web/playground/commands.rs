//! The commands that the bot registered, flat, as the palette shows them.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

/// A command that can be run: a group's subcommand has the group's name before its own.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Command {
    pub(super) path: String,
    pub(super) description: String,
    pub(super) options: Vec<CommandOption>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct CommandOption {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) kind: Kind,
    pub(super) required: bool,
    pub(super) autocomplete: bool,
    pub(super) choices: Vec<Choice>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(super) struct Choice {
    pub(super) name: String,
    pub(super) value: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Text,
    Integer,
    Number,
    Boolean,
    User,
    Channel,
    /// Attachments, roles and whatever comes: shown and not to be filled in here.
    Other,
}

/// Discord's shape of a command or an option; what is not shown is not read.
#[derive(Deserialize)]
struct Registered {
    #[serde(rename = "type", default = "chat_input")]
    kind: u8,
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    autocomplete: bool,
    #[serde(default)]
    choices: Vec<Choice>,
    #[serde(default)]
    options: Vec<Registered>,
}

const fn chat_input() -> u8 {
    1
}

const SUBCOMMAND: u8 = 1;
const GROUP: u8 = 2;

/// Reads registered commands; what has another shape than Discord's is left out.
pub(super) fn flatten(registered: &[Value]) -> Vec<Command> {
    let mut flat = Vec::new();
    for command in registered {
        if let Ok(command) = Registered::deserialize(command)
            && command.kind == chat_input()
        {
            add(&mut flat, "", command);
        }
    }
    flat.sort_by(|one, other| one.path.cmp(&other.path));
    flat
}

fn add(flat: &mut Vec<Command>, before: &str, command: Registered) {
    let path = format!("{before} {}", command.name).trim().to_owned();
    let (inner, options): (Vec<_>, Vec<_>) =
        command.options.into_iter().partition(|option| matches!(option.kind, SUBCOMMAND | GROUP));
    if !inner.is_empty() {
        for subcommand in inner {
            add(flat, &path, subcommand);
        }
        return;
    }
    let options = options.into_iter().map(CommandOption::from).collect();
    flat.push(Command { path, description: command.description, options });
}

impl From<Registered> for CommandOption {
    fn from(option: Registered) -> Self {
        Self {
            kind: match option.kind {
                3 => Kind::Text,
                4 => Kind::Integer,
                5 => Kind::Boolean,
                6 => Kind::User,
                7 => Kind::Channel,
                10 => Kind::Number,
                _ => Kind::Other,
            },
            name: option.name,
            description: option.description,
            required: option.required,
            autocomplete: option.autocomplete,
            choices: option.choices,
        }
    }
}

impl Command {
    /// The options as Discord would send them, from what was filled in.
    ///
    /// # Errors
    /// One sentence when a required option is empty or a value does not fit.
    pub(super) fn fill(&self, mut filled: HashMap<String, String>) -> Result<Vec<(String, Value)>, String> {
        let mut values = Vec::new();
        for option in &self.options {
            let text = filled.remove(&option.name).filter(|text| !text.trim().is_empty());
            match text {
                Some(text) => values.push((option.name.clone(), option.value(text)?)),
                None if option.required => return Err(format!("/{} needs “{}”.", self.path, option.name)),
                None => {}
            }
        }
        match filled.into_keys().next() {
            Some(unknown) => Err(format!("/{} has no option “{unknown}”.", self.path)),
            None => Ok(values),
        }
    }

    /// The same for what fits already, while somebody is still typing.
    pub(super) fn fill_what_fits(&self, mut filled: HashMap<String, String>) -> Vec<(String, Value)> {
        let options = self.options.iter();
        let fit = options.filter_map(|option| {
            Some((option.name.clone(), option.value(filled.remove(&option.name)?).ok()?))
        });
        fit.collect()
    }
}

impl CommandOption {
    fn value(&self, text: String) -> Result<Value, String> {
        if let Some(choice) = self.choices.iter().find(|choice| plain(&choice.value) == text) {
            return Ok(choice.value.clone());
        }
        let bad = |expected: &str| format!("“{}” needs {expected}.", self.name);
        match self.kind {
            _ if !self.choices.is_empty() => Err(bad("one of its choices")),
            Kind::Integer => text.trim().parse::<i64>().map(Value::from).map_err(|_| bad("a whole number")),
            Kind::Number => number(&text).ok_or_else(|| bad("a number")),
            Kind::Boolean => text.trim().parse::<bool>().map(Value::from).map_err(|_| bad("true or false")),
            Kind::Other => Err(format!("“{}” cannot be filled in on this page.", self.name)),
            Kind::Text | Kind::User | Kind::Channel => Ok(Value::from(text)),
        }
    }
}

fn number(text: &str) -> Option<Value> {
    text.trim().parse().ok().and_then(Number::from_f64).map(Value::Number)
}

pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn registered() -> Vec<Value> {
        vec![
            json!({ "name": "persona", "description": "Personas", "options": [
                { "type": 1, "name": "use", "description": "Talk to one", "options": [
                    { "type": 3, "name": "persona", "description": "Which", "required": true, "autocomplete": true },
                ]},
                { "type": 1, "name": "list", "description": "All of them" },
            ]}),
            json!({ "name": "duel", "type": 1, "description": "Two argue", "options": [
                { "type": 4, "name": "rounds", "description": "How many" },
                { "type": 3, "name": "mood", "description": "How", "choices": [{ "name": "Calm", "value": "calm" }] },
            ]}),
            json!({ "name": "Quote", "type": 3 }),
            json!("nonsense"),
        ]
    }

    fn filled(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn subcommands_stand_beside_commands() {
        let flat = flatten(&registered());
        let paths: Vec<_> = flat.iter().map(|command| command.path.as_str()).collect();
        assert_eq!(paths, ["duel", "persona list", "persona use"]);
        assert!(flat[2].options[0].autocomplete);
    }

    #[test]
    fn options_are_sent_in_their_own_types() {
        let duel = &flatten(&registered())[0];
        let values = duel.fill(filled(&[("rounds", " 3 "), ("mood", "calm")]));
        assert_eq!(values, Ok(vec![("rounds".into(), json!(3)), ("mood".into(), json!("calm"))]));
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let flat = flatten(&registered());
        assert_eq!(flat[0].fill(filled(&[("rounds", "many")])), Err("“rounds” needs a whole number.".into()));
        assert_eq!(flat[0].fill(filled(&[("mood", "wild")])), Err("“mood” needs one of its choices.".into()));
        assert_eq!(flat[2].fill(filled(&[("persona", " ")])), Err("/persona use needs “persona”.".into()));
        assert_eq!(flat[1].fill(filled(&[("x", "y")])), Err("/persona list has no option “x”.".into()));
    }
}
