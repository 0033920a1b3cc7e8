//! Discord's gateway: one socket for each shard, kept alive from here. Knows no serenity.
//!
//! serenity connects to a loopback `door` and sees one connection that never breaks. Behind it a `shard` keeps the real
//! one: it beats, resumes where Discord says, begins anew when it must and only as often as it may, and asks for a
//! sign of life after a long silence. The `sieve` drops what concerns nobody before anything is made of it, and takes
//! the few facts about channels that an answer needs straight from the wire.
//!
//! serenity alone would spin on some close codes, resume at the wrong address, keep no count of its IDENTIFYs and make
//! an object of every message of every channel.

mod channels;
mod close;
mod door;
mod goodbye;
mod heart;
mod link;
mod local;
mod session;
mod shard;
mod shards;
mod sieve;
mod silence;
#[cfg(test)]
mod tests;
mod wire;

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::ids::{ApplicationId, UserId};
use crate::shutdown::Shutdown;
use crate::status::Status;
use session::Memory;

pub use channels::{Channels, Fact, Standing};
pub use close::Fatal;
pub use shards::Shards;

/// How the connection is kept. Durations are fields so that tests need not wait for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Which shards this process runs.
    pub shards: Shards,
    /// After so long without any event Discord is asked for one.
    pub silence: Duration,
    /// How long one step of a connection may take: to be made, to be greeted, to be taken up.
    pub step: Duration,
    /// The pause before a second try to connect; each further one is twice as long, up to [`Self::longest_pause`].
    pub pause: Duration,
    pub longest_pause: Duration,
    /// A connection that stood for so long has lasted: after it there is no pause.
    pub steady: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            shards: Shards::Automatic,
            silence: Duration::from_secs(5 * 60),
            step: Duration::from_secs(20),
            pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(60),
            steady: Duration::from_secs(60),
        }
    }
}

/// What the gateway works with.
pub struct Parts {
    /// Asked before each IDENTIFY.
    pub may_start: MayStart,
    pub status: Status,
    /// Discord is an emulator on this machine: no other address may be dialled.
    pub local: bool,
}

/// Says whether a shard may begin a session, and where.
pub type MayStart = Arc<dyn Fn(u32) -> Pin<Box<dyn Future<Output = Permission> + Send>> + Send + Sync>;

/// The answer to the wish to begin a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permission {
    /// It is counted already.
    Granted {
        url: String,
    },
    /// Not before this time is over; then the question is asked again.
    Wait(Duration),
    Never(Fatal),
}

/// Who the bot is, as Discord says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    pub user: UserId,
    pub application: ApplicationId,
}

/// A handle; clones share one gateway. It ends with [`Gateway::close`] or with its last handle.
#[derive(Clone)]
pub struct Gateway {
    inner: Arc<Inner>,
    tasks: Arc<Tasks>,
}

struct Inner {
    settings: Settings,
    parts: Parts,
    channels: Channels,
    secret: String,
    /// What is known of each shard. Whoever runs it holds the lock, so that another connection of serenity waits.
    memories: Mutex<HashMap<u32, Arc<tokio::sync::Mutex<Memory>>>>,
    /// The shards of sessions, by which serenity names them.
    sessions: Mutex<HashMap<String, u32>>,
    identity: OnceLock<Identity>,
    fatal: watch::Sender<Option<Fatal>>,
    end: Shutdown,
}

struct Tasks {
    url: String,
    end: Shutdown,
}

impl Gateway {
    /// Binds the door on 127.0.0.1.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start(settings: Settings, parts: Parts) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let secret = format!("{:032x}", rand::random::<u128>());
        let url = format!("ws://{}/{secret}", listener.local_addr()?);
        let end = Shutdown::default();
        let inner = Arc::new(Inner {
            settings,
            parts,
            channels: Channels::default(),
            secret,
            memories: Mutex::default(),
            sessions: Mutex::default(),
            identity: OnceLock::new(),
            fatal: watch::Sender::new(None),
            end: end.clone(),
        });
        end.spawn(door::open(Arc::clone(&inner), listener));
        Ok(Self { inner, tasks: Arc::new(Tasks { url, end }) })
    }

    /// The address that stands for Discord's gateway. It holds a secret.
    pub fn url(&self) -> String {
        self.tasks.url.clone()
    }

    /// What is known of guild channels and threads.
    pub fn channels(&self) -> &Channels {
        &self.inner.channels
    }

    /// `None` until the first session has begun. It is known before anything that follows is passed on.
    pub fn identity(&self) -> Option<Identity> {
        self.inner.identity.get().copied()
    }

    /// Completes when Discord has said that connecting again is no use.
    pub async fn ended(&self) -> Fatal {
        let mut fatal = self.inner.fatal.subscribe();
        match fatal.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(fatal)) => *fatal,
            // The sender lives as long as this handle.
            _ => std::future::pending().await,
        }
    }

    /// Ends all connections, at most within `grace`. Says whether they ended.
    pub async fn close(&self, grace: Duration) -> bool {
        self.tasks.end.begin();
        self.tasks.end.drain(grace).await
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        self.end.begin();
    }
}

impl Inner {
    fn memory(&self, shard: u32) -> Arc<tokio::sync::Mutex<Memory>> {
        let mut memories = self.memories.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(memories.entry(shard).or_default())
    }

    /// The shard of a session.
    fn shard_of(&self, session: &str) -> Option<u32> {
        self.sessions().get(session).copied()
    }

    /// A shard has begun a session. Its earlier one is over.
    fn note_session(&self, session: &str, shard: u32) {
        let mut sessions = self.sessions();
        sessions.retain(|_, known| *known != shard);
        sessions.insert(session.to_owned(), shard);
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<String, u32>> {
        // Single map operations cannot leave the map half changed.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first reason stays.
    fn give_up(&self, fatal: Fatal) {
        self.fatal.send_if_modified(|known| known.is_none() && known.replace(fatal).is_none());
    }
}

/// Whether an address of a gateway leads nowhere but to this machine.
pub fn is_local(gateway: &str) -> bool {
    let Some(rest) = gateway.strip_prefix("ws://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
