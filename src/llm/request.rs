//! What is asked of a model, in words that no provider owns.

use std::fmt;
use std::ops::Range;

/// Who speaks in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    System,
    User,
    Assistant,
}

/// One message of a prompt. Not for a log, so it has no debug form.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    pub role: Role,
    pub content: String,
    /// Pictures that belong to it. A model that takes none is told their names.
    pub images: Vec<Image>,
}

/// A picture.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    /// What a model that cannot see it is told.
    pub name: String,
    /// An `https` or `data` URL.
    pub url: String,
}

/// One reply to be written. Sampling values that are absent are not sent.
#[derive(Clone, Default)]
pub struct Request {
    pub messages: Vec<Message>,
    /// Those of `messages` that may be left out, the first ones first, when all of it is too long for a model.
    pub history: Range<usize>,
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
        Self { role, content: content.into(), images: Vec::new() }
    }
}

/// Without text: it may not reach a log.
impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.messages.len();
        formatter
            .debug_struct("Request")
            .field("messages", &count)
            .field("models", &self.models)
            .finish_non_exhaustive()
    }
}

/// How much a prompt is, whoever counts its tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) bytes: u64,
    /// Of its bytes, those of characters that are neither letters nor blanks: each can be a token.
    pub(super) dense: u64,
    pub(super) characters: u64,
    pub(super) messages: u64,
    pub(super) images: u64,
}

impl Request {
    /// Its messages without the older part of its history: half of it for each `halving`.
    pub(super) fn kept(&self, halvings: u32) -> impl Iterator<Item = &Message> {
        let left_out = self.left_out(halvings);
        let kept = move |index: &usize| !left_out.contains(index);
        self.messages.iter().enumerate().filter(move |(index, _)| kept(index)).map(|(_, message)| message)
    }

    fn left_out(&self, halvings: u32) -> Range<usize> {
        let end = self.history.end.min(self.messages.len());
        let start = self.history.start.min(end);
        let length = end - start;
        let kept = length.checked_shr(halvings).unwrap_or(0);
        start..start + (length - kept)
    }

    /// Whether another halving would leave anything more out.
    pub(super) fn can_halve(&self, halvings: u32) -> bool {
        self.left_out(halvings + 1).len() > self.left_out(halvings).len()
    }

    pub(super) fn size(&self, halvings: u32) -> Size {
        self.kept(halvings).fold(Size::default(), |size, message| Size {
            bytes: size.bytes + message.content.len() as u64,
            dense: size.dense + dense(&message.content),
            characters: size.characters + message.content.chars().count() as u64,
            messages: size.messages + 1,
            images: size.images + message.images.len() as u64,
        })
    }
}

fn dense(text: &str) -> u64 {
    let is_dense = |c: &char| !c.is_alphabetic() && !c.is_whitespace();
    text.chars().filter(is_dense).map(|c| c.len_utf8() as u64).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(history: Range<usize>, count: usize) -> Request {
        let messages = (0..count).map(|index| Message::new(Role::User, index.to_string())).collect();
        Request { messages, history, ..Request::default() }
    }

    fn kept(request: &Request, halvings: u32) -> Vec<&str> {
        request.kept(halvings).map(|message| message.content.as_str()).collect()
    }

    #[test]
    fn the_older_half_of_the_history_goes_first() {
        let request = request(1..6, 7);
        assert_eq!(kept(&request, 0), ["0", "1", "2", "3", "4", "5", "6"]);
        assert_eq!(kept(&request, 1), ["0", "4", "5", "6"]);
        assert_eq!(kept(&request, 2), ["0", "5", "6"]);
        assert_eq!(kept(&request, 3), ["0", "6"]);
        assert_eq!(kept(&request, 99), ["0", "6"]);
        assert!(request.can_halve(2) && !request.can_halve(3));
    }

    #[test]
    fn a_request_without_history_stays_whole() {
        for history in [0..0, 9..12, 2..2] {
            let request = request(history, 3);
            assert_eq!(kept(&request, 5).len(), 3);
            assert!(!request.can_halve(0));
        }
    }
}
