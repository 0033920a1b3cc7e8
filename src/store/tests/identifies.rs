use super::*;

const DAY: i64 = 86_400_000;
const TWO: SessionBudget = SessionBudget { a_day: 2, at_once: 16 };

#[tokio::test]
async fn a_days_sessions_are_counted_over_restarts() {
    let place = Place::new();
    let store = place.open().await;
    assert_eq!(store.take_identify(TWO, 0, 1_000).await.unwrap(), None);
    store.close().await;
    let store = place.open().await;
    assert_eq!(store.take_identify(TWO, 1, 5_000).await.unwrap(), None);
    assert_eq!(store.take_identify(TWO, 2, 6_000).await.unwrap(), Some(1_000 + DAY));
    let later = store.take_identify(TWO, 0, 1_000 + DAY).await.unwrap();
    assert_eq!(later, None, "a day later the oldest counts no more");
    assert_eq!(store.take_identify(TWO, 0, 1_001 + DAY).await.unwrap(), Some(5_000 + DAY));
    store.close().await;
}

#[tokio::test]
async fn sessions_that_begin_at_once_are_counted_too() {
    let (place, one) = (Place::new(), SessionBudget { a_day: 1_000, at_once: 1 });
    let store = place.open().await;
    assert_eq!(store.take_identify(one, 0, 1_000).await.unwrap(), None);
    assert_eq!(store.take_identify(one, 0, 3_000).await.unwrap(), Some(6_000));
    assert_eq!(store.take_identify(one, 0, 6_000).await.unwrap(), None);
    let sixteen = SessionBudget { a_day: 1_000, at_once: 16 };
    assert_eq!(store.take_identify(sixteen, 1, 6_001).await.unwrap(), None, "another remainder");
    assert_eq!(store.take_identify(sixteen, 16, 6_002).await.unwrap(), Some(11_000), "the remainder of 0");
    store.close().await;
}

#[tokio::test]
async fn a_clock_that_was_ahead_keeps_nobody_away() {
    let place = Place::new();
    let store = place.open().await;
    assert_eq!(store.take_identify(TWO, 0, 900 * DAY).await.unwrap(), None);
    assert_eq!(store.take_identify(TWO, 0, DAY).await.unwrap(), None);
    store.close().await;
}
