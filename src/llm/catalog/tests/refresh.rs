//! When the server is asked, and what stands meanwhile.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use reqwest::header::HeaderValue;

use super::server::{Server, error, list, page};
use crate::llm::catalog::{Catalog, LONGEST_PAUSE, PAUSE, Phase, Snapshot, longer};

fn ids(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.list().iter().map(|model| model.id.as_str()).collect()
}

/// The next list after the one that was there when `act` began.
async fn news(catalog: &Catalog, act: impl FnOnce()) -> Arc<Snapshot> {
    let mut current = catalog.inner.current.subscribe();
    act();
    current.changed().await.unwrap();
    current.borrow().clone()
}

#[tokio::test]
async fn a_fresh_list_is_asked_for_once() {
    let server = Server::start([list(&["b", "a"])]).await;
    let catalog = server.catalog();
    assert_eq!(server.requests(), 0, "nobody looked");
    assert_eq!(ids(&*catalog.fetched().await), ["a", "b"]);
    assert_eq!(ids(&catalog.clone().look()), ["a", "b"]);
    assert_eq!(ids(&*catalog.fetched().await), ["a", "b"]);
    assert_eq!(server.asked(1).await, [("/api/v1/models".to_owned(), None)]);
    assert!(server.status.notices().is_empty());
}

