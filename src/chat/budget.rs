//! Money: a turn sets aside what it can cost at most before it asks a model. Near a budget's end it asks the cheapest
//! model alone; at the end it is refused in words.

use super::Engine;
use crate::ids::{GuildId, PersonaId, UserId};
use crate::llm::Plan;
use crate::store::{Limit, Limits, Payer, Reservation, Spent, StoreError, SumBy, UsageSum};

const DOLLAR: i64 = 1_000_000_000;

/// The percentage of a budget from which on only the cheapest model is asked.
const NEAR: u8 = 80;

/// What may be spent, in nano-dollars. `None`: without a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budgets {
    pub user: Budget,
    pub guild: Budget,
    pub bot: Budget,
}

/// One payer's bounds, in nano-dollars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    pub day: Option<i64>,
    pub month: Option<i64>,
}

impl Budget {
    const fn of_cents(day: i64, month: i64) -> Self {
        Self { day: Some(day * DOLLAR / 100), month: Some(month * DOLLAR / 100) }
    }

    fn limit(self) -> Limit {
        Limit { day: self.day, month: self.month }
    }
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            user: Budget::of_cents(25, 500),
            guild: Budget::of_cents(200, 4_000),
            bot: Budget::of_cents(500, 10_000),
        }
    }
}

/// Who asks, and on whose account.
pub(super) struct Account {
    pub(super) user: Option<UserId>,
    pub(super) guild: Option<GuildId>,
    pub(super) persona: PersonaId,
}

/// What is to be set aside for a plan. `None`: it costs nothing.
pub(super) fn reservation(account: Account, plan: &Plan, limits: Limits, at: i64) -> Option<Reservation> {
    let full = plan.worst();
    (full != 0).then(|| Reservation {
        user: account.user,
        guild: account.guild,
        persona: account.persona,
        model: plan.models().next().unwrap_or_default().to_owned(),
        full,
        least: plan.cheapest().worst(),
        limits,
        at,
    })
}

impl Engine {
    /// What somebody has spent, and what they may spend.
    ///
    /// # Errors
    /// When the figures cannot be read.
    pub async fn spending(&self, payer: Payer, at: i64) -> Result<(Spent, Budget), StoreError> {
        let budgets = self.inner.settings.budgets;
        let budget = match payer {
            Payer::User(_) => budgets.user,
            Payer::Guild(_) => budgets.guild,
            Payer::Bot => budgets.bot,
        };
        Ok((self.store().spent(payer, at).await?, budget))
    }

    /// What it went to since then, the largest sums first.
    ///
    /// # Errors
    /// When the figures cannot be read.
    pub async fn spending_by(
        &self,
        by: SumBy,
        payer: Payer,
        since: i64,
        most: u32,
    ) -> Result<Vec<UsageSum>, StoreError> {
        self.store().usage_sums(by, payer, since, most).await
    }
}

impl Budgets {
    pub(super) fn limits(self) -> Limits {
        Limits { user: self.user.limit(), guild: self.guild.limit(), bot: self.bot.limit(), near: NEAR }
    }
}
