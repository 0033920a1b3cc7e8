use futures_util::future::join_all;

use super::money::*;
use super::*;

const NONE: Limit = Limit { day: None, month: None };

fn day(nano_usd: i64) -> Limit {
    Limit { day: Some(nano_usd), month: None }
}

fn month(nano_usd: i64) -> Limit {
    Limit { day: None, month: Some(nano_usd) }
}

pub(super) fn unlimited() -> Limits {
    Limits { user: NONE, guild: NONE, bot: NONE, near: 100 }
}

/// Robin's in the guild, at noon.
pub(super) fn reservation(full: i64, least: i64, limits: Limits) -> Reservation {
    Reservation {
        user: Some(ROBIN),
        guild: Some(GUILD),
        persona: ada(),
        model: "big".to_owned(),
        full,
        least,
        limits,
        at: NOON,
    }
}

fn refused(whose: Whose, window: Window, day: i64) -> Reserved {
    Reserved::Refused(Refusal { whose, window, resets_at: day * DAY, shortage: Shortage::Spent })
}

/// Where it is all one why there is no room.
fn whyever(reserved: Reserved) -> Reserved {
    match reserved {
        Reserved::Refused(refusal) => Reserved::Refused(Refusal { shortage: Shortage::Spent, ..refusal }),
        granted => granted,
    }
}

/// What a new turn is given.
async fn asked(store: &Store, message: u64, reservation: Reservation) -> Reserved {
    let turn = accepted(store, asks(message, "hello")).await;
    whyever(store.reserve(turn, reservation).await.unwrap())
}

async fn reserved(store: &Store) -> i64 {
    spent(store, Payer::Bot).await.reserved_nano_usd
}

#[tokio::test]
async fn exactly_the_limit_fits_and_one_more_does_not() {
    for (window, resets) in [(Window::Day, 20_001), (Window::Month, NOVEMBER)] {
        let limit = |nano_usd| if window == Window::Day { day(nano_usd) } else { month(nano_usd) };
        for whose in [Whose::User, Whose::Guild, Whose::Bot] {
            let limits = |nano_usd| {
                let mut limits = unlimited();
                match whose {
                    Whose::User => limits.user = limit(nano_usd),
                    Whose::Guild => limits.guild = limit(nano_usd),
                    Whose::Bot => limits.bot = limit(nano_usd),
                }
                limits
            };
            let place = Place::new();
            let store = place.open().await;
            spend(&store, asks(1, "hello"), costing(40), NOON).await;
            assert_eq!(asked(&store, 2, reservation(25, 25, limits(100))).await, Reserved::Full);
            // 65 of 100 are used.
            let turn = accepted(&store, asks(3, "hello")).await;
            for (full, least, expected) in [
                (36, 36, refused(whose, window, resets)),
                (36, 35, Reserved::Least),
                (35, 35, Reserved::Full),
                (35, 99, Reserved::Full),
            ] {
                let found =
                    whyever(store.reserve(turn, reservation(full, least, limits(100))).await.unwrap());
                assert_eq!(found, expected, "{whose:?} {window:?} {full} {least}");
            }
        }
    }
}

#[tokio::test]
async fn near_the_limit_only_the_cheapest_rung_is_given() {
    let place = Place::new();
    let store = place.open().await;
    let limits = Limits { user: day(1_000), near: 80, ..unlimited() };
    spend(&store, asks(1, "hello"), costing(799), NOON).await;
    let turn = accepted(&store, asks(2, "hello")).await;
    assert_eq!(store.reserve(turn, reservation(10, 1, limits)).await.unwrap(), Reserved::Full);
    spend(&store, asks(3, "hello"), costing(1), NOON).await;
    assert_eq!(store.reserve(turn, reservation(10, 1, limits)).await.unwrap(), Reserved::Least);
    assert_eq!(reserved(&store).await, 1);
}

#[tokio::test]
async fn what_costs_nothing_is_given_to_a_spent_budget() {
    let place = Place::new();
    let store = place.open().await;
    let limits = Limits { user: day(0), ..unlimited() };
    assert_eq!(asked(&store, 1, reservation(0, 0, limits)).await, Reserved::Least);
    assert_eq!(asked(&store, 2, reservation(1, 1, limits)).await, refused(Whose::User, Window::Day, 20_001));
}

#[tokio::test]
async fn a_worst_case_below_nothing_gives_nothing_back() {
    let place = Place::new();
    let store = place.open().await;
    assert_eq!(asked(&store, 1, reservation(-5, i64::MIN, unlimited())).await, Reserved::Full);
    assert_eq!(reserved(&store).await, 0);
}

#[tokio::test]
async fn a_refusal_names_the_limit_that_resets_last() {
    let place = Place::new();
    let store = place.open().await;
    spend(&store, asks(1, "hello"), costing(100), NOON).await;
    let limits = Limits { user: day(50), guild: month(99), bot: day(100), near: 100 };
    assert_eq!(
        asked(&store, 2, reservation(1, 1, limits)).await,
        refused(Whose::Guild, Window::Month, NOVEMBER)
    );
    let limits = Limits { guild: month(500), ..limits };
    assert_eq!(asked(&store, 3, reservation(1, 1, limits)).await, refused(Whose::User, Window::Day, 20_001));
}

