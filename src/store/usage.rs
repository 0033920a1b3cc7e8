//! What requests to models used. One row per request, so that every sum is a query over one table.

use sqlx::SqliteConnection;

use super::Store;
use super::error::Result;
use crate::ids::{GuildId, MessageId, PersonaId, TurnId, UserId};

/// Characters in a code, as the schema checks them.
const CODE_MAX: usize = 64;

/// What one request used. `None`: not reported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsageRow {
    /// The model that was asked for.
    pub model: String,
    pub model_answered: Option<String>,
    pub provider: Option<String>,
    pub generation_id: Option<String>,
    pub prompt_tokens: Option<i64>,
    pub cached_tokens: Option<i64>,
    pub completion_tokens: Option<i64>,
    pub reasoning_tokens: Option<i64>,
    pub cost_nano_usd: Option<i64>,
    pub first_token_ms: Option<i64>,
    pub total_ms: Option<i64>,
    /// A short code, never prose.
    pub failure: Option<String>,
}

impl Store {
    /// What the request used that wrote the answer which a message of Discord shows, whole or broken off. `None`: no
    /// model did, or the turn is not closed yet.
    ///
    /// # Errors
    /// [`StoreError`](super::StoreError) when the database fails.
    pub async fn usage_of_message(&self, message: MessageId) -> Result<Option<UsageRow>> {
        let message = message.to_row();
        let row = sqlx::query_as!(
            UsageRow,
            "SELECT u.model, u.model_answered, u.provider, u.generation_id, u.prompt_tokens, u.cached_tokens,
                    u.completion_tokens, u.reasoning_tokens, u.cost_nano_usd, u.first_token_ms, u.total_ms, u.failure
             FROM discord_message m JOIN entry e ON e.id = m.entry_id JOIN usage u ON u.turn_id = e.turn_id
             WHERE m.discord_id = ?1 AND e.role = 'persona'
             ORDER BY u.id DESC LIMIT 1",
            message
        );
        Ok(row.fetch_optional(&self.inner.readers).await?)
    }
}

/// On whose account a request goes.
pub(super) struct Account<'a> {
    pub(super) turn: TurnId,
    pub(super) attempt: i64,
    pub(super) user: Option<UserId>,
    pub(super) guild: Option<GuildId>,
    pub(super) persona: &'a PersonaId,
    pub(super) at: i64,
}

pub(super) async fn record(
    db: &mut SqliteConnection,
    account: &Account<'_>,
    rows: &[UsageRow],
) -> Result<()> {
    let turn = account.turn.get();
    let user = account.user.map(UserId::to_row);
    let guild = account.guild.map(GuildId::to_row);
    let persona = account.persona.as_str();
    for row in rows {
        let [prompt, cached, completion, reasoning] =
            [row.prompt_tokens, row.cached_tokens, row.completion_tokens, row.reasoning_tokens].map(credible);
        let [cost, first_token, total] = [row.cost_nano_usd, row.first_token_ms, row.total_ms].map(credible);
        let failure = row.failure.as_deref().map(code);
        sqlx::query!(
            "INSERT INTO usage (turn_id, attempt, user_id, guild_id, persona, at, model, model_answered, provider,
                                generation_id, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens,
                                cost_nano_usd, first_token_ms, total_ms, failure)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
            turn,
            account.attempt,
            user,
            guild,
            persona,
            account.at,
            row.model,
            row.model_answered,
            row.provider,
            row.generation_id,
            prompt,
            cached,
            completion,
            reasoning,
            cost,
            first_token,
            total,
            failure
        )
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// A provider may report anything; a turn must be closed all the same.
fn credible(number: Option<i64>) -> Option<i64> {
    number.filter(|number| *number >= 0)
}

/// Codes are short. What is not is cut to the column's size rather than refused, for the same reason.
pub(super) fn code(text: &str) -> &str {
    let end = text.char_indices().nth(CODE_MAX).map_or(text.len(), |(end, _)| end);
    &text[..end]
}
