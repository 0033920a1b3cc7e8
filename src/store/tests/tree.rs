use super::*;

#[tokio::test]
async fn a_conversation_is_one_path() {
    let place = Place::new();
    let store = place.open().await;
    answered(&store, asks(1, "one"), done("1", &[2])).await;
    answered(&store, asks(3, "two"), done("2", &[4, 5])).await;
    let store = place.crash_and_open(store).await;
    let (_, begun) = answered(&store, asks(6, "three"), done("3", &[7])).await;
    assert_eq!(texts(&begun.history), ["one", "1", "two", "2"]);
    let question = &begun.question;
    assert_eq!((question.role, question.author), (EntryRole::Person, Some(ROBIN)));
    assert_eq!((question.speaker.as_deref(), question.text.as_deref()), (Some("Robin"), Some("three")));
    let answer = &begun.history[3];
    assert_eq!((answer.role, answer.author, &answer.persona), (EntryRole::Persona, None, &ada()));
    assert!(is_ours(&store, 5).await);
    assert!(!is_ours(&store, 3).await);
    assert!(!is_ours(&store, 99).await);
}

#[tokio::test]
async fn a_reply_continues_from_the_message_it_replies_to() {
    let place = Place::new();
    let store = place.open().await;
    answered(&store, asks(1, "one"), done("1", &[2])).await;
    answered(&store, asks(3, "two"), done("2", &[4])).await;
    let reply = NewTurn { replies_to: Some(MessageId::new(2)), ..asks(5, "back to one") };
    let (_, begun) = answered(&store, reply, done("as you say", &[6])).await;
    assert_eq!(texts(&begun.history), ["one", "1"]);
    let (_, begun) = answered(&store, asks(7, "next"), done("ok", &[8])).await;
    assert_eq!(texts(&begun.history), ["one", "1", "back to one", "as you say"]);
}

#[tokio::test]
async fn a_reply_to_another_personas_line_reads_that_line() {
    let place = Place::new();
    let store = place.open().await;
    answered(&store, NewTurn { persona: bo(), ..asks(1, "one") }, done("bo says 1", &[2])).await;
    answered(&store, asks(3, "two"), done("2", &[4])).await;
    let reply = NewTurn { replies_to: Some(MessageId::new(2)), ..asks(5, "and you?") };
    let (_, begun) = answered(&store, reply, done("ada agrees", &[6])).await;
    assert_eq!(texts(&begun.history), ["one", "bo says 1"]);
    assert_eq!(begun.history[1].persona, bo());
    let next = accepted(&store, NewTurn { persona: bo(), ..asks(7, "go on") }).await;
    assert_eq!(texts(&store.begin_turn(next, 9).await.unwrap().history), ["one", "bo says 1"]);
}

#[tokio::test]
async fn a_reply_to_something_unknown_follows_the_head() {
    let place = Place::new();
    let store = place.open().await;
    answered(&store, asks(1, "one"), done("1", &[2])).await;
    let reply = NewTurn { replies_to: Some(MessageId::new(99)), ..asks(3, "two") };
    let (_, begun) = answered(&store, reply, done("2", &[4])).await;
    assert_eq!(texts(&begun.history), ["one", "1"]);
}

#[tokio::test]
async fn a_failed_turn_is_not_part_of_the_history() {
    let place = Place::new();
    let store = place.open().await;
    answered(&store, asks(1, "one"), done("1", &[2])).await;
    answered(&store, asks(3, "fails"), ends(Outcome::Failed)).await;
    let (_, begun) = answered(&store, asks(4, "two"), done("2", &[5])).await;
    assert_eq!(texts(&begun.history), ["one", "1"]);
}

#[tokio::test]
async fn a_retried_question_moves_behind_what_was_said_since() {
    let place = Place::new();
    let store = place.open().await;
    answered(&store, asks(1, "one"), done("1", &[2])).await;
    let (failed, _) = answered(&store, asks(3, "fails"), ends(Outcome::Failed)).await;
    answered(&store, asks(4, "two"), done("2", &[5])).await;
    store.reopen_turn(failed, 1).await.unwrap();
    let begun = store.begin_turn(failed, 2).await.unwrap();
    assert_eq!(texts(&begun.history), ["one", "1", "two", "2"]);
    assert_eq!(begun.question.text.as_deref(), Some("fails"));
    store.close_turn(failed, done("works now", &[6])).await.unwrap();
    let next = accepted(&store, asks(7, "next")).await;
    let history = store.begin_turn(next, 9).await.unwrap().history;
    assert_eq!(texts(&history), ["one", "1", "two", "2", "fails", "works now"]);
}

