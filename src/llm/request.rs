//! What is asked of a model, in words that no provider owns.

use serde::Serialize;

/// Who speaks in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    System,
    User,
    Assistant,
}

/// One message of a prompt.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    pub role: Role,
    pub content: String,
    /// Sent as the message's `name`; most providers set it before the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// One reply to be written. Sampling values that are absent are not sent.
#[derive(Clone, Default)]
pub struct Request {
    pub messages: Vec<Message>,
    /// Models to ask, the first choice first. Empty: those of the settings.
    pub models: Vec<String>,
    /// `None`: that of the settings.
    pub max_tokens: Option<u32>,
    pub temperature: Option<f64>,
    pub top_p: Option<f64>,
    /// A keyed hash of the asking person, never an id: it lets a provider block one person instead of the account.
    pub user: Option<String>,
    /// A keyed hash of the conversation: keeps it with one provider, whose cache then helps.
    pub session: Option<String>,
}

impl Message {
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Self { role, content: content.into(), name: None }
    }
}
