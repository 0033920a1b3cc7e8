//! serenity's side: to it this is Discord's gateway.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

use super::close::Departure;
use super::door::Passed;
use super::wire::{self, Envelope};

/// serenity's own heartbeats, which never leave this machine.
const INTERVAL_MS: u64 = 45_000;
/// serenity says who it is at once.
const PATIENCE: Duration = Duration::from_secs(15);

pub(super) struct Local {
    socket: WebSocketStream<TcpStream>,
}

/// What serenity wants.
#[derive(Debug)]
pub(super) enum Greeting {
    /// The content of its IDENTIFY.
    Identify(Value),
    /// The session that it had.
    Resume(String),
}

impl Local {
    /// `None`: it is not serenity, because it does not know the secret.
    pub(super) async fn accept(stream: TcpStream, secret: &str) -> Option<Self> {
        // Failing to switch off Nagle's delay costs milliseconds, never an event.
        let _ = stream.set_nodelay(true);
        let expected = format!("/{secret}");
        #[expect(clippy::result_large_err, reason = "the library's own type")]
        let check = |request: &Request, response: Response| {
            if request.uri().path() == expected { Ok(response) } else { Err(not_found()) }
        };
        let socket = timeout(PATIENCE, accept_hdr_async(stream, check)).await.ok()?.ok()?;
        Some(Self { socket })
    }

    pub(super) async fn greeting(&mut self) -> Option<Greeting> {
        self.say(wire::hello(INTERVAL_MS)).await?;
        timeout(PATIENCE, self.introduction()).await.ok()?
    }

    async fn introduction(&mut self) -> Option<Greeting> {
        #[derive(Deserialize)]
        struct Resume {
            session_id: String,
        }
        loop {
            let text = self.hear().await?;
            let envelope = Envelope::read(&text)?;
            match envelope.op {
                wire::HEARTBEAT => self.say(wire::ack()).await?,
                wire::IDENTIFY => return envelope.parse().map(Greeting::Identify),
                wire::RESUME => {
                    return envelope.parse::<Resume>().map(|said| Greeting::Resume(said.session_id));
                }
                _ => return None,
            }
        }
    }

    /// Asks serenity to begin anew.
    pub(super) async fn refuse(mut self) {
        let _ = self.say(wire::invalid_session()).await;
    }

    /// Passes events on and answers heartbeats until serenity leaves or nothing more comes.
    /// `delivered`: the number of the last event that has gone out.
    pub(super) async fn pump(
        mut self,
        mut events: mpsc::Receiver<Passed>,
        said: mpsc::Sender<String>,
        delivered: &AtomicU64,
    ) -> Departure {
        loop {
            tokio::select! {
                event = events.recv() => {
                    let Some(Passed { seq, text }) = event else { return Departure::Broken };
                    if self.say(text).await.is_none() {
                        return Departure::Broken;
                    }
                    delivered.store(seq, Ordering::Relaxed);
                }
                frame = self.socket.next() => match frame {
                    Some(Ok(Message::Text(text))) => {
                        if self.answer(text, &said).await.is_none() {
                            return Departure::Broken;
                        }
                    }
                    Some(Ok(Message::Close(Some(frame)))) if u16::from(frame.code) == super::link::GOODBYE => {
                        return Departure::ForGood;
                    }
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return Departure::Broken,
                    Some(Ok(_)) => {}
                },
            }
        }
    }

    async fn answer(&mut self, text: String, said: &mpsc::Sender<String>) -> Option<()> {
        match Envelope::read(&text)?.op {
            wire::HEARTBEAT => self.say(wire::ack()).await,
            // What does not fit is not worth a broken connection: Discord takes 120 a minute.
            wire::PRESENCE | wire::REQUEST_MEMBERS => {
                let _ = said.try_send(text);
                Some(())
            }
            _ => Some(()),
        }
    }

    async fn hear(&mut self) -> Option<String> {
        loop {
            match self.socket.next().await?.ok()? {
                Message::Text(text) => return Some(text),
                Message::Close(_) => return None,
                _ => {}
            }
        }
    }

    async fn say(&mut self, text: String) -> Option<()> {
        timeout(PATIENCE, self.socket.send(Message::Text(text))).await.ok()?.ok()
    }
}

fn not_found() -> ErrorResponse {
    let mut response = ErrorResponse::new(None);
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}
