//! `/usage`: what somebody has used, and for managers what their server has.

use super::{Context, Error, manages_server, whisper};
use crate::chat::{Budget, Dollars};
use crate::ids::{GuildId, PersonaId, UserId};
use crate::status::now_ms;
use crate::store::{Payer, Spent, StoreError, SumBy};

/// Personas and models that are named.
const NAMED: u32 = 5;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// What you have used, and how much is left
#[poise::command(slash_command, install_context = "Guild", interaction_context = "Guild|BotDm")]
pub(crate) async fn usage(ctx: Context<'_>) -> Result<(), Error> {
    let now = now_ms().cast_signed();
    let user = Payer::User(UserId::new(ctx.interaction.user.id.get()));
    let mut text = section(ctx, "You", user, now).await?;
    if let Some(guild) = ctx.interaction.guild_id.filter(|_| manages_server(ctx)) {
        let guild = Payer::Guild(GuildId::new(guild.get()));
        text.push_str("\n\n");
        text.push_str(&section(ctx, "This server", guild, now).await?);
        text.push_str(&details(ctx, guild, now).await?);
    }
    text.push_str("\n-# Days and months are those of UTC. Costs are what providers charge whoever runs me; an answer may take several requests.");
    ctx.send(whisper(text)).await?;
    Ok(())
}

async fn section(ctx: Context<'_>, whose: &str, payer: Payer, now: i64) -> Result<String, StoreError> {
    let (spent, budget) = ctx.data().engine.spending(payer, now).await?;
    Ok(figures(whose, &spent, budget))
}

fn figures(whose: &str, spent: &Spent, budget: Budget) -> String {
    format!(
        "**{whose}**\nToday: {}, {}, {}\nThis month: {}, {}, {}",
        of(spent.day_nano_usd, budget.day),
        count(spent.day_requests, "request"),
        count(spent.day_tokens, "token"),
        of(spent.month_nano_usd, budget.month),
        count(spent.month_requests, "request"),
        count(spent.month_tokens, "token"),
    )
}

/// One answer may take several requests.
fn count(number: i64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

fn of(spent: i64, budget: Option<i64>) -> String {
    match budget {
        Some(budget) => format!("{} of {}", Dollars(spent), Dollars(budget)),
        None => Dollars(spent).to_string(),
    }
}

/// What a server's money of the last 30 days went to.
async fn details(ctx: Context<'_>, guild: Payer, now: i64) -> Result<String, StoreError> {
    let mut text = String::new();
    for (title, by) in [("personas", SumBy::Persona), ("models", SumBy::Model)] {
        let sums = ctx.data().engine.spending_by(by, guild, now - 30 * DAY_MS, NAMED).await?;
        let named: Vec<_> = sums
            .iter()
            .map(|sum| format!("`{}` {}", name(ctx, by, &sum.key), Dollars(sum.nano_usd)))
            .collect();
        if !named.is_empty() {
            text.push_str(&format!("\nMost used {title} of 30 days: {}", named.join(", ")));
        }
    }
    Ok(text)
}

/// A persona's name as long as there is one; a model's id.
fn name(ctx: Context<'_>, by: SumBy, key: &str) -> String {
    let id = PersonaId::parse(key).ok().filter(|_| by == SumBy::Persona);
    let persona = id.and_then(|id| ctx.data().engine.personas().get(&id));
    persona.map_or_else(|| key.to_owned(), |persona| persona.name.clone()).replace('`', "")
}
