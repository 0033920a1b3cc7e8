//! Slash commands, one file each.

mod about;
mod chat;
pub(crate) mod forget;
mod help;
mod model;
mod persona;
mod usage;

use std::sync::Arc;

use poise::{CreateReply, FrameworkError};
use serenity::all::{AutocompleteChoice, CreateAllowedMentions, CreateAutocompleteResponse, Permissions};
use serenity::builder::CreateActionRow;
use tracing::{debug, error, warn};

use super::{Surface, error};
use crate::governor::CallError;
use crate::ids::{ChannelId, GuildId};
use crate::persona::Persona;
use crate::store::{Audience, StoreError};

pub(crate) type Context<'a> = poise::ApplicationContext<'a, Surface, Error>;

/// How many choices Discord shows while somebody types.
const CHOICE_LIMIT: usize = 25;

/// Discord's limit for a message, less room for the last line.
const LIST_LIMIT: usize = 1_900;

/// Why a command did not do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The person can mend it; the text says how.
    #[error("{0}")]
    User(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Discord told of this command twice; the first time it was answered.
    #[error("the command is answered already")]
    Answered,
    #[error(transparent)]
    Governor(CallError),
    /// Only the numbers are kept: addresses hold tokens, and Discord's words may quote what somebody wrote.
    #[error("Discord refused a call: status {status:?}, code {code:?}")]
    Discord { status: Option<u16>, code: Option<u64> },
}

impl From<CallError> for Error {
    fn from(failure: CallError) -> Self {
        match failure.code() {
            Some(error::ALREADY_ACKNOWLEDGED) => Self::Answered,
            _ => Self::Governor(failure),
        }
    }
}

impl From<serenity::Error> for Error {
    fn from(failure: serenity::Error) -> Self {
        let serenity::Error::Http(serenity::http::HttpError::UnsuccessfulRequest(refusal)) = failure else {
            return Self::Discord { status: None, code: None };
        };
        match u64::try_from(refusal.error.code).ok() {
            Some(error::ALREADY_ACKNOWLEDGED) => Self::Answered,
            code => Self::Discord { status: Some(refusal.status_code.as_u16()), code },
        }
    }
}

impl Error {
    pub(crate) fn unknown_persona(name: &str) -> Self {
        let name: String = name.chars().filter(|c| !c.is_control() && *c != '`').take(40).collect();
        Self::User(format!("I know no persona called `{name}`. `/persona list` shows all of them."))
    }
}

/// All commands, as the help lists them.
pub(crate) fn all() -> Vec<poise::Command<Surface, Error>> {
    vec![
        chat::chat(),
        persona::persona(),
        model::model(),
        usage::usage(),
        forget::forget(),
        help::help(),
        about::about(),
    ]
}

/// The framework's options: no prefix commands, no mentions, our own words for errors.
pub(crate) fn options() -> poise::FrameworkOptions<Surface, Error> {
    poise::FrameworkOptions {
        commands: all(),
        on_error: |failure| Box::pin(explain(failure)),
        allowed_mentions: Some(no_mentions()),
        skip_checks_for_owners: false,
        prefix_options: poise::PrefixFrameworkOptions {
            prefix: None,
            // "@bot hello" is talk, not a command.
            mention_as_prefix: false,
            execute_untracked_edits: false,
            ..Default::default()
        },
        ..Default::default()
    }
}

fn no_mentions() -> CreateAllowedMentions {
    CreateAllowedMentions::new().replied_user(false)
}

/// An answer that only the asker sees.
fn whisper(text: impl Into<String>) -> CreateReply {
    CreateReply::default().content(text).ephemeral(true).allowed_mentions(no_mentions())
}

/// An answer that only the asker sees, with buttons.
fn whisper_with(text: impl Into<String>, rows: Vec<CreateActionRow>) -> CreateReply {
    whisper(text).components(rows)
}

/// Where a command is used, as everybody there hears it.
async fn place(ctx: Context<'_>) -> Audience {
    let guild = ctx.interaction.guild_id.map(|guild| GuildId::new(guild.get()));
    ctx.data().audience(ChannelId::new(ctx.interaction.channel_id.get()), guild).await
}

