//! The emulator's answers, held against Discord's own API document.
//!
//! Needs `DISCORD_OPENAPI`, the path of the document, when the tests are built; says so and passes without it.

use serde_json::{Value, json};

use super::{Answered, Rest};
use crate::emulator::Invocation;
use crate::emulator::playground::{
    APPLICATION, BOT, GENERAL, GUILD, KIM, KIM_DM, ROBIN, TEA_AND_BISCUITS, WORKSHOP,
};

/// The emulator and the document.
struct Checked {
    rest: Rest,
    document: Value,
}

impl Checked {
    async fn start() -> Option<Self> {
        let Some(path) = option_env!("DISCORD_OPENAPI") else {
            println!("skipped: DISCORD_OPENAPI does not name Discord's API document");
            return None;
        };
        let document = std::fs::read_to_string(path).expect("DISCORD_OPENAPI names a readable file");
        Some(Self { rest: Rest::start().await, document: serde_json::from_str(&document).unwrap() })
    }

    /// Makes a call that must succeed, with a body and an answer as the document describes them.
    async fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let answered = self.rest.call(method, path, body).await;
        self.check_call(method, path, body, answered)
    }

    fn check_call(&self, method: &str, path: &str, body: &Value, answered: Answered) -> Value {
        assert!(answered.status < 300, "{method} {path}: {}", answered.body);
        let route = self.rest.emulator.requests().pop().unwrap().route.unwrap();
        let operation = &self.document["paths"][route.as_str()][method.to_lowercase()];
        assert!(operation.is_object(), "{method} {route} is not in the document");
        if !body.is_null() {
            self.check(&operation["requestBody"]["content"], body, &format!("{method} {route} (request)"));
        }
        let response = &operation["responses"][answered.status.to_string()];
        self.check(&response["content"], &answered.body, &format!("{method} {route} (answer)"));
        answered.body
    }

    fn check(&self, content: &Value, body: &Value, what: &str) {
        let mut schema = content["application/json"]["schema"].clone();
        if schema.is_null() {
            return;
        }
        schema["components"] = self.document["components"].clone();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let faults: Vec<_> =
            validator.iter_errors(body).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
        assert!(faults.is_empty(), "{what}: {faults:#?}");
    }
}

#[tokio::test]
async fn what_can_be_read_has_discords_shape() {
    let Some(checked) = Checked::start().await else { return };
    let guild = format!("/guilds/{GUILD}");
    let paths = [
        "/gateway".to_owned(),
        "/gateway/bot".to_owned(),
        "/users/@me".to_owned(),
        format!("/users/{KIM}"),
        "/applications/@me".to_owned(),
        "/oauth2/applications/@me".to_owned(),
        guild.clone(),
        format!("{guild}/channels"),
        format!("{guild}/roles"),
        format!("{guild}/members/{KIM}"),
        format!("{guild}/threads/active"),
        format!("/channels/{GENERAL}"),
        format!("/channels/{TEA_AND_BISCUITS}"),
        format!("/channels/{KIM_DM}"),
    ];
    for path in paths {
        checked.call("GET", &path, &Value::Null).await;
    }
    checked.call("POST", "/users/@me/channels", &json!({ "recipient_id": KIM })).await;
}

#[tokio::test]
async fn messages_and_threads_have_discords_shape() {
    let Some(checked) = Checked::start().await else { return };
    let question = checked.rest.emulator.say(ROBIN, GENERAL, &format!("<@{BOT}> tea?")).unwrap();
    let messages = format!("/channels/{GENERAL}/messages");
    let body = json!({
        "content": "Always.",
        "nonce": "n",
        "enforce_nonce": true,
        "message_reference": { "message_id": question, "fail_if_not_exists": false },
        "allowed_mentions": { "parse": [] },
        "embeds": [{ "title": "Tea" }],
        "components": [{ "type": 1, "components": [
            { "type": 2, "style": 1, "label": "More", "custom_id": "more" },
            { "type": 2, "style": 5, "label": "Leaves", "url": "https://example.com" },
        ] }],
    });
    let sent = checked.call("POST", &messages, &body).await;
    let own = format!("{messages}/{}", sent["id"].as_str().unwrap());
    checked.call("PATCH", &own, &json!({ "content": "Never." })).await;
    let described = json!({ "content": "Notes", "attachments": [{ "id": "0", "description": "leaves" }] });
    let files: [(&str, &[u8]); 1] = [("leaves.md", b"green")];
    let attached = checked.rest.attach("POST", &messages, &described, &files).await;
    checked.check_call("POST", &messages, &Value::Null, attached);
    checked.call("GET", &messages, &Value::Null).await;
    checked.call("POST", &format!("{messages}/{question}/threads"), &json!({ "name": "Tea" })).await;
    checked.call("GET", &format!("{messages}/{question}"), &Value::Null).await;
    let thread = json!({ "name": "Glue", "type": 11 });
    checked.call("POST", &format!("/channels/{WORKSHOP}/threads"), &thread).await;
}

#[tokio::test]
async fn commands_and_answers_have_discords_shape() {
    let Some(checked) = Checked::start().await else { return };
    let commands = format!("/applications/{APPLICATION}/commands");
    let chat = json!({ "name": "chat", "description": "Talk", "options": [
        { "type": 3, "name": "message", "description": "What to say", "required": true },
    ] });
    checked.call("PUT", &commands, &json!([chat])).await;
    checked.call("GET", &commands, &Value::Null).await;
    let invocation = Invocation::new("chat").with("message", "hello");
    let id = checked.rest.emulator.invoke(KIM, GENERAL, &invocation).unwrap();
    let token = checked.rest.emulator.read(|state| state.interactions.get(id).unwrap().token.clone());
    let callback = format!("/interactions/{id}/{token}/callback?with_response=true");
    checked.call("POST", &callback, &json!({ "type": 4, "data": { "content": "hi", "flags": 64 } })).await;
    let webhook = format!("/webhooks/{APPLICATION}/{token}");
    checked.call("GET", &format!("{webhook}/messages/@original"), &Value::Null).await;
    checked.call("POST", &webhook, &json!({ "content": "more" })).await;
    checked.call("PATCH", &format!("{webhook}/messages/@original"), &json!({ "content": "hi!" })).await;
}
