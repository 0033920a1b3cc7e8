//! What requests to models used. One row per request, so that every sum is a query over one table.

use sqlx::SqliteConnection;

use super::Store;
use super::error::Result;
use super::owed::FIRST_ASKED_AFTER_MS;
use crate::ids::{GuildId, MessageId, PersonaId, TurnId, UserId};

/// Characters in a code, as the schema checks them.
const CODE_MAX: usize = 64;

/// The most that one request is believed to report, in nano-dollars (a million dollars) or in tokens. A day's sum holds
/// a hundred such reports before it stops growing; see the schema.
pub(super) const MOST: i64 = 1_000_000_000_000_000;

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
    /// What the request counts as while its cost is not known.
    pub estimate_nano_usd: Option<i64>,
    pub first_token_ms: Option<i64>,
    pub total_ms: Option<i64>,
    /// A short code, never prose.
    pub failure: Option<String>,
    /// A short code, never prose.
    pub finish: Option<String>,
    /// Name of the configured server that was asked. `None`: the default one.
    pub account: Option<String>,
    /// How many providers the server tried.
    pub upstream_attempts: Option<i64>,
    /// The cost is to be asked for later. Kept where there is a generation id and no cost.
    pub owed: bool,
}

/// One query over usage rows, with its own tables and condition. Two literals are joined at compile time.
macro_rules! rows {
    ($from:literal, $of:expr) => {
        sqlx::query_as!(
            UsageRow,
            r#"SELECT u.model, u.model_answered, u.provider, u.generation_id, u.prompt_tokens, u.cached_tokens,
                      u.completion_tokens, u.reasoning_tokens, u.cost_nano_usd, u.estimate_nano_usd, u.first_token_ms,
                      u.total_ms, u.failure, u.finish, u.account, u.upstream_attempts,
                      u.cost_due IS NOT NULL AS "owed!: bool" "#
                + $from,
            $of
        )
    };
}

impl Store {
    /// What the request used that wrote the answer which a message of Discord shows, whole or broken off. `None`: no
    /// model did, or the turn is not closed yet.
    ///
    /// # Errors
    /// [`StoreError`](super::StoreError) when the database fails.
    pub async fn usage_of_message(&self, message: MessageId) -> Result<Option<UsageRow>> {
        let message = message.to_row();
        let row = rows!(
            "FROM discord_message m JOIN entry e ON e.id = m.entry_id JOIN usage u ON u.turn_id = e.turn_id
             WHERE m.discord_id = ?1 AND e.role = 'persona'
             ORDER BY u.id DESC LIMIT 1",
            message
        );
        Ok(row.fetch_optional(&self.inner.readers).await?)
    }

    /// What the requests of a turn used, in their order. Of a turn that is open: what earlier runs and tries left.
    ///
    /// # Errors
    /// [`StoreError`](super::StoreError) when the database fails.
    pub async fn usage_of_turn(&self, turn: TurnId) -> Result<Vec<UsageRow>> {
        let turn = turn.get();
        let rows = rows!("FROM usage u WHERE u.turn_id = ?1 ORDER BY u.id", turn);
        Ok(rows.fetch_all(&self.inner.readers).await?)
    }
}

/// On whose account a request goes.
pub(super) struct OnAccountOf<'a> {
    pub(super) turn: TurnId,
    pub(super) attempt: i64,
    pub(super) user: Option<UserId>,
    pub(super) guild: Option<GuildId>,
    pub(super) persona: &'a PersonaId,
    pub(super) at: i64,
}

pub(super) async fn record(db: &mut SqliteConnection, of: &OnAccountOf<'_>, rows: &[UsageRow]) -> Result<()> {
    let turn = of.turn.get();
    let user = of.user.map(UserId::to_row);
    let guild = of.guild.map(GuildId::to_row);
    let persona = of.persona.as_str();
    for row in rows {
        let [prompt, cached, completion, reasoning] =
            [row.prompt_tokens, row.cached_tokens, row.completion_tokens, row.reasoning_tokens].map(credible);
        let [cost, estimate] = [row.cost_nano_usd, row.estimate_nano_usd].map(credible);
        let [first_token, total, upstream] =
            [row.first_token_ms, row.total_ms, row.upstream_attempts].map(credible);
        let [failure, finish] = [&row.failure, &row.finish].map(|text| text.as_deref().map(code));
        let owed = row.owed && row.generation_id.is_some() && cost.is_none();
        let due = owed.then(|| of.at.saturating_add(FIRST_ASKED_AFTER_MS));
        sqlx::query!(
            "INSERT INTO usage (turn_id, attempt, user_id, guild_id, persona, at, model, model_answered, provider,
                                generation_id, prompt_tokens, cached_tokens, completion_tokens, reasoning_tokens,
                                cost_nano_usd, estimate_nano_usd, first_token_ms, total_ms, failure, finish, account,
                                upstream_attempts, cost_due)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22,
                     ?23)",
            turn,
            of.attempt,
            user,
            guild,
            persona,
            of.at,
            row.model,
            row.model_answered,
            row.provider,
            row.generation_id,
            prompt,
            cached,
            completion,
            reasoning,
            cost,
            estimate,
            first_token,
            total,
            failure,
            finish,
            row.account,
            upstream,
            due
        )
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// A provider may report anything; a turn must be closed all the same.
pub(super) fn credible(number: Option<i64>) -> Option<i64> {
    number.filter(|number| *number >= 0).map(|number| number.min(MOST))
}

/// Codes are short. What is not is cut to the column's size rather than refused, for the same reason.
pub(super) fn code(text: &str) -> &str {
    let end = text.char_indices().nth(CODE_MAX).map_or(text.len(), |(end, _)| end);
    &text[..end]
}