#[tokio::test]
async fn a_retried_reply_stays_where_it_replied() {
    let place = Place::new();
    let store = place.open().await;
    answered(&store, asks(1, "one"), done("1", &[2])).await;
    answered(&store, asks(3, "two"), done("2", &[4])).await;
    let reply = NewTurn { replies_to: Some(MessageId::new(2)), ..asks(5, "back") };
    let (failed, _) = answered(&store, reply, ends(Outcome::Failed)).await;
    store.reopen_turn(failed, 1).await.unwrap();
    assert_eq!(texts(&store.begin_turn(failed, 2).await.unwrap().history), ["one", "1"]);
}

#[tokio::test]
async fn history_begins_where_the_nearest_answers_prompt_began() {
    let place = Place::new();
    let store = place.open().await;
    answered(&store, asks(1, "one"), done("1", &[2])).await;
    let (_, second) = answered(&store, asks(3, "two"), done("2", &[4])).await;
    assert_eq!(second.history_from, None);
    let from = second.question.id;
    let moved = Closing { history_from: Some(from), ..done("3", &[6]) };
    answered(&store, asks(5, "three"), moved).await;
    let (_, begun) = answered(&store, asks(7, "four"), ends(Outcome::Failed)).await;
    assert_eq!(texts(&begun.history), ["two", "2", "three", "3"]);
    assert_eq!(begun.history_from, Some(from));
    let reply = NewTurn { replies_to: Some(MessageId::new(4)), ..asks(8, "an older branch") };
    let (_, begun) = answered(&store, reply, ends(Outcome::Failed)).await;
    assert_eq!(texts(&begun.history), ["one", "1", "two", "2"]);
}

#[tokio::test]
async fn a_path_is_bounded() {
    let place = Place::new();
    let store = place.open().await;
    for message in 1..=220 {
        answered(&store, asks(message * 10, &format!("q{message}")), done("a", &[message * 10 + 1])).await;
    }
    let turn = accepted(&store, asks(9_000, "last")).await;
    let begun = store.begin_turn(turn, 1).await.unwrap();
    assert_eq!(begun.history.len(), HISTORY_MAX as usize);
    assert_eq!(begun.history[0].text.as_deref(), Some("q21"));
    assert_eq!(begun.history[398].text.as_deref(), Some("q220"));
}

#[tokio::test]
async fn the_newest_answer_is_the_shown_one() {
    let place = Place::new();
    let store = place.open().await;
    answered(&store, asks(1, "one"), done("1", &[2])).await;
    answered(&store, asks(3, "two"), done("2", &[4])).await;
    let reply = NewTurn { replies_to: Some(MessageId::new(2)), ..asks(5, "other") };
    answered(&store, reply, done("3", &[6])).await;
    store.close().await;
    let mut db = place.raw().await;
    let shown: Vec<(String, String)> = sqlx::query_as(
        "SELECT e.text, shown.text FROM entry e JOIN entry shown ON shown.id = e.active_child_id ORDER BY e.id",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    let shown: Vec<(&str, &str)> = shown.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_eq!(shown, [("one", "1"), ("1", "other"), ("two", "2"), ("other", "3")]);
}

#[tokio::test]
async fn two_personas_asked_by_one_message_keep_their_own_question() {
    let place = Place::new();
    let store = place.open().await;
    answered(&store, asks(1, "both of you?"), done("ada here", &[2])).await;
    answered(&store, NewTurn { persona: bo(), ..asks(1, "both of you?") }, done("bo here", &[3])).await;
    let next = accepted(&store, NewTurn { persona: bo(), ..asks(4, "bo?") }).await;
    assert_eq!(texts(&store.begin_turn(next, 9).await.unwrap().history), ["both of you?", "bo here"]);
}
