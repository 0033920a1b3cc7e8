//! The composition root: builds the handles, starts the parts, drains them in order.
//!
//! A stop has two stages. First nothing new is begun and running answers finish; the governor, the store and the pages
//! serve them until the last one is closed. Then these end too, the store last.

mod current;
mod front;
mod life;
mod runs;
mod works;

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;
use tracing::{info, warn};

pub use self::front::Front;
pub use self::runs::Runs;
use self::works::Works;
use crate::chat::{Engine, Parts};
use crate::config::{Config, Problems, is_loopback};
use crate::document::Problem;
use crate::governor::Governor;
use crate::llm::Ladder;
use crate::persona::{Library, LoadError};
use crate::shutdown::Shutdown;
use crate::status::Status;
use crate::store::Store;
use crate::web::{self, Access, Pages};

/// How long a connection to Discord or to a model server may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest request through the governor's door; above the governor's own patience.
const DOOR_TIMEOUT: Duration = Duration::from_secs(90);

/// For each of the parts that end after the last turn. With its last words and the gateway's goodbye, a stop takes
/// less than [`crate::config::STOP_RESERVE`] beyond its grace period.
const FAREWELL: Duration = Duration::from_secs(1);

/// A bot that is built and not yet connected, with the page of its health.
pub struct App {
    works: Works,
    listener: TcpListener,
    address: SocketAddr,
}

impl App {
    /// Builds everything up to the connection.
    ///
    /// # Errors
    /// What could not be opened, bound or reached, with its cure.
    pub async fn build(config: Config, stop: Shutdown) -> anyhow::Result<Self> {
        let (listener, address) = listen(&config).await?;
        Ok(Self { works: Works::build(config, stop).await?, listener, address })
    }

    /// Where the pages listen.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops the bot when it begins.
    pub fn shutdown(&self) -> &Shutdown {
        self.works.shutdown()
    }

    pub fn engine(&self) -> &Engine {
        self.works.engine()
    }

    pub fn status(&self) -> &Status {
        self.works.status()
    }

    pub fn governor(&self) -> &Governor {
        self.works.governor()
    }

    /// Runs until the stop begins or the connection ends by itself, then drains.
    ///
    /// # Errors
    /// Why the connection ended by itself.
    pub async fn run(self) -> anyhow::Result<()> {
        let pages = Pages {
            signs: self.works.signs(),
            access: Access::Loopback,
            hosts: Vec::new(),
            playground: None,
        };
        // What turns need until the last one is closed.
        let services = Shutdown::default();
        serve((self.listener, self.address), pages, &services);
        self.works.run(end(services)).await
    }
}

async fn listen(config: &Config) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(config.http).await;
    let listener = listener.with_context(|| format!("cannot listen on {} (PRISM_HTTP)", config.http))?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Serves the pages until the end of the services begins.
fn serve((listener, address): (TcpListener, SocketAddr), pages: Pages, services: &Shutdown) {
    info!(http.address = %address, "health checks on http://{address}/health/ready");
    let serving = services.clone();
    services.spawn(async move {
        if let Err(failure) = web::serve(listener, pages, &serving).await {
            warn!(error = &failure as &dyn std::error::Error, "the pages ended");
        }
    });
}

async fn end(services: Shutdown) {
    services.begin();
    services.drain(FAREWELL).await;
}

/// The engine alone: personas, store and models. It is all that the terminal needs.
///
/// # Errors
/// What could not be opened, with its cure.
pub async fn engine(
    config: &Config,
    clients: &Clients,
    status: &Status,
    stop: &Shutdown,
) -> anyhow::Result<Engine> {
    let personas = personas(config)?;
    let store = Store::open(&config.store, stop).await?;
    status.set_store_open(true);
    let ladder = ladder(config, clients, status, stop);
    ladder.watch(personas.list().iter().flat_map(|persona| persona.models.clone()));
    let engine = Engine::new(config.chat.clone(), Parts { store, personas, ladder });
    engine.settle_costs(stop);
    Ok(engine)
}

/// The models alone.
pub fn ladder(config: &Config, clients: &Clients, status: &Status, stop: &Shutdown) -> Ladder {
    Ladder::new(config.model.clone(), |server| clients.of(server), status.clone(), stop)
}

fn personas(config: &Config) -> anyhow::Result<Library> {
    let Some(folder) = &config.personas else { return Ok(Library::embedded()) };
    match Library::load(folder) {
        Ok((library, problems)) => {
            problems.iter().for_each(warn_of);
            Ok(library)
        }
        Err(LoadError::NoneGood { problems, .. }) => Err(Problems(problems).into()),
        Err(error) => Err(Problems(vec![Problem::of("personas", error.to_string())]).into()),
    }
}

fn warn_of(problem: &Problem) {
    warn!("a persona was left out: {problem}");
}

/// The clients for outside servers: one pool for everything on this machine, which a proxy of the environment cannot
/// reach, and one for everything else.
pub struct Clients {
    local: reqwest::Client,
    /// `None`: everything is on this machine.
    outside: Option<reqwest::Client>,
}

impl Clients {
    /// # Errors
    /// When TLS cannot be set up.
    pub fn build(config: &Config) -> anyhow::Result<Self> {
        let others = config.model.others.iter().map(|(_, server)| &server.base_url);
        let mut servers = [&config.discord_url, &config.model.server.base_url].into_iter().chain(others);
        let outside = servers.find(|server| !is_loopback(server));
        Ok(Self {
            local: http_client("http://localhost")?,
            outside: outside.map(|server| http_client(server)).transpose()?,
        })
    }

    fn of(&self, server: &str) -> reqwest::Client {
        let outside = self.outside.as_ref().filter(|_| !is_loopback(server));
        outside.unwrap_or(&self.local).clone()
    }
}

/// A client for one server. A proxy of the environment is not asked for this machine, which it cannot reach.
///
/// # Errors
/// When TLS cannot be set up.
pub fn http_client(server: &str) -> anyhow::Result<reqwest::Client> {
    let client = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        // A redirect could carry a token elsewhere.
        .redirect(reqwest::redirect::Policy::none());
    let client = if is_loopback(server) { client.no_proxy() } else { client };
    client.build().context("the HTTP client could not be built")
}

/// serenity's client: it meets nobody but the governor's door.
fn door_client() -> anyhow::Result<reqwest::Client> {
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).timeout(DOOR_TIMEOUT);
    client.build().context("the client of the door could not be built")
}
