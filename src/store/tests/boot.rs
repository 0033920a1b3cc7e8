use std::fs;

use sqlx::Connection;

use super::*;

#[tokio::test]
async fn the_folder_is_made_and_the_secret_outlives_restarts() {
    let place = Place::new();
    let store = place.open().await;
    let secret = *store.secret();
    store.close().await;
    let store = place.open().await;
    assert_eq!(store.secret(), &secret);
    let store = place.crash_and_open(store).await;
    assert_eq!(store.secret(), &secret);
    let elsewhere = Place::new();
    let other = elsewhere.open().await;
    assert_ne!(other.secret(), &secret);
}

#[tokio::test]
async fn a_second_process_is_told_who_holds_the_database() {
    let place = Place::new();
    let _store = place.open().await;
    let error = place.try_open().await.err().unwrap();
    let OpenError::Locked { holder, .. } = &error else { panic!("{error}") };
    assert_eq!(*holder, Some(std::process::id()));
    assert!(error.to_string().contains("prism.db is in use by another process (id "), "{error}");
}

#[tokio::test]
async fn another_database_in_the_folder_is_free() {
    let place = Place::new();
    let _store = place.open().await;
    let other = Settings::new(place.folder.path().join("data").join("playground.db"));
    Store::open(&other, &Shutdown::default()).await.unwrap();
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_not_writable() {
    let place = Place::new();
    fs::write(place.folder.path().join("data"), "a file").unwrap();
    let error = place.try_open().await.err().unwrap();
    assert!(matches!(error, OpenError::NotWritable { .. }), "{error}");
}

#[tokio::test]
async fn a_folder_in_place_of_the_file_is_not_writable() {
    let place = Place::new();
    fs::create_dir_all(place.path()).unwrap();
    let error = place.try_open().await.err().unwrap();
    assert!(matches!(error, OpenError::NotWritable { .. }), "{error}");
}

#[tokio::test]
async fn a_newer_database_is_left_alone() {
    let place = Place::new();
    place.open().await.close().await;
    let mut db = place.raw().await;
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (999999, 'from the future', 1, x'00', 0)",
    )
    .execute(&mut db)
    .await
    .unwrap();
    db.close().await.unwrap();
    let before = fs::read(place.path()).unwrap();
    let error = place.try_open().await.err().unwrap();
    assert!(matches!(error, OpenError::Newer { .. }), "{error}");
    assert_eq!(fs::read(place.path()).unwrap(), before);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_damaged() {
    let place = Place::new();
    fs::create_dir_all(place.path().parent().unwrap()).unwrap();
    fs::write(place.path(), "not a database at all, but quite long enough to be looked at".repeat(100))
        .unwrap();
    let error = place.try_open().await.err().unwrap();
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
}

#[tokio::test]
async fn damage_is_found_after_an_unclean_stop() {
    let place = Place::new();
    let store = place.open().await;
    for message in 1..200 {
        accepted(&store, asks(message, "words to fill a page or two ".repeat(20).as_str())).await;
    }
    store.close().await;
    let mut db = place.raw().await;
    sqlx::query("UPDATE meta SET stopped_cleanly = 0").execute(&mut db).await.unwrap();
    db.close().await.unwrap();
    overwrite_a_page(&place.path());
    let error = place.try_open().await.err().unwrap();
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
}

fn overwrite_a_page(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 4096 / 2 * 4096;
    bytes[middle..middle + 4096].fill(0x5a);
    fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn only_a_close_leaves_the_clean_mark_and_no_log() {
    let place = Place::new();
    let store = place.open().await;
    accepted(&store, asks(1, "hello")).await;
    place.crash(store).await;
    let mut db = place.raw().await;
    assert_eq!(count(&mut db, "SELECT stopped_cleanly FROM meta").await, 0);
    db.close().await.unwrap();
    let store = place.open().await;
    store.close().await;
    let log = place.path().with_file_name("prism.db-wal");
    assert!(!log.exists() || fs::metadata(log).unwrap().len() == 0);
    let mut db = place.raw().await;
    assert_eq!(count(&mut db, "SELECT stopped_cleanly FROM meta").await, 1);
}

#[tokio::test]
async fn the_files_of_a_running_store_hold_everything_that_was_answered() {
    let place = Place::new();
    let store = place.open().await;
    answered(&store, asks(1, "hello"), done("hi", &[2])).await;
    let open = accepted(&store, asks(3, "are you there?")).await;
    let copy = Place::new();
    fs::create_dir_all(copy.path().parent().unwrap()).unwrap();
    for name in ["prism.db", "prism.db-wal"] {
        fs::copy(place.path().with_file_name(name), copy.path().with_file_name(name)).unwrap();
    }
    let revived = copy.open().await;
    assert_eq!(revived.unfinished_turns().await.unwrap()[0].id, open);
    assert_eq!(texts(&revived.begin_turn(open, 5).await.unwrap().history), ["hello", "hi"]);
}

#[tokio::test]
async fn the_connections_are_set_up_as_promised() {
    let place = Place::new();
    let store = place.open().await;
    let pragmas = |db: &'static str| sqlx::query_scalar::<_, i64>(db);
    for (pragma, expected) in
        [("PRAGMA synchronous", 2), ("PRAGMA foreign_keys", 1), ("PRAGMA secure_delete", 1)]
    {
        let found = store
            .inner
            .writer
            .write(move |db| Box::pin(async move { Ok(pragmas(pragma).fetch_one(db).await?) }));
        assert_eq!(found.await.unwrap(), expected, "{pragma}");
    }
    let refused = sqlx::query("DELETE FROM turn").execute(&store.inner.readers).await;
    assert!(refused.is_err(), "a reader wrote");
}

#[tokio::test]
async fn a_stop_ends_the_opening() {
    let shutdown = Shutdown::default();
    shutdown.begin();
    let error = Store::open(&Place::new().settings(), &shutdown).await.err().unwrap();
    assert!(matches!(error, OpenError::Stopped), "{error}");
}

#[test]
fn versions_with_the_corruption_are_refused() {
    for (version, sound) in [
        ("3.51.2", false),
        ("3.51.3", true),
        ("3.7.17", false),
        ("3.52.0", true),
        ("4.0.0", true),
        ("3.51", false),
        ("?", false),
    ] {
        assert_eq!(super::super::boot::is_sound(version), sound, "{version}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let _store = place.open().await;
    assert_eq!(fs::metadata(place.path()).unwrap().permissions().mode() & 0o777, 0o600);
}
