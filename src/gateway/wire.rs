//! What is said on the gateway: the envelope of every payload, and the payloads that are ours.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::session::Session;
use crate::ids::{ApplicationId, GuildId, UserId};

pub(super) const DISPATCH: u8 = 0;
pub(super) const HEARTBEAT: u8 = 1;
pub(super) const IDENTIFY: u8 = 2;
pub(super) const PRESENCE: u8 = 3;
pub(super) const RESUME: u8 = 6;
pub(super) const RECONNECT: u8 = 7;
pub(super) const REQUEST_MEMBERS: u8 = 8;
pub(super) const INVALID_SESSION: u8 = 9;
pub(super) const HELLO: u8 = 10;
pub(super) const ACK: u8 = 11;

/// A payload whose content nobody has looked at.
#[derive(Debug, Deserialize)]
pub(super) struct Envelope<'a> {
    pub(super) op: u8,
    #[serde(default)]
    pub(super) s: Option<u64>,
    #[serde(default, borrow)]
    pub(super) t: Option<&'a str>,
    #[serde(default, borrow)]
    d: Option<&'a RawValue>,
}

/// The content of READY, as far as it matters here.
#[derive(Debug, Deserialize)]
pub(super) struct Ready {
    pub(super) session_id: String,
    pub(super) resume_gateway_url: Option<String>,
    pub(super) user: User,
    pub(super) application: Application,
    #[serde(default)]
    pub(super) guilds: Vec<Guild>,
}

#[derive(Debug, Deserialize)]
pub(super) struct User {
    pub(super) id: UserId,
}

#[derive(Debug, Deserialize)]
pub(super) struct Application {
    pub(super) id: ApplicationId,
}

#[derive(Debug, Deserialize)]
pub(super) struct Guild {
    pub(super) id: GuildId,
}

impl<'a> Envelope<'a> {
    /// `None`: this is no payload of the gateway.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The content as it came.
    pub(super) fn content(&self) -> &'a str {
        self.d.map_or("null", RawValue::get)
    }

    pub(super) fn parse<T: Deserialize<'a>>(&self) -> Option<T> {
        serde_json::from_str(self.content()).ok()
    }
}

pub(super) fn dispatch(name: &str, seq: u64, content: &str) -> String {
    format!(r#"{{"op":0,"t":"{name}","s":{seq},"d":{content}}}"#)
}

pub(super) fn hello(interval_ms: u64) -> String {
    format!(r#"{{"op":{HELLO},"d":{{"heartbeat_interval":{interval_ms}}}}}"#)
}

pub(super) fn ack() -> String {
    format!(r#"{{"op":{ACK},"d":null}}"#)
}

pub(super) fn invalid_session() -> String {
    format!(r#"{{"op":{INVALID_SESSION},"d":false}}"#)
}

/// `seq`: of the last event, if there was one.
pub(super) fn heartbeat(seq: Option<u64>) -> String {
    json!({ "op": HEARTBEAT, "d": seq }).to_string()
}

pub(super) fn identify(content: &Value) -> String {
    json!({ "op": IDENTIFY, "d": content }).to_string()
}

pub(super) fn resume(session: &Session, token: &str) -> String {
    json!({ "op": RESUME, "d": { "token": token, "session_id": session.id, "seq": session.seq } }).to_string()
}

/// Asks for one member: ourselves. That needs no privileged intent.
pub(super) fn probe(guild: GuildId, me: UserId) -> String {
    let content = json!({ "guild_id": guild, "user_ids": [me], "limit": 1, "nonce": "alive" });
    json!({ "op": REQUEST_MEMBERS, "d": content }).to_string()
}

/// How fast Discord wants the heart to beat, in milliseconds.
pub(super) fn interval_of(content: &Envelope<'_>) -> Option<u64> {
    #[derive(Deserialize)]
    struct Hello {
        heartbeat_interval: u64,
    }
    content.parse::<Hello>().map(|hello| hello.heartbeat_interval)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_read_without_its_content() {
        let text = r#"{"t":"MESSAGE_CREATE","s":7,"op":0,"d":{"id":"1","content":"{\"op\":9}"}}"#;
        let envelope = Envelope::read(text).unwrap();
        assert_eq!((envelope.op, envelope.s, envelope.t), (DISPATCH, Some(7), Some("MESSAGE_CREATE")));
        assert_eq!(dispatch("MESSAGE_CREATE", 1, envelope.content()).matches("MESSAGE_CREATE").count(), 1);
        let ack = Envelope::read(r#"{"op":11,"d":null,"s":null,"t":null}"#).unwrap();
        assert_eq!((ack.op, ack.content()), (ACK, "null"));
        assert!(Envelope::read("{").is_none());
    }

    #[test]
    fn a_greeting_says_how_fast_to_beat() {
        let hello = hello(41_250);
        assert_eq!(interval_of(&Envelope::read(&hello).unwrap()), Some(41_250));
    }
}
