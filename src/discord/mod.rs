//! The Discord surface. serenity and poise live here alone; hot calls go straight to the governor, everything else
//! that the libraries do goes through its door.

mod body;
mod busy;
mod buttons;
mod chunk;
mod commands;
mod error;
mod events;
mod face;
mod handover;
mod incoming;
mod intake;
mod manuscript;
mod pace;
mod permission;
mod presenter;
mod quote;
mod reader;
mod reply;
mod resume;
mod screen;
mod standing;
mod typing;
mod update;

use std::ops::Deref;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serenity::all::{ChannelType, Client, ClientBuilder, GatewayIntents, GuildChannel, Http, HttpBuilder};
use tracing::{info, warn};

use crate::chat::{Engine, Unfinished};
use crate::gateway::{self, Fact, Fatal, Gateway, is_local};
use crate::governor::{CallError, GatewayBot, Governor};
use crate::ids::{ApplicationId, ChannelId, GuildId, UserId};
use crate::shutdown::Shutdown;
use crate::status::Status;
use buttons::Presses;
use events::Events;

/// How long Discord may take to close the gateway connection. serenity itself would wait 5 s for each shard.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// How the surface behaves. Durations are fields so that tests need not wait for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Ask for the privileged Message Content intent.
    pub message_content: bool,
    /// Characters that are worth showing.
    pub first_words: usize,
    /// Fewer characters are shown after this time.
    pub first_words_after: Duration,
    /// The least time between two edits of a streaming answer.
    pub edit_interval: Duration,
    /// The most time between two edits, however many answers stream at once, and between two tries of the last one.
    pub slowest_edits: Duration,
    /// How long the last edit of an answer is tried where it is only crowded out.
    pub crowded_patience: Duration,
    /// How long an interaction can be answered by its token, from its beginning.
    pub token_life: Duration,
    /// So long before the end of its token an answer goes on without it, or is closed.
    pub token_margin: Duration,
    /// Silence after which a persona says that it is thinking.
    pub thinking_after: Duration,
    /// Silence after which the typing indicator is shown: an answer that is there at once needs none.
    pub typing_after: Duration,
    /// How often the typing indicator is refreshed; Discord shows it for 10 s.
    pub typing_every: Duration,
    /// How long Discord is trusted to answer a second creation with the same nonce by the first message.
    pub nonce_memory: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            message_content: false,
            first_words: 40,
            first_words_after: Duration::from_millis(700),
            edit_interval: Duration::from_millis(1_200),
            slowest_edits: Duration::from_secs(30),
            crowded_patience: Duration::from_secs(10 * 60),
            token_life: Duration::from_secs(15 * 60),
            token_margin: Duration::from_secs(60),
            thinking_after: Duration::from_secs(2),
            typing_after: Duration::from_millis(200),
            typing_every: Duration::from_secs(8),
            nonce_memory: Duration::from_secs(3 * 60),
        }
    }
}

/// What the surface works with.
pub struct Parts {
    pub engine: Engine,
    pub governor: Governor,
    pub status: Status,
    /// Turns run as its tasks.
    pub shutdown: Shutdown,
    /// The client that serenity uses for everything that goes through the governor's door.
    pub client: reqwest::Client,
    pub token: SecretString,
    /// Discord is an emulator on this machine: its gateway must be here too.
    pub local: bool,
    pub gateway: gateway::Settings,
}

