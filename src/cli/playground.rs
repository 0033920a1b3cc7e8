//! `prism playground`: the whole bot on the embedded Discord, with a page to talk to it.

use std::net::SocketAddr;

use anyhow::Context as _;
use clap::Args;
use rand::Rng as _;
use rand::distr::Alphanumeric;
use secrecy::SecretString;
use tracing::{info, warn};

use super::model::{self, Choice};
use super::{Context, Failure};
use crate::app::{Front, Runs};
use crate::config::{Config, Problems, Purpose};
use crate::document::Problem;
use crate::emulator::{Emulator, SessionStarts, Settings, World};
use crate::shutdown::Shutdown;
use crate::web::Access;

/// Letters and digits of the token of an exposed page.
const TOKEN_LENGTH: usize = 32;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Serve the page to other machines too, behind a token; the log names the address to open
    #[arg(long)]
    expose: bool,
    /// A name under which other machines reach the exposed page [default: the address of PRISM_HTTP]
    #[arg(long, value_name = "NAME", requires = "expose")]
    host: Vec<String>,
    /// Nobody asked for the playground: there is no token.
    #[arg(skip)]
    unasked: bool,
}

impl Arguments {
    pub(super) fn unasked() -> Self {
        Self { expose: false, host: Vec::new(), unasked: true }
    }
}

pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<(), Failure> {
    let (mut config, stop) = context.start(Purpose::Playground)?;
    check_address(&config, &arguments)?;
    if arguments.unasked {
        info!("DISCORD_TOKEN is not set, so this is the playground; `prism run` needs the token");
    }
    // The far side outlives the bot, whose last words go there.
    let far_side = Shutdown::default();
    let emulator = embedded_discord(&mut config, &far_side).await?;
    let model = model::choose(&mut config, &far_side).await?;
    info!("{}", model.sentence);
    let Some(runs) = Runs::open(config, stop).await? else { return Ok(()) };
    let (access, hosts) = access(runs.address(), arguments);
    let Choice { sentence: model_line, embedded: first_model } = model;
    let ended = runs.run(Front { access, hosts, emulator, model_line, first_model }).await;
    far_side.begin();
    Ok(ended?)
}

fn check_address(config: &Config, arguments: &Arguments) -> Result<(), Failure> {
    if config.http.ip().is_loopback() || arguments.expose {
        return Ok(());
    }
    let message = format!("{} can be reached by other machines: say --expose if that is meant", config.http);
    Err(Problems(vec![Problem::of("PRISM_HTTP", message)]).into())
}

/// Starts the embedded Discord and points the bot at it.
async fn embedded_discord(config: &mut Config, far_side: &Shutdown) -> anyhow::Result<Emulator> {
    let settings = Settings { message_content: config.discord.message_content, ..Settings::default() };
    config.token = Some(SecretString::new(settings.token.clone()));
    let emulator = Emulator::start(settings, World::playground(), far_side).await;
    let emulator = emulator.context("the embedded Discord could not start")?;
    // As Discord grants it to large bots: who restarts the bot on the page need not wait for five seconds each time.
    emulator.set_session_starts(SessionStarts { max_concurrency: 16, ..SessionStarts::default() });
    config.discord_url = emulator.origin();
    Ok(emulator)
}

/// Who may see the page, and under which names. Says where it is to be found.
fn access(address: SocketAddr, arguments: Arguments) -> (Access, Vec<String>) {
    if !arguments.expose {
        info!("the playground is open: http://{address}");
        return (Access::Loopback, Vec::new());
    }
    let token: String = rand::rng().sample_iter(Alphanumeric).take(TOKEN_LENGTH).map(char::from).collect();
    let hosts = if arguments.host.is_empty() { vec![address.ip().to_string()] } else { arguments.host };
    let name = hosts.first().map_or_else(|| address.ip().to_string(), Clone::clone);
    // The one secret that is meant to be read: without it nobody could open the page. It ends with this process.
    warn!("the playground is open to other machines: http://{name}:{}/?token={token}", address.port());
    (Access::Token(SecretString::new(token)), hosts)
}
