//! Nobody is pinged: a body that creates or edits a message must say that it mentions none.
//!
//! Without `allowed_mentions` Discord reads mentions out of the text, and an edit rebuilds them from whatever the
//! message then holds, even if the edit itself brings no text.

use serde_json::{Map, Value, json};

use super::route::Carries;

/// What happens to a body that could ping somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// The request fails: a mistake of ours shows in a test.
    Refuse,
    /// The body is made safe and sent: nobody loses an answer to a mistake of ours.
    Repair,
}

impl Default for Guard {
    fn default() -> Self {
        if cfg!(debug_assertions) { Self::Refuse } else { Self::Repair }
    }
}

/// The body could ping somebody, and is not to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unguarded;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Safe,
    Repaired,
}

impl Guard {
    /// Looks through a body. `may_ping_replied` allows to ping the author of the message that is replied to.
    pub(super) fn check(
        self,
        carries: Carries,
        body: &mut Value,
        may_ping_replied: bool,
    ) -> Result<Found, Unguarded> {
        let Some(message) = message(carries, body)? else {
            return Ok(Found::Safe);
        };
        let mentions = message.get("allowed_mentions");
        if mentions.is_some_and(|mentions| is_silent(mentions, may_ping_replied)) {
            return Ok(Found::Safe);
        }
        if self == Self::Refuse {
            return Err(Unguarded);
        }
        let asked = mentions.and_then(|mentions| mentions.get("replied_user")) == Some(&Value::Bool(true));
        message.insert(
            "allowed_mentions".into(),
            json!({ "parse": [], "replied_user": asked && may_ping_replied }),
        );
        Ok(Found::Repaired)
    }
}

/// Says in a message which file it brings. Sent twice, the file is still there once.
pub(super) fn name_file(carries: Carries, body: &mut Value, name: &str) {
    if let Ok(Some(message)) = message(carries, body) {
        message.entry("attachments").or_insert_with(|| json!([{ "id": "0", "filename": name }]));
    }
}

/// The object inside the body that becomes a message. What is no object holds no text.
fn message(carries: Carries, body: &mut Value) -> Result<Option<&mut Map<String, Value>>, Unguarded> {
    Ok(match carries {
        Carries::Nothing => None,
        Carries::Message => body.as_object_mut(),
        Carries::Post => body.get_mut("message").and_then(Value::as_object_mut),
        Carries::Callback if shows_no_message(body) => None,
        Carries::Callback => body.get_mut("data").and_then(Value::as_object_mut),
        Carries::Foreign => return Err(Unguarded),
    })
}

/// Pong, deferred answers, autocomplete, modal, premium button, activity. All other types are taken for messages.
fn shows_no_message(callback: &Value) -> bool {
    matches!(callback.get("type").and_then(Value::as_u64), Some(1 | 5 | 6 | 8 | 9 | 10 | 12))
}

