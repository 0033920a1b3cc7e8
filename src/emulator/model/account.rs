//! The account behind the key: what is left, and what `GET /key` tells.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::price::{Counts, Tariff, dollars};
use super::refusal::Refusal;

const PICO_PER_NANO: i64 = 1_000;

/// What `GET /key` tells. Money in nano-dollars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFigures {
    pub label: String,
    /// `None`: the key has no limit of its own.
    pub limit: Option<i64>,
    pub limit_remaining: Option<i64>,
    /// Such as `daily`.
    pub limit_reset: Option<String>,
    pub usage: i64,
    pub usage_daily: i64,
    pub usage_weekly: i64,
    pub usage_monthly: i64,
    pub is_free_tier: bool,
    /// A time as RFC 3339 writes it.
    pub expires_at: Option<String>,
}

impl Default for KeyFigures {
    fn default() -> Self {
        Self {
            label: "sk-or-v1-emb...edded".to_owned(),
            limit: None,
            limit_remaining: None,
            limit_reset: None,
            usage: 0,
            usage_daily: 0,
            usage_weekly: 0,
            usage_monthly: 0,
            is_free_tier: false,
            expires_at: None,
        }
    }
}

impl KeyFigures {
    fn body(&self) -> Value {
        let money = |nano: i64| dollars(nano.saturating_mul(PICO_PER_NANO));
        json!({"data": {
            "label": self.label,
            "limit": self.limit.map(money), "limit_remaining": self.limit_remaining.map(money),
            "limit_reset": self.limit_reset, "include_byok_in_limit": false,
            "usage": money(self.usage), "usage_daily": money(self.usage_daily),
            "usage_weekly": money(self.usage_weekly), "usage_monthly": money(self.usage_monthly),
            "byok_usage": 0, "byok_usage_daily": 0, "byok_usage_weekly": 0, "byok_usage_monthly": 0,
            "is_free_tier": self.is_free_tier, "is_management_key": false, "is_provisioning_key": false,
            "expires_at": self.expires_at, "creator_user_id": null, "organization_id": null,
            "workspace_id": null, "allowed_data_regions": ["global"], "budgets": [],
            "effective_budget": null, "free_model_daily_requests": {"limit": 1000, "remaining": 1000, "used": 0},
            "rate_limit": {"requests": -1, "interval": "10s", "note": "This field is deprecated."},
        }})
    }
}

/// Clones are one account. The lock is never held over a wait.
#[derive(Clone, Debug)]
pub(super) struct Account {
    purse: Arc<Mutex<Purse>>,
}

#[derive(Debug)]
struct Purse {
    figures: KeyFigures,
    /// Pico-dollars; `None`: without end.
    credit: Option<i64>,
}

impl Account {
    /// With so many nano-dollars of credit.
    pub(super) fn new(credit: Option<i64>) -> Self {
        let account =
            Self { purse: Arc::new(Mutex::new(Purse { figures: KeyFigures::default(), credit: None })) };
        account.set_credit(credit);
        account
    }

    pub(super) fn set_credit(&self, nano: Option<i64>) {
        self.lock().credit = nano.map(|nano| nano.saturating_mul(PICO_PER_NANO));
    }

    /// Nano-dollars, rounded down.
    pub(super) fn credit(&self) -> Option<i64> {
        self.lock().credit.map(|pico| pico.div_euclid(PICO_PER_NANO))
    }

    pub(super) fn charge(&self, pico: i64) {
        let mut purse = self.lock();
        purse.credit = purse.credit.map(|credit| credit.saturating_sub(pico));
    }

    pub(super) fn set_figures(&self, figures: KeyFigures) {
        self.lock().figures = figures;
    }

    /// The answer to `GET /key`.
    pub(super) fn body(&self) -> Value {
        self.lock().figures.body()
    }

    pub(super) fn is_overdrawn(&self) -> bool {
        self.lock().credit.is_some_and(|credit| credit < 0)
    }

    /// Refuses what might cost more than there is: the prompt and `wanted` tokens of an answer to it.
    pub(super) fn check(&self, tariff: &Tariff, prompt: &Counts, wanted: usize) -> Result<(), Refusal> {
        let Some(credit) = self.lock().credit else { return Ok(()) };
        let left = credit.saturating_sub(tariff.prompt_cost(prompt));
        let affordable = match left {
            0.. if tariff.completion == 0 => usize::MAX,
            0.. => usize::try_from(left / tariff.completion).unwrap_or(usize::MAX),
            _ => 0,
        };
        if left >= 0 && wanted <= affordable {
            Ok(())
        } else {
            Err(Refusal::can_only_afford(wanted, affordable))
        }
    }

    fn lock(&self) -> MutexGuard<'_, Purse> {
        self.purse.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
