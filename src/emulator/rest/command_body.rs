//! Commands in a body, under Discord's limits.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::callback::choice;
use super::form::{self, Form};
use crate::emulator::command::{Command, CommandKind, CommandOption, OptionKind, Place};
use crate::emulator::refusal::{Faults, Refusal};
use crate::emulator::world::Permissions;

const MOST_SLASH: usize = 100;
const MOST_MENU: usize = 15;
const MOST_OPTIONS: usize = 25;
const MOST_CHOICES: usize = 25;
const MOST_CHARACTERS: usize = 8_000;

/// A list of commands, without ids and guild.
pub(super) fn commands(body: &Value) -> Result<Vec<Command>, Refusal> {
    let Some(list) = body.as_array() else { return Err(Refusal::InvalidJson) };
    // Faults of a bare list stand under its numbers.
    let whole = json!({ "": list });
    let commands = form::read(&whole, |form| form.each("", usize::MAX, command).unwrap_or_default())?;
    let mut faults = Faults::default();
    let mut names = HashSet::new();
    for (index, command) in commands.iter().enumerate() {
        if !names.insert((command.kind, command.name.as_str())) {
            let reason = "Application command names must be unique";
            faults.add(&index.to_string(), "APPLICATION_COMMANDS_DUPLICATE_NAME", reason);
        }
    }
    for (kind, most) in
        [(CommandKind::Slash, MOST_SLASH), (CommandKind::User, MOST_MENU), (CommandKind::Message, MOST_MENU)]
    {
        if commands.iter().filter(|command| command.kind == kind).count() > most {
            let reason = format!("Maximum number of application commands reached ({most}).");
            faults.add("", "APPLICATION_COMMANDS_MAX", reason);
        }
    }
    if faults.is_empty() { Ok(commands) } else { Err(Refusal::Form(faults)) }
}

fn command(form: &mut Form<'_>) -> Option<Command> {
    let kind = CommandKind::from_number(form.number("type").unwrap_or(1));
    let Some(kind) = kind else {
        form.fault("type", "BASE_TYPE_CHOICES", "Value must be one of {1, 2, 3}.");
        return None;
    };
    let name = form.required_text("name", 1..=32);
    if kind == CommandKind::Slash {
        check_name(form, &name);
        form.required_text("description", 1..=100);
    }
    let options = options(form);
    let body = form.whole();
    if characters(&body) > MOST_CHARACTERS {
        let reason = format!("Command exceeds maximum size ({MOST_CHARACTERS})");
        form.fault("", "APPLICATION_COMMAND_TOO_LARGE", reason);
    }
    Some(Command {
        id: 0,
        guild: None,
        kind,
        name,
        options,
        nsfw: form.flag("nsfw").unwrap_or(false),
        needs: needs(form),
        places: places(form),
        body,
        version: 0,
    })
}

fn check_name(form: &mut Form<'_>, name: &str) {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '\'');
    if !name.is_empty() && (!name.chars().all(fits) || name.to_lowercase() != name) {
        let reason = "Command name is invalid";
        form.fault("name", "APPLICATION_COMMAND_INVALID_NAME", reason);
    }
}

fn needs(form: &mut Form<'_>) -> Option<Permissions> {
    form.snowflake("default_member_permissions").map(Permissions::from_bits)
}

fn places(form: &mut Form<'_>) -> Vec<Place> {
    if let Some(contexts) = form.list("contexts", 3) {
        let place = |value: &Value| match value.as_u64() {
            Some(0) => Some(Place::Guild),
            Some(1) => Some(Place::BotDirect),
            Some(2) => Some(Place::OtherDirect),
            _ => None,
        };
        return contexts.iter().filter_map(place).collect();
    }
    match form.flag("dm_permission") {
        Some(false) => vec![Place::Guild],
        _ => vec![Place::Guild, Place::BotDirect],
    }
}

