//! Turns that are answered together.

use super::*;

/// Robin's messages 1, 2 and 3, joined to the first of them.
async fn burst(store: &Store) -> [TurnId; 3] {
    let mut turns = Vec::new();
    for (message, text) in [(1, "one"), (3, "three"), (2, "two")] {
        turns.push(accepted(store, asks(message, text)).await);
    }
    let [first, last, middle] = turns.try_into().unwrap();
    let mut joined = store.join_turns(first, &[last, middle]).await.unwrap();
    joined.sort_unstable();
    assert_eq!(joined, [last, middle]);
    [first, middle, last]
}

async fn states(store: &Store, turns: [TurnId; 3]) -> [TurnState; 3] {
    let mut states = Vec::new();
    for turn in turns {
        states.push(store.turn(turn).await.unwrap().unwrap().state);
    }
    states.try_into().unwrap()
}

fn stopped() -> Closing {
    Closing { cause: Some(STOPPED.to_owned()), ..ends(Outcome::Cancelled) }
}

#[tokio::test]
async fn a_burst_is_one_question_and_is_closed_as_one() {
    let place = Place::new();
    let store = place.open().await;
    let turns = burst(&store).await;
    assert_eq!(states(&store, turns).await, [TurnState::Accepted, TurnState::Joined, TurnState::Joined]);
    let begun = store.begin_turn(turns[0], 5).await.unwrap();
    assert_eq!(begun.question.text.as_deref(), Some("one\ntwo\nthree"));
    store.close_turn(turns[0], done("hi", &[9])).await.unwrap();
    assert_eq!(states(&store, turns).await, [TurnState::Done; 3]);
    for replied in [1, 2, 3] {
        let reply = NewTurn { replies_to: Some(MessageId::new(replied)), ..asks(20 + replied, "why?") };
        let next = accepted(&store, reply).await;
        let history = store.begin_turn(next, 6).await.unwrap().history;
        assert_eq!(texts(&history), ["one\ntwo\nthree"], "each of its messages shows the question");
    }
    assert!(matches!(store.accept_turn(asks(2, "two")).await.unwrap(), Accepted::Known(_)));
}

#[tokio::test]
async fn what_was_said_first_is_read_first_whichever_came_first() {
    let place = Place::new();
    let store = place.open().await;
    let first = accepted(&store, asks(2, "two")).await;
    let earlier = accepted(&store, asks(1, "one")).await;
    store.join_turns(first, &[earlier]).await.unwrap();
    assert_eq!(store.turn(first).await.unwrap().unwrap().replied_to(), Some(MessageId::new(2)));
    assert_eq!(store.begin_turn(first, 5).await.unwrap().question.text.as_deref(), Some("one\ntwo"));
}

#[tokio::test]
async fn who_only_calls_says_nothing() {
    let place = Place::new();
    let store = place.open().await;
    let called = accepted(&store, asks(1, "")).await;
    let asked = accepted(&store, asks(2, "hello")).await;
    store.join_turns(called, &[asked]).await.unwrap();
    assert_eq!(store.begin_turn(called, 5).await.unwrap().question.text.as_deref(), Some("hello"));
}

#[tokio::test]
async fn what_is_not_waiting_in_the_conversation_is_not_joined() {
    let place = Place::new();
    let store = place.open().await;
    let first = accepted(&store, asks(1, "one")).await;
    let elsewhere = accepted(&store, NewTurn { audience: channel(1), ..asks(2, "two") }).await;
    let slash = accepted(&store, invokes(3, "three")).await;
    let begun = accepted(&store, asks(4, "four")).await;
    store.begin_turn(begun, 5).await.unwrap();
    assert_eq!(store.join_turns(first, &[elsewhere, slash, begun, first]).await.unwrap(), []);
    assert_eq!(store.turn(first).await.unwrap().unwrap().joined, []);
    store.join_turns(begun, &[first]).await.unwrap();
    assert_eq!(store.unfinished_turns().await.unwrap().len(), 4);
}

#[tokio::test]
async fn after_a_crash_the_first_one_is_taken_up_with_the_others() {
    for has_begun in [false, true] {
        let place = Place::new();
        let store = place.open().await;
        let [first, middle, last] = burst(&store).await;
        if has_begun {
            store.begin_turn(first, 5).await.unwrap();
        }
        let store = place.crash_and_open(store).await;
        let unfinished = store.unfinished_turns().await.unwrap();
        let [turn] = unfinished.as_slice() else { panic!("{unfinished:?}") };
        let joined = [(middle, 2), (last, 3)].map(|(turn, id)| Joined { turn, message: MessageId::new(id) });
        assert_eq!((turn.id, turn.joined.as_slice()), (first, joined.as_slice()));
        let begun = store.begin_turn(first, 6).await.unwrap();
        assert_eq!(begun.question.text.as_deref(), Some("one\ntwo\nthree"));
    }
}

