use std::fs;

use super::*;

const MARK: &str = "m4rk-1n-th3-t3xt";

#[tokio::test]
async fn a_deleted_question_takes_its_answers_along_and_leaves_the_rest() {
    let place = Place::new();
    let store = place.open().await;
    answered(&store, asks(1, "one"), done("1", &[2])).await;
    let (turn, _) = answered(&store, asks(3, "two"), done("2", &[4, 5])).await;
    answered(&store, asks(6, "three"), done("3", &[7])).await;
    assert_eq!(store.erase_question(MessageId::new(3)).await.unwrap(), 2);
    assert!(!is_ours(&store, 4).await);
    assert_eq!(store.turn(turn).await.unwrap().unwrap().author, None);
    let next = accepted(&store, asks(8, "four")).await;
    let history = store.begin_turn(next, 9).await.unwrap().history;
    assert_eq!(texts(&history), ["one", "1", "-", "-", "three", "3"]);
    assert_eq!((&history[2].speaker, history[2].author), (&None, None));
    assert_eq!(store.erase_question(MessageId::new(3)).await.unwrap(), 0);
}

#[tokio::test]
async fn a_deleted_message_that_asked_two_personas_is_erased_in_both() {
    let place = Place::new();
    let store = place.open().await;
    answered(&store, asks(1, "both?"), done("a", &[2])).await;
    answered(&store, NewTurn { persona: bo(), ..asks(1, "both?") }, done("b", &[3])).await;
    assert_eq!(store.erase_question(MessageId::new(1)).await.unwrap(), 4);
}

#[tokio::test]
async fn a_message_nobody_stored_erases_nothing() {
    let place = Place::new();
    let store = place.open().await;
    answered(&store, asks(1, "one"), done("1", &[2])).await;
    assert_eq!(store.erase_question(MessageId::new(99)).await.unwrap(), 0);
    assert_eq!(store.erase_question(MessageId::new(2)).await.unwrap(), 0);
}

#[tokio::test]
async fn a_question_deleted_before_its_turn_is_never_asked() {
    let place = Place::new();
    let store = place.open().await;
    let turn = accepted(&store, asks(1, "hello")).await;
    assert_eq!(store.erase_question(MessageId::new(1)).await.unwrap(), 0);
    assert_eq!(store.begin_turn(turn, 2).await.unwrap_err(), StoreError::TurnErased(turn));
    assert_eq!(store.unfinished_turns().await.unwrap().len(), 1);
    store.close_turn(turn, ends(Outcome::Failed)).await.unwrap();
    assert!(!store.reopen_turn(turn, 3).await.unwrap());
}

#[tokio::test]
async fn an_answer_to_a_question_deleted_meanwhile_is_not_kept() {
    let place = Place::new();
    let store = place.open().await;
    answered(&store, asks(1, "one"), done("1", &[2])).await;
    let turn = accepted(&store, asks(3, "two")).await;
    store.begin_turn(turn, 4).await.unwrap();
    assert_eq!(store.erase_question(MessageId::new(3)).await.unwrap(), 1);
    store.close_turn(turn, done("2", &[4])).await.unwrap();
    assert!(!is_ours(&store, 4).await);
    let next = accepted(&store, asks(5, "three")).await;
    assert_eq!(texts(&store.begin_turn(next, 9).await.unwrap().history), ["one", "1"]);
}

#[tokio::test]
async fn copies_are_erased_with_what_they_were_copied_from() {
    let place = Place::new();
    let store = place.open().await;
    let (_, begun) = answered(&store, asks(1, "one"), done("1", &[2])).await;
    answered(&store, NewTurn { audience: channel(1), ..asks(3, "elsewhere") }, done("2", &[4])).await;
    let original = begun.question.id.get();
    let copy = store.inner.writer.write(move |db| {
        Box::pin(async move {
            sqlx::query("UPDATE entry SET copied_from = ?1 WHERE text = 'elsewhere'")
                .bind(original)
                .execute(db)
                .await?;
            Ok(())
        })
    });
    copy.await.unwrap();
    assert_eq!(store.erase_question(MessageId::new(1)).await.unwrap(), 4);
}

#[tokio::test]
async fn a_forgotten_conversation_begins_anew() {
    let place = Place::new();
    let store = place.open().await;
    answered(&store, asks(1, "one"), done("1", &[2])).await;
    answered(&store, NewTurn { persona: bo(), ..asks(3, "to bo") }, done("2", &[4])).await;
    let waiting = accepted(&store, asks(5, "still here?")).await;
    let forgotten = store.forget_conversation(&channel(0), &ada()).await.unwrap();
    assert_eq!(forgotten, Forgotten { entries: 2, conversations: 1 });
    let begun = store.begin_turn(waiting, 9).await.unwrap();
    assert_eq!((texts(&begun.history), begun.question.text.as_deref()), (vec![], Some("still here?")));
    let other = accepted(&store, NewTurn { persona: bo(), ..asks(6, "bo?") }).await;
    assert_eq!(texts(&store.begin_turn(other, 9).await.unwrap().history), ["to bo", "2"]);
    let nothing = store.forget_conversation(&channel(7), &ada()).await.unwrap();
    assert_eq!(nothing, Forgotten::default());
}

#[tokio::test]
async fn an_answer_that_began_before_its_conversation_was_forgotten_is_not_kept() {
    let place = Place::new();
    let store = place.open().await;
    let turn = accepted(&store, asks(1, "one")).await;
    store.begin_turn(turn, 2).await.unwrap();
    store.forget_conversation(&channel(0), &ada()).await.unwrap();
    store.close_turn(turn, done("1", &[2])).await.unwrap();
    let next = accepted(&store, asks(3, "two")).await;
    assert_eq!(texts(&store.begin_turn(next, 9).await.unwrap().history), Vec::<&str>::new());
    assert_eq!(store.accept_turn(asks(1, "one")).await.unwrap(), Accepted::Known(turn));
}

