//! `/persona`: see who there is and choose who answers in a channel.

use serenity::all::CreateAutocompleteResponse;

use super::{Context, Error, fitting, manages_server, whisper};
use crate::chat::PersonaChoice;
use crate::discord::{chunk, intake};
use crate::ids::{ChannelId, UserId};
use crate::persona::Persona;

/// Who can answer here
#[expect(clippy::unused_async, reason = "poise calls futures; a group itself is never run")]
#[poise::command(
    slash_command,
    install_context = "Guild",
    interaction_context = "Guild|BotDm",
    subcommands("list", "show", "choose"),
    subcommand_required
)]
pub(crate) async fn persona(_: Context<'_>) -> Result<(), Error> {
    Ok(())
}

/// All personas, with one line each
#[poise::command(slash_command)]
pub(crate) async fn list(ctx: Context<'_>) -> Result<(), Error> {
    let place = super::place(ctx).await;
    let current = ctx.data().engine.persona_in(&place).await?;
    let personas = super::here(ctx, &place);
    let lines = personas.iter().map(|persona| line(persona, persona.id == current.id));
    ctx.send(whisper(fitting(lines, personas.len(), "start typing a name in `/persona show`"))).await?;
    Ok(())
}

fn line(persona: &Persona, is_here: bool) -> String {
    let mark = if is_here { " (answers here)" } else { "" };
    let tagline = if persona.tagline.is_empty() { "" } else { ": " };
    format!("**{}**{mark}{tagline}{}", persona.name, persona.tagline)
}

/// What a persona is like
#[poise::command(slash_command)]
pub(crate) async fn show(
    ctx: Context<'_>,
    #[description = "Which one"]
    #[autocomplete = "complete"]
    persona: Option<String>,
) -> Result<(), Error> {
    let place = super::place(ctx).await;
    let persona = match intake::named(ctx.data(), persona.as_deref())? {
        Some(id) => {
            ctx.data().engine.personas().get(&id).ok_or_else(|| Error::unknown_persona(id.as_str()))?
        }
        None => ctx.data().engine.persona_in(&place).await?,
    };
    if !ctx.data().suits(&persona, &place) {
        return Err(Error::User(intake::unsuitable(&persona)));
    }
    let mut text =
        format!("**{}**\n{}\n\n> {}", persona.name, persona.tagline, persona.greeting.replace('\n', "\n> "));
    if !persona.tags.is_empty() {
        text.push_str(&format!("\n\n-# {}", persona.tags.join(", ")));
    }
    for part in chunk::split(&text) {
        ctx.send(whisper(part)).await?;
    }
    Ok(())
}

/// Choose who answers in this channel (needs Manage Server)
#[poise::command(slash_command, rename = "use")]
pub(crate) async fn choose(
    ctx: Context<'_>,
    #[description = "Which one"]
    #[autocomplete = "complete"]
    persona: String,
) -> Result<(), Error> {
    if ctx.interaction.guild_id.is_some() && !manages_server(ctx) {
        return Err(Error::User(
            "Only people who may manage this server can choose who answers here. `/chat` takes a persona of your own choice."
                .to_owned(),
        ));
    }
    let id = intake::named(ctx.data(), Some(&persona))?.ok_or_else(|| Error::unknown_persona(&persona))?;
    let persona = ctx.data().engine.personas().get(&id).ok_or_else(|| Error::unknown_persona(&persona))?;
    if !ctx.data().suits(&persona, &super::place(ctx).await) {
        return Err(Error::User(intake::unsuitable(&persona)));
    }
    let channel = ChannelId::new(ctx.interaction.channel_id.get());
    let by = UserId::new(ctx.interaction.user.id.get());
    ctx.data().engine.use_persona(PersonaChoice { channel, persona: id, by }).await?;
    let text = format!(
        "**{}** answers here from now on.\n-# Each persona has its own memory of this channel: nothing carries over, \
         except what you reply to.",
        persona.name
    );
    let reply = poise::CreateReply::default().content(text).allowed_mentions(super::no_mentions());
    ctx.send(reply).await?;
    Ok(())
}

async fn complete(ctx: Context<'_>, partial: &str) -> CreateAutocompleteResponse {
    super::complete_persona(ctx, partial).await
}