fn is_silent(mentions: &Value, may_ping_replied: bool) -> bool {
    let is_empty = |list: &Value| list.as_array().is_some_and(Vec::is_empty);
    let names_none = |key| mentions.get(key).is_none_or(|list| list.is_null() || is_empty(list));
    let pings_replied = match mentions.get("replied_user") {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(_) => true,
    };
    mentions.get("parse").is_some_and(is_empty)
        && names_none("users")
        && names_none("roles")
        && (!pings_replied || may_ping_replied)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refused(carries: Carries, mut body: Value) -> bool {
        Guard::Refuse.check(carries, &mut body, false).is_err()
    }

    #[test]
    fn a_message_must_say_that_it_mentions_none() {
        for mentions in [
            json!({ "parse": [] }),
            json!({ "parse": [], "replied_user": false }),
            json!({ "parse": [], "users": [], "roles": null }),
        ] {
            assert!(!refused(Carries::Message, json!({ "content": "hi", "allowed_mentions": mentions })));
        }
        for mentions in [
            json!(null),
            json!([]),
            json!({}),
            json!({ "parse": null }),
            json!({ "parse": ["everyone"] }),
            json!({ "parse": [], "users": ["1"] }),
            json!({ "parse": [], "roles": ["1"] }),
            json!({ "parse": [], "users": "1" }),
            json!({ "parse": [], "replied_user": true }),
            json!({ "parse": [], "replied_user": "true" }),
        ] {
            assert!(refused(Carries::Message, json!({ "allowed_mentions": mentions })), "{mentions}");
        }
    }

    #[test]
    fn an_edit_without_text_needs_it_too() {
        assert!(refused(Carries::Message, json!({ "components": [] })));
    }

    #[test]
    fn the_message_inside_a_callback_or_a_post_is_found() {
        let unsafe_message = json!({ "content": "@everyone" });
        for kind in [json!(4), json!(7), json!("4"), json!(null)] {
            assert!(refused(Carries::Callback, json!({ "type": kind, "data": unsafe_message })), "{kind}");
        }
        for kind in [1, 5, 6, 8, 9] {
            assert!(
                !refused(Carries::Callback, json!({ "type": kind, "data": { "choices": [] } })),
                "{kind}"
            );
        }
        assert!(refused(Carries::Post, json!({ "name": "x", "message": unsafe_message })));
        assert!(!refused(Carries::Post, json!({ "name": "x", "type": 11 })));
        assert!(!refused(Carries::Nothing, unsafe_message));
    }

    #[test]
    fn the_words_of_other_services_are_always_refused() {
        let mut body = json!({ "text": "<!channel>", "allowed_mentions": { "parse": [] } });
        assert_eq!(Guard::Repair.check(Carries::Foreign, &mut body, true), Err(Unguarded));
    }

    #[test]
    fn a_server_may_allow_the_ping_of_a_reply() {
        let body = || json!({ "allowed_mentions": { "parse": [], "replied_user": true } });
        assert_eq!(Guard::Refuse.check(Carries::Message, &mut body(), true), Ok(Found::Safe));
        let mut repaired = json!({ "allowed_mentions": { "parse": ["users"], "replied_user": true } });
        assert_eq!(Guard::Repair.check(Carries::Message, &mut repaired, true), Ok(Found::Repaired));
        assert_eq!(repaired, body());
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let word = prop_oneof![Just("everyone"), Just("users"), Just("roles"), Just("1"), Just("@everyone")];
        let key = prop_oneof![
            Just("allowed_mentions"),
            Just("parse"),
            Just("users"),
            Just("roles"),
            Just("replied_user"),
            Just("content"),
            Just("data"),
            Just("message"),
            Just("type"),
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0..13_u64).prop_map(Value::from),
            word.prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 48, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map(key.clone().prop_map(str::to_owned), inner, 0..6)
                    .prop_map(Value::from_iter),
            ]
        })
    }

    /// Discord's reading of a message, written down on its own: whom could it ping?
    fn could_ping(message: &Value) -> bool {
        let Some(message) = message.as_object() else { return false };
        let silent = [json!({ "parse": [], "replied_user": false }), json!({ "parse": [] })];
        let Some(mentions) = message.get("allowed_mentions").and_then(Value::as_object) else { return true };
        let mut mentions = mentions.clone();
        mentions.retain(|key, value| {
            let is_known = ["parse", "users", "roles", "replied_user"].contains(&key.as_str());
            let is_nothing = value.is_null() || (key != "parse" && *value == json!([]));
            is_known && !is_nothing
        });
        !silent.contains(&Value::Object(mentions))
    }

    proptest! {
        #[test]
        fn after_a_repair_nothing_can_ping(body in any_json()) {
            for carries in [Carries::Message, Carries::Callback, Carries::Post] {
                let mut repaired = body.clone();
                Guard::Repair.check(carries, &mut repaired, false).unwrap();
                let message = match carries {
                    Carries::Callback if shows_no_message(&repaired) => &Value::Null,
                    Carries::Callback => &repaired["data"],
                    Carries::Post => &repaired["message"],
                    _ => &repaired,
                };
                prop_assert!(!could_ping(message), "{message}");
                prop_assert_eq!(Guard::Refuse.check(carries, &mut repaired, false), Ok(Found::Safe));
            }
        }
    }
}
