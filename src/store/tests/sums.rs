use super::money::*;
use super::*;

async fn sums(store: &Store, by: SumBy, of: Payer, since: i64) -> Vec<(String, i64, i64)> {
    let sums = store.usage_sums(by, of, since, 10).await.unwrap();
    sums.into_iter().map(|sum| (sum.key, sum.requests, sum.nano_usd)).collect()
}

/// Five requests, each with a cost of its own.
async fn history(store: &Store) {
    let (kim, abroad) = (|turn| NewTurn { author: KIM, ..turn }, GuildId::new(2));
    let small = |nano_usd| UsageRow { model: "small".to_owned(), ..costing(nano_usd) };
    let elsewhere = Audience::Guild { guild: abroad, channel: ChannelId::new(900) };
    spend(store, asks(1, "a"), costing(1), NOON).await;
    spend(store, kim(asks(2, "b")), small(10), NOON).await;
    spend(store, NewTurn { persona: bo(), ..asks(3, "c") }, owing(100), NOON - DAY).await;
    spend(store, NewTurn { audience: dm(ROBIN), ..asks(4, "d") }, costing(1_000), NOON).await;
    spend(store, kim(NewTurn { audience: elsewhere, ..asks(5, "e") }), small(10_000), NOON).await;
}

macro_rules! same {
    ($found:expr, [$(($key:expr, $requests:expr, $nano:expr)),* $(,)?]) => {
        let expected: Vec<(String, i64, i64)> = vec![$(($key.to_owned(), $requests, $nano)),*];
        assert_eq!($found, expected)
    };
}

#[tokio::test]
async fn each_way_to_put_requests_together_is_largest_first() {
    let place = Place::new();
    let store = place.open().await;
    history(&store).await;
    let all = |by| sums(&store, by, Payer::Bot, 0);
    same!(all(SumBy::User).await, [("12", 2, 10_010), ("11", 3, 1_101)]);
    same!(all(SumBy::Persona).await, [("ada", 4, 11_011), ("bo", 1, 100)]);
    same!(all(SumBy::Guild).await, [("2", 1, 10_000), ("", 1, 1_000), ("1", 3, 111)]);
    same!(all(SumBy::Model).await, [("small", 2, 10_010), ("big", 3, 1_101)]);
    same!(all(SumBy::Day).await, [("2024-10-04", 4, 11_011), ("2024-10-03", 1, 100)]);
    store.forget_person(KIM).await.unwrap();
    same!(all(SumBy::User).await, [("", 2, 10_010), ("11", 3, 1_101)]);
}

#[tokio::test]
async fn a_guild_and_a_person_see_only_what_is_theirs() {
    let place = Place::new();
    let store = place.open().await;
    history(&store).await;
    let (guild, robin) = (Payer::Guild(GUILD), Payer::User(ROBIN));
    same!(sums(&store, SumBy::User, guild, 0).await, [("11", 2, 101), ("12", 1, 10)]);
    same!(sums(&store, SumBy::Guild, guild, 0).await, [("1", 3, 111)]);
    same!(sums(&store, SumBy::Model, guild, 0).await, [("big", 2, 101), ("small", 1, 10)]);
    same!(sums(&store, SumBy::Guild, robin, 0).await, [("", 1, 1_000), ("1", 2, 101)]);
    same!(sums(&store, SumBy::User, robin, 0).await, [("11", 3, 1_101)]);
    same!(sums(&store, SumBy::Model, Payer::Guild(GuildId::new(3)), 0).await, []);
}

#[tokio::test]
async fn sums_begin_at_a_moment_and_end_at_a_number() {
    let place = Place::new();
    let store = place.open().await;
    history(&store).await;
    same!(sums(&store, SumBy::Day, Payer::Bot, NOON - DAY + 1).await, [("2024-10-04", 4, 11_011)]);
    same!(sums(&store, SumBy::Day, Payer::Bot, NOON + 1).await, []);
    let largest = store.usage_sums(SumBy::User, Payer::Bot, 0, 1).await.unwrap();
    assert_eq!(largest.iter().map(|sum| sum.key.as_str()).collect::<Vec<_>>(), ["12"]);
    assert_eq!(store.usage_sums(SumBy::User, Payer::Bot, 0, 0).await.unwrap(), []);
}