fn options(form: &mut Form<'_>) -> Vec<CommandOption> {
    let options = form.each("options", MOST_OPTIONS, option).unwrap_or_default();
    let mut names = HashSet::new();
    if !options.iter().all(|option| names.insert(option.name.as_str())) {
        let reason = "Application command option names must be unique";
        form.fault("options", "APPLICATION_COMMAND_OPTIONS_DUPLICATE_NAME", reason);
    }
    if !options.is_sorted_by_key(|option| !option.required) {
        let reason = "Required options must be placed before non-required options";
        form.fault("options", "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", reason);
    }
    let subcommands = options.iter().filter(|option| option.kind.is_subcommand()).count();
    if subcommands != 0 && subcommands != options.len() {
        let reason =
            "Sub-command and sub-command group option types are mutually exclusive to all other types";
        form.fault("options", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", reason);
    }
    options
}

fn option(form: &mut Form<'_>) -> Option<CommandOption> {
    form.require("type");
    let Some(kind) = form.number("type").and_then(OptionKind::from_number) else {
        form.fault("type", "BASE_TYPE_CHOICES", "Value must be one of {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}.");
        return None;
    };
    let name = form.required_text("name", 1..=32);
    check_name(form, &name);
    form.required_text("description", 1..=100);
    let choices = form.each("choices", MOST_CHOICES, choice).unwrap_or_default();
    let autocomplete = form.flag("autocomplete").unwrap_or(false);
    if autocomplete && !choices.is_empty() {
        let reason = "Autocomplete and choices are mutually exclusive";
        form.fault("", "APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES", reason);
    }
    let required = form.flag("required").unwrap_or(false);
    Some(CommandOption { kind, name, required, autocomplete, choices, options: options(form) })
}

/// What counts towards the size of a command: names, descriptions and values.
fn characters(value: &Value) -> usize {
    let own = ["name", "description", "value"]
        .iter()
        .filter_map(|name| value[*name].as_str())
        .map(|text| text.chars().count())
        .sum::<usize>();
    let lists = ["options", "choices"].iter().filter_map(|name| value[*name].as_array());
    own + lists.flatten().map(characters).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn option(name: &str, required: bool) -> Value {
        json!({ "type": 3, "name": name, "description": "d", "required": required })
    }

    fn refused(command: Value) -> Vec<String> {
        match commands(&json!([command])) {
            Err(Refusal::Form(faults)) => {
                faults.iter().map(|(path, own)| format!("{path} {}", own[0].code)).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_command_with_subcommands_is_read() {
        let body = json!([{
            "name": "persona", "description": "Characters", "options": [
                { "type": 1, "name": "list", "description": "All" },
                { "type": 1, "name": "use", "description": "Choose", "options": [option("persona", true)] },
            ],
        }]);
        let read = commands(&body).unwrap();
        assert_eq!(read[0].leaf(&["use"]).unwrap()[0].name, "persona");
        assert!(read[0].leaf(&[]).is_none(), "a subcommand must be chosen");
        assert!(read[0].leaf(&["other"]).is_none());
    }

    #[test]
    fn required_options_come_first() {
        let options = json!([option("a", false), option("b", true)]);
        let command = json!({ "name": "c", "description": "d", "options": options });
        assert_eq!(refused(command), ["0.options APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"]);
    }

    #[test]
    fn names_and_descriptions_are_limited() {
        let command = |name: &str, description: &str| json!({ "name": name, "description": description });
        assert!(commands(&json!([command("chat-2", "d")])).is_ok());
        assert_eq!(refused(command("Chat", "d")), ["0.name APPLICATION_COMMAND_INVALID_NAME"]);
        assert_eq!(refused(command("chat", "")), ["0.description BASE_TYPE_BAD_LENGTH"]);
        assert_eq!(refused(command("chat", &"d".repeat(101))), ["0.description BASE_TYPE_BAD_LENGTH"]);
        let twice = json!([command("chat", "d"), command("chat", "d")]);
        assert!(commands(&twice).is_err());
    }
}
