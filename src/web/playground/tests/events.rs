use super::site::Site;
use crate::emulator::playground::{GENERAL, KIM, KIM_DM, OTHER_BOT, ROBIN, WORKSHOP};
use crate::web::Access;

fn query() -> String {
    format!("?channel={GENERAL}&as={ROBIN}")
}

#[tokio::test]
async fn a_page_first_gets_the_channel_and_then_what_changes() {
    let site = Site::start(Access::Loopback).await;
    let before = site.emulator.say(KIM, GENERAL, "before").unwrap();
    let mut watch = site.watch(&query()).await;
    watch.until("event: channel").await;
    let whole = watch.until("\n\n").await;
    assert!(whole.contains(&before.to_string()) && whole.contains("before"));

    let growing = site.emulator.say(KIM, GENERAL, "a reply").unwrap();
    watch.until("event: put").await;
    assert!(watch.until("\n\n").await.contains("a reply"));
    site.emulator.edit(KIM, growing, "a reply that grew").unwrap();
    watch.until("event: put").await;
    assert!(watch.until("\n\n").await.contains("a reply that grew"));
    site.emulator.delete(growing).unwrap();
    watch.until("event: gone").await;
    assert!(watch.until("\n\n").await.contains(&growing.to_string()));
}

#[tokio::test]
async fn what_happens_elsewhere_is_only_hinted_at_and_only_to_those_who_may_know() {
    let site = Site::start(Access::Loopback).await;
    let mut watch = site.watch(&query()).await;
    watch.until("event: channel").await;
    watch.until("\n\n").await;
    site.emulator.say(KIM, KIM_DM, "a secret").unwrap();
    site.emulator.say_as_bot(OTHER_BOT, WORKSHOP, "hammering").unwrap();
    let before = watch.until("event: unread").await;
    let hint = watch.until("\n\n").await;
    assert!(hint.contains(&WORKSHOP.to_string()));
    assert!(!format!("{before}{hint}").contains(&KIM_DM.to_string()));
    assert!(!hint.contains("hammering"));
}

#[tokio::test]
async fn a_deleted_channel_leads_its_readers_elsewhere() {
    let site = Site::start(Access::Loopback).await;
    let mut watch = site.watch(&format!("?channel={WORKSHOP}&as={ROBIN}")).await;
    watch.until("event: channel").await;
    site.emulator.delete_channel(WORKSHOP).unwrap();
    watch.until("event: channel").await;
    assert!(watch.until("\n\n").await.contains(&format!("\"channel\":\"{GENERAL}\"")));
}

#[tokio::test]
async fn watchers_are_counted() {
    let site = Site::start(Access::Loopback).await;
    let mut watches = Vec::new();
    for _ in 0..super::super::MAX_STREAMS {
        let mut watch = site.watch(&query()).await;
        watch.until("event: channel").await;
        watches.push(watch);
    }
    let mut refused = site.watch(&query()).await;
    assert!(refused.until("too many").await.contains("503"));
}

#[tokio::test]
async fn a_stop_ends_open_streams() {
    let site = Site::start(Access::Loopback).await;
    let mut watch = site.watch(&query()).await;
    watch.until("event: channel").await;
    site.shutdown.begin();
    watch.end().await;
    site.serving.await.unwrap();
}
