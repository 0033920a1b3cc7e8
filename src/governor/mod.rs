//! Discord's REST limits: the one gate through which every request of the bot passes. Knows no serenity.
//!
//! `limiter` decides who may go, purely. `send` makes the requests and repeats those that may be repeated. Hot calls
//! ask here for a [`Place`] in process and write their body when they have it; all others come through the loopback
//! `door`. Every message passes the [guard](Guard).

mod call;
mod class;
mod counters;
mod door;
mod error;
mod form;
mod gateway;
mod guard;
mod headers;
mod limiter;
mod murmur;
mod place;
mod pressure;
mod route;
mod rules;
mod send;
mod settings;
#[cfg(test)]
mod tests;
mod waits;

use std::future::IntoFuture;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::serve::ListenerExt;
use reqwest::header::HeaderValue;
use reqwest::{Client, Method};
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

use crate::shutdown::Shutdown;
use counters::Tally;
use form::Form;
use guard::Found;
use limiter::{Limiter, Size};
use murmur::Murmur;
use route::Route;
use send::{Outgoing, Reply, Sender};

pub use call::Call;
pub use class::Class;
pub use counters::{ByClass, Counters, Unsent};
pub use error::CallError;
pub use form::File;
pub use gateway::{GatewayBot, SessionStarts};
pub use guard::Guard;
pub use limiter::{Mode, Refused, Standing};
pub use place::{Answer, Place};
pub use pressure::Pressure;
pub use rules::{InvalidBounds, Rules, Waves};
pub use settings::Settings;
pub use waits::Waits;

/// Discord takes no larger request.
const LARGEST_REQUEST: usize = 25 << 20;
const GATEWAY: &str = "/api/v10/gateway/bot";

/// A handle; clones share one governor. It ends with [`Governor::close`] or with its last handle, not with the stop:
/// answers that finish during the grace period still need it.
#[derive(Clone)]
pub struct Governor {
    inner: Arc<Inner>,
    tasks: Arc<Tasks>,
}

struct Inner {
    sender: Sender,
    guard: Guard,
    may_ping_replied: bool,
    secret: String,
    start: Duration,
}

struct Tasks {
    door: String,
    /// The whole bot's.
    stop: Shutdown,
    /// The governor's own.
    end: Shutdown,
}

/// What was found to ping nobody.
struct Guarded {
    content_type: Option<HeaderValue>,
    body: Bytes,
    repeatable: bool,
}

/// As long as it is held, an answer counts as being shown, and intermediate edits leave room for its last one.
pub struct LiveGuard {
    inner: Arc<Inner>,
}

impl Governor {
    /// Binds the door on 127.0.0.1. The client must neither follow redirects nor use a proxy of the environment, or
    /// requests could leave for other places than the configured one.
    ///
    /// # Errors
    /// When the address or the token cannot be used, or no port is free.
    pub async fn start(settings: Settings, client: Client, shutdown: &Shutdown) -> io::Result<Self> {
        let inner = Arc::new(Inner::new(settings, client)?);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let door = format!("http://{}/{}", listener.local_addr()?, inner.secret);
        // Failing to switch off Nagle's delay costs milliseconds, never an answer.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let end = Shutdown::default();
        let server = axum::serve(listener, door::router(Arc::clone(&inner)));
        end.spawn(server.with_graceful_shutdown(end.begun()).into_future());
        let limiter = inner.sender.limiter.clone();
        let ended = end.begun();
        end.spawn(async move {
            tokio::select! {
                () = limiter.drive() => {}
                () = ended => {}
            }
        });
        Ok(Self { inner, tasks: Arc::new(Tasks { door, stop: shutdown.clone(), end }) })
    }

    /// The address that stands for `https://discord.com`. It holds a secret.
    pub fn door(&self) -> String {
        self.tasks.door.clone()
    }

    /// Closes the door and lets requests under way finish, at most for `grace`. Says whether they did.
    pub async fn close(&self, grace: Duration) -> bool {
        self.tasks.end.begin();
        self.tasks.end.drain(grace).await
    }

    /// Waits for the right to make one call. Dropping the future leaves the queue.
    ///
    /// # Errors
    /// When the queue is full, no place came free in time, or the token is void.
    pub async fn place(&self, call: Call, class: Class) -> Result<Place, Refused> {
        Place::wait(&self.inner, call, class).await
    }

    /// Waits for a place and sends.
    ///
    /// # Errors
    /// Those of [`Governor::place`] and [`Place::send`].
    pub async fn call(&self, call: Call, class: Class, body: &impl Serialize) -> Result<Answer, CallError> {
        self.place(call, class).await?.send(body).await
    }

    /// Asks Discord where its gateway is and how it may be used, again and again while it cannot be reached.
    ///
    /// # Errors
    /// When it cannot be reached for the configured time, refuses, or the stop has begun.
    pub async fn gateway(&self) -> Result<GatewayBot, CallError> {
        let asking = self.inner.ask_for_gateway();
        self.tasks.stop.unless_begun(asking).await.unwrap_or(Err(CallError::Stopped))
    }

