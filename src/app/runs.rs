//! The playground's bot: the same page, and behind it one life after another.

use std::net::SocketAddr;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tracing::info;

use super::current::Current;
use super::front::Front;
use super::life::Life;
use super::{end, listen, serve};
use crate::config::Config;
use crate::emulator::Emulator;
use crate::shutdown::Shutdown;
use crate::web::Power;

/// A bot that is built and not yet connected, and the pages that will outlive it.
pub struct Runs {
    config: Config,
    stop: Shutdown,
    listener: TcpListener,
    address: SocketAddr,
    current: Current,
    life: Life,
}

/// What is needed to begin again.
struct Again {
    config: Config,
    stop: Shutdown,
    address: SocketAddr,
    current: Current,
    emulator: Emulator,
    power: Power,
}

impl Runs {
    /// Builds the first bot up to the connection. `None`: the stop began meanwhile.
    ///
    /// # Errors
    /// What could not be opened, bound or reached, with its cure.
    pub async fn open(config: Config, stop: Shutdown) -> anyhow::Result<Option<Self>> {
        let (listener, address) = listen(&config).await?;
        let Some((life, current)) = first(&config, &stop, address).await? else { return Ok(None) };
        Ok(Some(Self { config, stop, listener, address, current, life }))
    }

    /// Where the pages listen.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Runs until the stop begins or a connection ends by itself, then drains. A bot that somebody on the page ends is
    /// followed by the next one.
    ///
    /// # Errors
    /// Why the connection ended by itself, or why a bot could not be started again.
    pub async fn run(self, front: Front) -> anyhow::Result<()> {
        let Self { config, stop, listener, address, current, life } = self;
        let power = Power::default();
        let again = Again {
            config,
            stop,
            address,
            current: current.clone(),
            emulator: front.emulator.clone(),
            power: power.clone(),
        };
        let services = Shutdown::default();
        serve((listener, address), front.pages(current, power), &services);
        let ended = again.and_again(life).await;
        end(services).await;
        ended
    }
}

async fn first(
    config: &Config,
    stop: &Shutdown,
    address: SocketAddr,
) -> anyhow::Result<Option<(Life, Current)>> {
    let mut life = begin(config, stop, address)?;
    match life.built().await {
        Some(handles) => Ok(Some((life, Current::new(handles)))),
        None => life.end(&Power::default()).await.unwrap_or(Ok(())).map(|()| None),
    }
}

fn begin(config: &Config, stop: &Shutdown, address: SocketAddr) -> anyhow::Result<Life> {
    Life::begin(config.clone(), stop, address).context("there can be no more threads")
}

impl Again {
    async fn and_again(&self, mut life: Life) -> anyhow::Result<()> {
        loop {
            self.power.up();
            life.connect();
            let ended = life.end(&self.power).await;
            self.power.starting();
            self.current.leave();
            // Nobody can take up the sessions of the one that is gone.
            self.emulator.forget_sessions();
            ended.unwrap_or(Ok(()))?;
            if self.stop.has_begun() {
                return Ok(());
            }
            info!("starting the bot again");
            life = begin(&self.config, &self.stop, self.address)?;
            match life.built().await {
                Some(handles) => self.current.enter(handles),
                None => return life.end(&self.power).await.unwrap_or(Ok(())),
            }
        }
    }
}
