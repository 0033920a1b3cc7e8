//! A slash command as somebody fills it in, checked as a client checks it before sending.

use serde_json::Value;
use tokio::sync::broadcast::error::RecvError;

use super::Emulator;
use super::command::{Choice, Command, CommandOption, Place};
use super::event::Change;
use super::interaction::{Filled, InteractionKind, InteractionState, Invoked, Phase};
use super::people::{ActionError, check_may};
use super::state::State;
use super::world::Permissions;
use crate::ids::{ChannelId, InteractionId, UserId};

/// A command and its options by name: `persona use` with `persona` = "ada".
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Invocation {
    /// Without the slash, group and subcommand after blanks.
    pub command: String,
    pub options: Vec<(String, Value)>,
}

impl Invocation {
    pub fn new(command: &str) -> Self {
        Self { command: command.to_owned(), options: Vec::new() }
    }

    /// The same with one more option.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.options.push((name.to_owned(), value.into()));
        self
    }
}

impl Emulator {
    /// Somebody types into an option; the bot's suggestions come back. Options may still be missing.
    ///
    /// # Errors
    /// When the command has no such option with suggestions, or the bot does not answer in time.
    pub async fn autocomplete(
        &self,
        user: UserId,
        channel: ChannelId,
        invocation: &Invocation,
        focused: &str,
    ) -> Result<Vec<Choice>, ActionError> {
        let mut changes = self.changes();
        let id = self.act(|state| {
            let invoked = fill_partly(state, user, channel, invocation, focused)?;
            Ok(state.begin_interaction(user, channel, InteractionKind::Autocomplete(invoked)))
        })?;
        self.wake_clockwork();
        loop {
            if let Some(outcome) = self.read(|state| suggestions(state, id)) {
                return outcome;
            }
            loop {
                match changes.recv().await {
                    Ok(Change::Interaction { id: changed, state, .. })
                        if changed == id && state != InteractionState::Waiting =>
                    {
                        break;
                    }
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => break,
                    Err(RecvError::Closed) => return Err(ActionError::NoAnswer),
                }
            }
        }
    }
}

fn suggestions(state: &State, id: InteractionId) -> Option<Result<Vec<Choice>, ActionError>> {
    match &state.interactions.get(id)?.phase {
        Phase::Suggested(choices) => Some(Ok(choices.clone())),
        Phase::Expired => Some(Err(ActionError::NoAnswer)),
        Phase::Waiting | Phase::Thinking | Phase::Answered => None,
    }
}

/// Checks a whole invocation.
pub(super) fn fill(
    state: &State,
    user: UserId,
    channel: ChannelId,
    invocation: &Invocation,
) -> Result<Invoked, ActionError> {
    let (command, path) = find(state, user, channel, invocation)?;
    let known = command.leaf(&path).ok_or(ActionError::NoSuchCommand)?;
    let options = filled(known, invocation, None)?;
    let missing = known.iter().find(|option| option.required && !has(invocation, &option.name));
    match missing {
        Some(option) => Err(ActionError::MissingOption(option.name.clone())),
        None => Ok(invoked(command, &path, options)),
    }
}

/// Checks what is there so far, for suggestions.
fn fill_partly(
    state: &State,
    user: UserId,
    channel: ChannelId,
    invocation: &Invocation,
    focused: &str,
) -> Result<Invoked, ActionError> {
    let (command, path) = find(state, user, channel, invocation)?;
    let known = command.leaf(&path).ok_or(ActionError::NoSuchCommand)?;
    let option = known.iter().find(|option| option.name == focused && option.autocomplete);
    let kind = option.ok_or_else(|| ActionError::BadOption(focused.to_owned()))?.kind;
    let mut options = filled(known, invocation, Some(focused))?;
    if !has(invocation, focused) {
        let value = Value::String(String::new());
        options.push(Filled { name: focused.to_owned(), kind, value, focused: true });
    }
    Ok(invoked(command, &path, options))
}

/// The command that is meant and the words after its name, when this user may use it here.
fn find<'a>(
    state: &'a State,
    user: UserId,
    channel: ChannelId,
    invocation: &'a Invocation,
) -> Result<(&'a Command, Vec<&'a str>), ActionError> {
    check_may(state, user, channel, Permissions::VIEW_CHANNEL | Permissions::USE_APPLICATION_COMMANDS)?;
    let guild = state.world.channel(channel).and_then(|channel| channel.guild());
    let mut words = invocation.command.split_whitespace();
    let name = words.next().ok_or(ActionError::NoSuchCommand)?;
    let command = state.commands.slash(guild, name).ok_or(ActionError::NoSuchCommand)?;
    let place = if guild.is_some() { Place::Guild } else { Place::BotDirect };
    if !command.places.contains(&place) {
        return Err(ActionError::NoSuchCommand);
    }
    let permitted = guild.is_none()
        || command.needs.is_none_or(|needs| {
            let held = state.world.permissions(user, channel);
            // "0" in Discord's field means: administrators only.
            held.contains(if needs == Permissions::NONE { Permissions::ADMINISTRATOR } else { needs })
        });
    let old_enough = !command.nsfw || guild.is_none() || state.world.is_nsfw(channel);
    if permitted && old_enough { Ok((command, words.collect())) } else { Err(ActionError::NotAllowed) }
}

fn filled(
    known: &[CommandOption],
    invocation: &Invocation,
    focused: Option<&str>,
) -> Result<Vec<Filled>, ActionError> {
    let fill = |(name, value): &(String, Value)| {
        let bad = || ActionError::BadOption(name.clone());
        let option = known.iter().find(|option| option.name == *name).ok_or_else(bad)?;
        let is_focused = focused == Some(name.as_str());
        let chosen = option.choices.is_empty() || option.choices.iter().any(|choice| choice.value == *value);
        // A half-typed number is a text.
        if !(is_focused && value.is_string() || option.kind.admits(value) && chosen) {
            return Err(bad());
        }
        Ok(Filled { name: name.clone(), kind: option.kind, value: value.clone(), focused: is_focused })
    };
    invocation.options.iter().map(fill).collect()
}

fn has(invocation: &Invocation, name: &str) -> bool {
    invocation.options.iter().any(|(own, _)| own == name)
}

fn invoked(command: &Command, path: &[&str], options: Vec<Filled>) -> Invoked {
    Invoked {
        command: command.id,
        name: command.name.clone(),
        path: path.iter().map(|&word| word.to_owned()).collect(),
        options,
    }
}
