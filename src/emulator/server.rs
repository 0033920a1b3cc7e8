//! Starting: the listener, the server and the clockwork.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::serve::ListenerExt;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{Notify, broadcast};
use tracing::{debug, info, warn};

use super::limits::Limits;
use super::state::{Rules, State};
use super::world::World;
use super::{Emulator, Settings, Shared, WATCHED, rest};
use crate::shutdown::Shutdown;

/// Connections that may wait to be accepted: a burst of a thousand must not meet a full queue.
const BACKLOG: u32 = 4_096;

impl Emulator {
    /// Binds and serves until the stop begins.
    ///
    /// # Errors
    /// When the address is not a loopback one and `expose` is off, or cannot be bound.
    pub async fn start(settings: Settings, world: World, shutdown: &Shutdown) -> io::Result<Self> {
        let listener = bind(&settings)?;
        let address = listener.local_addr()?;
        let rules = Rules {
            ack_window: settings.ack_window,
            token_life: settings.token_life,
            message_content: settings.message_content,
        };
        let mut state = State::new(world, rules, Limits::new(settings.limits));
        state.origin = format!("http://{}", reachable(address));
        let (watchers, _) = broadcast::channel(WATCHED);
        let shared = Shared {
            settings,
            authority: reachable(address).to_string(),
            shutdown: shutdown.clone(),
            state: Mutex::new(state),
            watchers,
            clockwork: Notify::new(),
        };
        let emulator = Self { shared: Arc::new(shared) };
        shutdown.spawn(serve(listener, emulator.clone()));
        shutdown.spawn(run_clockwork(emulator.clone()));
        info!(emulator.origin = emulator.origin(), "the embedded Discord listens");
        Ok(emulator)
    }
}

fn bind(settings: &Settings) -> io::Result<TcpListener> {
    let address = settings.listen;
    if !address.ip().is_loopback() && !settings.expose {
        let reason = "the emulator listens on loopback addresses only, unless it is exposed on purpose";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
    }
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// An address that can be dialled: "any" is reached over loopback.
fn reachable(bound: SocketAddr) -> SocketAddr {
    match bound.ip().is_unspecified() {
        true if bound.is_ipv4() => SocketAddr::from(([127, 0, 0, 1], bound.port())),
        true => SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, bound.port())),
        false => bound,
    }
}

async fn serve(listener: TcpListener, emulator: Emulator) {
    let stop = emulator.shutdown().begun();
    let router = rest::router(emulator);
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            debug!(%error, "small packets of this connection may be delayed");
        }
    });
    let served = axum::serve(listener, router).with_graceful_shutdown(stop).await;
    if let Err(error) = served {
        warn!(%error, "the embedded Discord stopped serving");
    }
}

/// Ends the interactions whose clock runs out, as it runs out.
async fn run_clockwork(emulator: Emulator) {
    let stop = emulator.shutdown().begun();
    tokio::pin!(stop);
    loop {
        let next = emulator.read(State::until_next_deadline);
        let due = async {
            match next {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = &mut stop => return,
            () = emulator.shared.clockwork.notified() => {}
            () = due => emulator.act(State::expire),
        }
    }
}