/// Why the connection to Discord could not be made or did not last.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("Discord does not say where its gateway is")]
    NoGateway(#[source] CallError),
    #[error("the gateway at {0} is not on this machine, but PRISM_DISCORD_URL is")]
    ForeignGateway(String),
    #[error("Discord does not let the bot connect")]
    Final(#[source] Fatal),
    #[error("the door to the gateway could not be opened")]
    NoDoor(#[source] std::io::Error),
    #[error("the gateway connection failed")]
    Gateway(#[source] Box<serenity::Error>),
}

/// A bot that is ready to connect.
pub struct Bot {
    client: Client,
    gateway: Gateway,
    /// The first and the last shard of this process, and the total.
    shards: (u32, u32, u32),
}

/// What every part of the surface can reach. Clones share one state.
#[derive(Clone)]
pub(crate) struct Surface {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    settings: Settings,
    engine: Engine,
    governor: Governor,
    shutdown: Shutdown,
    /// serenity's own way to Discord, through the governor's door. Set before the connection is made.
    http: OnceLock<Arc<Http>>,
    gateway: Gateway,
    presses: Presses,
    me: OnceLock<Me>,
    /// Turns of an earlier run, until the first connection.
    unfinished: Mutex<Vec<Unfinished>>,
}

/// Who the bot is, as Discord said when it connected.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Me {
    pub(crate) user: UserId,
    pub(crate) application: ApplicationId,
}

impl Deref for Surface {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.inner
    }
}

impl Bot {
    /// Prepares the connection. `unfinished`: turns of an earlier run, taken up when it stands.
    ///
    /// # Errors
    /// When Discord does not say where its gateway is, or says something that must not be followed.
    pub async fn prepare(
        settings: Settings,
        parts: Parts,
        unfinished: Vec<Unfinished>,
    ) -> Result<Self, ConnectError> {
        let known = parts.governor.gateway().await.map_err(why_unknown)?;
        if parts.local && !is_local(&known.url) {
            return Err(ConnectError::ForeignGateway(known.url));
        }
        let shards = parts.gateway.shards.resolve(known.shards);
        (shards.0..=shards.1).for_each(|shard| parts.status.shard(shard, |_| {}));
        let gateway = open(&parts, known).await?;
        let http = HttpBuilder::new(parts.token.expose_secret())
            .client(parts.client)
            .proxy(parts.governor.door())
            .ratelimiter_disabled(true)
            .build();
        let intents = intents(&settings);
        let builder = ClientBuilder::new_with_http(http, intents);
        let surface = Surface {
            inner: Arc::new(Inner {
                settings,
                engine: parts.engine,
                governor: parts.governor,
                shutdown: parts.shutdown,
                http: OnceLock::new(),
                gateway: gateway.clone(),
                presses: Presses::default(),
                me: OnceLock::new(),
                unfinished: Mutex::new(unfinished),
            }),
        };
        let client = builder
            .framework(framework(surface.clone()))
            .event_handler(Events { surface: surface.clone() })
            .await;
        let client = client.map_err(|failure| ConnectError::Gateway(Box::new(failure)))?;
        // A fresh cell: nothing else sets it.
        let _ = surface.http.set(Arc::clone(&client.http));
        // serenity falls back to Discord's own address when its question fails: ours is the one that counts.
        *client.ws_url.lock().await = gateway.url();
        Ok(Self { client, gateway, shards })
    }

    /// Stays connected until `stop` completes.
    ///
    /// # Errors
    /// Why the connection ended by itself.
    pub async fn run(mut self, stop: impl Future<Output = ()>) -> Result<(), ConnectError> {
        let manager = Arc::clone(&self.client.shard_manager);
        let (first, last, total) = self.shards;
        // serenity counts the end of this range in.
        let ended = tokio::select! {
            ended = self.client.start_shard_range(first..last, total) => ended.map_err(why_ended),
            fatal = self.gateway.ended() => Err(ConnectError::Final(fatal)),
            () = stop => Ok(()),
        };
        if tokio::time::timeout(DISCONNECT_TIMEOUT, manager.shutdown_all()).await.is_err() {
            warn!("the gateway connection did not end in time");
        }
        self.gateway.close(DISCONNECT_TIMEOUT).await;
        ended
    }
}

fn intents(settings: &Settings) -> GatewayIntents {
    let intents = GatewayIntents::GUILDS | GatewayIntents::GUILD_MESSAGES | GatewayIntents::DIRECT_MESSAGES;
    if settings.message_content { intents | GatewayIntents::MESSAGE_CONTENT } else { intents }
}

async fn open(parts: &Parts, known: GatewayBot) -> Result<Gateway, ConnectError> {
    let store = parts.engine.store().clone();
    let may_start = permission::asked(parts.governor.clone(), store, parts.status.clone(), known);
    let (status, local) = (parts.status.clone(), parts.local);
    let door = gateway::Parts { may_start, status, local };
    Gateway::start(parts.gateway.clone(), door).await.map_err(ConnectError::NoDoor)
}

fn why_unknown(failure: CallError) -> ConnectError {
    match failure {
        CallError::Discord { status: 401, .. } => ConnectError::Final(Fatal::TokenRefused),
        failure => ConnectError::NoGateway(failure),
    }
}

fn why_ended(failure: serenity::Error) -> ConnectError {
    ConnectError::Gateway(Box::new(failure))
}

fn framework(surface: Surface) -> poise::Framework<Surface, commands::Error> {
    poise::Framework::builder()
        .options(commands::options())
        .initialize_owners(false)
        .setup(move |_, _, framework| {
            register(&surface, poise::builtins::create_application_commands(&framework.options().commands));
            // This must not fail: poise would hold back every later event without a word.
            Box::pin(async move { Ok(surface) })
        })
        .build()
}

/// Tells Discord our commands, beside everything else.
fn register(surface: &Surface, commands: Vec<serenity::all::CreateCommand>) {
    let registering = surface.clone();
    let Some(http) = surface.http.get().cloned() else { return };
    surface.shutdown.spawn(async move {
        let count = commands.len();
        let telling = serenity::all::Command::set_global_commands(&http, commands);
        match registering.shutdown.unless_begun(telling).await {
            Some(Ok(_)) => info!(commands.count = count, "commands registered"),
            Some(Err(failure)) => {
                warn!(
                    error = &failure as &dyn std::error::Error,
                    "commands could not be registered: the old ones stay"
                );
            }
            None => {}
        }
    });
}

impl Surface {
    /// Who the bot is. `None` until the first connection.
    pub(crate) fn me(&self) -> Option<Me> {
        // Events of one connection are handled in any order: the first message may be here before the introduction.
        self.me.get().copied().or_else(|| {
            let identity = self.gateway.identity()?;
            Some(Me { user: identity.user, application: identity.application })
        })
    }

    /// Discord has said who the bot is. The first time, turns of an earlier run are taken up.
    pub(crate) fn introduce(&self, me: Me) {
        if self.me.set(me).is_ok() {
            let unfinished =
                std::mem::take(&mut *self.unfinished.lock().unwrap_or_else(PoisonError::into_inner));
            resume::take_up(self, me, unfinished);
        }
    }

    /// Asks Discord for a channel that no event has told of.
    pub(crate) async fn ask_for_channel(&self, channel: ChannelId) {
        let Some(http) = self.http.get() else { return };
        match http.get_channel(channel.get().into()).await {
            Ok(serenity::all::Channel::Guild(known)) => self.learn(channel, &known),
            Ok(_) => {}
            Err(failure) => {
                warn!(channel.id = %channel, error = &failure as &dyn std::error::Error, "an unknown channel")
            }
        }
    }

    fn learn(&self, channel: ChannelId, known: &GuildChannel) {
        let is_thread = matches!(
            known.kind,
            ChannelType::PublicThread | ChannelType::PrivateThread | ChannelType::NewsThread
        );
        let parent = known.parent_id.filter(|_| is_thread).map(|parent| ChannelId::new(parent.get()));
        let fact = Fact { guild: GuildId::new(known.guild_id.get()), parent, age_restricted: known.nsfw };
        self.gateway.channels().learn(channel, fact);
    }
}
