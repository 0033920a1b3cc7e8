//! What a client says on the socket, and the codes that end it.

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes};
use serde::Deserialize;
use serde_json::{Value, json};

use super::intents::Intents;

/// The longest payload a client may send, in bytes.
pub(super) const LONGEST: usize = 4_096;

/// A payload of the client.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Said {
    Heartbeat,
    Identify(Box<Identify>),
    Resume(Resume),
    /// Understood and without effect: presence, voice, member lists.
    Ignored,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct Identify {
    pub(super) token: String,
    pub(super) intents: u64,
    pub(super) shard: Option<(u64, u64)>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct Resume {
    pub(super) token: String,
    pub(super) session_id: String,
    pub(super) seq: u64,
}

/// Why the emulator closes a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Close {
    UnknownOpcode,
    Undecodable,
    NotAuthenticated,
    AuthenticationFailed,
    AlreadyAuthenticated,
    InvalidSequence,
    RateLimited,
    InvalidShard,
    InvalidVersion,
    InvalidIntents,
    DisallowedIntents,
}

impl Close {
    const fn code_and_reason(self) -> (u16, &'static str) {
        match self {
            Self::UnknownOpcode => (4001, "Unknown opcode."),
            Self::Undecodable => (4002, "Error while decoding payload."),
            Self::NotAuthenticated => (4003, "Not authenticated."),
            Self::AuthenticationFailed => (4004, "Authentication failed."),
            Self::AlreadyAuthenticated => (4005, "Already authenticated."),
            Self::InvalidSequence => (4007, "Invalid seq."),
            Self::RateLimited => (4008, "Rate limited."),
            Self::InvalidShard => (4010, "Invalid shard."),
            Self::InvalidVersion => (4012, "Invalid API version."),
            Self::InvalidIntents => (4013, "Invalid intent(s)."),
            Self::DisallowedIntents => (4014, "Disallowed intent(s)."),
        }
    }

    pub(super) fn frame(self) -> Message {
        let (code, reason) = self.code_and_reason();
        Message::Close(Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) }))
    }
}

impl Said {
    /// # Errors
    /// The close code Discord answers a payload with that it cannot read.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Close> {
        #[derive(Deserialize)]
        struct Payload {
            op: u64,
            #[serde(default)]
            d: Value,
        }
        if bytes.len() > LONGEST {
            return Err(Close::Undecodable);
        }
        let payload: Payload = serde_json::from_slice(bytes).map_err(|_| Close::Undecodable)?;
        match payload.op {
            1 => Ok(Self::Heartbeat),
            2 => body(payload.d).map(|identify| Self::Identify(Box::new(identify))),
            6 => body(payload.d).map(Self::Resume),
            3 | 4 | 8 | 31 | 43 => Ok(Self::Ignored),
            _ => Err(Close::UnknownOpcode),
        }
    }
}

fn body<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, Close> {
    serde_json::from_value(value).map_err(|_| Close::Undecodable)
}

impl Identify {
    /// Checks everything but the token.
    pub(super) fn intents(&self, message_content: bool) -> Result<Intents, Close> {
        if self.shard.is_some_and(|(shard, count)| shard >= count) {
            return Err(Close::InvalidShard);
        }
        let intents = Intents::from_bits(self.intents).ok_or(Close::InvalidIntents)?;
        if intents.has(Intents::MESSAGE_CONTENT) && !message_content {
            return Err(Close::DisallowedIntents);
        }
        Ok(intents)
    }
}

pub(super) fn hello(heartbeat_ms: u64) -> Message {
    text(&json!({ "op": 10, "d": { "heartbeat_interval": heartbeat_ms }, "s": null, "t": null }))
}

pub(super) fn heartbeat_ack() -> Message {
    text(&json!({ "op": 11, "d": null, "s": null, "t": null }))
}

pub(super) fn invalid_session() -> Message {
    text(&json!({ "op": 9, "d": false, "s": null, "t": null }))
}

fn text(value: &Value) -> Message {
    Message::Text(value.to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_closes_with_discords_code() {
        assert_eq!(Said::read(b"{"), Err(Close::Undecodable));
        assert_eq!(Said::read(br#"{"op":2,"d":{}}"#), Err(Close::Undecodable));
        assert_eq!(Said::read(br#"{"op":99}"#), Err(Close::UnknownOpcode));
        assert_eq!(Said::read(&vec![b' '; LONGEST + 1]), Err(Close::Undecodable));
        assert_eq!(Said::read(br#"{"op":1,"d":null}"#), Ok(Said::Heartbeat));
    }

    #[test]
    fn intents_are_checked_against_the_portal() {
        let identify = |intents| Identify { token: String::new(), intents, shard: Some((0, 1)) };
        assert_eq!(identify(1 << 15).intents(false), Err(Close::DisallowedIntents));
        assert!(identify(1 << 15).intents(true).is_ok());
        assert_eq!(identify(1 << 18).intents(true), Err(Close::InvalidIntents));
        let beyond = Identify { shard: Some((1, 1)), ..identify(1) };
        assert_eq!(beyond.intents(true), Err(Close::InvalidShard));
    }
}
