//! The gateway between a Discord and a serenity that do what a test says.

use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, accept_async, connect_async};

use super::*;

#[test]
fn a_gateway_is_local_by_its_whole_host() {
    for local in ["ws://127.0.0.1:4000", "ws://127.0.0.1/?v=10", "ws://[::1]:4000/", "ws://localhost:1"] {
        assert!(is_local(local), "{local}");
    }
    for foreign in [
        "wss://gateway.discord.gg",
        "ws://127.0.0.1.example.com",
        "ws://localhost.example.com:80",
        "ws://localhost@example.com",
        "ws://localhost:80@example.com",
        "wss://127.0.0.1",
        "",
    ] {
        assert!(!is_local(foreign), "{foreign}");
    }
}

const PATIENCE: Duration = Duration::from_secs(30);
const TOKEN: &str = "a.token";

/// One end of a connection, in the hands of a test.
struct End<S> {
    socket: WebSocketStream<S>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> End<S> {
    async fn say(&mut self, payload: Value) {
        self.socket.send(Message::Text(payload.to_string())).await.unwrap();
    }

    /// The next payload. `None`: the connection has ended.
    async fn hear(&mut self) -> Option<Value> {
        match timeout(PATIENCE, self.socket.next()).await.expect("nothing is said") {
            Some(Ok(Message::Text(text))) => Some(serde_json::from_str(&text).unwrap()),
            _ => None,
        }
    }

    /// The next payload with this number.
    async fn op(&mut self, op: u8) -> Value {
        loop {
            let payload = self.hear().await.expect("the connection has ended");
            if payload["op"] == op {
                return payload;
            }
        }
    }

    async fn event(&mut self, name: &str) -> Value {
        loop {
            let event = self.op(wire::DISPATCH).await;
            if event["t"] == name {
                return event;
            }
        }
    }

    async fn tell(&mut self, seq: u64, name: &str, content: Value) {
        self.say(json!({ "op": 0, "s": seq, "t": name, "d": content })).await;
    }
}

/// A Discord that does what a test says, and a gateway in front of it.
struct Stage {
    far: TcpListener,
    gateway: Gateway,
    asked: Arc<AtomicU32>,
}

impl Stage {
    async fn open() -> Self {
        let far = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (url, asked) = (format!("ws://{}", far.local_addr().unwrap()), Arc::<AtomicU32>::default());
        let counting = Arc::clone(&asked);
        let may_start: MayStart = Arc::new(move |_| {
            counting.fetch_add(1, Ordering::Relaxed);
            let url = url.clone();
            Box::pin(async move { Permission::Granted { url } })
        });
        let pause = Duration::from_millis(1);
        let settings = Settings { pause, longest_pause: pause, ..Settings::default() };
        let parts = Parts { may_start, status: Status::default(), local: true };
        Self { far, gateway: Gateway::start(settings, parts).await.unwrap(), asked }
    }

    /// Discord takes a connection and greets.
    async fn called(&self, interval_ms: u64) -> End<TcpStream> {
        let (stream, _) = timeout(PATIENCE, self.far.accept()).await.expect("nobody calls").unwrap();
        let mut far = End { socket: accept_async(stream).await.unwrap() };
        far.say(json!({ "op": 10, "d": { "heartbeat_interval": interval_ms } })).await;
        far
    }

    /// serenity connects and says this.
    async fn near(&self, greeting: Value) -> End<MaybeTlsStream<TcpStream>> {
        let (socket, _) = connect_async(format!("{}?v=10", self.gateway.url())).await.unwrap();
        let mut near = End { socket };
        assert!(near.op(wire::HELLO).await["d"]["heartbeat_interval"].is_u64());
        near.say(greeting).await;
        near
    }

