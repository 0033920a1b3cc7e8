//! `/model`: which language models answer, and which one this server prefers.

use serenity::all::{AutocompleteChoice, CreateAutocompleteResponse};

use super::{CHOICE_LIMIT, Context, Error, fitting, manages_server, whisper};
use crate::chat::{Chosen, ChosenBy, Dollars, Excluded, Model, ModelChoice};
use crate::ids::{GuildId, UserId};

/// The choice that takes a server's choice back.
const DEFAULT: &str = "default";

/// Discord's limit for what is sent when a choice is taken.
const VALUE_LIMIT: usize = 100;

/// Which language model answers
#[expect(clippy::unused_async, reason = "poise calls futures; a group itself is never run")]
#[poise::command(
    slash_command,
    install_context = "Guild",
    interaction_context = "Guild|BotDm",
    subcommands("show", "list", "choose"),
    subcommand_required
)]
pub(crate) async fn model(_: Context<'_>) -> Result<(), Error> {
    Ok(())
}

/// Which models answer here, and what is known of one
#[poise::command(slash_command)]
pub(crate) async fn show(
    ctx: Context<'_>,
    #[description = "Which one (otherwise those that answer here)"]
    #[max_length = 100]
    #[autocomplete = "complete"]
    model: Option<String>,
) -> Result<(), Error> {
    let text = match model {
        Some(name) => match ctx.data().engine.model(name.trim()) {
            Some(model) => card(&model),
            None => return Err(unknown(&name)),
        },
        None => here(ctx).await?,
    };
    ctx.send(whisper(text)).await?;
    Ok(())
}

/// The models that may be chosen
#[poise::command(slash_command)]
pub(crate) async fn list(ctx: Context<'_>) -> Result<(), Error> {
    let models: Vec<_> =
        ctx.data().engine.models().into_iter().filter(|model| model.excluded.is_none()).collect();
    let text = if models.is_empty() {
        "I do not know yet which models there are. Please try again in a minute.".to_owned()
    } else {
        fitting(models.iter().map(line), models.len(), "start typing a name in `/model show`")
    };
    ctx.send(whisper(text)).await?;
    Ok(())
}

/// Choose the model that answers in this server (needs Manage Server)
#[poise::command(slash_command, rename = "use")]
pub(crate) async fn choose(
    ctx: Context<'_>,
    #[description = "Which one; `default` takes the choice back"]
    #[max_length = 100]
    #[autocomplete = "complete_choice"]
    model: String,
) -> Result<(), Error> {
    let Some(guild) = ctx.interaction.guild_id.map(|guild| GuildId::new(guild.get())) else {
        return Err(Error::User("A model is chosen for a server, by somebody who may manage it.".to_owned()));
    };
    if !manages_server(ctx) {
        return Err(Error::User(
            "Only people who may manage this server can choose its model. `/model show` tells which one answers."
                .to_owned(),
        ));
    }
    let by = UserId::new(ctx.interaction.user.id.get());
    let name = model.trim();
    let wanted = (name != DEFAULT).then(|| name.to_owned());
    let chosen = ctx.data().engine.use_model(ModelChoice { guild, model: wanted, by }).await?;
    ctx.send(whisper(outcome(name, chosen)?)).await?;
    Ok(())
}

/// # Errors
/// Why the choice does not hold.
fn outcome(name: &str, chosen: Chosen) -> Result<String, Error> {
    match chosen {
        Chosen::Reset => Ok("The usual models answer in this server again.".to_owned()),
        Chosen::Done(model) => Ok(format!(
            "`{}` answers in this server from now on.\n-# When it fails, those of the usual models answer that cost no more.",
            plain(&model.name)
        )),
        Chosen::Excluded(model, why) => Err(Error::User(excluded(&model.name, why))),
        Chosen::Unknown => Err(unknown(name)),
        Chosen::Unchecked => Err(Error::User(
            "I cannot look that model up at the moment. Please try again in a minute.".to_owned(),
        )),
    }
}

