use secrecy::SecretString;

use super::site::{MEASURED, Site};
use crate::emulator::playground::{GENERAL, KIM, KIM_DM, ROBIN, ROBIN_DM};
use crate::web::Access;

#[tokio::test]
async fn the_page_shows_places_people_and_messages() {
    let site = Site::start(Access::Loopback).await;
    site.emulator.say(KIM, GENERAL, "good **morning** <script>alert(1)</script>").unwrap();
    let page = site.get("/playground").await;
    assert_eq!(page.status, 200);
    for part in
        ["general", "tea and biscuits", "18+", "Robin", "Kim", "Replies come from a test.", "id=\"composer\""]
    {
        assert!(page.body.contains(part), "{part} is missing");
    }
    assert!(page.body.contains("good <strong>morning</strong> &lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(page.body.contains(&format!("data-channel-id=\"{ROBIN_DM}\"")));
    assert!(!page.body.contains(&format!("data-channel-id=\"{KIM_DM}\"")));
}

#[tokio::test]
async fn only_our_own_script_and_style_may_run() {
    let site = Site::start(Access::Loopback).await;
    let (one, other) = (site.get("/playground").await, site.get("/playground").await);
    let nonce = one.head.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap();
    assert!(one.head.contains("default-src 'none'"));
    assert!(!other.head.contains(nonce), "a nonce was used twice");
    let marked = one.body.matches(&format!("nonce=\"{nonce}\"")).count();
    assert_eq!(marked, one.body.matches("<script").count() + one.body.matches("rel=\"stylesheet\"").count());
    for inline in [" style=", " onclick=", " onload=", "javascript:"] {
        assert!(!one.body.contains(inline), "{inline} would be blocked");
    }
}

#[tokio::test]
async fn assets_are_kept_by_browsers_and_change_their_address() {
    let site = Site::start(Access::Loopback).await;
    let page = site.get("/playground").await.body;
    for (name, kind) in [("app.js", "text/javascript"), ("app.css", "text/css")] {
        let at = page.find(&format!("/playground/{name}?v=")).unwrap();
        let asset = site.get(page[at..].split('"').next().unwrap()).await;
        assert_eq!(asset.status, 200);
        assert!(asset.head.contains(kind) && asset.head.contains("immutable"), "{}", asset.head);
    }
}

#[tokio::test]
async fn a_foreign_name_is_not_answered() {
    let site = Site::start(Access::Loopback).await;
    let rebound = site.send("GET /playground HTTP/1.1\r\nHost: evil.example\r\n", "").await;
    assert_eq!(rebound.status, 421);
    assert!(!rebound.body.contains("composer"));
}

#[tokio::test]
async fn an_exposed_page_opens_with_its_token_only() {
    let site = Site::start(Access::Token(SecretString::new("sesame".into()))).await;
    assert_eq!(site.get("/playground").await.status, 401);
    assert_eq!(site.get("/playground/app.js").await.status, 401);
    assert_eq!(site.get("/playground?token=guess").await.status, 401);
    let entrance = site.get("/playground?token=sesame").await;
    let cookie = entrance.head.split("set-cookie: ").nth(1).unwrap().split(';').next().unwrap();
    let head = format!("GET /playground HTTP/1.1\r\nHost: 10.0.0.7:8787\r\nCookie: {cookie}\r\n");
    assert_eq!(site.send(&head, "").await.status, 200);
    assert_eq!(site.get("/health/live").await.status, 200);
}

#[tokio::test]
async fn readiness_names_each_sign() {
    let site = Site::start(Access::Loopback).await;
    let waiting = site.get("/health/ready").await;
    assert_eq!(waiting.status, 503);
    assert!(
        waiting.body.contains("\"store_open\":false") && waiting.body.contains("\"gateway_ready\":false")
    );
    site.status.set_store_open(true);
    site.status.shard(0, |signs| signs.ready = true);
    let ready = site.get("/health/ready").await;
    assert_eq!((ready.status, ready.body.contains("\"ready\":true")), (200, true));
    assert!(ready.body.contains("\"notices\":[]"));
    site.status.notice("model:x", Some("the model x ends".to_owned()));
    assert!(site.get("/health/ready").await.body.contains("\"notices\":[\"the model x ends\"]"));
}

#[tokio::test]
async fn figures_are_shown_where_they_are_known() {
    let site = Site::start(Access::Loopback).await;
    let known = site.get(&format!("/playground/figures/{MEASURED}")).await;
    assert_eq!(known.body, "{\"line\":\"test/model · first words after 120 ms · 9 tokens\"}");
    assert_eq!(site.get("/playground/figures/78").await.status, 204);
}

#[tokio::test]
async fn somebody_elses_conversation_leads_to_ones_own() {
    let site = Site::start(Access::Loopback).await;
    let page = site.get(&format!("/playground?channel={KIM_DM}&as={ROBIN}")).await;
    assert!(page.body.contains(&format!("&quot;channel&quot;:&quot;{ROBIN_DM}&quot;")));
}