    /// Both ends of a shard whose session has begun.
    async fn begun(&self, interval_ms: u64) -> (End<MaybeTlsStream<TcpStream>>, End<TcpStream>) {
        let mut near =
            self.near(json!({ "op": 2, "d": { "token": TOKEN, "intents": 1, "shard": [0, 1] } })).await;
        let mut far = self.called(interval_ms).await;
        assert_eq!(far.op(wire::IDENTIFY).await["d"]["token"], TOKEN);
        let url = format!("ws://{}/again", self.far.local_addr().unwrap());
        let ready = json!({ "session_id": "s", "resume_gateway_url": url, "user": { "id": "42" },
            "application": { "id": "43" }, "guilds": [] });
        far.tell(1, "READY", ready).await;
        near.event("READY").await;
        (near, far)
    }
}

#[tokio::test]
async fn a_session_that_discord_never_takes_up_is_given_up() {
    let stage = Stage::open().await;
    let (_near, far) = stage.begun(60_000).await;
    drop(far);
    let mut tried = 0;
    loop {
        let mut far = stage.called(60_000).await;
        match far.hear().await.unwrap()["op"].as_u64() {
            Some(6) => tried += 1,
            op => break assert_eq!(op, Some(2)),
        }
    }
    assert!((1..=6).contains(&tried), "{tried} times");
    assert_eq!(stage.asked.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_permission_is_kept_until_a_session_is_begun_with_it() {
    let stage = Stage::open().await;
    let near = stage.near(json!({ "op": 2, "d": { "token": TOKEN, "shard": [0, 1] } }));
    let (_near, ()) = tokio::join!(near, async {
        for _ in 0..4 {
            // Somebody answers, and it is no gateway.
            drop(timeout(PATIENCE, stage.far.accept()).await.unwrap().unwrap());
        }
    });
    stage.called(60_000).await.op(wire::IDENTIFY).await;
    assert_eq!(stage.asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_beat_that_discord_asks_for_is_given() {
    let stage = Stage::open().await;
    let (_near, mut far) = stage.begun(3_600_000).await;
    far.say(json!({ "op": 1, "d": null })).await;
    assert_eq!(far.op(wire::HEARTBEAT).await["d"], 1);
}

#[tokio::test]
async fn who_does_not_know_the_secret_hears_nothing() {
    let stage = Stage::open().await;
    let url = stage.gateway.url();
    let guess = format!("{}/guess?v=10", url.rsplit_once('/').unwrap().0);
    assert!(connect_async(guess).await.is_err());
    let mut near =
        stage.near(json!({ "op": 6, "d": { "token": TOKEN, "session_id": "unknown", "seq": 9 } })).await;
    assert_eq!(near.op(wire::INVALID_SESSION).await["d"], false);
}

#[tokio::test]
async fn serenity_takes_up_its_session_and_hears_what_it_missed() {
    let stage = Stage::open().await;
    let (mut near, mut far) = stage.begun(60_000).await;
    far.tell(2, "MESSAGE_CREATE", json!({ "id": "7", "content": "first" })).await;
    near.event("MESSAGE_CREATE").await;
    drop(near);
    let left = timeout(PATIENCE, far.socket.next()).await.unwrap();
    let Some(Ok(Message::Close(Some(frame)))) = left else { panic!("{left:?}") };
    assert_ne!(u16::from(frame.code), 1000, "that would end the session");
    let mut near = stage.near(json!({ "op": 6, "d": { "token": TOKEN, "session_id": "s", "seq": 2 } })).await;
    let mut far = stage.called(60_000).await;
    let resume = far.op(wire::RESUME).await;
    assert_eq!((&resume["d"]["session_id"], &resume["d"]["seq"]), (&json!("s"), &json!(2)));
    far.tell(3, "MESSAGE_CREATE", json!({ "id": "8", "content": "second" })).await;
    far.tell(4, "RESUMED", json!({})).await;
    assert_eq!(near.event("MESSAGE_CREATE").await["d"]["content"], "second");
    near.event("RESUMED").await;
}

#[tokio::test]
async fn whoever_reads_slowly_loses_neither_the_connection_nor_an_event() {
    const EVENTS: u64 = 4_000;
    let stage = Stage::open().await;
    let (mut near, far) = stage.begun(200).await;
    let (mut speaks, mut hears) = far.socket.split();
    // Acknowledgements stand in line behind the events, as Discord's do.
    let (beat, mut beats) = tokio::sync::mpsc::unbounded_channel();
    let ack = || Message::Text(wire::ack());
    let speaking = async {
        for seq in 2..2 + EVENTS {
            while beats.try_recv().is_ok() {
                speaks.send(ack()).await.unwrap();
            }
            let content = json!({ "id": seq.to_string(), "content": "x".repeat(4_000) });
            let event = json!({ "op": 0, "s": seq, "t": "MESSAGE_CREATE", "d": content }).to_string();
            speaks.send(Message::Text(event)).await.unwrap();
        }
        while beats.recv().await.is_some() {
            speaks.send(ack()).await.unwrap();
        }
    };
    let hearing = async {
        // More beats than a connection outlives whose acknowledgements are missing.
        for _ in 0..6 {
            assert!(matches!(hears.next().await, Some(Ok(Message::Text(_)))));
            beat.send(()).unwrap();
        }
        for seq in 2..2 + EVENTS {
            assert_eq!(near.event("MESSAGE_CREATE").await["d"]["id"], seq.to_string());
        }
        drop(beat);
    };
    timeout(PATIENCE, async { tokio::join!(speaking, hearing) }).await.unwrap();
}