async fn here(ctx: Context<'_>) -> Result<String, Error> {
    let place = super::place(ctx).await;
    let engine = &ctx.data().engine;
    let persona = engine.persona_in(&place).await?;
    let models = engine.models_in(&place, &persona).await?;
    let whose = match models.chosen_by {
        ChosenBy::Server => "chosen for this server".to_owned(),
        ChosenBy::Persona => format!("{}'s own", persona.name),
        ChosenBy::Operator => "chosen by whoever runs me".to_owned(),
    };
    let ladder = models.ladder.iter().enumerate().map(|(rung, name)| {
        let cost = engine.model(name).and_then(|model| price(&model)).map(|price| format!(" ({price})"));
        format!("{}. `{}`{}", rung + 1, plain(name), cost.unwrap_or_default())
    });
    let head =
        format!("These models speak for **{}** here, each when those above it fail ({whose}):", persona.name);
    if models.ladder.is_empty() {
        return Ok(format!(
            "No model may speak for **{}** here: whoever runs me has to look at it.",
            persona.name
        ));
    }
    Ok(fitting([head].into_iter().chain(ladder), models.ladder.len() + 1, "they are asked last"))
}

fn card(model: &Model) -> String {
    let facts = [
        model.context.map(|tokens| format!("reads {tokens} tokens at once")),
        price(model),
        model.sees_images.then(|| "sees pictures".to_owned()),
        model.expires.as_ref().map(|day| format!("is served until {day}")),
        model.excluded.map(|why| excluded(&model.name, why)),
    ];
    let facts: Vec<_> = facts.into_iter().flatten().collect();
    format!("`{}`\n`{}`\n{}", plain(&model.title), plain(&model.name), facts.join("\n"))
}

fn line(model: &Model) -> String {
    let price = price(model).map(|price| format!(": {price}")).unwrap_or_default();
    format!("`{}`{price}", plain(&model.name))
}

/// Tokens by the million, in which providers state their prices.
fn price(model: &Model) -> Option<String> {
    let price = model.price?;
    // A pico-dollar for a token is a thousand nano-dollars for a million of them.
    let million = |pico: i64| Dollars(pico.saturating_mul(1_000));
    let tokens = (price.prompt > 0 || price.completion > 0).then(|| {
        format!("{} in, {} out for a million tokens", million(price.prompt), million(price.completion))
    });
    let request = (price.request > 0).then(|| format!("{} for each request", Dollars(price.request / 1_000)));
    let parts: Vec<_> = tokens.into_iter().chain(request).collect();
    Some(if parts.is_empty() { "free".to_owned() } else { parts.join(", ") })
}

fn excluded(name: &str, why: Excluded) -> String {
    let why = match why {
        Excluded::NotAllowed => "is not among those that whoever runs me allows",
        Excluded::TooDear => "costs more than whoever runs me allows",
        Excluded::Unpriced => "has no price that I know of, so only whoever runs me can allow it",
    };
    format!("`{}` {why}. `/model list` shows what can be chosen.", plain(name))
}

fn unknown(name: &str) -> Error {
    let name: String = plain(name).chars().take(60).collect();
    Error::User(format!("I know no model called `{name}`. `/model list` shows what can be chosen."))
}

/// A name from somewhere else, fit to stand in code marks.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !c.is_control() && *c != '`').collect()
}

async fn complete(ctx: Context<'_>, partial: &str) -> CreateAutocompleteResponse {
    CreateAutocompleteResponse::new().set_choices(choices(ctx, partial, |_| true))
}

#[expect(clippy::unused_async, reason = "poise calls futures")]
async fn complete_choice(ctx: Context<'_>, partial: &str) -> CreateAutocompleteResponse {
    let mut choices = choices(ctx, partial, |model| model.excluded.is_none());
    if DEFAULT.starts_with(&partial.trim().to_lowercase()) {
        choices.truncate(CHOICE_LIMIT - 1);
        choices.insert(0, AutocompleteChoice::new("default: what holds without a choice", DEFAULT));
    }
    CreateAutocompleteResponse::new().set_choices(choices)
}

/// Models whose id or name contains what was typed.
fn choices(ctx: Context<'_>, partial: &str, fits: impl Fn(&Model) -> bool) -> Vec<AutocompleteChoice> {
    let typed = partial.trim().to_lowercase();
    let is_meant = |model: &Model| {
        model.name.to_lowercase().contains(&typed) || model.title.to_lowercase().contains(&typed)
    };
    let models = ctx.data().engine.models().into_iter();
    let fitting = models.filter(|model| model.name.len() <= VALUE_LIMIT && is_meant(model) && fits(model));
    fitting
        .take(CHOICE_LIMIT)
        .map(|model| {
            AutocompleteChoice::new(super::label(&model.name, &price(&model).unwrap_or_default()), model.name)
        })
        .collect()
}
