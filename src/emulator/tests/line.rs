//! A bare gateway client: it says what a test tells it to, and shows every payload.

use std::io::Read;

use flate2::read::ZlibDecoder;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::emulator::Emulator;

/// All intents that need no permission.
pub(super) const INTENTS: u64 = 1 | 1 << 9 | 1 << 11 | 1 << 12 | 1 << 15;

/// A connection to the gateway.
pub(super) struct Line {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The number of the latest event.
    pub(super) seq: u64,
    pub(super) session: String,
    pub(super) resume_url: String,
    /// Payloads that came as zlib streams.
    pub(super) packed: usize,
}

impl Line {
    /// A connection that has heard HELLO.
    pub(super) async fn dial(url: &str) -> Self {
        let (socket, _) = connect_async(format!("{url}/?v=10&encoding=json")).await.unwrap();
        let mut line = Self { socket, seq: 0, session: String::new(), resume_url: String::new(), packed: 0 };
        assert_eq!(line.next().await["op"], 10);
        line
    }

    /// A connection whose session has begun and knows its guilds.
    pub(super) async fn ready(emulator: &Emulator) -> Self {
        Self::ready_as(emulator, json!([0, 1])).await
    }

    pub(super) async fn ready_as(emulator: &Emulator, shard: Value) -> Self {
        let mut line = Self::dial(&emulator.gateway_url()).await;
        line.identify(shard).await;
        let ready = line.event("READY").await;
        for _ in ready["guilds"].as_array().unwrap() {
            line.event("GUILD_CREATE").await;
        }
        line
    }

    pub(super) async fn identify(&mut self, shard: Value) {
        self.identify_with(json!({ "shard": shard })).await;
    }

    pub(super) async fn identify_with(&mut self, more: Value) {
        let mut body = json!({ "token": "emulator.dummy.token", "intents": INTENTS, "properties": {} });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.say(json!({ "op": 2, "d": body })).await;
    }

    /// Takes the session of `lost` up on this connection.
    pub(super) async fn resume(&mut self, lost: &Self) {
        let body = json!({ "token": "emulator.dummy.token", "session_id": lost.session, "seq": lost.seq });
        self.say(json!({ "op": 6, "d": body })).await;
    }

    pub(super) async fn say(&mut self, payload: Value) {
        self.socket.send(Message::text(payload.to_string())).await.unwrap();
    }

    /// The next payload.
    pub(super) async fn next(&mut self) -> Value {
        let payload: Value = match self.socket.next().await.unwrap().unwrap() {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            Message::Binary(bytes) => {
                let mut text = String::new();
                ZlibDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
                self.packed += 1;
                serde_json::from_str(&text).unwrap()
            }
            other => panic!("{other:?}"),
        };
        self.seq = payload["s"].as_u64().unwrap_or(self.seq);
        if payload["t"] == "READY" {
            self.session = payload["d"]["session_id"].as_str().unwrap().to_owned();
            self.resume_url = payload["d"]["resume_gateway_url"].as_str().unwrap().to_owned();
        }
        payload
    }

    /// The body of the next payload, which must be this event.
    pub(super) async fn event(&mut self, name: &str) -> Value {
        let payload = self.next().await;
        assert_eq!(payload["t"], name, "{payload}");
        payload["d"].clone()
    }

    /// Texts of the next messages.
    pub(super) async fn texts(&mut self, count: usize) -> Vec<String> {
        let mut texts = Vec::new();
        for _ in 0..count {
            texts.push(self.event("MESSAGE_CREATE").await["content"].as_str().unwrap().to_owned());
        }
        texts
    }

    /// The code the connection is closed with; None when it breaks without one.
    pub(super) async fn closed(&mut self) -> Option<u16> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code.into()),
                Some(Ok(Message::Text(_) | Message::Binary(_))) => {}
                _ => return None,
            }
        }
    }

    /// A heartbeat is answered, and nothing came before the answer.
    pub(super) async fn beats(&mut self) {
        self.say(json!({ "op": 1, "d": self.seq })).await;
        assert_eq!(self.next().await["op"], 11);
    }
}
