//! One connection of the bot.

use axum::extract::ws::{Message, WebSocket};
use serde_json::json;
use tracing::debug;

use super::dispatch::dispatch;
use super::frame::{self, Close, Identify, Resume, Said};
use super::session::{Delivery, Hold, NotResumed};
use crate::emulator::Emulator;
use crate::emulator::clock::whole_ms;
use crate::emulator::event::Change;
use crate::emulator::state::State;
use crate::emulator::wire;

/// Payloads a client may send in a minute.
const MOST_PER_MINUTE: u32 = 120;
const MINUTE_MS: u64 = 60_000;

/// How a connection ended.
enum End {
    /// We close it, with a code.
    Closed(Close),
    /// The client closed it and gave up its session.
    Left,
    /// It broke, or was taken away.
    Lost,
}

/// A connection: who it is, how far it has read, and how much it has said.
struct Connection {
    emulator: Emulator,
    hold: Option<Hold>,
    sent: u64,
    said: u32,
    minute_ends_at: u64,
}

/// Serves a connection to its end.
pub(in crate::emulator) async fn serve(emulator: Emulator, mut socket: WebSocket, valid_version: bool) {
    let mut connection = Connection { emulator, hold: None, sent: 0, said: 0, minute_ends_at: 0 };
    let end =
        if valid_version { connection.run(&mut socket).await } else { End::Closed(Close::InvalidVersion) };
    connection.leave(&end);
    if let End::Closed(close) = end {
        debug!(close = ?close, "the emulator closes a gateway connection");
        // The client may be gone already.
        let _ = socket.send(close.frame()).await;
    }
}

impl Connection {
    async fn run(&mut self, socket: &mut WebSocket) -> End {
        let heartbeat = whole_ms(self.emulator.settings().heartbeat);
        if socket.send(frame::hello(heartbeat)).await.is_err() {
            return End::Lost;
        }
        let stop = self.emulator.shutdown().begun();
        tokio::pin!(stop);
        loop {
            let step = tokio::select! {
                () = &mut stop => Err(End::Lost),
                () = woken(self.hold.as_ref()) => self.send_events(socket).await,
                received = socket.recv() => self.hear(socket, received).await,
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn send_events(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        let Some(hold) = &self.hold else { return Ok(()) };
        match self.emulator.act(|state| state.sessions.read(hold, self.sent)) {
            Delivery::Lost => Err(End::Lost),
            Delivery::Send(payloads, seq) => {
                self.sent = seq;
                for payload in payloads {
                    socket.send(Message::Text(payload)).await.map_err(|_| End::Lost)?;
                }
                Ok(())
            }
        }
    }

    async fn hear(
        &mut self,
        socket: &mut WebSocket,
        received: Option<Result<Message, axum::Error>>,
    ) -> Result<(), End> {
        let said = match received {
            Some(Ok(Message::Text(text))) => Said::read(text.as_bytes()),
            Some(Ok(Message::Binary(bytes))) => Said::read(&bytes),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Ok(()),
            Some(Ok(Message::Close(Some(close)))) if matches!(close.code, 1000 | 1001) => {
                return Err(End::Left);
            }
            Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(End::Lost),
        };
        self.count_payload().map_err(End::Closed)?;
        match said.map_err(End::Closed)? {
            Said::Heartbeat => socket.send(frame::heartbeat_ack()).await.map_err(|_| End::Lost),
            Said::Identify(identify) => self.identify(&identify).map_err(End::Closed),
            Said::Resume(resume) => self.resume(socket, &resume).await,
            Said::Ignored if self.hold.is_some() => Ok(()),
            Said::Ignored => Err(End::Closed(Close::NotAuthenticated)),
        }
    }

    fn identify(&mut self, identify: &Identify) -> Result<(), Close> {
        self.check_token(&identify.token)?;
        let intents = identify.intents(self.emulator.settings().message_content)?;
        let origin = self.emulator.gateway_url();
        let hold = self.emulator.act(|state| {
            let id = format!("{:032x}", rand::random::<u128>());
            let hold = state.sessions.begin(id, intents);
            greet(state, &hold, &origin, identify.shard);
            hold
        });
        hold.wake.notify_one();
        self.hold = Some(hold);
        self.emulator.tell(Change::BotConnected);
        Ok(())
    }

    async fn resume(&mut self, socket: &mut WebSocket, resume: &Resume) -> Result<(), End> {
        self.check_token(&resume.token).map_err(End::Closed)?;
        let hold = self.emulator.act(|state| {
            let hold = state.sessions.resume(&resume.session_id, resume.seq)?;
            if let Some(session) = state.sessions.find_mut(&hold.session) {
                dispatch(session, "RESUMED", &json!({ "_trace": [] }));
            }
            Ok(hold)
        });
        match hold {
            Ok(hold) => {
                hold.wake.notify_one();
                self.hold = Some(hold);
                self.sent = resume.seq;
                self.emulator.tell(Change::BotResumed);
                Ok(())
            }
            Err(NotResumed::FromTheFuture) => Err(End::Closed(Close::InvalidSequence)),
            Err(NotResumed::Unknown) => socket.send(frame::invalid_session()).await.map_err(|_| End::Lost),
        }
    }

    fn check_token(&self, token: &str) -> Result<(), Close> {
        if self.hold.is_some() {
            return Err(Close::AlreadyAuthenticated);
        }
        let bare = token.strip_prefix("Bot ").unwrap_or(token);
        if bare == self.emulator.settings().token { Ok(()) } else { Err(Close::AuthenticationFailed) }
    }

    fn count_payload(&mut self) -> Result<(), Close> {
        let now = self.emulator.read(State::now);
        if now >= self.minute_ends_at {
            (self.said, self.minute_ends_at) = (0, now + MINUTE_MS);
        }
        self.said += 1;
        if self.said > MOST_PER_MINUTE { Err(Close::RateLimited) } else { Ok(()) }
    }

    fn leave(&self, end: &End) {
        let Some(hold) = &self.hold else { return };
        let for_good = !matches!(end, End::Lost);
        if self.emulator.act(|state| state.sessions.release(hold, for_good)) {
            self.emulator.tell(Change::BotDisconnected);
        }
    }
}

async fn woken(hold: Option<&Hold>) {
    match hold {
        Some(hold) => hold.wake.notified().await,
        None => std::future::pending().await,
    }
}

/// READY, then the guilds.
fn greet(state: &mut State, hold: &Hold, origin: &str, shard: Option<(u64, u64)>) {
    let (number, count) = shard.unwrap_or((0, 1));
    let mine = |guild: &&crate::emulator::world::Guild| (guild.id.get() >> 22) % count == number;
    let guilds: Vec<_> = state.world.guilds.iter().filter(mine).collect();
    let unavailable: Vec<_> =
        guilds.iter().map(|guild| json!({ "id": guild.id, "unavailable": true })).collect();
    let full: Vec<_> = guilds.iter().map(|guild| wire::full_guild(state, guild)).collect();
    let ready = json!({
        "v": 10,
        "user": wire::own_user(&state.world),
        "guilds": unavailable,
        "session_id": hold.session,
        "resume_gateway_url": origin,
        "shard": [number, count],
        "application": { "id": state.world.application, "flags": 0 },
        "private_channels": [],
        "session_type": "normal",
        "_trace": [],
    });
    let Some(session) = state.sessions.find_mut(&hold.session) else { return };
    dispatch(session, "READY", &ready);
    if session.intents.has(super::intents::Intents::GUILDS) {
        for guild in &full {
            dispatch(session, "GUILD_CREATE", guild);
        }
    }
}
