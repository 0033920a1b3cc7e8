//! Plain HTTP: what Discord answers to what.

use std::time::Duration;

use serde_json::{Value, json};

use super::Rest;
use crate::emulator::playground::{GENERAL, HELPERS, KIM, ROBIN, TEA_AND_BISCUITS, WORKSHOP};
use crate::emulator::world::Permissions;
use crate::emulator::{Emulator, Settings, World};
use crate::shutdown::Shutdown;

fn messages(channel: crate::ids::ChannelId) -> String {
    format!("/channels/{channel}/messages")
}

#[tokio::test]
async fn a_wrong_token_is_refused_everywhere_but_at_the_open_doors() {
    let rest = Rest::start().await;
    let refused = rest.call_as("Bot wrong", "GET", "/users/@me", &Value::Null).await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.body, json!({ "message": "401: Unauthorized", "code": 0 }));
    let open = rest.call_as("", "GET", "/gateway", &Value::Null).await;
    let port = rest.emulator.origin().rsplit_once(':').unwrap().1.to_owned();
    assert_eq!(open.body, json!({ "url": format!("ws://127.0.0.1:{port}") }));
}

#[tokio::test]
async fn what_is_not_there_is_reported() {
    let rest = Rest::start().await;
    let answered = rest.call("POST", "/channels/1/pins/2", &json!({})).await;
    assert_eq!(answered.body, json!({ "message": "404: Not Found", "code": 0 }));
    assert_eq!(rest.call("PUT", "/users/@me", &json!({})).await.status, 405);
    assert_eq!(
        rest.emulator.unexpected(),
        ["POST /api/v10/channels/1/pins/2 -> 404", "PUT /api/v10/users/@me -> 405"]
    );
}

#[tokio::test]
async fn a_body_that_is_not_json_is_refused() {
    let rest = Rest::start().await;
    let send = async |kind: &str, body: &'static str| {
        let url = format!("{}/api/v10{}", rest.emulator.origin(), messages(GENERAL));
        let request = rest.client.post(url).header("authorization", "Bot emulator.dummy.token");
        request.header("content-type", kind).body(body).send().await.unwrap().status().as_u16()
    };
    assert_eq!(send("text/plain", "x").await, 415);
    assert_eq!(send("application/json", "{").await, 400);
    assert_eq!(send("multipart/form-data; boundary=x", "--x\r\n").await, 400);
    assert_eq!(rest.emulator.unexpected().len(), 1);
    assert_eq!(
        rest.emulator.requests().last().unwrap().route.as_deref(),
        Some("/channels/{channel_id}/messages")
    );
}

#[tokio::test]
async fn a_page_in_a_browser_is_turned_away() {
    let rest = Rest::start().await;
    for path in ["/api/v10/gateway", "/?v=10"] {
        let request = rest.client.get(format!("{}{path}", rest.emulator.origin()));
        let response = request.header("origin", "https://example.com").send().await.unwrap();
        assert_eq!(response.status(), 403, "{path}");
    }
}

#[tokio::test]
async fn only_loopback_is_served_unless_exposed() {
    let settings = Settings { listen: "0.0.0.0:0".parse().unwrap(), ..Settings::default() };
    let refused = Emulator::start(settings, World::playground(), &Shutdown::default()).await;
    assert!(refused.is_err_and(|error| error.kind() == std::io::ErrorKind::InvalidInput));
}

#[tokio::test]
async fn a_message_is_seen_by_people_as_it_was_sent() {
    let rest = Rest::start().await;
    let question = rest.emulator.say(ROBIN, GENERAL, "Is there tea?").unwrap();
    let body = json!({
        "content": format!("  Always, <@{KIM}>.  "),
        "nonce": "n1",
        "allowed_mentions": { "parse": [] },
        "message_reference": { "message_id": question, "fail_if_not_exists": false },
    });
    let sent = rest.call("POST", &messages(GENERAL), &body).await;
    assert_eq!(sent.status, 200);
    assert_eq!(sent.body["type"], 19);
    assert_eq!(sent.body["nonce"], "n1");
    assert_eq!(sent.body["mentions"], json!([]));
    assert_eq!(sent.body["referenced_message"]["content"], "Is there tea?");
    let seen = rest.emulator.messages(GENERAL, KIM).pop().unwrap();
    assert_eq!(seen.content, format!("Always, <@{KIM}>."));
    assert_eq!((seen.reply_to, seen.mentions.len(), seen.edited), (Some(question), 0, false));
    assert!(seen.author.bot);
}

