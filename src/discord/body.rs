//! Bodies of hot calls. Every one that creates or edits a message allows no mention at all.

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::ids::{MessageId, PersonaId, TurnId};

/// Only the asker sees the message.
const EPHEMERAL: u64 = 1 << 6;

/// Links in a reply unfold no previews.
const SUPPRESS_EMBEDS: u64 = 1 << 2;

/// The longest nonce that Discord takes.
const NONCE_LIMIT: usize = 25;

/// A message to create or the new state of one to edit.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Body {
    content: String,
    allowed_mentions: AllowedMentions,
    /// Always present: an edit without it would leave old buttons under the new text.
    components: Vec<ActionRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flags: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enforce_nonce: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_reference: Option<MessageReference>,
    /// Files that stay. An edit that does not say leaves all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    attachments: Option<[(); 0]>,
}

#[derive(Clone, Debug, Serialize)]
struct AllowedMentions {
    parse: [&'static str; 0],
    replied_user: bool,
}

#[derive(Clone, Debug, Serialize)]
struct MessageReference {
    message_id: MessageId,
    fail_if_not_exists: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct ActionRow {
    #[serde(rename = "type")]
    kind: u8,
    components: Vec<Button>,
}

/// A button under a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Button {
    #[serde(rename = "type")]
    kind: u8,
    style: u8,
    label: String,
    custom_id: String,
}

impl Button {
    /// Asks for the same turn again.
    pub(crate) fn retry(turn: TurnId) -> Self {
        Self { kind: 2, style: 2, label: "Try again".to_owned(), custom_id: format!("v1:retry:{turn}") }
    }

    /// Ends the answer that grows above it.
    pub(crate) fn stop(turn: TurnId) -> Self {
        Self { kind: 2, style: 2, label: "Stop".to_owned(), custom_id: format!("v1:stop:{turn}") }
    }

    /// One that an earlier run of the process has put there.
    pub(crate) fn found(custom_id: &str) -> Self {
        Self { kind: 2, style: 2, label: String::new(), custom_id: custom_id.to_owned() }
    }

    pub(crate) fn custom_id(&self) -> &str {
        &self.custom_id
    }
}

impl Body {
    pub(crate) fn new(content: impl Into<String>) -> Self {
        Self {
            content: content.into(),
            allowed_mentions: AllowedMentions { parse: [], replied_user: false },
            components: Vec::new(),
            flags: None,
            nonce: None,
            enforce_nonce: None,
            message_reference: None,
            attachments: None,
        }
    }

    /// Answers another message. When that one is gone, this becomes an ordinary message.
    pub(crate) fn replying_to(self, message: MessageId) -> Self {
        let message_reference = Some(MessageReference { message_id: message, fail_if_not_exists: false });
        Self { message_reference, ..self }
    }

    /// Discord answers a second creation with the same nonce with the first message.
    pub(crate) fn once(self, nonce: String) -> Self {
        Self { nonce: Some(nonce), enforce_nonce: Some(true), ..self }
    }

    pub(crate) fn saying(self, content: String) -> Self {
        Self { content, ..self }
    }

    pub(crate) fn with_button(self, button: Option<Button>) -> Self {
        let row = |button| ActionRow { kind: 1, components: vec![button] };
        Self { components: button.map(row).into_iter().collect(), ..self }
    }

    /// Links in it unfold nothing. An edit that does not say so leaves that as it is.
    pub(crate) fn without_previews(self) -> Self {
        Self { flags: Some(SUPPRESS_EMBEDS), ..self }
    }

    /// An edit takes away the files that an earlier one has brought.
    pub(crate) fn without_files(self) -> Self {
        Self { attachments: Some([]), ..self }
    }

    /// For the asker alone, from its creation on.
    pub(crate) fn ephemeral(self) -> Self {
        Self { flags: Some(EPHEMERAL | SUPPRESS_EMBEDS), ..self }
    }
}

/// The nonce of one part of an answer: two processes that answer the same message collapse into one.
pub(crate) fn nonce(trigger: MessageId, persona: &PersonaId, part: usize) -> String {
    let digest = Sha256::digest(persona.as_str().as_bytes());
    let nonce = format!(
        "{}-{:02x}{:02x}{:02x}-{}",
        base36(trigger.get()),
        digest[0],
        digest[1],
        digest[2],
        base36(part as u64)
    );
    debug_assert!(nonce.len() <= NONCE_LIMIT, "{nonce}");
    nonce
}

/// A number in digits and lower-case letters.
pub(crate) fn base36(mut number: u64) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut digits = Vec::new();
    loop {
        digits.push(char::from(DIGITS[(number % 36) as usize]));
        number /= 36;
        if number == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}

/// The first answer to an interaction.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Callback {
    #[serde(rename = "type")]
    kind: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<CallbackData>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum CallbackData {
    Flags { flags: u64 },
    Message(Box<Body>),
}

impl Callback {
    /// An answer follows within 15 minutes; Discord shows that the bot is thinking.
    pub(crate) fn thinking(ephemeral: bool) -> Self {
        Self { kind: 5, data: ephemeral.then_some(CallbackData::Flags { flags: EPHEMERAL }) }
    }

    /// The message under the button changes soon; Discord shows nothing.
    pub(crate) fn updating() -> Self {
        Self { kind: 6, data: None }
    }

    /// A message for the asker alone.
    pub(crate) fn whisper(content: &str) -> Self {
        Self { kind: 4, data: Some(CallbackData::Message(Box::new(Body::new(content).ephemeral()))) }
    }

    /// The message under the button becomes this one.
    pub(crate) fn replacing(body: Body) -> Self {
        Self { kind: 7, data: Some(CallbackData::Message(Box::new(body))) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn every_body_forbids_mentions() {
        let forbidden = json!({"parse": [], "replied_user": false});
        let body = serde_json::to_value(Body::new("@everyone").replying_to(MessageId::new(1))).unwrap();
        assert_eq!(body["allowed_mentions"], forbidden);
        for callback in [Callback::whisper("hi"), Callback::replacing(Body::new("hi"))] {
            let body = serde_json::to_value(callback).unwrap();
            assert_eq!(body["data"]["allowed_mentions"], forbidden);
        }
        assert_eq!(serde_json::to_value(Callback::updating()).unwrap()["data"], Value::Null);
    }

    #[test]
    fn nonces_fit_and_tell_parts_and_personas_apart() {
        let (ada, bob) = (PersonaId::parse("ada").unwrap(), PersonaId::parse("bob").unwrap());
        let latest = MessageId::new(u64::MAX);
        assert!(nonce(latest, &ada, 99).len() <= NONCE_LIMIT);
        assert_eq!(nonce(latest, &ada, 0), nonce(latest, &ada, 0));
        assert_ne!(nonce(latest, &ada, 0), nonce(latest, &ada, 1));
        assert_ne!(nonce(latest, &ada, 0), nonce(latest, &bob, 0));
    }
}
