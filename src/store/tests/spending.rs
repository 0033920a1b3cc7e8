use proptest::prelude::*;
use proptest::sample::Index;

use super::money::*;
use super::*;
use crate::status::now_ms;

#[tokio::test]
async fn a_request_counts_for_its_person_its_guild_and_the_bot() {
    let place = Place::new();
    let store = place.open().await;
    let tokens = UsageRow { prompt_tokens: Some(30), completion_tokens: Some(4), ..costing(10) };
    spend(&store, asks(1, "hello"), tokens, NOON).await;
    spend(&store, NewTurn { author: KIM, ..asks(2, "hello") }, costing(200), NOON - DAY).await;
    spend(&store, NewTurn { audience: dm(ROBIN), ..asks(3, "hello") }, owing(3_000), NOON).await;
    let found = spent(&store, Payer::User(ROBIN)).await;
    let robin = Spent {
        day_nano_usd: 3_010,
        month_nano_usd: 3_010,
        day_requests: 2,
        month_requests: 2,
        day_tokens: 34,
        month_tokens: 34,
        reserved_nano_usd: 0,
    };
    assert_eq!(found, robin);
    let guild = spent(&store, Payer::Guild(GUILD)).await;
    assert_eq!((guild.day_nano_usd, guild.month_nano_usd, guild.month_requests), (10, 210, 2));
    let bot = spent(&store, Payer::Bot).await;
    assert_eq!(
        (bot.day_nano_usd, bot.month_nano_usd, bot.day_requests, bot.month_requests),
        (3_010, 3_210, 2, 3)
    );
    assert_eq!(spent(&store, Payer::Guild(GuildId::new(2))).await, Spent::default());
}

#[tokio::test]
async fn a_month_is_one_of_the_calendar_in_utc() {
    let place = Place::new();
    let store = place.open().await;
    let moments = [OCTOBER * DAY - 1, OCTOBER * DAY, NOVEMBER * DAY - 1, NOVEMBER * DAY];
    for (message, (nano_usd, at)) in (1..).zip([1, 10, 100, 1_000].into_iter().zip(moments)) {
        spend(&store, asks(message, "hello"), costing(nano_usd), at).await;
    }
    let mut found = Vec::new();
    for at in moments {
        let spent = store.spent(Payer::Bot, at).await.unwrap();
        found.push((spent.day_nano_usd, spent.month_nano_usd));
    }
    assert_eq!(found, [(1, 1), (10, 110), (100, 110), (1_000, 1_000)]);
}

/// Four centuries, after which the calendar begins anew.
#[tokio::test]
async fn months_begin_where_sqlite_says() {
    let place = Place::new();
    place.open().await.close().await;
    let mut db = place.raw().await;
    let firsts: Vec<i64> = sqlx::query_scalar(
        "WITH RECURSIVE month (first) AS (
             SELECT '1970-01-01' UNION ALL SELECT date(first, '+1 month') FROM month WHERE first < '2370-01-01')
         SELECT unixepoch(first) / 86400 FROM month",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    assert_eq!(firsts.len(), 4_801);
    for pair in firsts.windows(2) {
        for day in pair[0]..pair[1] {
            let calendar = calendar::Calendar::of(day * DAY + 1);
            assert_eq!(calendar, calendar::Calendar { day, month: pair[0], next_month: pair[1] });
        }
    }
}