#[tokio::test]
async fn a_forgotten_channel_goes_with_all_personas_and_private_exchanges() {
    let place = Place::new();
    let store = place.open().await;
    answered(&store, asks(1, "one"), done("1", &[2])).await;
    answered(&store, NewTurn { persona: bo(), ..asks(3, "two") }, done("2", &[4])).await;
    answered(&store, NewTurn { audience: private(KIM), ..asks(5, "three") }, done("3", &[6])).await;
    answered(&store, NewTurn { audience: channel(1), ..asks(7, "four") }, done("4", &[8])).await;
    let forgotten = store.forget_channel(channel(0).channel()).await.unwrap();
    assert_eq!(forgotten, Forgotten { entries: 6, conversations: 3 });
    assert!(is_ours(&store, 8).await);
}

#[tokio::test]
async fn a_forgotten_person_is_nowhere_and_others_keep_theirs() {
    let place = Place::new();
    let store = place.open().await;
    let kim = |turn: NewTurn| NewTurn { author: KIM, speaker: "Kim".to_owned(), ..turn };
    answered(&store, asks(1, "robin one"), done("1", &[2])).await;
    answered(&store, kim(asks(3, MARK)), done(MARK, &[4])).await;
    answered(&store, asks(5, "robin two"), done("3", &[6])).await;
    answered(&store, NewTurn { audience: dm(KIM), ..kim(asks(7, MARK)) }, done(MARK, &[8])).await;
    answered(&store, NewTurn { audience: private(KIM), ..kim(invokes(9, MARK)) }, done(MARK, &[])).await;
    answered(&store, NewTurn { audience: private(ROBIN), ..asks(10, "mine") }, done("yours", &[])).await;
    let open = accepted(&store, kim(asks(11, MARK))).await;
    let unanswered = kim(asks(12, MARK));
    answered(&store, unanswered, Closing { usage: vec![UsageRow::default()], ..ends(Outcome::Failed) }).await;
    store.set_setting(Target::User(KIM), "persona", Some(MARK), KIM, 1).await.unwrap();
    store.set_setting(Target::Guild(GUILD), "persona", Some("bo"), KIM, 1).await.unwrap();

    let forgotten = store.forget_person(KIM).await.unwrap();
    assert_eq!(forgotten, Forgotten { entries: 7, conversations: 2 });
    assert_eq!(store.begin_turn(open, 1).await.unwrap_err(), StoreError::TurnErased(open));
    let next = accepted(&store, asks(20, "robin three")).await;
    let history = store.begin_turn(next, 21).await.unwrap().history;
    assert_eq!(texts(&history), ["robin one", "1", "-", "-", "robin two", "3"]);
    assert_eq!(store.conversation(&private(KIM), &ada()).await.unwrap(), None);
    assert!(store.conversation(&private(ROBIN), &ada()).await.unwrap().is_some());
    let guild_choice = store.setting(Target::Guild(GUILD), "persona").await.unwrap();
    assert_eq!(guild_choice.as_deref(), Some("bo"));
    store.close().await;
    assert_not_in_files(&place, MARK);
    let mut db = place.raw().await;
    for sql in [
        "SELECT count(*) FROM entry WHERE author_id = 12 OR speaker = 'Kim'",
        "SELECT count(*) FROM turn WHERE author_id = 12 OR speaker = 'Kim'",
        "SELECT count(*) FROM usage WHERE user_id = 12",
        "SELECT count(*) FROM spending WHERE kind = 'user' AND id = 12",
        "SELECT count(*) FROM reserve WHERE user_id = 12",
        "SELECT count(*) FROM scope WHERE private_user_id = 12",
        "SELECT count(*) FROM setting WHERE set_by = 12 OR (target_kind = 'user' AND target_id = 12)",
        "SELECT count(*) FROM discord_message WHERE discord_id IN (3, 4, 7, 8)",
        "SELECT count(*) FROM pragma_foreign_key_check",
    ] {
        assert_eq!(count(&mut db, sql).await, 0, "{sql}");
    }
}

/// Many sizes, so that texts lie in pages of all kinds, are moved when pages split, and spill over.
#[tokio::test]
async fn erased_text_leaves_no_byte_behind() {
    let place = Place::new();
    let store = place.open().await;
    for message in 1..=150 {
        let text = format!("{MARK} ").repeat(usize::try_from(message * 37 % 260).unwrap() + 1);
        let said = if message % 3 == 0 { "something that stays".to_owned() } else { text };
        let turn = NewTurn { audience: channel(message % 5), ..asks(message * 10, &said) };
        answered(&store, turn, done(&said, &[message * 10 + 1])).await;
    }
    for message in (1..=150).filter(|message| message % 3 != 0) {
        assert_eq!(store.erase_question(MessageId::new(message * 10)).await.unwrap(), 2);
    }
    store.close().await;
    assert_not_in_files(&place, MARK);
    let mut db = place.raw().await;
    assert_eq!(count(&mut db, "SELECT count(*) FROM entry WHERE text IS NOT NULL").await, 100);
}

fn assert_not_in_files(place: &Place, mark: &str) {
    for file in fs::read_dir(place.path().parent().unwrap()).unwrap() {
        let path = file.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let found = bytes.windows(mark.len()).filter(|window| *window == mark.as_bytes()).count();
        assert_eq!(found, 0, "in {}", path.display());
    }
}
