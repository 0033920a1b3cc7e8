//! What a client says on the socket, and the codes that end it.

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes};
use serde::Deserialize;
use serde_json::{Value, json};

use super::intents::Intents;
use super::shard::Shard;
use crate::ids::{GuildId, UserId};

/// The longest payload a client may send, in bytes.
pub(super) const LONGEST: usize = 4_096;

/// A payload of the client.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Said {
    Heartbeat,
    Identify(Box<Identify>),
    Resume(Resume),
    Members(Box<MembersWanted>),
    /// Understood and without effect: presence, voice.
    Ignored,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct Identify {
    pub(super) token: String,
    pub(super) intents: u64,
    pub(super) shard: Option<(u64, u64)>,
    /// Large payloads may come as zlib streams.
    #[serde(default)]
    pub(super) compress: bool,
}

/// Members of a guild that the client asks for.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct MembersWanted {
    pub(super) guild_id: GuildId,
    pub(super) user_ids: Option<OneOrMany>,
    /// How the names begin.
    pub(super) query: Option<String>,
    #[serde(default)]
    pub(super) limit: usize,
    pub(super) nonce: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    One(UserId),
    Many(Vec<UserId>),
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
    ShardingRequired,
    InvalidVersion,
    InvalidIntents,
    DisallowedIntents,
}

impl Close {
    pub(super) const fn code_and_reason(self) -> (u16, &'static str) {
        match self {
            Self::UnknownOpcode => (4001, "Unknown opcode."),
            Self::Undecodable => (4002, "Error while decoding payload."),
            Self::NotAuthenticated => (4003, "Not authenticated."),
            Self::AuthenticationFailed => (4004, "Authentication failed."),
            Self::AlreadyAuthenticated => (4005, "Already authenticated."),
            Self::InvalidSequence => (4007, "Invalid seq."),
            Self::RateLimited => (4008, "Rate limited."),
            Self::InvalidShard => (4010, "Invalid shard."),
            Self::ShardingRequired => (4011, "Sharding required."),
            Self::InvalidVersion => (4012, "Invalid API version."),
            Self::InvalidIntents => (4013, "Invalid intent(s)."),
            Self::DisallowedIntents => (4014, "Disallowed intent(s)."),
        }
    }
}

pub(super) fn close(code: u16, reason: &'static str) -> Message {
    Message::Close(Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) }))
}

/// Whether the client must begin a new session after a close with this code, if it may come back at all.
pub(super) const fn ends_session(code: u16) -> bool {
    matches!(code, 4004 | 4007 | 4009 | 4010..=4014)
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
            8 => body(payload.d).map(|wanted| Self::Members(Box::new(wanted))),
            3 | 4 | 31 | 43 => Ok(Self::Ignored),
            _ => Err(Close::UnknownOpcode),
        }
    }
}

fn body<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, Close> {
    serde_json::from_value(value).map_err(|_| Close::Undecodable)
}

impl Identify {
    /// # Errors
    /// When Discord would not have these intents.
    pub(super) fn intents(&self, message_content: bool) -> Result<Intents, Close> {
        let intents = Intents::from_bits(self.intents).ok_or(Close::InvalidIntents)?;
        if intents.has(Intents::MESSAGE_CONTENT) && !message_content {
            return Err(Close::DisallowedIntents);
        }
        Ok(intents)
    }

    /// # Errors
    /// When there can be no such shard.
    pub(super) fn shard(&self) -> Result<Shard, Close> {
        self.shard.map_or(Ok(Shard::WHOLE), |shard| Shard::of(shard).ok_or(Close::InvalidShard))
    }
}

pub(super) fn hello(heartbeat_ms: u64) -> Message {
    text(&json!({ "op": 10, "d": { "heartbeat_interval": heartbeat_ms }, "s": null, "t": null }))
}

pub(super) fn heartbeat_ack() -> Message {
    text(&json!({ "op": 11, "d": null, "s": null, "t": null }))
}

pub(super) fn invalid_session(resumable: bool) -> Message {
    text(&json!({ "op": 9, "d": resumable, "s": null, "t": null }))
}

pub(super) fn reconnect() -> Message {
    text(&json!({ "op": 7, "d": null, "s": null, "t": null }))
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
        let identify =
            |intents| Identify { token: String::new(), intents, shard: Some((0, 1)), compress: false };
        assert_eq!(identify(1 << 15).intents(false), Err(Close::DisallowedIntents));
        assert!(identify(1 << 15).intents(true).is_ok());
        assert_eq!(identify(1 << 18).intents(true), Err(Close::InvalidIntents));
        let beyond = Identify { shard: Some((1, 1)), ..identify(1) };
        assert_eq!(beyond.shard(), Err(Close::InvalidShard));
    }
}