    /// Says that an answer is being shown, until the guard is dropped.
    pub fn live(&self) -> LiveGuard {
        self.inner.sender.limiter.show();
        LiveGuard { inner: Arc::clone(&self.inner) }
    }

    /// How hard it is to be let through at this moment. Cheap, and never waits.
    pub fn pressure(&self) -> Pressure {
        self.inner.sender.limiter.pressure()
    }

    pub fn counters(&self) -> Counters {
        self.inner.sender.tally.read(self.inner.sender.limiter.load())
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        self.end.begin();
    }
}

impl Drop for LiveGuard {
    fn drop(&mut self) {
        self.inner.sender.limiter.hide();
    }
}

impl Inner {
    fn new(settings: Settings, client: Client) -> io::Result<Self> {
        let bad = |what: &str| io::Error::new(io::ErrorKind::InvalidInput, what);
        let user_agent =
            HeaderValue::try_from(&settings.user_agent).map_err(|_| bad("the user agent is no header"))?;
        let authorization = format!("Bot {}", settings.token.expose_secret());
        let mut authorization =
            HeaderValue::try_from(authorization).map_err(|_| bad("the bot token is no header"))?;
        authorization.set_sensitive(true);
        let size = Size { places: settings.global_per_second.max(1) as usize, queue: settings.queue };
        let sender = Sender {
            client,
            origin: settings.base()?,
            user_agent,
            limiter: Limiter::new(size, settings.mode, settings.rules),
            mode: settings.mode,
            tally: Tally::default(),
            refused: Murmur::default(),
            unsent: Murmur::default(),
            patience: settings.patience,
            attempt: settings.attempt,
            backoff: settings.backoff,
            authorization,
        };
        Ok(Self {
            sender,
            guard: settings.guard,
            may_ping_replied: settings.allow_replied_user,
            secret: format!("{:032x}", rand::random::<u128>()),
            start: settings.start,
        })
    }

    /// Passes a body through the guard. Gives the bytes to send, and says whether they may be sent twice.
    fn guard(&self, route: &Route, method: &Method, mut body: Value) -> Result<(Vec<u8>, bool), CallError> {
        let found = self.guard.check(route.carries, &mut body, self.may_ping_replied);
        if found.map_err(|_| CallError::UnguardedMentions)? == Found::Repaired {
            self.sender.tally.repaired();
        }
        let has_nonce = body["enforce_nonce"] == true && !body["nonce"].is_null();
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        Ok((bytes, *method != Method::POST || has_nonce))
    }

    /// The same for a message with files.
    fn guard_form(&self, route: &Route, method: &Method, form: &Form) -> Result<Guarded, CallError> {
        let message = form.message.clone().unwrap_or_else(|| json!({}));
        let (bytes, repeatable) = self.guard(route, method, message)?;
        let (content_type, body) = form.write(&bytes);
        if body.len() > LARGEST_REQUEST {
            return Err(CallError::TooLarge);
        }
        Ok(Guarded { content_type: Some(content_type), body: body.into(), repeatable })
    }

    async fn forward(&self, outgoing: &Outgoing) -> Result<Reply, CallError> {
        let permit = self.sender.permit(&outgoing.route, outgoing.class, outgoing.deadline).await?;
        self.sender.send(outgoing, permit).await
    }

    async fn ask_for_gateway(&self) -> Result<GatewayBot, CallError> {
        let deadline = Instant::now() + self.start;
        let mut pause = self.sender.backoff;
        loop {
            let error = match self.gateway_once().await {
                Ok(known) => return Ok(known),
                Err(error) => error,
            };
            if !is_passing(&error) || Instant::now() + pause > deadline {
                return Err(error);
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(5));
        }
    }

    async fn gateway_once(&self) -> Result<GatewayBot, CallError> {
        let route = Route::read(&Method::GET, GATEWAY);
        let outgoing = Outgoing {
            method: Method::GET,
            path: GATEWAY.to_owned(),
            class: route.class,
            deadline: self.sender.deadline(route.class),
            content_type: None,
            reason: None,
            body: Bytes::new(),
            repeatable: true,
            route,
        };
        let answer = Answer::read(self.forward(&outgoing).await?)?;
        GatewayBot::read(&answer.body).ok_or(CallError::Garbled)
    }
}

/// Whether a later attempt may succeed.
const fn is_passing(error: &CallError) -> bool {
    match error {
        CallError::Unreachable | CallError::Timeout | CallError::Garbled | CallError::Refused(_) => true,
        CallError::Discord { status, .. } => *status == 429 || *status >= 500,
        CallError::Stopped | CallError::UnguardedMentions | CallError::TooLarge => false,
    }
}