#[tokio::test]
async fn a_failed_burst_is_tried_again_whole() {
    for (closing, has_begun) in
        [(ends(Outcome::Failed), true), (ends(Outcome::Failed), false), (stopped(), true), (stopped(), false)]
    {
        let place = Place::new();
        let store = place.open().await;
        let turns = burst(&store).await;
        if has_begun {
            store.begin_turn(turns[0], 5).await.unwrap();
        }
        store.close_turn(turns[0], closing.clone()).await.unwrap();
        assert_eq!(states(&store, turns).await, [closing.outcome.state(); 3]);
        assert!(!store.reopen_turn(turns[1], 6).await.unwrap(), "it goes with the first");
        assert!(store.reopen_turn(turns[0], 6).await.unwrap());
        assert!(!store.reopen_turn(turns[0], 6).await.unwrap(), "pressed twice");
        assert_eq!(states(&store, turns).await, [TurnState::Accepted, TurnState::Joined, TurnState::Joined]);
        let begun = store.begin_turn(turns[0], 7).await.unwrap();
        assert_eq!(begun.question.text.as_deref(), Some("one\ntwo\nthree"));
    }
}

#[tokio::test]
async fn a_joined_turn_is_not_closed_by_itself() {
    let place = Place::new();
    let store = place.open().await;
    let turns = burst(&store).await;
    let refused = StoreError::TurnState { turn: turns[1], state: TurnState::Joined };
    assert_eq!(store.close_turn(turns[1], ends(Outcome::Failed)).await.unwrap_err(), refused);
    assert_eq!(store.begin_turn(turns[1], 5).await.unwrap_err(), refused);
}

#[tokio::test]
async fn each_of_its_messages_takes_the_whole_burst_along_when_it_is_deleted() {
    for deleted in [1, 2, 3] {
        for has_begun in [false, true] {
            let place = Place::new();
            let store = place.open().await;
            let turns = burst(&store).await;
            if has_begun {
                store.begin_turn(turns[0], 5).await.unwrap();
            }
            let entries = store.erase_question(MessageId::new(deleted)).await.unwrap();
            assert_eq!(entries, u64::from(has_begun));
            let erased = StoreError::TurnErased(turns[0]);
            assert_eq!(store.begin_turn(turns[0], 6).await.unwrap_err(), erased);
            store.close_turn(turns[0], ends(Outcome::Failed)).await.unwrap();
            assert!(!store.reopen_turn(turns[0], 7).await.unwrap());
            store.close().await;
            let mut db = place.raw().await;
            let kept = "SELECT count(*) FROM turn WHERE text IS NOT NULL OR author_id IS NOT NULL";
            assert_eq!(count(&mut db, kept).await, 0, "{deleted}");
            assert_eq!(count(&mut db, "SELECT count(*) FROM entry WHERE text IS NOT NULL").await, 0);
        }
    }
}

#[tokio::test]
async fn an_answered_burst_goes_with_any_of_its_messages() {
    let place = Place::new();
    let store = place.open().await;
    let turns = burst(&store).await;
    store.begin_turn(turns[0], 5).await.unwrap();
    store.close_turn(turns[0], done("hi", &[9])).await.unwrap();
    assert_eq!(store.erase_question(MessageId::new(3)).await.unwrap(), 2);
    assert!(!is_ours(&store, 9).await);
}

#[tokio::test]
async fn what_was_stopped_without_a_word_keeps_its_messages_for_the_retry() {
    let place = Place::new();
    let store = place.open().await;
    let turn = accepted(&store, asks(1, "hello")).await;
    store.reply_sent(turn, MessageId::new(2), 0).await.unwrap();
    store.close_turn(turn, stopped()).await.unwrap();
    let closed = store.turn(turn).await.unwrap().unwrap();
    assert_eq!((closed.state, closed.messages), (TurnState::Cancelled, vec![MessageId::new(2)]));
    assert!(store.reopen_turn(turn, 5).await.unwrap());
    assert_eq!(store.begin_turn(turn, 6).await.unwrap().question.text.as_deref(), Some("hello"));
}
