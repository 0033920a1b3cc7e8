//! One bot with its Discord, its model and its database, for one test.
//!
//! Tests act as people do and read what people see. [`Stage::finish`] fails on leftovers: a message of the bot that no
//! test looked at, a route nothing answers, a scripted answer nobody asked for, an unfinished turn, a panic in a task.

use std::cell::RefCell;
use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use prism::app::{App, Front, Runs};
use prism::chat::{Engine, TurnRates};
use prism::config::{Config, Environment, Flags, Purpose};
use prism::emulator::model::{Listed, ModelServer, ModelSettings};
use prism::emulator::playground::{GENERAL, KIM};
use prism::emulator::{Change, Emulator, Invocation, MessageView, SessionStarts, Settings, World};
use prism::ids::{ChannelId, InteractionId, MessageId, UserId};
use prism::shutdown::Shutdown;
use prism::store::Store;
use tempfile::TempDir;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{oneshot, watch};

use crate::{openapi, panics};

/// Far above what anything takes: it only keeps a broken test from hanging.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) const MODEL: &str = "first/model";
pub(crate) const LIGHTER_MODEL: &str = "lighter/model";

/// A running bot and its surroundings.
pub(crate) struct Stage {
    pub(crate) discord: Emulator,
    pub(crate) model: ModelServer,
    pub(crate) config: Config,
    far_side: Shutdown,
    running: Option<Running>,
    read: RefCell<HashSet<MessageId>>,
    folder: TempDir,
}

/// A bot with a thread and a runtime of its own, as a process has them: when it is killed, all its tasks are gone.
struct Running {
    stop: Shutdown,
    built: watch::Receiver<Option<Built>>,
    /// Dropped: the bot dies.
    life: oneshot::Sender<()>,
    /// `None`: it was killed.
    ended: oneshot::Receiver<Option<anyhow::Result<()>>>,
}

/// Where the pages of a bot are, and its engine, if it is the only one behind them.
type Built = (SocketAddr, Option<Engine>);

/// How a stage differs from the usual one.
#[derive(Default)]
pub(crate) struct Setting {
    pub(crate) emulator: Settings,
    /// Asks for Message Content.
    pub(crate) message_content: bool,
    /// `None`: the playground.
    pub(crate) world: Option<World>,
}

impl Stage {
    /// A connected bot that answers from what tests script.
    pub(crate) async fn open() -> Self {
        let mut stage = Self::set(Setting::default()).await;
        stage.start().await;
        stage
    }

    /// A stage whose bot is not started yet.
    pub(crate) async fn set(setting: Setting) -> Self {
        panics::count();
        let far_side = Shutdown::default();
        let world = setting.world.unwrap_or_else(World::playground);
        let discord = Emulator::start(setting.emulator.clone(), world, &far_side).await.unwrap();
        // Tests restart sooner than operators do.
        discord.set_session_starts(SessionStarts { max_concurrency: 100, ..SessionStarts::default() });
        let model = ModelServer::start(ModelSettings::default(), &far_side).await.unwrap();
        model.list(vec![Listed::new(MODEL), Listed::new(LIGHTER_MODEL)]);
        let folder = tempfile::tempdir().unwrap();
        let variables = [
            ("DISCORD_TOKEN", setting.emulator.token.clone()),
            ("PRISM_DISCORD_URL", discord.origin()),
            ("PRISM_MODEL_URL", model.base_url()),
            ("PRISM_MODELS", format!("{MODEL},{LIGHTER_MODEL}")),
            ("PRISM_HTTP", "127.0.0.1:0".to_owned()),
            ("DATABASE_URL", format!("sqlite://{}", folder.path().join("bot.db").display())),
        ];
        let environment = Environment::of(variables.map(|(name, value)| (name.to_owned(), value)));
        let mut config = Config::load(&Flags::default(), &environment, Purpose::Bot).unwrap();
        config.discord.message_content = setting.message_content;
        // Tests wait for events: what is paced for eyes need not be waited for.
        config.discord.edit_interval = Duration::from_millis(20);
        config.discord.first_words_after = Duration::from_millis(20);
        config.discord.thinking_after = Duration::from_secs(3_600);
        config.gateway.pause = Duration::from_millis(20);
        // Tests talk faster than people do. Those of the pace set it.
        config.chat.rates = TurnRates { user: 1_000, channel: 1_000, guild: 1_000, bot: 1_000 };
        let read = RefCell::default();
        Self { discord, model, config, far_side, running: None, read, folder }
    }

    /// Starts the bot and waits until it is connected and its commands are registered.
    pub(crate) async fn start(&mut self) {
        self.start_with(None).await;
    }

