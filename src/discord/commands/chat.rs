//! `/chat`: talk to a persona from anywhere.

use serenity::all::CreateAutocompleteResponse;

use super::{Context, Error};
use crate::chat::{Incoming, Speaker};
use crate::discord::intake::{self, SlashQuestion};
use crate::discord::screen::{Asked, Destination};
use crate::governor::Call;
use crate::ids::{ApplicationId, ChannelId, GuildId, InteractionId, UserId};
use crate::store::{Audience, Trigger};

/// Say something to a persona
#[poise::command(slash_command, install_context = "Guild", interaction_context = "Guild|BotDm")]
pub(crate) async fn chat(
    ctx: Context<'_>,
    #[description = "What you want to say"]
    #[min_length = 1]
    #[max_length = 2000]
    message: String,
    #[description = "Who should answer (otherwise the persona of this channel)"]
    #[autocomplete = "persona"]
    persona: Option<String>,
    #[description = "Only you see the answer"] private: Option<bool>,
) -> Result<(), Error> {
    let surface = ctx.data();
    let ephemeral = private.unwrap_or(false);
    let place = super::place(ctx).await;
    let chosen = match intake::named(surface, persona.as_deref())? {
        Some(id) => id,
        None => surface.engine.persona_in(&place).await?.id.clone(),
    };
    let audience = if ephemeral { alone(ctx) } else { place };
    let persona =
        surface.engine.personas().get(&chosen).ok_or_else(|| Error::unknown_persona(chosen.as_str()))?;
    if !surface.suits(&persona, &audience) {
        return Err(Error::User(intake::unsuitable(&persona)));
    }
    let interaction = ctx.interaction;
    let id = InteractionId::new(interaction.id.get());
    let question = SlashQuestion {
        incoming: Incoming {
            trigger: Trigger::Interaction { id, token: interaction.token.clone() },
            audience,
            speaker: speaker(ctx),
            text: message.trim().to_owned(),
            replies_to: None,
            persona: Some(chosen),
        },
        destination: Destination::Interaction(Asked {
            id,
            application: ApplicationId::new(interaction.application_id.get()),
            token: interaction.token.clone(),
            ephemeral,
            channel: ChannelId::new(interaction.channel_id.get()),
            persona: persona.id.clone(),
        }),
        callback: Call::Callback(id, interaction.token.clone()),
        ephemeral,
    };
    intake::slash(surface, question).await
}

async fn persona(ctx: Context<'_>, partial: &str) -> CreateAutocompleteResponse {
    super::complete_persona(ctx, partial).await
}

/// The asker, in a place that others read too.
fn alone(ctx: Context<'_>) -> Audience {
    Audience::Private {
        guild: ctx.interaction.guild_id.map(|guild| GuildId::new(guild.get())),
        channel: ChannelId::new(ctx.interaction.channel_id.get()),
        user: UserId::new(ctx.interaction.user.id.get()),
    }
}

fn speaker(ctx: Context<'_>) -> Speaker {
    let user = &ctx.interaction.user;
    let nickname = ctx.interaction.member.as_ref().and_then(|member| member.nick.as_deref());
    let name = nickname.or(user.global_name.as_deref()).unwrap_or(&user.name);
    Speaker::new(UserId::new(user.id.get()), name)
}
