use super::writer::execute;
use super::*;
use crate::store::checkpoint::EVERY;

#[tokio::test]
async fn the_log_is_folded_into_the_database_beside_the_writes() {
    let place = Place::new();
    let store = place.open().await;
    let log = place.folder.path().join("data").join("prism.db-wal");
    for round in 1..=10 {
        while store.commits() < round * EVERY {
            execute(&store, "INSERT INTO setting VALUES ('user', abs(random()), 'x', 'y', NULL, 0)")
                .await
                .unwrap();
        }
        while store.checkpoints() < round {
            tokio::task::yield_now().await;
        }
    }
    // Each of these writes is a page or a few of 4 KiB.
    let pages = log.metadata().unwrap().len() / 4096;
    assert!(pages < 4 * EVERY, "{pages} pages after {} commits", store.commits());
}