#[tokio::test]
async fn silence_about_mentions_pings_everybody_named() {
    let rest = Rest::start().await;
    let question = rest.emulator.say(ROBIN, GENERAL, "Is there tea?").unwrap();
    let body = json!({
        "content": format!("<@{KIM}> <@&{HELPERS}> @everyone"),
        "message_reference": { "message_id": question },
    });
    rest.call("POST", &messages(GENERAL), &body).await;
    let seen = rest.emulator.messages(GENERAL, KIM).pop().unwrap();
    assert_eq!((seen.mentions, seen.mention_roles), (vec![KIM, ROBIN], vec![HELPERS]));
    assert!(!seen.mention_everyone, "the bot has no permission for it");
    rest.emulator.set_bot_permission(GENERAL, Permissions::MENTION_EVERYONE, true).unwrap();
    rest.call("POST", &messages(GENERAL), &json!({ "content": "@everyone" })).await;
    assert!(rest.emulator.messages(GENERAL, KIM).pop().unwrap().mention_everyone);
}

#[tokio::test]
async fn the_same_nonce_gives_the_first_message_back() {
    let rest = Rest::start().await;
    let body = json!({ "content": "once", "nonce": "n", "enforce_nonce": true });
    let first = rest.call("POST", &messages(GENERAL), &body).await;
    let second = rest.call("POST", &messages(GENERAL), &body).await;
    assert_eq!(first.body["id"], second.body["id"]);
    assert_eq!(rest.emulator.messages(GENERAL, KIM).len(), 1);
    let elsewhere = rest.call("POST", &messages(WORKSHOP), &body).await;
    assert_ne!(first.body["id"], elsewhere.body["id"]);
    rest.emulator.delete(first.body["id"].as_str().unwrap().parse().unwrap()).unwrap();
    assert_eq!(rest.call("POST", &messages(GENERAL), &body).await.refusal(), (404, 10008));
    rest.emulator.advance(Duration::from_secs(5 * 60));
    let later = rest.call("POST", &messages(GENERAL), &body).await;
    assert_eq!(later.status, 200);
    assert_ne!(first.body["id"], later.body["id"]);
}

#[tokio::test]
async fn bad_bodies_are_refused_with_a_tree_of_faults() {
    let rest = Rest::start().await;
    let long = rest.call("POST", &messages(GENERAL), &json!({ "content": "x".repeat(2_001) })).await;
    assert_eq!(long.refusal(), (400, 50035));
    assert_eq!(long.body["message"], "Invalid Form Body");
    assert_eq!(long.body["errors"]["content"]["_errors"][0]["code"], "BASE_TYPE_MAX_LENGTH");
    let empty = rest.call("POST", &messages(GENERAL), &json!({ "content": " \n" })).await;
    assert_eq!(empty.refusal(), (400, 50006));
    let path = messages(GENERAL).replace(&GENERAL.to_string(), "here");
    assert_eq!(rest.call("POST", &path, &json!({ "content": "x" })).await.refusal(), (400, 50035));
    let missing = json!({ "content": "x", "message_reference": { "message_id": "1" } });
    assert_eq!(rest.call("POST", &messages(GENERAL), &missing).await.refusal(), (400, 50035));
}

#[tokio::test]
async fn permissions_decide_what_the_bot_may() {
    let rest = Rest::start().await;
    let body = json!({ "content": "x" });
    rest.emulator.set_permission(GENERAL, false).unwrap();
    assert_eq!(rest.call("POST", &messages(GENERAL), &body).await.refusal(), (403, 50013));
    let typing = format!("/channels/{GENERAL}/typing");
    assert_eq!(rest.call("POST", &typing, &Value::Null).await.refusal(), (403, 50013));
    assert_eq!(rest.call("POST", &messages(TEA_AND_BISCUITS), &body).await.status, 200, "another permission");
    rest.emulator.set_visible(WORKSHOP, false).unwrap();
    assert_eq!(rest.call("POST", &messages(WORKSHOP), &body).await.refusal(), (403, 50001));
    assert_eq!(rest.call("POST", "/channels/1/messages", &body).await.refusal(), (404, 10003));
    let theirs = rest.emulator.say(KIM, GENERAL, "mine").unwrap();
    let path = format!("{}/{theirs}", messages(GENERAL));
    assert_eq!(rest.call("PATCH", &path, &body).await.refusal(), (403, 50005));
    assert_eq!(rest.call("DELETE", &path, &Value::Null).await.refusal(), (403, 50013));
}