#[tokio::test]
async fn budgets_are_whole_again_at_midnight_and_on_the_first_utc() {
    let place = Place::new();
    let store = place.open().await;
    let last = NOVEMBER * DAY - 1;
    spend(&store, asks(1, "hello"), costing(100), last).await;
    let at = |at, limits| Reservation { at, ..reservation(60, 60, limits) };
    let (daily, monthly) =
        (Limits { user: day(100), ..unlimited() }, Limits { user: month(100), ..unlimited() });
    let turn = accepted(&store, asks(2, "hello")).await;
    for (limits, moment, expected) in [
        (daily, last, refused(Whose::User, Window::Day, NOVEMBER)),
        (monthly, last, refused(Whose::User, Window::Month, NOVEMBER)),
        (daily, last - DAY, Reserved::Full),
        (monthly, last - DAY, refused(Whose::User, Window::Month, NOVEMBER)),
        (daily, last + 1, Reserved::Full),
        (monthly, last + 1, Reserved::Full),
    ] {
        assert_eq!(
            whyever(store.reserve(turn, at(moment, limits)).await.unwrap()),
            expected,
            "{limits:?} {moment}"
        );
    }
    // What is open counts on the new day too, because that is when it may be spent.
    let other = accepted(&store, asks(3, "hello")).await;
    let found = whyever(store.reserve(other, at(last + 1, daily)).await.unwrap());
    assert_eq!(found, refused(Whose::User, Window::Day, NOVEMBER + 1));
}

#[tokio::test]
async fn only_those_who_pay_are_asked() {
    let place = Place::new();
    let store = place.open().await;
    spend(&store, asks(1, "hello"), costing(100), NOON).await;
    let limits = Limits { user: day(100), guild: day(100), ..unlimited() };
    let full = reservation(1, 1, limits);
    let (kim, elsewhere) = (Some(KIM), Some(GuildId::new(2)));
    assert_eq!(asked(&store, 2, full.clone()).await, refused(Whose::User, Window::Day, 20_001));
    let of_kim = Reservation { user: kim, ..full.clone() };
    assert_eq!(asked(&store, 3, of_kim.clone()).await, refused(Whose::Guild, Window::Day, 20_001));
    assert_eq!(asked(&store, 4, Reservation { guild: None, ..of_kim.clone() }).await, Reserved::Full);
    assert_eq!(asked(&store, 5, Reservation { guild: elsewhere, ..of_kim }).await, Reserved::Full);
    assert_eq!(asked(&store, 6, Reservation { user: None, guild: None, ..full }).await, Reserved::Full);
}

#[tokio::test]
async fn what_runs_at_the_same_time_never_reserves_more_than_the_budget() {
    let place = Place::new();
    let store = place.open().await;
    let mut turns = Vec::new();
    for message in 1..=50 {
        turns.push(accepted(&store, asks(message, "hello")).await);
    }
    let limits = Limits { user: day(600), guild: day(1_000), bot: month(1_500), near: 90 };
    let user = |number: usize| Some([ROBIN, KIM][number % 2]);
    let all = turns.iter().enumerate().map(|(number, turn)| {
        store.reserve(*turn, Reservation { user: user(number), ..reservation(70, 30, limits) })
    });
    let found: Vec<_> = join_all(all).await.into_iter().map(Result::unwrap).collect();
    let granted: i64 = found
        .iter()
        .map(|reserved| match reserved {
            Reserved::Full => 70,
            Reserved::Least => 30,
            Reserved::Refused(_) => 0,
        })
        .sum();
    assert!((971..=1_000).contains(&granted), "{granted}: {found:?}");
    assert!(found.contains(&Reserved::Least) && found.contains(&Reserved::Full), "{found:?}");
    assert_eq!(reserved(&store).await, granted);
    assert!(spent(&store, Payer::User(ROBIN)).await.reserved_nano_usd <= 600);
}

#[tokio::test]
async fn a_turn_that_reserves_again_replaces_what_it_had() {
    let place = Place::new();
    let store = place.open().await;
    let limits = Limits { user: day(100), ..unlimited() };
    let turn = accepted(&store, asks(1, "hello")).await;
    for (full, expected, stands) in [
        (90, Reserved::Full, 90),
        (100, Reserved::Full, 100),
        (101, refused(Whose::User, Window::Day, 20_001), 100),
        (20, Reserved::Full, 20),
    ] {
        let found = store.reserve(turn, reservation(full, full, limits)).await.unwrap();
        assert_eq!(whyever(found), expected, "{full}");
        assert_eq!(reserved(&store).await, stands);
    }
}

