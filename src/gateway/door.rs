//! The loopback server that serenity connects to, once for each shard.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedMutexGuard, Semaphore, mpsc};
use tokio::time::{sleep, timeout};
use tracing::warn;

use super::Inner;
use super::close::Departure;
use super::goodbye::Goodbye;
use super::local::{Greeting, Local};
use super::session::Memory;
use super::shard::Shard;

/// Events that wait for serenity. More wait at Discord.
const WAITING_EVENTS: usize = 256;
/// What serenity has to say.
const WAITING_WORDS: usize = 16;
/// Connections that have not said yet who they are.
const STRANGERS: usize = 32;
/// After a connection could not be taken, for example because there are too many open files.
const AFTER_FAILURE: Duration = Duration::from_millis(100);
/// How long the end of a shard's earlier connection may take.
const HANDOVER: Duration = Duration::from_secs(15);

/// An event on its way to serenity.
#[derive(Debug)]
pub(super) struct Passed {
    /// Discord's number of it.
    pub(super) seq: u64,
    pub(super) text: String,
}

/// Serves until the end of the gateway begins.
pub(super) async fn open(inner: Arc<Inner>, listener: TcpListener) {
    let strangers = Arc::new(Semaphore::new(STRANGERS));
    while let Some(Ok(place)) = inner.end.unless_begun(Arc::clone(&strangers).acquire_owned()).await {
        let Some(accepted) = inner.end.unless_begun(listener.accept()).await else { return };
        match accepted {
            Ok((stream, _)) => {
                let inner = Arc::clone(&inner);
                inner.end.clone().spawn(async move {
                    let known = greet(&inner, stream).await;
                    drop(place);
                    if let Some((local, number, memory)) = known {
                        serve(inner, local, number, memory).await;
                    }
                });
            }
            Err(failure) => {
                warn!(error = &failure as &dyn std::error::Error, "serenity could not be let in");
                sleep(AFTER_FAILURE).await;
            }
        }
    }
}

/// Finds out which shard somebody wants to hear, and waits until an earlier connection of it has ended.
async fn greet(inner: &Inner, stream: TcpStream) -> Option<(Local, u32, OwnedMutexGuard<Memory>)> {
    let mut local = Local::accept(stream, &inner.secret).await?;
    let greeting = local.greeting().await?;
    let number = match &greeting {
        Greeting::Identify(identify) => shard_of(identify),
        Greeting::Resume(session) => inner.shard_of(session),
    };
    let Some(number) = number else {
        local.refuse().await;
        return None;
    };
    let mut memory = timeout(HANDOVER, inner.memory(number).lock_owned()).await.ok()?;
    match greeting {
        Greeting::Identify(identify) => (memory.identify, memory.session) = (identify, None),
        Greeting::Resume(session) if !memory.is_of(&session) => {
            local.refuse().await;
            return None;
        }
        Greeting::Resume(_) => {}
    }
    Some((local, number, memory))
}

async fn serve(inner: Arc<Inner>, local: Local, number: u32, memory: OwnedMutexGuard<Memory>) {
    let (events, passed) = mpsc::channel(WAITING_EVENTS);
    let (words, said) = mpsc::channel(WAITING_WORDS);
    let delivered = AtomicU64::new(memory.session.as_ref().map_or(0, |session| session.seq));
    let goodbye = Goodbye::default();
    let end = inner.end.clone();
    let mut shard = Shard::new(inner, number, memory, (events, said));
    let pumping = async {
        let pumped = end.unless_begun(local.pump(passed, words, &delivered)).await;
        let departure = pumped.unwrap_or(Departure::ForGood);
        goodbye.say(departure);
        departure
    };
    let (departure, ()) = tokio::join!(pumping, shard.run(&goodbye));
    shard.end(departure, delivered.load(Ordering::Relaxed));
}

fn shard_of(identify: &Value) -> Option<u32> {
    #[derive(Deserialize)]
    struct Named {
        #[serde(default)]
        shard: Option<(u32, u32)>,
    }
    let named = Named::deserialize(identify).ok()?;
    Some(named.shard.map_or(0, |(number, _)| number))
}