#[tokio::test]
async fn an_edit_is_seen_and_marked() {
    let rest = Rest::start().await;
    let sent = rest.call("POST", &messages(GENERAL), &json!({ "content": "first" })).await;
    assert_eq!(sent.body["edited_timestamp"], Value::Null);
    let path = format!("{}/{}", messages(GENERAL), sent.body["id"].as_str().unwrap());
    let edited = rest.call("PATCH", &path, &json!({ "content": format!("second <@{KIM}>") })).await;
    assert!(edited.body["edited_timestamp"].is_string());
    let seen = rest.emulator.messages(GENERAL, KIM).pop().unwrap();
    assert_eq!((seen.mentions, seen.edits, seen.edited), (vec![KIM], 1, true));
    assert_eq!(rest.call("DELETE", &path, &Value::Null).await.status, 204);
    assert_eq!(rest.call("PATCH", &path, &json!({ "content": "x" })).await.refusal(), (404, 10008));
}

#[tokio::test]
async fn history_comes_newest_first_in_pages() {
    let rest = Rest::start().await;
    let ids: Vec<_> = (0..5).map(|n| rest.emulator.say(KIM, GENERAL, &n.to_string()).unwrap()).collect();
    let read = async |query: String| -> Vec<String> {
        let page = rest.call("GET", &format!("{}?{query}", messages(GENERAL)), &Value::Null).await.body;
        page.as_array()
            .unwrap()
            .iter()
            .map(|message| message["content"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(read("limit=2".to_owned()).await, ["4", "3"]);
    assert_eq!(read(format!("limit=2&before={}", ids[3])).await, ["2", "1"]);
    assert_eq!(read(format!("limit=2&after={}", ids[1])).await, ["3", "2"]);
    assert_eq!(read(format!("limit=3&around={}", ids[2])).await, ["3", "2", "1"]);
}

#[tokio::test]
async fn limits_are_announced_and_then_enforced() {
    let rest = Rest::start_with(Settings::default()).await;
    for left in (0..5).rev() {
        let sent = rest.call("POST", &messages(GENERAL), &json!({ "content": "x" })).await;
        assert_eq!(sent.headers["x-ratelimit-limit"], "5");
        assert_eq!(sent.headers["x-ratelimit-remaining"], left.to_string());
        assert_eq!(sent.headers["x-ratelimit-bucket"].len(), 32);
    }
    let refused = rest.call("POST", &messages(GENERAL), &json!({ "content": "x" })).await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.headers["x-ratelimit-scope"], "user");
    assert_eq!(refused.body["global"], false);
    assert!((4.0..=5.0).contains(&refused.body["retry_after"].as_f64().unwrap()));
    assert_eq!(refused.headers["retry-after"], "5");
    assert_eq!(rest.emulator.refused(), 1);
    assert_eq!(rest.emulator.messages(GENERAL, KIM).len(), 5);
    rest.emulator.advance(Duration::from_secs(5));
    assert_eq!(rest.call("POST", &messages(GENERAL), &json!({ "content": "x" })).await.status, 200);
}

#[tokio::test]
async fn a_shared_limit_says_so() {
    let rest = Rest::start().await;
    rest.emulator.share_limit(GENERAL, Duration::from_secs(2));
    let refused = rest.call("POST", &messages(GENERAL), &json!({ "content": "x" })).await;
    assert_eq!((refused.status, &refused.headers["x-ratelimit-scope"]), (429, &"shared".parse().unwrap()));
    assert_eq!(rest.call("POST", &messages(WORKSHOP), &json!({ "content": "x" })).await.status, 200);
}

#[tokio::test]
async fn the_portals_switch_hides_what_others_wrote_from_rest_too() {
    let rest = Rest::start_with(Settings { message_content: false, ..Settings::default() }).await;
    let plain = rest.emulator.say(KIM, GENERAL, "just talk").unwrap();
    let bot = rest.emulator.bot();
    let named = rest.emulator.say(KIM, GENERAL, &format!("<@{bot}> hello")).unwrap();
    let read = async |id| rest.call("GET", &format!("{}/{id}", messages(GENERAL)), &Value::Null).await.body;
    assert_eq!(read(plain).await["content"], "");
    assert_eq!(read(named).await["content"], format!("<@{bot}> hello"));
}