#[tokio::test]
async fn closing_a_turn_gives_back_what_it_did_not_use() {
    let place = Place::new();
    let store = place.open().await;
    let turn = accepted(&store, asks(1, "hello")).await;
    store.begin_turn(turn, 1).await.unwrap();
    store.reserve(turn, reservation(90, 90, unlimited())).await.unwrap();
    assert_eq!(spent(&store, Payer::Guild(GUILD)).await.reserved_nano_usd, 90);
    let closing = Closing { usage: vec![costing(7), owing(2)], at: NOON, ..ends(Outcome::Failed) };
    store.close_turn(turn, closing).await.unwrap();
    for payer in [Payer::User(ROBIN), Payer::Guild(GUILD), Payer::Bot] {
        let found = spent(&store, payer).await;
        assert_eq!((found.day_nano_usd, found.reserved_nano_usd), (9, 0), "{payer:?}");
    }
    let late = store.reserve(turn, reservation(1, 1, unlimited())).await;
    assert_eq!(late, Err(StoreError::TurnState { turn, state: TurnState::Failed }));
    let nowhere = store.reserve(TurnId::new(404), reservation(1, 1, unlimited())).await;
    assert_eq!(nowhere, Err(StoreError::NoSuchTurn(TurnId::new(404))));
    store.reopen_turn(turn, 1).await.unwrap();
    assert_eq!(store.reserve(turn, reservation(1, 1, unlimited())).await, Ok(Reserved::Full));
}

#[tokio::test]
async fn what_a_killed_process_had_reserved_counts_as_spent() {
    let place = Place::new();
    let store = place.open().await;
    let limits = Limits { user: day(100), ..unlimited() };
    let turn = accepted(&store, asks(1, "hello")).await;
    store.begin_turn(turn, 1).await.unwrap();
    store.reserve(turn, reservation(90, 90, limits)).await.unwrap();
    let store = place.crash_and_open(store).await;
    let rows = store.usage_of_turn(turn).await.unwrap();
    let interrupted = UsageRow {
        model: "big".to_owned(),
        estimate_nano_usd: Some(90),
        failure: Some("interrupted".to_owned()),
        ..UsageRow::default()
    };
    assert_eq!(rows, [interrupted]);
    let found = spent(&store, Payer::User(ROBIN)).await;
    assert_eq!((found.day_nano_usd, found.day_requests, found.reserved_nano_usd), (90, 1, 0));
    // The turn is still open, and has to find its own way into what is left.
    assert_eq!(
        store.reserve(turn, reservation(11, 11, limits)).await.unwrap(),
        refused(Whose::User, Window::Day, 20_001)
    );
    assert_eq!(store.reserve(turn, reservation(10, 10, limits)).await.unwrap(), Reserved::Full);
    let store = place.crash_and_open(store).await;
    assert_eq!(spent(&store, Payer::User(ROBIN)).await.day_nano_usd, 100);
}

#[tokio::test]
async fn it_is_told_whether_waiting_helps() {
    let place = Place::new();
    let store = place.open().await;
    let limits = Limits { user: Limit { day: Some(100), month: None }, ..unlimited() };
    let ask = async |message, least| {
        let turn = accepted(&store, asks(message, "hello")).await;
        match store.reserve(turn, reservation(least, least, limits)).await.unwrap() {
            Reserved::Refused(refusal) => Some(refusal.shortage),
            Reserved::Full | Reserved::Least => None,
        }
    };
    assert_eq!(ask(1, 101).await, Some(Shortage::TooSmall));
    assert_eq!(ask(2, 60).await, None);
    assert_eq!(ask(3, 60).await, Some(Shortage::Held));
    assert_eq!(ask(4, 0).await, None, "what costs nothing always fits");
}

#[tokio::test]
async fn a_turn_that_is_left_open_has_used_what_it_has_used() {
    let place = Place::new();
    let store = place.open().await;
    let turn = accepted(&store, asks(1, "hello")).await;
    store.begin_turn(turn, 1).await.unwrap();
    store.reserve(turn, reservation(90, 90, unlimited())).await.unwrap();
    store.leave_turn(turn, Leaving { usage: vec![costing(7)], at: NOON }).await.unwrap();
    let found = spent(&store, Payer::User(ROBIN)).await;
    assert_eq!((found.day_nano_usd, found.reserved_nano_usd), (7, 0));
    assert_eq!(store.turn(turn).await.unwrap().unwrap().state, TurnState::Answering);
}

#[tokio::test]
async fn a_reserve_that_nobody_gave_back_counts_for_its_own_day_alone() {
    let place = Place::new();
    let store = place.open().await;
    let limits = Limits { user: day(100), ..unlimited() };
    let lost = accepted(&store, asks(1, "hello")).await;
    store.reserve(lost, reservation(60, 60, limits)).await.unwrap();
    let ask = async |message, at| {
        let turn = accepted(&store, asks(message, "hello")).await;
        whyever(store.reserve(turn, Reservation { at, ..reservation(50, 50, limits) }).await.unwrap())
    };
    assert_eq!(ask(2, NOON + 60_000).await, refused(Whose::User, Window::Day, 20_001));
    assert_eq!(ask(3, NOON + 2 * 60 * 60_000).await, refused(Whose::User, Window::Day, 20_001));
    assert_eq!((spent(&store, Payer::User(ROBIN)).await.day_nano_usd, reserved(&store).await), (60, 0));
    assert_eq!(ask(4, NOON + DAY).await, Reserved::Full, "the next day it is forgotten");
}
