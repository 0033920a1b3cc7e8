use super::*;

#[tokio::test]
async fn a_trigger_is_accepted_once_for_each_persona() {
    let place = Place::new();
    let store = place.open().await;
    let first = accepted(&store, asks(7, "hello")).await;
    assert_eq!(store.accept_turn(asks(7, "hello")).await.unwrap(), Accepted::Known(first));
    let other = accepted(&store, NewTurn { persona: bo(), ..asks(7, "hello") }).await;
    assert_ne!(first, other);
    store.begin_turn(first, 1).await.unwrap();
    store.close_turn(first, done("hi", &[8])).await.unwrap();
    let store = place.crash_and_open(store).await;
    assert_eq!(store.accept_turn(asks(7, "hello")).await.unwrap(), Accepted::Known(first));
}

#[tokio::test]
async fn a_trigger_that_stays_with_one_persona_is_known_to_the_others() {
    let place = Place::new();
    let store = place.open().await;
    let first = accepted(&store, asks(7, "hello")).await;
    let again = NewTurn { persona: bo(), only_one: true, ..asks(7, "hello") };
    assert_eq!(store.accept_turn(again.clone()).await.unwrap(), Accepted::Known(first));
    let command = NewTurn { only_one: true, ..invokes(7, "hello") };
    assert_ne!(accepted(&store, command).await, first);
}

#[tokio::test]
async fn an_interaction_and_a_message_with_one_number_are_two_triggers() {
    let place = Place::new();
    let store = place.open().await;
    assert_ne!(accepted(&store, asks(7, "hello")).await, accepted(&store, invokes(7, "hello")).await);
}

#[tokio::test]
async fn an_accepted_turn_reads_back_whole() {
    let place = Place::new();
    let store = place.open().await;
    let audiences = [
        channel(3),
        Audience::Thread { guild: GUILD, channel: ChannelId::new(31), parent: ChannelId::new(103) },
        dm(ROBIN),
        private(KIM),
        Audience::Private { guild: None, channel: ChannelId::new(9), user: KIM },
    ];
    for (number, audience) in (1_u64..).zip(audiences) {
        let replies_to = Some(MessageId::new(5));
        accepted(&store, NewTurn { audience, replies_to, at: 77, ..invokes(number, "hello") }).await;
    }
    let store = place.crash_and_open(store).await;
    let turns = store.unfinished_turns().await.unwrap();
    for ((number, audience), turn) in (1..).zip(audiences).zip(turns) {
        let trigger = Trigger::Interaction { id: InteractionId::new(number), token: "tok-secret".to_owned() };
        assert_eq!((turn.audience, turn.trigger.clone()), (audience, trigger));
        assert_eq!((turn.author, turn.replies_to), (Some(ROBIN), Some(MessageId::new(5))));
        assert_eq!((turn.state, turn.attempt, turn.accepted_at), (TurnState::Accepted, 0, 77));
        assert_eq!((turn.persona, turn.messages), (ada(), vec![]));
    }
}

#[tokio::test]
async fn unfinished_turns_come_in_the_order_of_their_triggers() {
    let place = Place::new();
    let store = place.open().await;
    for message in [30, 10, 20] {
        accepted(&store, asks(message, "hello")).await;
    }
    let closed = accepted(&store, asks(15, "hello")).await;
    store.close_turn(closed, ends(Outcome::Refused)).await.unwrap();
    let order: Vec<Trigger> =
        store.unfinished_turns().await.unwrap().into_iter().map(|turn| turn.trigger).collect();
    assert_eq!(order, [10, 20, 30].map(|id| Trigger::Message(MessageId::new(id))));
}

#[tokio::test]
async fn a_crash_while_answering_goes_on_with_the_same_question_and_reply() {
    let place = Place::new();
    let store = place.open().await;
    let turn = accepted(&store, asks(1, "hello")).await;
    let first = store.begin_turn(turn, 10).await.unwrap();
    store.reply_sent(turn, MessageId::new(2), 0).await.unwrap();
    store.reply_sent(turn, MessageId::new(3), 1).await.unwrap();
    let store = place.crash_and_open(store).await;
    let unfinished = store.unfinished_turns().await.unwrap();
    let messages = [2, 3].map(MessageId::new).to_vec();
    assert_eq!((unfinished[0].state, &unfinished[0].messages), (TurnState::Answering, &messages));
    let again = store.begin_turn(turn, 20).await.unwrap();
    assert_eq!(again, Begun { attempt: 2, ..first });
    assert_eq!(again.question.text.as_deref(), Some("hello"));
}

#[tokio::test]
async fn a_turn_is_closed_once() {
    let place = Place::new();
    let store = place.open().await;
    let (turn, _) = answered(&store, asks(1, "hello"), done("hi", &[2])).await;
    let error = store.close_turn(turn, done("hi again", &[3])).await.unwrap_err();
    assert_eq!(error, StoreError::TurnState { turn, state: TurnState::Done });
    assert_eq!(
        store.begin_turn(turn, 3).await.unwrap_err(),
        StoreError::TurnState { turn, state: TurnState::Done }
    );
    store.reply_sent(turn, MessageId::new(9), 0).await.unwrap();
    assert_eq!(store.turn(turn).await.unwrap().unwrap().messages, []);
    let next = accepted(&store, asks(4, "and?")).await;
    assert_eq!(texts(&store.begin_turn(next, 5).await.unwrap().history), ["hello", "hi"]);
}

