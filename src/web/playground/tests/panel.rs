use serde_json::json;

use super::site::Site;
use crate::emulator::model::{ModelServer, ModelSettings};
use crate::emulator::playground::{GENERAL, KIM, ROBIN};
use crate::shutdown::Shutdown;
use crate::web::{Access, FirstModel};

fn query() -> String {
    format!("?channel={GENERAL}&as={ROBIN}")
}

async fn with_embedded_model() -> Site {
    let server = ModelServer::start(ModelSettings::default(), &Shutdown::default()).await.unwrap();
    let first = FirstModel { server, name: "first/model".to_owned() };
    Site::start_with(Access::Loopback, Some(first)).await
}

#[tokio::test]
async fn the_panel_is_folded_up_and_says_a_line_about_everything_it_breaks() {
    let page = with_embedded_model().await.get("/playground").await.body;
    assert!(page.contains("<details id=\"panel\"><summary>"), "folded up at first");
    for lever in ["refused", "slow", "dead_model", "drop", "forget", "restart", "crash"] {
        let about = format!("<p id=\"about-{lever}\">");
        let line = page.split(&about).nth(1).and_then(|rest| rest.split('<').next()).unwrap();
        assert!(line.len() > 40 && page.contains(&format!("aria-describedby=\"about-{lever}\"")), "{lever}");
    }
    assert_eq!(page.matches("role=\"switch\"").count(), 3);
    assert!(!page.contains("disabled") && page.contains("<dd data-figure=\"sent\">12</dd>"));
}

#[tokio::test]
async fn a_switch_is_the_same_on_every_page() {
    let site = with_embedded_model().await;
    let (mut one, mut other) = (site.watch(&query()).await, site.watch(&query()).await);
    for watch in [&mut one, &mut other] {
        watch.until("event: panel").await;
        assert!(watch.until("\n\n").await.contains("\"on\":[],\"weather\":\"\""));
    }
    for switch in ["slow", "dead_model"] {
        let turned = site.act("switch", json!({ "switch": switch, "on": true })).await;
        assert_eq!(turned.status, 204, "{}", turned.body);
    }
    for watch in [&mut one, &mut other] {
        watch
            .until("\"on\":[\"slow\",\"dead_model\"],\"weather\":\"Slow Discord · First model is dead\"")
            .await;
    }
    let page = site.get("/playground").await.body;
    let drawn = |switch: &str| page.split("<input ").find(|input| input.contains(switch)).unwrap();
    assert!(drawn("\"slow\"").split('>').next().unwrap().contains(" checked"));
    assert!(!drawn("\"refused\"").split('>').next().unwrap().contains(" checked"));

    assert_eq!(site.act("push", json!({ "button": "fair" })).await.status, 204);
    for watch in [&mut one, &mut other] {
        watch.until("\"on\":[],\"weather\":\"\"").await;
    }
}

#[tokio::test]
async fn the_model_of_somebody_else_is_not_broken() {
    let site = Site::start(Access::Loopback).await;
    let page = site.get("/playground").await.body;
    assert!(page.contains("This needs the embedded model"));
    assert_eq!(page.matches(" disabled").count(), 1);
    let refused = site.act("switch", json!({ "switch": "dead_model", "on": true })).await;
    assert_eq!(refused.status, 409);
    assert!(refused.body.contains("This needs the embedded model"), "{}", refused.body);
}

#[tokio::test]
async fn a_restart_is_asked_for_once_and_the_page_says_that_the_bot_is_gone() {
    let site = Site::start(Access::Loopback).await;
    let mut watch = site.watch(&query()).await;
    watch.until("event: panel").await;
    assert_eq!(site.act("push", json!({ "button": "restart" })).await.status, 204);
    site.power.asked_to_stop().await;
    watch.until("The bot finishes its answers").await;
    let again = site.act("push", json!({ "button": "restart" })).await;
    assert_eq!(again.status, 409);
    assert!(again.body.contains("being started again already"), "{}", again.body);

    assert_eq!(site.act("push", json!({ "button": "crash" })).await.status, 204);
    site.power.asked_to_crash().await;
    watch.until("The bot is gone").await;
    site.power.starting();
    assert_eq!(site.act("push", json!({ "button": "crash" })).await.status, 409);
    site.power.up();
    watch.until("\"bot\":\"\"").await;
    assert_eq!(site.act("push", json!({ "button": "restart" })).await.status, 204);
}

#[tokio::test]
async fn nobody_else_breaks_anything() {
    let site = with_embedded_model().await;
    let place = json!({ "channel": GENERAL, "as": ROBIN });
    for (action, with, status) in [
        ("switch", json!({ "switch": "slow", "on": true }), 403),
        ("push", json!({ "button": "crash" }), 403),
    ] {
        let mut body = place.clone();
        body.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
        for headers in ["", "Sec-Fetch-Site: cross-site\r\n", "Origin: https://evil.example\r\n"] {
            assert_eq!(site.post(action, &body.to_string(), headers).await.status, status, "{headers:?}");
        }
    }
    for (action, body) in [
        ("switch", json!({ "switch": "everything", "on": true })),
        ("switch", json!({ "switch": "slow" })),
        ("push", json!({ "button": "self_destruct" })),
    ] {
        assert_eq!(site.act(action, body).await.status, 422);
    }
    assert!(site.power.restart(), "nothing was asked of it");
    assert!(
        site.get("/playground").await.body.contains("<span class=\"weather\" id=\"panel-weather\"></span>")
    );
}

#[tokio::test]
async fn what_has_not_changed_is_not_told_again() {
    let site = Site::start(Access::Loopback).await;
    let mut watch = site.watch(&query()).await;
    watch.until("{\"id\":\"starts\",\"value\":1}").await;
    for words in ["nothing is counted for this", "nor for this"] {
        site.emulator.say(KIM, GENERAL, words).unwrap();
        let before = watch.until("event: put").await;
        assert!(!before.contains("event: panel"), "{before}");
    }
}