    /// The same, behind the playground's page where there is one.
    pub(crate) async fn start_with(&mut self, front: Option<Front>) {
        let mut changes = self.discord.changes();
        self.launch_with(front);
        let (mut connected, mut registered) = (false, false);
        let waiting = async {
            while !(connected && registered) {
                match changes.recv().await.unwrap() {
                    Change::BotConnected => connected = true,
                    Change::CommandsRegistered => registered = true,
                    _ => {}
                }
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.expect("the bot did not connect");
    }

    /// Starts the bot and waits for nothing.
    pub(crate) fn launch(&mut self) {
        self.launch_with(None);
    }

    fn launch_with(&mut self, front: Option<Front>) {
        assert!(self.running.is_none(), "the bot runs already");
        self.running = Some(Running::start(self.config.clone(), front));
    }

    /// Starts a bot that cannot work, and gives what it says, the causes included.
    pub(crate) async fn refuses_to_start(&mut self) -> String {
        self.launch();
        format!("{:#}", self.ended().await.unwrap_err())
    }

    /// How the bot ended by itself.
    pub(crate) async fn ended(&mut self) -> anyhow::Result<()> {
        let running = self.running.take().unwrap();
        within("the bot ends", running.ended).await.expect("the bot panicked").expect("the bot was killed")
    }

    /// Begins a stop in good order, as the first signal does.
    pub(crate) fn begin_stop(&self) {
        self.running.as_ref().unwrap().stop.begin();
    }

    /// Stops the bot in good order and waits for its end.
    pub(crate) async fn stop(&mut self) {
        self.begin_stop();
        self.ended().await.unwrap();
    }

    /// Ends the bot as a power cut would: nothing is drained, nothing is written any more.
    pub(crate) async fn crash(&mut self) {
        let running = self.running.take().unwrap();
        drop(running.life);
        let ended = within("the bot dies", running.ended).await.expect("the bot panicked");
        assert!(ended.is_none(), "the bot ended by itself: {ended:?}");
    }

    /// Where the bot's pages are.
    pub(crate) async fn address(&mut self) -> SocketAddr {
        self.built().await.0
    }

    /// The engine of a bot without a playground.
    pub(crate) async fn engine(&mut self) -> Engine {
        self.built().await.1.unwrap()
    }

    async fn built(&mut self) -> Built {
        let built = &mut self.running.as_mut().unwrap().built;
        within("the bot is built", built.wait_for(Option::is_some)).await.unwrap().clone().unwrap()
    }

    /// The database of a stopped bot.
    pub(crate) async fn store(&self) -> Store {
        assert!(self.running.is_none(), "the bot still holds its database");
        Store::open(&self.config.store, &Shutdown::default()).await.unwrap()
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.config.store.path.clone()
    }

    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Kim mentions the bot in #general.
    pub(crate) fn mention(&self, text: &str) -> MessageId {
        self.mention_in(GENERAL, KIM, text)
    }

    pub(crate) fn mention_in(&self, channel: ChannelId, person: UserId, text: &str) -> MessageId {
        self.discord.say(person, channel, &format!("<@{}> {text}", self.discord.bot())).unwrap()
    }

    /// Kim uses a command in #general.
    pub(crate) fn invoke(&self, invocation: &Invocation) -> InteractionId {
        self.invoke_as(KIM, invocation)
    }

    pub(crate) fn invoke_as(&self, person: UserId, invocation: &Invocation) -> InteractionId {
        self.discord.invoke(person, GENERAL, invocation).unwrap()
    }

    /// Waits until somebody sees a message of the bot that fits, and counts it as looked at.
    pub(crate) async fn sees(
        &self,
        channel: ChannelId,
        viewer: UserId,
        fits: impl Fn(&MessageView) -> bool,
    ) -> MessageView {
        let look = || {
            let messages = self.discord.messages(channel, viewer);
            messages.into_iter().find(|message| message.author.id == self.discord.bot() && fits(message))
        };
        let seen = self.until(look, || format!("{:#?}", self.discord.messages(channel, viewer))).await;
        self.read.borrow_mut().insert(seen.id);
        seen
    }

    /// Waits until Kim reads exactly this in #general.
    pub(crate) async fn reads(&self, text: &str) -> MessageView {
        self.sees(GENERAL, KIM, |message| message.content == text).await
    }

    /// Waits until the answer to a message is exactly this.
    pub(crate) async fn answered(&self, question: MessageId, text: &str) -> MessageView {
        let channel = self.discord.message(question).unwrap().channel;
        self.sees(channel, KIM, |message| message.reply_to == Some(question) && message.content == text).await
    }

    /// Waits until the message that answers an interaction fits.
    pub(crate) async fn replied(
        &self,
        interaction: InteractionId,
        fits: impl Fn(&MessageView) -> bool,
    ) -> MessageView {
        let look = || {
            let original = self.discord.interaction(interaction)?.original?;
            self.discord.message(original).filter(|message| !message.pending && fits(message))
        };
        let seen = self.until(look, || format!("{:#?}", self.discord.interaction(interaction))).await;
        self.read.borrow_mut().insert(seen.id);
        seen
    }

    /// Waits until something is so, looking again whenever anything happens on Discord.
    pub(crate) async fn until<T>(&self, look: impl Fn() -> Option<T>, otherwise: impl Fn() -> String) -> T {
        let mut changes = self.discord.changes();
        let watching = async {
            loop {
                if let Some(found) = look() {
                    return found;
                }
                match changes.recv().await {
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => panic!("the emulator ended"),
                }
            }
        };
        match tokio::time::timeout(PATIENCE, watching).await {
            Ok(found) => found,
            Err(_) => panic!("it never came to be; there is {}", otherwise()),
        }
    }

    /// Counts a message as looked at.
    pub(crate) fn read(&self, message: MessageId) {
        self.read.borrow_mut().insert(message);
    }

    /// Stops the bot and fails on leftovers.
    pub(crate) async fn finish(mut self) {
        if self.running.is_some() {
            self.stop().await;
        }
        let store = self.store().await;
        let unfinished = store.unfinished_turns().await.unwrap();
        assert!(
            unfinished.is_empty(),
            "unfinished turns: {:?}",
            unfinished.iter().map(|turn| turn.id).collect::<Vec<_>>()
        );
        store.close().await;
        self.leave();
    }

    /// Like [`Stage::finish`], where turns may stay open.
    pub(crate) fn leave(self) {
        assert_eq!(self.discord.unexpected(), [""; 0], "requests that Discord does not know");
        assert_eq!(self.model.unused(), 0, "scripted answers that nobody asked for");
        assert_eq!(panics::counted(), 0, "panics in tasks");
        self.assert_all_read();
        openapi::check(&self.discord.requests());
        self.far_side.begin();
    }

    fn assert_all_read(&self) {
        let world = self.discord.world();
        let people: Vec<_> = world.users.iter().filter(|user| !user.bot).map(|user| user.id).collect();
        let read = self.read.borrow();
        let unread =
            |message: &MessageView| message.author.id == self.discord.bot() && !read.contains(&message.id);
        for channel in &world.channels {
            for person in &people {
                let messages = self.discord.messages(channel.id, *person);
                let unread: Vec<_> = messages
                    .iter()
                    .filter(|message| unread(message))
                    .map(|message| &message.content)
                    .collect();
                assert!(unread.is_empty(), "messages that nobody looked at: {unread:#?}");
            }
        }
    }
}

impl Running {
    fn start(config: Config, front: Option<Front>) -> Self {
        let stop = Shutdown::default();
        let (life, death) = oneshot::channel();
        let (tell_end, ended) = oneshot::channel();
        let (tell_built, built) = watch::channel(None);
        let (panics, its_stop) = (panics::of_this_thread(), stop.clone());
        // What listens to the test's logs hears its bot too.
        let listener = tracing::dispatcher::get_default(Clone::clone);
        thread::spawn(move || {
            panics::count_for(panics);
            let _listening = tracing::dispatcher::set_default(&listener);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let end = runtime.block_on(async {
                tokio::select! {
                    end = run(config, its_stop, tell_built, front) => Some(end),
                    _ = death => None,
                }
            });
            drop(runtime);
            // A test that has failed does not listen any more.
            let _ = tell_end.send(end);
        });
        Self { stop, built, life, ended }
    }
}

async fn run(
    config: Config,
    stop: Shutdown,
    built: watch::Sender<Option<Built>>,
    front: Option<Front>,
) -> anyhow::Result<()> {
    if let Some(front) = front {
        let Some(runs) = Runs::open(config, stop).await? else { return Ok(()) };
        panics::count_behind(runs.address());
        built.send_replace(Some((runs.address(), None)));
        return runs.run(front).await;
    }
    let app = App::build(config, stop).await?;
    built.send_replace(Some((app.address(), Some(app.engine().clone()))));
    app.run().await
}

/// Waits for something that is sure to come.
pub(crate) async fn within<T>(what: &str, coming: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, coming).await {
        Ok(came) => came,
        Err(_) => panic!("it never happened: {what}"),
    }
}