#[tokio::test]
async fn every_outcome_is_kept_and_takes_the_token_with_it() {
    let place = Place::new();
    let store = place.open().await;
    let outcomes = [
        Outcome::Done,
        Outcome::Partial,
        Outcome::Failed,
        Outcome::Refused,
        Outcome::Cancelled,
        Outcome::Abandoned,
    ];
    for (number, outcome) in (1..).zip(outcomes) {
        let turn = accepted(&store, invokes(number, "hello")).await;
        store.close_turn(turn, ends(outcome)).await.unwrap();
        let closed = store.turn(turn).await.unwrap().unwrap();
        assert_eq!(closed.state, outcome.state());
        let token = String::new();
        assert_eq!(closed.trigger, Trigger::Interaction { id: InteractionId::new(number), token });
    }
    assert_eq!(store.unfinished_turns().await.unwrap(), []);
    store.close().await;
    let mut db = place.raw().await;
    assert_eq!(
        count(&mut db, "SELECT count(*) FROM turn WHERE cause = 'test' AND closed_at = 2000").await,
        6
    );
}

#[tokio::test]
async fn only_failed_and_abandoned_turns_can_be_tried_again() {
    let place = Place::new();
    let store = place.open().await;
    let retryable = |outcome| matches!(outcome, Outcome::Failed | Outcome::Abandoned);
    let outcomes = [Outcome::Done, Outcome::Failed, Outcome::Refused, Outcome::Cancelled, Outcome::Abandoned];
    for (message, outcome) in (1..).zip(outcomes) {
        let turn = accepted(&store, asks(message, "hello")).await;
        assert!(!store.reopen_turn(turn, 50).await.unwrap(), "it is open");
        store.close_turn(turn, ends(outcome)).await.unwrap();
        assert_eq!(store.reopen_turn(turn, 60).await.unwrap(), retryable(outcome), "{outcome:?}");
        assert!(!store.reopen_turn(turn, 70).await.unwrap(), "pressed twice");
        let state = if retryable(outcome) { TurnState::Accepted } else { outcome.state() };
        assert_eq!(store.turn(turn).await.unwrap().unwrap().state, state);
    }
    assert!(!store.reopen_turn(TurnId::new(404), 1).await.unwrap());
}

#[tokio::test]
async fn a_turn_that_failed_before_it_began_keeps_its_question_for_the_retry() {
    let place = Place::new();
    let store = place.open().await;
    let turn = accepted(&store, asks(1, "hello")).await;
    store.close_turn(turn, ends(Outcome::Abandoned)).await.unwrap();
    let store = place.crash_and_open(store).await;
    assert!(store.reopen_turn(turn, 90).await.unwrap());
    assert_eq!(store.turn(turn).await.unwrap().unwrap().accepted_at, 90);
    let begun = store.begin_turn(turn, 91).await.unwrap();
    assert_eq!((begun.question.text.as_deref(), begun.attempt), (Some("hello"), 1));
}

#[tokio::test]
async fn the_messages_of_a_reply_are_known_as_long_as_the_turn_can_go_on() {
    let place = Place::new();
    let store = place.open().await;
    for (message, outcome, kept) in [
        (10, Outcome::Failed, vec![11, 12]),
        (20, Outcome::Abandoned, vec![21, 22]),
        (30, Outcome::Partial, vec![]),
        (40, Outcome::Cancelled, vec![]),
    ] {
        let turn = accepted(&store, asks(message, "hello")).await;
        for part in 0..3 {
            let sent = MessageId::new(message + 1 + u64::from(part));
            store.reply_sent(turn, sent, part).await.unwrap();
        }
        store.reply_cut(turn, 2).await.unwrap();
        store.close_turn(turn, ends(outcome)).await.unwrap();
        let known = store.turn(turn).await.unwrap().unwrap().messages;
        assert_eq!(known.into_iter().map(MessageId::get).collect::<Vec<_>>(), kept, "{outcome:?}");
        store.erase_question(MessageId::new(message)).await.unwrap();
        assert_eq!(store.turn(turn).await.unwrap().unwrap().messages, []);
    }
}

#[tokio::test]
async fn behind_a_message_that_was_not_written_down_none_is_known() {
    let place = Place::new();
    let store = place.open().await;
    let turn = accepted(&store, asks(1, "hello")).await;
    for part in [0, 2] {
        store.reply_sent(turn, MessageId::new(5 + u64::from(part)), part).await.unwrap();
    }
    assert_eq!(store.turn(turn).await.unwrap().unwrap().messages, [MessageId::new(5)]);
}

#[tokio::test]
async fn what_does_not_exist_is_named() {
    let place = Place::new();
    let store = place.open().await;
    let turn = TurnId::new(404);
    assert_eq!(store.turn(turn).await.unwrap(), None);
    assert_eq!(store.begin_turn(turn, 1).await.unwrap_err(), StoreError::NoSuchTurn(turn));
    assert_eq!(store.close_turn(turn, done("", &[])).await.unwrap_err(), StoreError::NoSuchTurn(turn));
}

#[tokio::test]
async fn tokens_and_texts_are_not_in_the_debug_output() {
    let place = Place::new();
    let store = place.open().await;
    let turn = accepted(&store, invokes(1, "marked")).await;
    let begun = store.begin_turn(turn, 1).await.unwrap();
    let turn = store.turn(turn).await.unwrap().unwrap();
    let printed = format!("{turn:?} {begun:?}");
    assert!(!printed.contains("tok-secret") && !printed.contains("marked"), "{printed}");
}
