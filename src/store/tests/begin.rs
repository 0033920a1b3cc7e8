use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use futures_util::future::join_all;

use super::money::*;
use super::reserve::{reservation, unlimited};
use super::writer::{all_wait, execute};
use super::*;

/// Begins a turn that may cost so much.
async fn begins(store: &Store, turn: TurnId, reservation: Reservation) -> Result<Prepared<Begun>> {
    store.begin_and_reserve(turn, 1, move |begun| (begun, Some(reservation))).await
}

async fn state_of(store: &Store, turn: TurnId) -> TurnState {
    store.turn(turn).await.unwrap().unwrap().state
}

#[tokio::test]
async fn a_turn_is_three_transactions() {
    let place = Place::new();
    let store = place.open().await;
    answered(&store, asks(1, "hello"), done("hi", &[2])).await;
    let before = store.commits();
    let turn = accepted(&store, asks(3, "and you?")).await;
    let prepared = begins(&store, turn, reservation(5, 5, unlimited())).await.unwrap();
    store.close_turn(turn, done("well", &[4])).await.unwrap();
    assert_eq!(store.commits() - before, 3);
    assert_eq!(texts(&prepared.work.history), ["hello", "hi"]);
    assert_eq!(prepared.work.question.text.as_deref(), Some("and you?"));
    assert_eq!(prepared.reserved, Some(Reserved::Full));
}

#[tokio::test]
async fn what_was_said_comes_back_to_the_letter() {
    let place = Place::new();
    let store = place.open().await;
    let odd = [
        "quotes \" and \\ back\\nslashes {\"json\": [1, null]}",
        "lines\r\n\ttabs\u{b}\u{1f}\u{7f}\u{2028}\u{feff} ends\n\n",
        "zero \0 inside",
        "\u{1f469}\u{200d}\u{1f680} \u{10ffff} \u{fffd} \u{202e}backwards",
        "",
    ];
    for (number, text) in (1_u64..).zip(odd) {
        let turn = NewTurn { speaker: text.to_owned(), ..asks(number * 2, text) };
        answered(&store, turn, done(text, &[number * 2 + 1])).await;
    }
    let turn = accepted(&store, asks(100, "and?")).await;
    let begun = store.begin_turn(turn, 1).await.unwrap();
    let said = |role| begun.history.iter().filter(move |entry| entry.role == role);
    assert_eq!(texts(&said(EntryRole::Person).cloned().collect::<Vec<_>>()), odd);
    assert!(said(EntryRole::Person).zip(odd).all(|(entry, name)| entry.speaker.as_deref() == Some(name)));
    assert_eq!(texts(&said(EntryRole::Persona).cloned().collect::<Vec<_>>()), odd);
}

#[tokio::test]
async fn what_costs_nothing_begins_as_well() {
    let place = Place::new();
    let store = place.open().await;
    let turn = accepted(&store, asks(1, "hello")).await;
    let prepared = store.begin_and_reserve(turn, 1, |begun| (begun.attempt, None)).await.unwrap();
    assert_eq!(prepared, Prepared { work: 1, reserved: None });
    assert_eq!(state_of(&store, turn).await, TurnState::Answering);
    assert_eq!(spent(&store, Payer::Bot).await.reserved_nano_usd, 0);
}

#[tokio::test]
async fn a_turn_that_is_refused_has_begun() {
    let place = Place::new();
    let store = place.open().await;
    let limits = Limits { bot: Limit { day: Some(9), month: None }, ..unlimited() };
    let turn = accepted(&store, asks(1, "hello")).await;
    let prepared = begins(&store, turn, reservation(10, 10, limits)).await.unwrap();
    assert!(matches!(prepared.reserved, Some(Reserved::Refused(_))), "{prepared:?}");
    assert_eq!(state_of(&store, turn).await, TurnState::Answering);
}

#[tokio::test]
async fn money_that_cannot_be_set_aside_takes_the_beginning_with_it() {
    let place = Place::new();
    let store = place.open().await;
    execute(&store, "CREATE TRIGGER no BEFORE INSERT ON reserve BEGIN SELECT RAISE(ABORT, 'no'); END")
        .await
        .unwrap();
    let turn = accepted(&store, asks(1, "hello")).await;
    assert!(begins(&store, turn, reservation(1, 1, unlimited())).await.is_err());
    assert_eq!(state_of(&store, turn).await, TurnState::Accepted);
    execute(&store, "DROP TRIGGER no").await.unwrap();
    assert_eq!(begins(&store, turn, reservation(1, 1, unlimited())).await.unwrap().work.attempt, 1);
}

#[tokio::test]
async fn turns_that_begin_together_share_transactions_and_never_a_budget() {
    let place = Place::new();
    let store = place.open().await;
    let all = (1..=500)
        .map(|number| accepted(&store, NewTurn { audience: channel(number % 50), ..asks(number, "hello") }));
    let turns = join_all(all).await;
    let limits = Limits { bot: Limit { day: Some(1_000), month: None }, ..unlimited() };
    let before = store.commits();
    let all = turns.iter().map(|turn| begins(&store, *turn, reservation(70, 30, limits)));
    let granted: i64 = all_wait(&store, join_all(all))
        .await
        .into_iter()
        .map(|prepared| match prepared.unwrap().reserved {
            Some(Reserved::Full) => 70,
            Some(Reserved::Least) => 30,
            _ => 0,
        })
        .sum();
    assert!(store.commits() - before <= 5, "{} transactions", store.commits() - before);
    assert!((971..=1_000).contains(&granted), "{granted}");
    assert_eq!(spent(&store, Payer::Bot).await.reserved_nano_usd, granted);
}

#[tokio::test]
async fn a_panic_while_a_request_is_worked_out_is_the_end_of_that_turn_alone() {
    let place = Place::new();
    let store = place.open().await;
    let turn = accepted(&store, asks(1, "hello")).await;
    let broken = store.begin_and_reserve(turn, 1, |_| -> ((), _) { panic!("as a test") });
    assert!(AssertUnwindSafe(broken).catch_unwind().await.is_err());
    accepted(&store, asks(2, "still there?")).await;
    assert_eq!(begins(&store, turn, reservation(1, 1, unlimited())).await.unwrap().work.attempt, 2);
}