#[tokio::test]
async fn no_figure_breaks_the_close_or_the_sums() {
    let place = Place::new();
    let store = place.open().await;
    let odd = |number| UsageRow {
        prompt_tokens: Some(number),
        completion_tokens: Some(number),
        estimate_nano_usd: Some(number),
        upstream_attempts: Some(number),
        finish: Some("ü".repeat(1_000)),
        ..costing(number)
    };
    let closing = |at| Closing { at, usage: vec![odd(i64::MAX); 150], ..done("hi", &[]) };
    answered(&store, asks(1, "hello"), closing(NOON)).await;
    answered(&store, asks(2, "hello"), closing(NOON - DAY)).await;
    answered(&store, asks(3, "hello"), Closing { at: i64::MAX, ..closing(0) }).await;
    spend(&store, asks(4, "hello"), odd(i64::MIN), NOON).await;
    let found = spent(&store, Payer::Bot).await;
    assert_eq!((found.day_nano_usd, found.month_nano_usd), (10_i64.pow(17), 2 * 10_i64.pow(17)));
    let limits =
        Limits { user: Limit { day: Some(i64::MAX - 1), month: None }, ..super::reserve::unlimited() };
    let turn = accepted(&store, asks(5, "hello")).await;
    let asked = super::reserve::reservation(i64::MAX, i64::MAX, limits);
    assert!(matches!(store.reserve(turn, asked).await.unwrap(), Reserved::Refused(_)));
    let sums = store.usage_sums(SumBy::Model, Payer::Bot, 0, 9).await.unwrap();
    assert_eq!(sums[0].requests, 451);
}

/// Today, as the store itself knows it.
fn today() -> i64 {
    now_ms().cast_signed()
}

#[tokio::test]
async fn who_is_forgotten_keeps_the_sums_of_this_month_alone() {
    let place = Place::new();
    let store = place.open().await;
    let today = today();
    spend(&store, asks(1, "hello"), costing(10), today).await;
    spend(&store, asks(2, "hello"), costing(100), today - 40 * DAY).await;
    spend(&store, NewTurn { author: KIM, ..asks(3, "hello") }, costing(1_000), today - 40 * DAY).await;
    let owed = spend(&store, asks(4, "hello"), owing(7), today).await;
    store.forget_person(ROBIN).await.unwrap();
    for (payer, at, nano_usd) in [
        (Payer::User(ROBIN), today, 17),
        (Payer::User(ROBIN), today - 40 * DAY, 0),
        (Payer::User(KIM), today - 40 * DAY, 1_000),
        (Payer::Guild(GUILD), today, 17),
        (Payer::Guild(GUILD), today - 40 * DAY, 1_100),
        (Payer::Bot, today - 40 * DAY, 1_100),
    ] {
        assert_eq!(store.spent(payer, at).await.unwrap().day_nano_usd, nano_usd, "{payer:?} {at}");
    }
    let due = store.owed_costs(i64::MAX, 9).await.unwrap();
    store
        .cost_settled(due[0].usage, SettledCost { cost_nano_usd: Some(5), ..SettledCost::default() })
        .await
        .unwrap();
    assert_eq!(store.usage_of_turn(owed).await.unwrap()[0].cost_nano_usd, Some(5));
    assert_eq!(store.spent(Payer::Bot, today).await.unwrap().day_nano_usd, 15);
    assert_eq!(store.spent(Payer::User(ROBIN), today).await.unwrap().day_nano_usd, 17);
}

#[tokio::test]
async fn to_be_forgotten_during_an_answer_does_not_make_it_free() {
    let place = Place::new();
    let store = place.open().await;
    let today = today();
    let turn = accepted(&store, asks(1, "hello")).await;
    store.begin_turn(turn, 1).await.unwrap();
    let asked = Reservation { at: today, ..super::reserve::reservation(50, 50, super::reserve::unlimited()) };
    store.reserve(turn, asked.clone()).await.unwrap();
    store.forget_person(ROBIN).await.unwrap();
    // It asks again, and knows of nothing.
    store.reserve(turn, asked).await.unwrap();
    let found = store.spent(Payer::User(ROBIN), today).await.unwrap();
    assert_eq!((found.day_nano_usd, found.day_requests, found.reserved_nano_usd), (50, 1, 0));
    let store = place.crash_and_open(store).await;
    assert_eq!(store.spent(Payer::User(ROBIN), today).await.unwrap().day_nano_usd, 50);
    assert_eq!(store.spent(Payer::Bot, today).await.unwrap().day_nano_usd, 50);
    store.close().await;
    let mut db = place.raw().await;
    assert_eq!(count(&mut db, "SELECT count(*) FROM usage WHERE user_id IS NOT NULL").await, 0);
}

