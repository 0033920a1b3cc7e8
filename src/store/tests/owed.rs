use super::money::*;
use super::*;

fn cost(nano_usd: i64) -> SettledCost {
    SettledCost { cost_nano_usd: Some(nano_usd), ..SettledCost::default() }
}

async fn due(store: &Store, now: i64, most: u32) -> Vec<i64> {
    store.owed_costs(now, most).await.unwrap().into_iter().map(|owed| owed.usage).collect()
}

#[tokio::test]
async fn a_cost_is_due_two_seconds_after_the_turn_and_the_oldest_first() {
    let place = Place::new();
    let store = place.open().await;
    assert_eq!(store.next_cost_due().await.unwrap(), None);
    for (message, at) in [(1, NOON + 2), (2, NOON), (3, NOON + 1)] {
        spend(&store, asks(message, "hello"), owing(5), at).await;
    }
    assert_eq!(store.next_cost_due().await.unwrap(), Some(NOON + 2_000));
    assert_eq!(due(&store, NOON + 1_999, 9).await, [0_i64; 0]);
    assert_eq!(due(&store, NOON + 2_001, 9).await, [2, 3]);
    assert_eq!(due(&store, NOON + 9_999, 2).await, [2, 3]);
    let store = place.crash_and_open(store).await;
    let owed = store.owed_costs(NOON + 9_999, 1).await.unwrap();
    let (account, generation_id) = (Some("work".to_owned()), "gen-1".to_owned());
    assert_eq!(owed, [OwedCost { usage: 2, account, generation_id, tries: 0 }]);
}

#[tokio::test]
async fn what_is_known_or_cannot_be_asked_for_is_not_owed() {
    let place = Place::new();
    let store = place.open().await;
    let known = UsageRow { cost_nano_usd: Some(0), ..owing(5) };
    let nameless = UsageRow { generation_id: None, ..owing(5) };
    let final_ = UsageRow { owed: false, ..owing(5) };
    let absurd = UsageRow { cost_nano_usd: Some(-1), ..owing(5) };
    let usage = vec![known, nameless, final_, absurd];
    let (turn, _) = answered(&store, asks(1, "hello"), Closing { usage, ..done("hi", &[]) }).await;
    assert_eq!(due(&store, i64::MAX, 9).await, [4]);
    let rows = store.usage_of_turn(turn).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.owed).collect::<Vec<_>>(), [false, false, false, true]);
}

#[tokio::test]
async fn a_settled_cost_replaces_the_estimate_and_fills_what_was_not_known() {
    let place = Place::new();
    let store = place.open().await;
    let row = UsageRow { prompt_tokens: Some(9), ..owing(500) };
    let turn = spend(&store, asks(1, "hello"), row, NOON).await;
    let settled = SettledCost {
        cost_nano_usd: Some(7),
        prompt_tokens: Some(1_000),
        completion_tokens: Some(4),
        reasoning_tokens: Some(3),
        cached_tokens: Some(2),
        provider: Some("Acme".to_owned()),
    };
    store.cost_settled(1, settled).await.unwrap();
    let rows = store.usage_of_turn(turn).await.unwrap();
    let expected = UsageRow {
        cost_nano_usd: Some(7),
        prompt_tokens: Some(9),
        completion_tokens: Some(4),
        reasoning_tokens: Some(3),
        cached_tokens: Some(2),
        provider: Some("Acme".to_owned()),
        owed: false,
        ..owing(500)
    };
    assert_eq!(rows, [expected]);
    let found = spent(&store, Payer::Guild(GUILD)).await;
    assert_eq!((found.day_nano_usd, found.day_tokens, found.day_requests), (7, 13, 1));
    assert_eq!(store.next_cost_due().await.unwrap(), None);
    store.cost_settled(1, cost(9_999)).await.unwrap();
    assert_eq!(spent(&store, Payer::Bot).await.day_nano_usd, 7);
}

#[tokio::test]
async fn a_cost_that_cannot_be_had_is_put_off_and_in_the_end_given_up() {
    let place = Place::new();
    let store = place.open().await;
    spend(&store, asks(1, "hello"), owing(500), NOON).await;
    store.cost_still_owed(1, NOON + 60_000).await.unwrap();
    store.cost_still_owed(1, NOON + 90_000).await.unwrap();
    assert_eq!(store.next_cost_due().await.unwrap(), Some(NOON + 90_000));
    assert_eq!(store.owed_costs(i64::MAX, 9).await.unwrap()[0].tries, 2);
    store.cost_given_up(1).await.unwrap();
    assert_eq!(store.next_cost_due().await.unwrap(), None);
    assert_eq!(spent(&store, Payer::Bot).await.day_nano_usd, 500);
    store.cost_still_owed(1, NOON).await.unwrap();
    assert_eq!(store.next_cost_due().await.unwrap(), None);
    // Late, but better than an estimate.
    store.cost_settled(1, cost(3)).await.unwrap();
    assert_eq!(spent(&store, Payer::Bot).await.day_nano_usd, 3);
}

#[tokio::test]
async fn a_cost_that_is_none_leaves_the_estimate() {
    let place = Place::new();
    let store = place.open().await;
    spend(&store, asks(1, "hello"), owing(500), NOON).await;
    store.cost_settled(1, cost(-1)).await.unwrap();
    assert_eq!(store.next_cost_due().await.unwrap(), None);
    assert_eq!(spent(&store, Payer::Bot).await.day_nano_usd, 500);
}
