use super::*;

fn used(model: &str, cost_nano_usd: i64) -> UsageRow {
    UsageRow {
        model: model.to_owned(),
        prompt_tokens: Some(100),
        completion_tokens: Some(20),
        cost_nano_usd: Some(cost_nano_usd),
        ..UsageRow::default()
    }
}

#[tokio::test]
async fn sums_by_turn_user_guild_persona_model_and_day_are_simple_queries() {
    let place = Place::new();
    let store = place.open().await;
    let day = 86_400_000;
    let closing =
        |cost, at| Closing { usage: vec![used("big", cost), used("small", 1)], at, ..done("hi", &[]) };
    answered(&store, asks(1, "hello"), closing(10, 5)).await;
    answered(&store, NewTurn { author: KIM, persona: bo(), ..asks(2, "hello") }, closing(100, day)).await;
    answered(&store, NewTurn { audience: dm(ROBIN), ..asks(3, "hello") }, closing(1_000, day + 1)).await;
    store.close().await;
    let mut db = place.raw().await;
    for (expected, sql) in [
        (11, "SELECT sum(cost_nano_usd) FROM usage WHERE turn_id = 1"),
        (1_012, "SELECT sum(cost_nano_usd) FROM usage WHERE user_id = 11"),
        (1_001, "SELECT sum(cost_nano_usd) FROM usage WHERE user_id = 11 AND day = 1"),
        (112, "SELECT sum(cost_nano_usd) FROM usage WHERE guild_id = 1"),
        (101, "SELECT sum(cost_nano_usd) FROM usage WHERE persona = 'bo'"),
        (1_110, "SELECT sum(cost_nano_usd) FROM usage WHERE model = 'big'"),
        (1_102, "SELECT sum(cost_nano_usd) FROM usage WHERE day = 1"),
        (600, "SELECT sum(prompt_tokens) FROM usage"),
    ] {
        assert_eq!(count(&mut db, sql).await, expected, "{sql}");
    }
}

#[tokio::test]
async fn the_figures_of_a_message_are_those_of_the_request_whose_text_stands_last() {
    let place = Place::new();
    let store = place.open().await;
    let first = UsageRow { failure: Some("interrupted".to_owned()), ..used("big", 1) };
    let last = UsageRow {
        finish: Some("stop".to_owned()),
        account: Some("work".to_owned()),
        upstream_attempts: Some(2),
        estimate_nano_usd: Some(5),
        ..used("work/small", 2)
    };
    let closing = Closing { usage: vec![first.clone(), last.clone()], ..done("hi", &[3]) };
    let (turn, _) = answered(&store, asks(1, "hello"), closing).await;
    assert_eq!(store.usage_of_message(MessageId::new(3)).await.unwrap().as_ref(), Some(&last));
    assert_eq!(store.usage_of_turn(turn).await.unwrap(), [first, last]);
    assert_eq!(store.usage_of_turn(TurnId::new(404)).await.unwrap(), []);
}

#[tokio::test]
async fn a_retry_is_counted_apart() {
    let place = Place::new();
    let store = place.open().await;
    let failed = Closing { usage: vec![used("big", 1)], ..ends(Outcome::Failed) };
    let (turn, _) = answered(&store, asks(1, "hello"), failed).await;
    store.reopen_turn(turn, 1).await.unwrap();
    store.begin_turn(turn, 2).await.unwrap();
    store.close_turn(turn, Closing { usage: vec![used("big", 2)], ..done("hi", &[3]) }).await.unwrap();
    store.close().await;
    let mut db = place.raw().await;
    assert_eq!(count(&mut db, "SELECT sum(attempt * 10 + cost_nano_usd) FROM usage").await, 11 + 22);
}

#[tokio::test]
async fn the_cost_of_an_erased_question_still_counts_for_its_author() {
    let place = Place::new();
    let store = place.open().await;
    let turn = accepted(&store, asks(1, "hello")).await;
    store.begin_turn(turn, 2).await.unwrap();
    store.erase_question(MessageId::new(1)).await.unwrap();
    let closing = Closing { usage: vec![used("big", 9)], ..ends(Outcome::Cancelled) };
    store.close_turn(turn, closing).await.unwrap();
    store.close().await;
    let mut db = place.raw().await;
    assert_eq!(count(&mut db, "SELECT sum(cost_nano_usd) FROM usage WHERE user_id = 11").await, 9);
}

#[tokio::test]
async fn no_report_of_a_provider_keeps_a_turn_from_being_closed() {
    let place = Place::new();
    let store = place.open().await;
    let odd = UsageRow {
        prompt_tokens: Some(-1),
        cost_nano_usd: Some(i64::MIN),
        total_ms: Some(5),
        failure: Some("ü".repeat(1_000)),
        ..used("big", 0)
    };
    let closing = Closing { usage: vec![odd], cause: Some("ü".repeat(1_000)), ..ends(Outcome::Failed) };
    answered(&store, asks(1, "hello"), closing).await;
    store.close().await;
    let mut db = place.raw().await;
    let kept = "SELECT total_ms FROM usage WHERE prompt_tokens IS NULL AND cost_nano_usd IS NULL AND length(failure) = 64";
    assert_eq!(count(&mut db, kept).await, 5);
}
