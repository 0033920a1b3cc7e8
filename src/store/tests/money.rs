//! What the tests about money share.

use super::*;

pub(super) const DAY: i64 = 86_400_000;

/// Noon of the fourth of October 2024, a Friday.
pub(super) const NOON: i64 = 20_000 * DAY + DAY / 2;

/// Days.
pub(super) const OCTOBER: i64 = 19_997;
pub(super) const NOVEMBER: i64 = 20_028;

pub(super) fn costing(nano_usd: i64) -> UsageRow {
    UsageRow { model: "big".to_owned(), cost_nano_usd: Some(nano_usd), ..UsageRow::default() }
}

/// A request that was dropped.
pub(super) fn owing(estimate: i64) -> UsageRow {
    UsageRow {
        model: "big".to_owned(),
        estimate_nano_usd: Some(estimate),
        generation_id: Some("gen-1".to_owned()),
        account: Some("work".to_owned()),
        owed: true,
        ..UsageRow::default()
    }
}

/// A whole turn with one request.
pub(super) async fn spend(store: &Store, turn: NewTurn, row: UsageRow, at: i64) -> TurnId {
    answered(store, turn, Closing { usage: vec![row], at, ..done("hi", &[]) }).await.0
}

pub(super) async fn spent(store: &Store, payer: Payer) -> Spent {
    store.spent(payer, NOON).await.unwrap()
}

/// How many sums of the table are not those of the rows, or the other way round.
pub(super) const DISAGREEING: &str = "
    WITH paid AS (
        SELECT 'user' AS kind, user_id AS payer, * FROM usage WHERE user_id IS NOT NULL
        UNION ALL SELECT 'guild', guild_id, * FROM usage WHERE guild_id IS NOT NULL
        UNION ALL SELECT 'bot', 0, * FROM usage
    ), sums AS (
        SELECT kind, payer, day, sum(coalesce(cost_nano_usd, estimate_nano_usd, 0)), count(*),
               sum(ifnull(prompt_tokens, 0)), sum(ifnull(completion_tokens, 0))
        FROM paid GROUP BY kind, payer, day
    )
    SELECT (SELECT count(*) FROM (SELECT * FROM sums EXCEPT SELECT * FROM spending))
         + (SELECT count(*) FROM (SELECT * FROM spending EXCEPT SELECT * FROM sums))";