#[derive(Clone, Debug)]
enum Step {
    Close {
        message: Message,
        rows: Vec<UsageRow>,
    },
    Settle(Index, SettledCost),
    PutOff(Index),
    GiveUp(Index),
    /// With an open turn that has reserved.
    Crash {
        message: Message,
        nano_usd: i64,
    },
}

#[derive(Clone, Debug)]
struct Message {
    by_kim: bool,
    audience: usize,
    at: i64,
}

impl Message {
    fn to_turn(&self, number: u64) -> NewTurn {
        let audience = [channel(0), private(KIM), dm(ROBIN)][self.audience];
        NewTurn { audience, author: if self.by_kim { KIM } else { ROBIN }, ..asks(number, "hello") }
    }
}

fn message() -> impl Strategy<Value = Message> {
    let parts = (any::<bool>(), 0..3_usize, 0..3 * DAY);
    parts.prop_map(|(by_kim, audience, at)| Message { by_kim, audience, at })
}

/// What a provider may report.
fn figure() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![3 => Just(None), 6 => (0..1_000_000_000_i64).prop_map(Some), 1 => any::<i64>().prop_map(Some)]
}

fn row() -> impl Strategy<Value = UsageRow> {
    let figures = (figure(), figure(), figure(), figure());
    (figures, any::<bool>()).prop_map(|((cost, estimate, prompt, completion), owed)| UsageRow {
        cost_nano_usd: cost,
        estimate_nano_usd: estimate,
        prompt_tokens: prompt,
        completion_tokens: completion,
        owed,
        ..owing(0)
    })
}

fn step() -> impl Strategy<Value = Step> {
    let settled = (figure(), figure(), figure()).prop_map(|(cost, prompt, completion)| SettledCost {
        cost_nano_usd: cost,
        prompt_tokens: prompt,
        completion_tokens: completion,
        ..SettledCost::default()
    });
    let crash = (message(), any::<i64>()).prop_map(|(message, nano_usd)| Step::Crash { message, nano_usd });
    prop_oneof![
        6 => (message(), prop::collection::vec(row(), 0..4)).prop_map(|(message, rows)| Step::Close { message, rows }),
        6 => (any::<Index>(), settled).prop_map(|(row, settled)| Step::Settle(row, settled)),
        1 => any::<Index>().prop_map(Step::PutOff),
        1 => any::<Index>().prop_map(Step::GiveUp),
        1 => crash,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_sums_are_always_those_of_the_rows(steps in prop::collection::vec(step(), 1..24)) {
        tokio::runtime::Runtime::new().unwrap().block_on(run(steps));
    }
}

async fn run(steps: Vec<Step>) {
    let place = Place::new();
    let mut store = place.open().await;
    let mut db = place.raw().await;
    for (number, step) in (1..).zip(steps) {
        let rows = count(&mut db, "SELECT count(*) FROM usage").await;
        // Also a row that is not there.
        let pick = |row: Index| i64::try_from(row.index(usize::try_from(rows).unwrap() + 1)).unwrap() + 1;
        match step {
            Step::Close { message, rows } => {
                let closing = Closing { usage: rows, at: message.at, ..done("hi", &[]) };
                answered(&store, message.to_turn(number), closing).await;
            }
            Step::Settle(row, settled) => store.cost_settled(pick(row), settled).await.unwrap(),
            Step::PutOff(row) => store.cost_still_owed(pick(row), 5).await.unwrap(),
            Step::GiveUp(row) => store.cost_given_up(pick(row)).await.unwrap(),
            Step::Crash { message, nano_usd } => {
                let turn = accepted(&store, message.to_turn(number)).await;
                let asked = super::reserve::reservation(nano_usd, 0, super::reserve::unlimited());
                store.reserve(turn, Reservation { at: message.at, ..asked }).await.unwrap();
                store = place.crash_and_open(store).await;
            }
        }
        assert_eq!(count(&mut db, DISAGREEING).await, 0);
    }
}
