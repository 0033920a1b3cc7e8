use std::pin::pin;

use futures_util::future::join_all;
use futures_util::poll;
use tokio::sync::oneshot;

use super::*;

/// Keeps the writer busy until all of these writes wait for it. That is a transaction of its own.
pub(super) async fn all_wait<T>(store: &Store, writes: impl Future<Output = T>) -> T {
    let (begin, begun) = oneshot::channel();
    let (release, released) = oneshot::channel();
    let busy = store.inner.writer.write(move |_| {
        Box::pin(async move {
            begin.send(()).unwrap();
            released.await.unwrap();
            Ok(())
        })
    });
    let waiting = async {
        begun.await.unwrap();
        let mut writes = pin!(writes);
        assert!(poll!(&mut writes).is_pending());
        release.send(()).unwrap();
        writes.await
    };
    let (busy, done) = tokio::join!(busy, waiting);
    busy.unwrap();
    done
}

/// A write that runs any statement.
pub(super) async fn execute(store: &Store, sql: &'static str) -> Result<()> {
    let write = store.inner.writer.write(move |db| {
        Box::pin(async move {
            sqlx::query(sql).execute(db).await?;
            Ok(())
        })
    });
    write.await
}

const GOOD: &str = "INSERT INTO setting VALUES ('user', abs(random()), 'x', 'y', NULL, 0)";
const BROKEN: &str = "INSERT INTO setting VALUES ('nobody', 1, 'x', 'y', NULL, 0)";
/// Breaks at the commit.
const LATE: &str =
    "PRAGMA defer_foreign_keys = on; INSERT INTO conversation (scope_id, persona) VALUES (404, 'x')";

/// Runs the statements in one transaction and says how each ended.
async fn together(store: &Store, statements: &[&'static str]) -> Vec<Result<()>> {
    let before = store.commits();
    let results = all_wait(store, join_all(statements.iter().map(|sql| execute(store, sql)))).await;
    assert!(store.commits() <= before + 2, "they did not share a transaction");
    results
}

async fn settings_stored(store: &Store) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM setting").fetch_one(&store.inner.readers).await.unwrap()
}

#[tokio::test]
async fn a_write_that_fails_takes_nothing_with_it() {
    let place = Place::new();
    let store = place.open().await;
    let results = together(&store, &[GOOD, BROKEN, GOOD]).await;
    assert!(matches!(results[1], Err(StoreError::Sql { .. })), "{results:?}");
    assert_eq!((&results[0], &results[2]), (&Ok(()), &Ok(())));
    assert_eq!(settings_stored(&store).await, 2);
}

#[tokio::test]
async fn a_failed_commit_fails_everybody_and_the_writer_lives_on() {
    let place = Place::new();
    let store = place.open().await;
    let results = together(&store, &[GOOD, LATE, GOOD]).await;
    assert!(results.iter().all(Result::is_err), "{results:?}");
    assert_eq!(settings_stored(&store).await, 0);
    execute(&store, GOOD).await.unwrap();
    assert_eq!(settings_stored(&store).await, 1);
}

#[tokio::test]
async fn five_hundred_turns_need_few_transactions() {
    let place = Place::new();
    let store = place.open().await;
    let before = store.commits();
    let turns = (1..=500).map(|message| accepted(&store, asks(message, "hello")));
    assert_eq!(all_wait(&store, join_all(turns)).await.len(), 500);
    assert!(store.commits() - before <= 5, "{} transactions", store.commits() - before);
    let store = place.crash_and_open(store).await;
    assert_eq!(store.unfinished_turns().await.unwrap().len(), 500);
}

#[tokio::test]
async fn a_full_disk_is_named_and_survived() {
    let place = Place::new();
    let store = place.open().await;
    execute(&store, "PRAGMA max_page_count = 1").await.unwrap();
    let text = "x".repeat(100_000);
    let result = store.accept_turn(asks(1, &text)).await;
    assert_eq!(result, Err(StoreError::Full));
    execute(&store, "PRAGMA max_page_count = 1000000").await.unwrap();
    accepted(&store, asks(1, &text)).await;
}

#[tokio::test]
async fn another_writer_makes_it_busy_for_a_while() {
    let place = Place::new();
    let store = place.open().await;
    execute(&store, "PRAGMA busy_timeout = 0").await.unwrap();
    let mut other = place.raw().await;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    assert_eq!(store.accept_turn(asks(1, "hello")).await, Err(StoreError::Busy));
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    accepted(&store, asks(1, "hello")).await;
}

#[tokio::test]
async fn close_finishes_what_waits_and_refuses_what_comes_later() {
    let place = Place::new();
    let store = place.open().await;
    let (first, ()) = tokio::join!(store.accept_turn(asks(1, "hello")), store.close());
    first.unwrap();
    assert_eq!(store.accept_turn(asks(2, "too late")).await, Err(StoreError::Closed));
    assert_eq!(store.unfinished_turns().await, Err(StoreError::Closed));
    store.close().await;
    assert_eq!(place.open().await.unfinished_turns().await.unwrap().len(), 1);
}

/// The message of a broken constraint is the longest there is.
#[tokio::test]
async fn errors_hold_no_text() {
    let place = Place::new();
    let store = place.open().await;
    let (_, elsewhere) =
        answered(&store, NewTurn { audience: channel(1), ..asks(1, "one") }, done("1", &[])).await;
    let turn = accepted(&store, asks(3, "marked")).await;
    store.begin_turn(turn, 1).await.unwrap();
    let closing = Closing { history_from: Some(elsewhere.question.id), ..done("marked", &[]) };
    let error = store.close_turn(turn, closing).await.unwrap_err();
    assert!(error.to_string().contains("CHECK"), "{error}");
    assert!(!format!("{error} {error:?}").contains("marked"), "{error:?}");
}
