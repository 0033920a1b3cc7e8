//! One connection of the bot.

use axum::extract::ws::{Message, WebSocket};
use futures_util::SinkExt;
use serde_json::json;
use tokio::time::Instant;
use tracing::debug;

use super::frame::{self, Close, Identify, MembersWanted, Resume, Said};
use super::identify::{self, Beginning};
use super::lines::{Errand, Line};
use super::members;
use super::session::Delivery;
use super::sessions::{Hold, NotResumed};
use crate::emulator::Emulator;
use crate::emulator::clock::whole_ms;
use crate::emulator::event::Change;
use crate::emulator::state::State;

/// Payloads a client may send in a minute.
const MOST_PER_MINUTE: u32 = 120;
const MINUTE_MS: u64 = 60_000;

/// How a client came in.
#[derive(Clone, Copy, Debug)]
pub(in crate::emulator) struct Dialled {
    pub(in crate::emulator) valid_version: bool,
    /// Where sessions are taken up again.
    pub(in crate::emulator) to_resume: bool,
}

/// How a connection ended.
enum End {
    /// We close it, with a code and what it means.
    Closed(u16, &'static str),
    /// The client closed it and gave up its session.
    Left,
    /// It broke, or was taken away.
    Lost,
}

/// A connection: who it is, how far it has read, and how much it has said.
struct Connection {
    emulator: Emulator,
    line: Line,
    to_resume: bool,
    hold: Option<Hold>,
    sent: u64,
    said: u32,
    minute_ends_at: u64,
    /// When a client must have gone that was asked to.
    leave_by: Option<Instant>,
}

impl From<Close> for End {
    fn from(close: Close) -> Self {
        let (code, reason) = close.code_and_reason();
        Self::Closed(code, reason)
    }
}

/// Serves a connection to its end.
pub(in crate::emulator) async fn serve(emulator: Emulator, mut socket: WebSocket, dialled: Dialled) {
    let line = emulator.act(|state| state.sessions.lines.open());
    let mut connection = Connection {
        emulator,
        line,
        to_resume: dialled.to_resume,
        hold: None,
        sent: 0,
        said: 0,
        minute_ends_at: 0,
        leave_by: None,
    };
    let end = match dialled.valid_version {
        true => connection.run(&mut socket).await,
        false => Close::InvalidVersion.into(),
    };
    connection.leave(&end);
    if let End::Closed(code, reason) = end {
        debug!(code, "the emulator closes a gateway connection");
        // The client may be gone already.
        let _ = socket.send(frame::close(code, reason)).await;
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
                () = self.line.wake.notified() => self.attend(socket).await,
                () = until(self.leave_by) => Err(End::Closed(4000, "Unknown error.")),
                received = socket.recv() => self.hear(socket, received).await,
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// Does what it is made to do, then tells what happened.
    async fn attend(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        self.run_errands(socket).await?;
        self.send_events(socket).await
    }

    async fn run_errands(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        while let Some(errand) = self.emulator.act(|state| state.sessions.lines.next_errand(self.line.number))
        {
            match errand {
                Errand::Reconnect => {
                    self.must_leave();
                    say(socket, frame::reconnect()).await?;
                }
                Errand::Invalidate { resumable } => {
                    self.hold = None;
                    self.must_leave();
                    say(socket, frame::invalid_session(resumable)).await?;
                }
                Errand::Close(code) => return Err(End::Closed(code, "Closed on request.")),
                Errand::Freeze => {
                    self.freeze().await;
                    return Err(End::Lost);
                }
                Errand::Cut => return Err(End::Lost),
            }
        }
        Ok(())
    }

    /// Stays as it is until the connection is cut or the emulator stops.
    async fn freeze(&self) {
        let cut = async {
            loop {
                self.line.wake.notified().await;
                let errand = self.emulator.act(|state| state.sessions.lines.next_errand(self.line.number));
                if errand == Some(Errand::Cut) {
                    return;
                }
            }
        };
        self.emulator.shutdown().unless_begun(cut).await;
    }

    fn must_leave(&mut self) {
        self.leave_by = Some(Instant::now() + self.emulator.settings().reconnect_grace);
    }

    async fn send_events(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        let Some(hold) = &self.hold else { return Ok(()) };
        match self.emulator.act(|state| state.sessions.read(hold, self.sent)) {
            Delivery::Lost => Err(End::Lost),
            Delivery::Send(payloads, _) if payloads.is_empty() => Ok(()),
            Delivery::Send(payloads, last) => {
                for payload in payloads {
                    socket.feed(payload).await.map_err(|_| End::Lost)?;
                }
                socket.flush().await.map_err(|_| End::Lost)?;
                self.sent = last;
                // There may be more, and the socket is listened to in between.
                self.line.wake.notify_one();
                Ok(())
            }
        }
    }

    async fn hear(
        &mut self,
        socket: &mut WebSocket,
        received: Option<Result<Message, axum::Error>>,
    ) -> Result<(), End> {
        // What was asked of the connection comes before what the client said since.
        self.run_errands(socket).await?;
        let said = match received {
            Some(Ok(Message::Text(text))) => Said::read(text.as_bytes()),
            Some(Ok(Message::Binary(bytes))) => Said::read(&bytes),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Ok(()),
            Some(Ok(Message::Close(Some(close)))) if matches!(close.code, 1000 | 1001) => {
                return Err(End::Left);
            }
            Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(End::Lost),
        };
        self.count_payload()?;
        match said? {
            Said::Heartbeat if self.emulator.read(|state| state.sessions.deaf_to_hearts) => Ok(()),
            Said::Heartbeat => say(socket, frame::heartbeat_ack()).await,
            Said::Identify(identify) => self.identify(socket, &identify).await,
            Said::Resume(resume) => self.resume(socket, &resume).await,
            Said::Members(wanted) => self.tell_members(&wanted),
            Said::Ignored if self.hold.is_some() => Ok(()),
            Said::Ignored => Err(Close::NotAuthenticated.into()),
        }
    }

    async fn identify(&mut self, socket: &mut WebSocket, identify: &Identify) -> Result<(), End> {
        self.check_token(&identify.token)?;
        let resume_url = self.emulator.resume_url();
        let begun = self.emulator.act(|state| identify::identify(state, identify, &self.line, &resume_url));
        match begun.map_err(|(code, reason)| End::Closed(code, reason))? {
            Beginning::Begun(hold) => {
                self.begin(hold, 0);
                self.emulator.tell(Change::BotConnected);
                Ok(())
            }
            Beginning::TooSoon => say(socket, frame::invalid_session(false)).await,
        }
    }

    async fn resume(&mut self, socket: &mut WebSocket, resume: &Resume) -> Result<(), End> {
        self.check_token(&resume.token)?;
        let elsewhere = u64::from(!self.to_resume);
        let hold = self.emulator.act(|state| {
            state.sessions.resumes_elsewhere += elsewhere;
            let hold = state.sessions.resume(&resume.session_id, resume.seq, &self.line)?;
            if let Some(session) = state.sessions.find_mut(&hold.session) {
                session.tell("RESUMED", &json!({ "_trace": [] }).to_string());
            }
            Ok(hold)
        });
        match hold {
            Ok(hold) => {
                self.begin(hold, resume.seq);
                self.emulator.tell(Change::BotResumed);
                Ok(())
            }
            Err(NotResumed::FromTheFuture) => Err(Close::InvalidSequence.into()),
            Err(NotResumed::Unknown) => say(socket, frame::invalid_session(false)).await,
        }
    }

    fn begin(&mut self, hold: Hold, sent: u64) {
        self.line.wake.notify_one();
        self.hold = Some(hold);
        self.sent = sent;
        self.leave_by = None;
    }

    fn tell_members(&self, wanted: &MembersWanted) -> Result<(), End> {
        self.emulator.tell(Change::MembersRequested);
        let Some(hold) = &self.hold else { return Err(Close::NotAuthenticated.into()) };
        self.emulator.act(|state| {
            let chunk = members::chunk(&state.world, wanted);
            let session = state.sessions.find_mut(&hold.session);
            let session = session.filter(|session| session.terms.shard.admits(Some(wanted.guild_id)));
            if let (Some(session), Some(chunk)) = (session, chunk) {
                session.tell("GUILD_MEMBERS_CHUNK", &chunk.to_string());
            }
        });
        Ok(())
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
        let for_good = match end {
            End::Closed(code, _) => frame::ends_session(*code),
            End::Left => true,
            End::Lost => false,
        };
        let released = self.emulator.act(|state| {
            state.sessions.lines.close(self.line.number);
            self.hold.as_ref().is_some_and(|hold| state.sessions.release(hold, for_good))
        });
        if released {
            self.emulator.tell(Change::BotDisconnected);
        }
    }
}

async fn say(socket: &mut WebSocket, message: Message) -> Result<(), End> {
    socket.send(message).await.map_err(|_| End::Lost)
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}
