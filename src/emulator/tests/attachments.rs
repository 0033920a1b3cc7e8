//! Files on messages.

use serde_json::{Value, json};

use super::Rest;
use crate::emulator::playground::{GENERAL, KIM};
use crate::emulator::world::Permissions;
use crate::emulator::{Invocation, MessageView};

const MEBIBYTE: usize = 1 << 20;

impl Rest {
    fn last(&self) -> MessageView {
        self.emulator.messages(GENERAL, KIM).pop().unwrap()
    }
}

fn names(message: &MessageView) -> Vec<&str> {
    message.attachments.iter().map(|file| file.name.as_str()).collect()
}

#[tokio::test]
async fn a_file_is_seen_under_its_message_and_can_be_fetched() {
    let rest = Rest::start().await;
    let path = format!("/channels/{GENERAL}/messages");
    let body =
        json!({ "content": "the rest", "attachments": [{ "id": 0, "description": "what did not fit" }] });
    let sent = rest.attach("POST", &path, &body, &[("answer.md", "# Tea\r\n".as_bytes())]).await;
    assert_eq!(sent.status, 200, "{}", sent.body);
    let attachment = &sent.body["attachments"][0];
    assert_eq!((&attachment["filename"], &attachment["size"]), (&json!("answer.md"), &json!(7)));
    assert_eq!(attachment["description"], "what did not fit");
    let seen = rest.last();
    assert_eq!(seen.content, "the rest");
    assert_eq!(seen.attachments[0].text.as_deref(), Some("# Tea\r\n"));
    let fetched = rest.client.get(&seen.attachments[0].url).send().await.unwrap();
    assert_eq!(fetched.text().await.unwrap(), "# Tea\r\n");
    let log = rest.emulator.requests().pop().unwrap();
    assert_eq!((log.body, log.files), (body, vec!["answer.md".to_owned()]));
}

#[tokio::test]
async fn an_edit_keeps_the_files_it_names_and_all_when_it_names_none() {
    let rest = Rest::start().await;
    let path = format!("/channels/{GENERAL}/messages");
    let files: [(&str, &[u8]); 2] = [("a.txt", b"a"), ("b.txt", b"b")];
    let sent = rest.attach("POST", &path, &json!({}), &files).await.body;
    let own = format!("{path}/{}", sent["id"].as_str().unwrap());
    rest.call("PATCH", &own, &json!({ "content": "more" })).await;
    assert_eq!(names(&rest.last()), ["a.txt", "b.txt"]);
    let kept = json!({ "attachments": [{ "id": sent["attachments"][1]["id"] }, { "id": "0" }] });
    rest.attach("PATCH", &own, &kept, &[("c.txt", b"c")]).await;
    assert_eq!(names(&rest.last()), ["b.txt", "c.txt"]);
    rest.call("PATCH", &own, &json!({ "attachments": [] })).await;
    assert_eq!(names(&rest.last()), [] as [&str; 0]);
}

#[tokio::test]
async fn answers_to_commands_carry_files_too() {
    let rest = Rest::start().await;
    let chat = json!([{ "name": "chat", "description": "Talk" }]);
    rest.call("PUT", &format!("/applications/{}/commands", rest.emulator.application()), &chat).await;
    let id = rest.emulator.invoke(KIM, GENERAL, &Invocation::new("chat")).unwrap();
    let token = rest.emulator.read(|state| state.interactions.get(id).unwrap().token.clone());
    let callback = format!("/interactions/{id}/{token}/callback");
    let answer = json!({ "type": 4, "data": { "content": "first" } });
    assert_eq!(rest.attach("POST", &callback, &answer, &[("one.md", b"1")]).await.status, 204);
    assert_eq!(names(&rest.last()), ["one.md"]);
    let webhook = format!("/webhooks/{}/{token}", rest.emulator.application());
    rest.attach("PATCH", &format!("{webhook}/messages/@original"), &json!({}), &[("two.md", b"2")]).await;
    assert_eq!(names(&rest.last()), ["one.md", "two.md"]);
    rest.attach("POST", &webhook, &json!({ "content": "second" }), &[("three.md", b"3")]).await;
    assert_eq!(names(&rest.last()), ["three.md"]);
}

#[tokio::test]
async fn ten_files_of_ten_mebibytes_are_the_most() {
    let rest = Rest::start().await;
    let path = format!("/channels/{GENERAL}/messages");
    let tiny: &[u8] = b"x";
    let ten = vec![("x.txt", tiny); 10];
    let sent = rest.attach("POST", &path, &json!({}), &ten).await;
    assert_eq!((sent.status, rest.last().attachments.len()), (200, 10));
    let own = format!("{path}/{}", sent.body["id"].as_str().unwrap());
    assert_eq!(rest.attach("PATCH", &own, &json!({}), &[("y.txt", tiny)]).await.refusal(), (400, 50035));
    let eleven = vec![("x.txt", tiny); 11];
    assert_eq!(rest.attach("POST", &path, &json!({}), &eleven).await.refusal(), (400, 50035));
    let large = vec![0; 10 * MEBIBYTE];
    assert_eq!(rest.attach("POST", &path, &json!({}), &[("x", &large)]).await.status, 200);
    assert_eq!(rest.last().attachments[0].size, 10 * MEBIBYTE);
    let larger = vec![0; 10 * MEBIBYTE + 1];
    assert_eq!(rest.attach("POST", &path, &json!({}), &[("x", &larger)]).await.refusal(), (413, 40005));
    let together: [(&str, &[u8]); 3] = [("x", &large), ("y", &large), ("z", &large)];
    assert_eq!(rest.attach("POST", &path, &json!({}), &together).await.refusal(), (413, 40005));
}

#[tokio::test]
async fn files_need_a_permission() {
    let rest = Rest::start().await;
    rest.emulator.set_bot_permission(GENERAL, Permissions::ATTACH_FILES, false).unwrap();
    let path = format!("/channels/{GENERAL}/messages");
    let refused = rest.attach("POST", &path, &json!({ "content": "x" }), &[("x", b"x")]).await;
    assert_eq!(refused.refusal(), (403, 50013));
    assert_eq!(rest.call("POST", &path, &json!({ "content": "x" })).await.status, 200);
    assert_eq!(rest.call("GET", &path, &Value::Null).await.body[0]["attachments"], json!([]));
}
