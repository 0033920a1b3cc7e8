//! Threads, direct messages and typing over plain HTTP.

use std::time::Duration;

use serde_json::{Value, json};

use super::Rest;
use crate::emulator::ActionError;
use crate::emulator::playground::{GENERAL, KIM, KIM_DM, OTHER_BOT, ROBIN, TEA_AND_BISCUITS, WORKSHOP};

#[tokio::test]
async fn a_thread_from_a_message_shares_its_id() {
    let rest = Rest::start().await;
    let message = rest.emulator.say(ROBIN, GENERAL, "Shall we?").unwrap();
    let path = format!("/channels/{GENERAL}/messages/{message}/threads");
    let opened = rest.call("POST", &path, &json!({ "name": "A duel" })).await;
    assert_eq!((opened.status, &opened.body["id"]), (201, &json!(message)));
    assert_eq!(opened.body["parent_id"], json!(GENERAL));
    assert_eq!(rest.call("POST", &path, &json!({ "name": "Again" })).await.refusal(), (400, 160_004));
    let read = rest.call("GET", &format!("/channels/{GENERAL}/messages/{message}"), &Value::Null).await;
    assert_eq!(read.body["thread"]["name"], "A duel");
    assert_eq!(rest.call("POST", &path, &json!({ "name": "" })).await.refusal(), (400, 50035));
}

#[tokio::test]
async fn a_direct_message_channel_is_opened_once() {
    let rest = Rest::start().await;
    let opened = rest.call("POST", "/users/@me/channels", &json!({ "recipient_id": KIM })).await;
    assert_eq!(opened.body["id"], json!(KIM_DM));
    assert_eq!(opened.body["recipients"][0]["username"], "kim");
    let bot = rest.call("POST", "/users/@me/channels", &json!({ "recipient_id": OTHER_BOT })).await;
    assert_eq!(bot.refusal(), (403, 50007));
    let sent =
        rest.call("POST", &format!("/channels/{KIM_DM}/messages"), &json!({ "content": "psst" })).await;
    assert_eq!(sent.status, 200);
    assert_eq!(rest.emulator.messages(KIM_DM, KIM).len(), 1);
    assert_eq!(rest.emulator.messages(KIM_DM, ROBIN).len(), 0, "others do not see it");
    assert_eq!(rest.emulator.say(ROBIN, KIM_DM, "hello"), Err(ActionError::NotAllowed));
}

#[tokio::test]
async fn typing_ends_with_the_message_or_by_itself() {
    let rest = Rest::start().await;
    let path = format!("/channels/{GENERAL}/typing");
    assert_eq!(rest.call("POST", &path, &Value::Null).await.status, 204);
    assert!(rest.emulator.typing(GENERAL) && !rest.emulator.typing(WORKSHOP));
    rest.call("POST", &format!("/channels/{GENERAL}/messages"), &json!({ "content": "there" })).await;
    assert!(!rest.emulator.typing(GENERAL));
    rest.call("POST", &path, &Value::Null).await;
    rest.emulator.advance(Duration::from_secs(10));
    assert!(!rest.emulator.typing(GENERAL));
}

#[tokio::test]
async fn a_deleted_channel_takes_its_threads_along() {
    let rest = Rest::start().await;
    let message = rest.emulator.say(KIM, TEA_AND_BISCUITS, "Crumbs").unwrap();
    rest.emulator.delete_channel(GENERAL).unwrap();
    let body = json!({ "content": "too late" });
    for channel in [GENERAL, TEA_AND_BISCUITS] {
        let refused = rest.call("POST", &format!("/channels/{channel}/messages"), &body).await;
        assert_eq!(refused.refusal(), (404, 10003));
    }
    assert_eq!(rest.emulator.message(message), None);
}
