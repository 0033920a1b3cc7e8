//! One life of a bot whose pages outlive it. It has a thread and a runtime of its own, as a process has them: cut off,
//! it loses all its tasks at once, and nothing of it is left for the next one but what it had written down or handed to
//! the store.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::{io, thread};

use anyhow::anyhow;
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use super::current::Handles;
use super::works::Works;
use crate::config::Config;
use crate::shutdown::Shutdown;
use crate::web::Power;

pub(super) struct Life {
    stop: Shutdown,
    built: oneshot::Receiver<Handles>,
    connect: Option<oneshot::Sender<()>>,
    /// Dropped: the bot dies.
    breath: Option<oneshot::Sender<Infallible>>,
    /// `None`: it was cut off.
    ended: oneshot::Receiver<Option<anyhow::Result<()>>>,
}

/// The bot's ends of the channels above.
struct Strings {
    built: oneshot::Sender<Handles>,
    connect: oneshot::Receiver<()>,
    breath: oneshot::Receiver<Infallible>,
}

impl Life {
    /// Begins to build a bot, which ends with `stop`. `address`: where the pages are by which its thread is known.
    pub(super) fn begin(config: Config, stop: &Shutdown, address: SocketAddr) -> io::Result<Self> {
        let stop = stop.child();
        let (tell_built, built) = oneshot::channel();
        let (connect, connects) = oneshot::channel();
        let (breath, death) = oneshot::channel();
        let (tell_end, ended) = oneshot::channel();
        let strings = Strings { built: tell_built, connect: connects, breath: death };
        let its_stop = stop.clone();
        thread::Builder::new().name(format!("the bot behind {address}")).spawn(move || {
            // Who does not listen any more does not need to know.
            let _ = tell_end.send(live(config, its_stop, strings));
        })?;
        Ok(Self { stop, built, connect: Some(connect), breath: Some(breath), ended })
    }

    /// `None`: it has ended instead.
    pub(super) async fn built(&mut self) -> Option<Handles> {
        (&mut self.built).await.ok()
    }

    /// Lets it connect.
    pub(super) fn connect(&mut self) {
        if let Some(connect) = self.connect.take() {
            // An error means that it has ended: that is told elsewhere.
            let _ = connect.send(());
        }
    }

    /// Completes when it has ended: by itself, with the stop, or because somebody on the page wants it to end. `None`:
    /// it was cut off.
    pub(super) async fn end(&mut self, power: &Power) -> Option<anyhow::Result<()>> {
        let stop = &self.stop;
        let wanted = async {
            power.asked_to_stop().await;
            stop.begin();
            power.asked_to_crash().await;
        };
        tokio::select! {
            ended = &mut self.ended => return ended.unwrap_or_else(|_| Some(Err(broken()))),
            () = wanted => {}
        }
        self.breath = None;
        (&mut self.ended).await.unwrap_or_else(|_| Some(Err(broken())))
    }
}

fn broken() -> anyhow::Error {
    anyhow!("the bot's thread broke down")
}

fn live(config: Config, stop: Shutdown, strings: Strings) -> Option<anyhow::Result<()>> {
    let Strings { built, connect, breath } = strings;
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(failure) => return Some(Err(failure.into())),
    };
    let ended = runtime.block_on(async {
        tokio::select! {
            ended = run(config, stop, (built, connect)) => Some(ended),
            _ = breath => None,
        }
    });
    // Before the end is told: the next one may need what these tasks hold.
    drop(runtime);
    ended
}

async fn run(
    config: Config,
    stop: Shutdown,
    (tell_built, connect): (oneshot::Sender<Handles>, oneshot::Receiver<()>),
) -> anyhow::Result<()> {
    let works = match Works::build(config, stop.clone()).await {
        // It was asked for.
        Err(_) if stop.has_begun() => return Ok(()),
        built => built?,
    };
    if tell_built.send(works.handles()).is_ok() {
        // An error means that nobody lets it connect any more; the stop has begun then.
        let _ = connect.await;
    }
    works.run(async {}).await
}