/// The personas that may be met in a place.
fn here(ctx: Context<'_>, place: &Audience) -> Vec<Arc<Persona>> {
    let mut personas = ctx.data().engine.personas().list();
    personas.retain(|persona| ctx.data().suits(persona, place));
    personas
}

/// Personas whose name or id contains what was typed, for autocompletion.
async fn complete_persona(ctx: Context<'_>, partial: &str) -> CreateAutocompleteResponse {
    let typed = partial.trim().to_lowercase();
    let personas = here(ctx, &place(ctx).await);
    let fitting = personas.iter().filter(|persona| {
        persona.name.to_lowercase().contains(&typed) || persona.id.as_str().contains(&typed)
    });
    let choice = |label: String, id: &str| AutocompleteChoice::new(label, id.to_owned());
    let choices = fitting
        .take(CHOICE_LIMIT)
        .map(|persona| choice(label(&persona.name, &persona.tagline), persona.id.as_str()));
    CreateAutocompleteResponse::new().set_choices(choices.collect())
}

/// A choice's label has at most 100 characters.
fn label(name: &str, tagline: &str) -> String {
    let separator = if tagline.is_empty() { "" } else { ": " };
    format!("{name}{separator}{tagline}").chars().take(100).collect()
}

/// As many lines as a message holds, and how many are left out. `more`: how to find those.
fn fitting(lines: impl Iterator<Item = String>, count: usize, more: &str) -> String {
    let mut text = String::new();
    for (shown, line) in lines.enumerate() {
        if text.chars().count() + line.chars().count() > LIST_LIMIT {
            text.push_str(&format!("…and {} more: {more}.", count - shown));
            break;
        }
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// Whether the person may manage the server in which a command is used.
fn manages_server(ctx: Context<'_>) -> bool {
    let member = ctx.interaction.member.as_ref();
    let permissions = member.and_then(|member| member.permissions).unwrap_or_default();
    permissions.administrator() || permissions.contains(Permissions::MANAGE_GUILD)
}

/// The one place for commands that failed: a sentence for the person, a line for the log.
async fn explain(failure: FrameworkError<'_, Surface, Error>) {
    let words = match &failure {
        FrameworkError::Command { error: Error::User(words), .. } => words.clone(),
        FrameworkError::Command { error: Error::Store(_), .. } => error::not_accepted().to_owned(),
        FrameworkError::ArgumentParse { .. } | FrameworkError::CommandStructureMismatch { .. } => {
            "This command has changed lately. Please restart Discord (Ctrl+R) and try again.".to_owned()
        }
        _ => "That did not work, and it is my fault. Please try again.".to_owned(),
    };
    log(&failure);
    if matches!(failure, FrameworkError::Command { error: Error::Answered, .. }) {
        return;
    }
    if let Some(ctx) = failure.ctx()
        && let Err(silent) = ctx.send(whisper(words)).await.map_err(Error::from)
    {
        warn!(
            error = &silent as &dyn std::error::Error,
            "the person could not be told that a command failed"
        );
    }
}

fn log(failure: &FrameworkError<'_, Surface, Error>) {
    let command = failure.ctx().map(|ctx| ctx.command().qualified_name.clone());
    match failure {
        FrameworkError::Command { error: Error::User(_), .. } => {}
        FrameworkError::Command { error: Error::Answered, .. } => {
            debug!(command.name = command.as_deref(), "Discord told of a command twice");
        }
        FrameworkError::Command { error, .. } => {
            error!(
                command.name = command.as_deref(),
                error = error as &dyn std::error::Error,
                "a command failed"
            );
        }
        // Panic payloads and arguments may hold what people wrote, so only the kind is logged.
        FrameworkError::CommandPanic { .. } => {
            error!(command.name = command.as_deref(), "a command panicked")
        }
        FrameworkError::ArgumentParse { .. } => {
            warn!(command.name = command.as_deref(), "a command had unreadable arguments")
        }
        _ => warn!(command.name = command.as_deref(), "a command was refused by the framework"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_says_how_much_is_left_out() {
        let text = fitting((0..100).map(|n| format!("{n:0>50}")), 100, "look elsewhere");
        assert!(text.chars().count() <= 2_000);
        assert!(text.ends_with("…and 63 more: look elsewhere."), "{text}");
    }
}
