use serde_json::json;

use super::site::Site;
use crate::emulator::playground::{BOT, GENERAL, KIM, KIM_DM, ROBIN};
use crate::web::Access;

#[tokio::test]
async fn what_is_typed_is_said_with_its_mentions() {
    let site = Site::start(Access::Loopback).await;
    assert_eq!(site.act("say", json!({ "text": "@prism hello" })).await.status, 204);
    let said = site.emulator.messages(GENERAL, KIM);
    assert_eq!(said[0].content, format!("<@{BOT}> hello"));
    assert_eq!((said[0].author.id, said[0].mentions.as_slice()), (ROBIN, [BOT].as_slice()));
}

#[tokio::test]
async fn a_message_is_answered_changed_and_deleted_by_its_author() {
    let site = Site::start(Access::Loopback).await;
    let first = site.emulator.say(KIM, GENERAL, "first").unwrap();
    assert_eq!(
        site.act("say", json!({ "text": "second", "reply_to": first, "ping": true })).await.status,
        204
    );
    let answer = site.emulator.messages(GENERAL, ROBIN).pop().unwrap();
    assert_eq!((answer.reply_to, answer.mentions.as_slice()), (Some(first), [KIM].as_slice()));

    assert_eq!(site.act("edit", json!({ "message": answer.id, "text": "changed" })).await.status, 204);
    assert_eq!(site.emulator.message(answer.id).unwrap().content, "changed");
    assert_eq!(site.act("edit", json!({ "message": first, "text": "stolen" })).await.status, 403);

    assert_eq!(site.act("delete", json!({ "as": KIM, "message": answer.id })).await.status, 403);
    assert_eq!(site.act("delete", json!({ "message": answer.id })).await.status, 204);
    assert_eq!(site.act("delete", json!({ "message": answer.id })).await.status, 404);
    assert_eq!(site.act("delete", json!({ "message": first })).await.status, 204, "managers tidy up");
}

#[tokio::test]
async fn what_cannot_be_done_is_said_in_one_sentence() {
    let site = Site::start(Access::Loopback).await;
    let cases = [
        ("say", json!({ "text": "x".repeat(2001) }), 422, "at most 2,000 characters"),
        ("say", json!({ "text": " " }), 422, "empty message"),
        ("say", json!({ "text": "psst", "channel": KIM_DM }), 404, "not for you"),
        ("say", json!({ "text": "psst", "as": BOT }), 404, "not for you"),
        ("say", json!({ "words": "?" }), 422, "Reload the page"),
        ("say", json!({ "text": "x".repeat(70_000) }), 413, "far too long"),
        ("invoke", json!({ "command": "nonsense" }), 404, "no such command"),
        ("press", json!({ "message": "5", "custom_id": "x" }), 404, "not here any more"),
    ];
    for (action, body, status, words) in cases {
        let answer = site.act(action, body).await;
        assert_eq!(answer.status, status, "{action}: {}", answer.body);
        assert!(answer.body.contains("\"error\"") && answer.body.contains(words), "{}", answer.body);
    }
    assert!(site.emulator.messages(GENERAL, ROBIN).is_empty());
}

#[tokio::test]
async fn another_website_cannot_type_here() {
    let site = Site::start(Access::Loopback).await;
    let body = json!({ "channel": GENERAL, "as": ROBIN, "text": "from afar" }).to_string();
    for headers in
        ["Sec-Fetch-Site: cross-site\r\n", "", "Origin: https://evil.example\r\n", "Origin: null\r\n"]
    {
        assert_eq!(site.post("say", &body, headers).await.status, 403, "{headers:?}");
    }
    assert!(site.emulator.messages(GENERAL, ROBIN).is_empty());
}