#[tokio::test]
async fn looks_share_one_request_and_never_wait_for_it() {
    let mut server = Server::held([list(&["old"]), list(&["new"])]).await;
    server.settings.fresh = Duration::ZERO;
    let catalog = server.catalog();
    assert!(!catalog.look().is_known());
    assert!(!catalog.look().is_known());
    server.asked(1).await;
    let first = news(&catalog, || server.release(1)).await;
    assert_eq!(ids(&first), ["old"]);
    assert_eq!(server.requests(), 1);
    catalog.inner.phase.subscribe().wait_for(|phase| *phase == Phase::Idle).await.unwrap();
    for _ in 0..3 {
        assert_eq!(ids(&catalog.look()), ["old"], "the old list stands while the new one is fetched");
    }
    server.asked(2).await;
    assert_eq!(ids(&*news(&catalog, || server.release(1)).await), ["new"]);
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn a_server_that_fails_is_asked_again_until_it_recovers() {
    let garbage = (200, "<html>".to_owned());
    let empty = list(&[]);
    let mut server = Server::held([error(500), garbage, empty, list(&["a"])]).await;
    server.first_pause = Duration::ZERO;
    let catalog = server.catalog();
    let recovered = news(&catalog, || {
        catalog.look();
        server.release(4);
    });
    assert_eq!(ids(&*recovered.await), ["a"]);
    assert_eq!(server.requests(), 4);
}

#[tokio::test]
async fn the_old_list_stands_when_the_server_fails_and_the_pause_is_kept() {
    let mut server = Server::start([list(&["a"]), error(503)]).await;
    server.settings.fresh = Duration::ZERO;
    let catalog = server.catalog();
    assert_eq!(ids(&*catalog.fetched().await), ["a"]);
    for _ in 0..3 {
        assert_eq!(ids(&*catalog.fetched().await), ["a"]);
    }
    assert_eq!(server.requests(), 2, "one failure, then a pause");
}

#[test]
fn pauses_double_up_to_a_quarter_of_an_hour() {
    let pauses: Vec<_> = std::iter::successors(Some(PAUSE), |pause| Some(longer(*pause))).take(7).collect();
    assert_eq!(pauses.iter().map(Duration::as_secs).collect::<Vec<_>>(), [30, 60, 120, 240, 480, 900, 900]);
    assert_eq!(longer(LONGEST_PAUSE), LONGEST_PAUSE);
}

#[tokio::test]
async fn a_server_that_is_silent_or_away_is_not_waited_for() {
    let mut server = Server::held([list(&["a"])]).await;
    server.settings.timeout = Duration::from_millis(50);
    assert!(!server.catalog().fetched().await.is_known());
    server.close().await;
    server.settings.timeout = Duration::from_secs(600);
    assert!(!server.catalog().fetched().await.is_known());
}

#[tokio::test]
async fn a_stop_ends_the_asking_and_the_pause() {
    for answers in [vec![], vec![error(500)]] {
        let asks = answers.is_empty();
        let server = Server::held(answers).await;
        let catalog = server.catalog();
        catalog.watch(vec!["x".to_owned()]);
        catalog.look();
        server.asked(1).await;
        if !asks {
            server.release(1);
            catalog.fetched().await;
        }
        server.shutdown.begin();
        assert!(server.shutdown.drain(Duration::from_secs(60)).await);
        assert!(!catalog.fetched().await.is_known());
        assert_eq!(server.requests(), 1);
    }
}

#[tokio::test]
async fn pages_are_followed_on_the_same_server_with_the_key() {
    let server = Server::start([page(&["a"], Some("/api/v1/models?offset=1")), list(&["b"])]).await;
    let mut source = server.source();
    source.key = Some(HeaderValue::from_static("Bearer k"));
    let catalog = server.catalog_of(source);
    let snapshot = catalog.fetched().await;
    assert_eq!(ids(&snapshot), ["a", "b"]);
    assert!(snapshot.is_complete());
    let key = Some("Bearer k".to_owned());
    let asked = server.asked(2).await;
    assert_eq!(
        asked,
        [("/api/v1/models".to_owned(), key.clone()), ("/api/v1/models?offset=1".to_owned(), key)]
    );
}

#[tokio::test]
async fn other_servers_and_endless_pages_are_not_followed() {
    let other = Server::start([list(&["b"])]).await;
    let server = Server::start([page(&["a"], Some(&format!("{}/models", other.base_url)))]).await;
    let snapshot = server.catalog().fetched().await;
    assert_eq!(ids(&snapshot), ["a"]);
    assert!(!snapshot.is_complete());
    assert_eq!(other.requests(), 0);
    let endless = Server::start([page(&["a"], Some("?again"))]).await;
    assert!(!endless.catalog().fetched().await.is_complete());
    assert_eq!(endless.requests(), 20);
}

#[tokio::test]
async fn a_body_beyond_all_measure_is_refused() {
    let (_, small) = list(&["a"]);
    let server = Server::start([(200, format!("{}{small}", " ".repeat(32 * 1024 * 1024)))]).await;
    assert!(!server.catalog().fetched().await.is_known());
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn a_list_outlives_the_network() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start([list(&["a"])]).await;
    // Made when it is needed.
    server.settings.folder = Some(folder.path().join("data"));
    server.catalog().fetched().await;
    server.close().await;
    let catalog = server.catalog();
    assert_eq!(ids(&catalog.look()), ["a"]);
    assert_eq!(server.requests(), 1, "it is fresh still");
    server.settings.fresh = Duration::ZERO;
    let offline = server.catalog();
    assert_eq!(ids(&offline.look()), ["a"]);
    assert_eq!(ids(&*offline.fetched().await), ["a"]);
    let mut source = server.source();
    source.base_url = "http://127.0.0.1:1/api/v1".to_owned();
    assert!(!server.catalog_of(source).look().is_known(), "another server's list");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_costs_only_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a file");
    std::fs::write(&file, "").unwrap();
    let mut server = Server::start([list(&["a"]), list(&["b"])]).await;
    server.settings.folder = Some(file);
    server.settings.fresh = Duration::ZERO;
    let catalog = server.catalog();
    for id in ["a", "b"] {
        assert_eq!(ids(&*catalog.fetched().await), [id]);
        assert!(catalog.inner.is_disk_bad.load(Ordering::Relaxed));
    }
}

#[tokio::test]
async fn the_operator_is_told_of_a_model_that_is_gone_until_it_is_back() {
    let mut server = Server::start([list(&["google/other"]), list(&["google/gone"])]).await;
    server.settings.fresh = Duration::ZERO;
    let mut source = server.source();
    source.name = "mine".to_owned();
    let catalog = server.catalog_of(source);
    catalog.watch(vec!["google/gone".to_owned()]);
    let told = async |count: usize| {
        let is_told = async {
            while server.status.notices().len() != count {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), is_told).await.expect("the operator was not told");
    };
    told(1).await;
    assert!(server.status.vitals().notices[0].contains("mine/google/gone"));
    assert_eq!(server.requests(), 1, "a new list alone is no reason to ask for another");
    catalog.fetched().await;
    told(0).await;
}
