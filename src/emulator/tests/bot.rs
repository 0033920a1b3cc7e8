//! A small bot on the real serenity and poise, and what it hears.

use poise::serenity_prelude as serenity;
use serenity::{AutocompleteChoice, CreateAutocompleteResponse, FullEvent};
use tokio::sync::mpsc;

use crate::emulator::{Emulator, Settings, World};
use crate::shutdown::Shutdown;

type Error = serenity::Error;
type Context<'a> = poise::Context<'a, mpsc::Sender<Heard>, Error>;

/// What the bot's gateway told it.
#[derive(Debug)]
pub(super) enum Heard {
    Guild(Box<serenity::Guild>),
    Message(Box<serenity::Message>),
    Edited(Box<serenity::MessageUpdateEvent>),
    Deleted(serenity::MessageId),
    Pressed(Box<serenity::ComponentInteraction>),
    ChannelChanged,
    ChannelGone,
    ThreadOpened,
    ThreadGone,
    Typing,
    Resumed,
}

/// A running bot beside its emulator.
pub(super) struct Bot {
    pub(super) emulator: Emulator,
    pub(super) http: std::sync::Arc<serenity::Http>,
    heard: mpsc::Receiver<Heard>,
    running: tokio::task::JoinHandle<serenity::Result<()>>,
    shutdown: Shutdown,
}

impl Bot {
    pub(super) async fn start(intents: serenity::GatewayIntents) -> Self {
        Self::start_with(Settings { limits: false, ..Settings::default() }, intents).await
    }

    pub(super) async fn start_with(settings: Settings, intents: serenity::GatewayIntents) -> Self {
        Self::start_as("emulator.dummy.token", settings, intents).await
    }

    pub(super) async fn start_as(token: &str, settings: Settings, intents: serenity::GatewayIntents) -> Self {
        let shutdown = Shutdown::default();
        let emulator = Emulator::start(settings, World::playground(), &shutdown).await.unwrap();
        let (tell, heard) = mpsc::channel(1_000);
        let mut client = client(&emulator, token, intents, tell).await;
        assert!(client.ws_url.lock().await.starts_with("ws://127.0.0.1:"));
        let http = client.http.clone();
        let running = shutdown.spawn(async move { client.start().await });
        Self { emulator, http, heard, running, shutdown }
    }

    /// A bot that has registered its commands and seen its guild.
    pub(super) async fn ready(intents: serenity::GatewayIntents) -> Self {
        let mut bot = Self::start(intents).await;
        let guild = bot.hear(|heard| matches!(heard, Heard::Guild(_))).await;
        assert!(matches!(guild, Heard::Guild(guild) if guild.name == "Prism Playground"));
        bot
    }

    /// The next thing heard that `wanted` accepts; others are passed over.
    pub(super) async fn hear(&mut self, wanted: impl Fn(&Heard) -> bool) -> Heard {
        loop {
            let heard = self.heard.recv().await.expect("the bot is running");
            if wanted(&heard) {
                return heard;
            }
        }
    }

    /// Why the client gave up.
    pub(super) async fn gave_up(&mut self) -> serenity::GatewayError {
        match (&mut self.running).await.unwrap().unwrap_err() {
            serenity::Error::Gateway(error) => error,
            other => panic!("{other}"),
        }
    }

    pub(super) async fn next_message(&mut self) -> serenity::Message {
        match self.hear(|heard| matches!(heard, Heard::Message(_))).await {
            Heard::Message(message) => *message,
            other => panic!("{other:?}"),
        }
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        self.shutdown.begin();
    }
}

async fn client(
    emulator: &Emulator,
    token: &str,
    intents: serenity::GatewayIntents,
    tell: mpsc::Sender<Heard>,
) -> serenity::Client {
    let plain = reqwest::Client::builder().no_proxy().build().unwrap();
    let http = serenity::HttpBuilder::new(token)
        .client(plain)
        .proxy(emulator.origin())
        .ratelimiter_disabled(true)
        .build();
    let framework = poise::Framework::builder()
        .options(poise::FrameworkOptions {
            commands: vec![ping(), slow(), secret(), persona(), silent()],
            event_handler: |context, event| Box::pin(hear(event, context.user_data)),
            ..Default::default()
        })
        .setup(|context, _, framework| {
            Box::pin(async move {
                poise::builtins::register_globally(context, &framework.options().commands).await?;
                Ok(tell)
            })
        })
        .build();
    serenity::ClientBuilder::new_with_http(http, intents).framework(framework).await.unwrap()
}

async fn hear(event: &FullEvent, tell: &mpsc::Sender<Heard>) -> Result<(), Error> {
    let heard = match event {
        FullEvent::GuildCreate { guild, .. } => Heard::Guild(Box::new(guild.clone())),
        FullEvent::Message { new_message } => Heard::Message(Box::new(new_message.clone())),
        FullEvent::MessageUpdate { event, .. } => Heard::Edited(Box::new(event.clone())),
        FullEvent::MessageDelete { deleted_message_id, .. } => Heard::Deleted(*deleted_message_id),
        FullEvent::InteractionCreate { interaction: serenity::Interaction::Component(pressed) } => {
            Heard::Pressed(Box::new(pressed.clone()))
        }
        FullEvent::ChannelUpdate { .. } => Heard::ChannelChanged,
        FullEvent::ChannelDelete { .. } => Heard::ChannelGone,
        FullEvent::ThreadCreate { .. } => Heard::ThreadOpened,
        FullEvent::ThreadDelete { .. } => Heard::ThreadGone,
        FullEvent::TypingStart { .. } => Heard::Typing,
        FullEvent::Resume { .. } => Heard::Resumed,
        _ => return Ok(()),
    };
    // The test may have ended.
    let _ = tell.send(heard).await;
    Ok(())
}

/// Answers at once
#[poise::command(slash_command)]
async fn ping(
    context: Context<'_>,
    #[description = "Who"] user: Option<serenity::User>,
) -> Result<(), Error> {
    let name = user.map_or_else(|| "nobody".to_owned(), |user| user.name);
    context.say(format!("pong for {name}")).await?;
    Ok(())
}

/// Thinks first
#[poise::command(slash_command)]
async fn slow(context: Context<'_>) -> Result<(), Error> {
    context.defer().await?;
    let reply = context.say("first thought").await?;
    reply.edit(context, poise::CreateReply::default().content("second thought")).await?;
    context.say("afterthought").await?;
    Ok(())
}

/// Answers in private
#[poise::command(slash_command)]
async fn secret(context: Context<'_>) -> Result<(), Error> {
    context.defer_ephemeral().await?;
    context.say("between us").await?;
    Ok(())
}

/// Never answers
#[poise::command(slash_command)]
async fn silent(_: Context<'_>) -> Result<(), Error> {
    Ok(())
}

/// Characters
#[poise::command(slash_command, subcommands("choose"))]
async fn persona(_: Context<'_>) -> Result<(), Error> {
    Ok(())
}

/// Chooses one
#[poise::command(slash_command, rename = "use", default_member_permissions = "MANAGE_GUILD")]
async fn choose(
    context: Context<'_>,
    #[description = "Which"]
    #[autocomplete = "suggest"]
    persona: String,
) -> Result<(), Error> {
    context.say(format!("now {persona}")).await?;
    Ok(())
}

async fn suggest(_: Context<'_>, typed: &str) -> CreateAutocompleteResponse {
    let names = ["ada", "brine", "cinder"].into_iter().filter(|name| name.starts_with(typed));
    CreateAutocompleteResponse::new()
        .set_choices(names.map(|name| AutocompleteChoice::new(name, name)).collect())
}
