//! `prism chat PERSONA`: the engine in a terminal. What is said is kept like everywhere else, in a database of its own.

use std::error::Error as _;
use std::io::Write as _;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use clap::Args;
use tokio::sync::mpsc;

use super::{Context, Failure, model, start};
use crate::app::{self, Clients};
use crate::chat::{self, Admission, End, Engine, Incoming, Speaker, Turn, Unfinished};
use crate::config::{Config, Purpose};
use crate::ids::{ChannelId, DISCORD_EPOCH_MS, MessageId, PersonaId, UserId};
use crate::shutdown::Shutdown;
use crate::status::{Status, now_ms};
use crate::store::{Audience, Trigger};
use crate::telemetry;

/// The terminal's place among channels and people. No snowflake of Discord's is this small.
const TERMINAL: ChannelId = ChannelId::new(1);
const PERSON: UserId = UserId::new(1);

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The persona's id or name; without one, the default persona
    persona: Option<String>,
    /// The name under which you talk
    #[arg(long, default_value = "You", value_name = "NAME")]
    name: String,
}

/// A conversation at the terminal.
struct Terminal {
    engine: Engine,
    persona: PersonaId,
    person: String,
    lines: mpsc::Receiver<String>,
}

#[expect(clippy::print_stdout, reason = "this command talks in the terminal")]
pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<(), Failure> {
    let mut config = context.config(Purpose::Playground)?;
    config.store.path.set_file_name("terminal.db");
    if config.log == telemetry::Settings::default() {
        // Only what somebody who talks needs to know stands between the lines.
        "warn".clone_into(&mut config.log.filter);
    }
    let stop = start(&config)?;
    let source = model::choose(&mut config, &stop).await?.sentence;
    let mut terminal = Terminal::open(&config, &stop, arguments).await?;
    println!("{source}\nAn empty line calls the persona; /forget forgets, /quit leaves.\n");
    let ended = stop.unless_begun(terminal.converse()).await.unwrap_or(Ok(()));
    stop.begin();
    terminal.engine.store().close().await;
    Ok(ended?)
}

impl Terminal {
    async fn open(config: &Config, stop: &Shutdown, arguments: Arguments) -> anyhow::Result<Self> {
        let clients = Clients::build(config)?;
        let engine = app::engine(config, &clients, &Status::default(), stop).await?;
        let persona = match arguments.persona {
            Some(name) => engine.personas().find(&name).with_context(|| unknown(&engine, &name))?,
            None => engine.personas().default_persona(),
        };
        close_left_over(&engine).await?;
        Ok(Self { engine, persona: persona.id.clone(), person: arguments.name, lines: typed_lines() })
    }

    #[expect(clippy::print_stdout, reason = "this command talks in the terminal")]
    async fn converse(&mut self) -> anyhow::Result<()> {
        loop {
            print!("> ");
            std::io::stdout().flush()?;
            match self.lines.recv().await.as_deref().map(str::trim) {
                None | Some("/quit") => return Ok(()),
                Some("/forget") => self.forget().await?,
                Some(text) => self.say(text.to_owned()).await?,
            }
        }
    }

    #[expect(clippy::print_stdout, reason = "this command talks in the terminal")]
    async fn forget(&self) -> anyhow::Result<()> {
        let forgotten = self
            .engine
            .store()
            .forget_conversation(&Audience::Dm { channel: TERMINAL }, &self.persona)
            .await?;
        println!("({} messages forgotten)\n", forgotten.entries);
        Ok(())
    }

    #[expect(clippy::print_stdout, reason = "this command talks in the terminal")]
    async fn say(&self, text: String) -> anyhow::Result<()> {
        let incoming = Incoming {
            trigger: Trigger::Message(new_message()),
            audience: Audience::Dm { channel: TERMINAL },
            speaker: Speaker::new(PERSON, &self.person),
            text,
            replies_to: None,
            persona: Some(self.persona.clone()),
        };
        match self.engine.accept(incoming).await? {
            Admission::Turn(turn) => show(*turn).await,
            Admission::TooFast(persona, early) => {
                println!("({} needs {} seconds)\n", persona.name, early.wait.as_secs() + 1);
                Ok(())
            }
            Admission::Known | Admission::Full(..) | Admission::Later => Ok(()),
        }
    }
}

/// What is typed, line by line. A thread of its own reads it, because a read cannot be given up: the process ends
/// without waiting for that thread.
fn typed_lines() -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel(1);
    thread::spawn(move || {
        let typed = std::io::stdin().lines().map_while(Result::ok);
        typed.into_iter().try_for_each(|line| sender.blocking_send(line))
    });
    lines
}

/// Closes what an earlier terminal left in the middle: nobody waits for it any more.
async fn close_left_over(engine: &Engine) -> anyhow::Result<()> {
    for unfinished in engine.unfinished().await? {
        let (Unfinished::Resumed(turn) | Unfinished::Stale(turn)) = unfinished;
        turn.close(End { late: true, ..End::default() }).await?;
    }
    Ok(())
}

/// Writes an answer to the terminal while it comes.
#[expect(clippy::print_stdout, reason = "this command talks in the terminal")]
async fn show(mut turn: Turn) -> anyhow::Result<()> {
    println!("\n{}:", turn.persona().name);
    let mut answer = match turn.start().await {
        Ok(answer) => answer,
        Err(failure) => {
            println!("({})\n", why(&failure));
            return Ok(turn.close(End { failure: Some(failure), ..End::default() }).await?);
        }
    };
    let mut failure = None;
    while let Some(piece) = turn.next(&mut answer).await {
        match piece {
            Ok(piece) => print!("{piece}"),
            Err(broken) => failure = Some(broken),
        }
        std::io::stdout().flush()?;
    }
    if let Some(failure) = &failure {
        print!(" ({})", why(failure));
    }
    println!("\n");
    if let Some(line) = byline(&answer.byline()) {
        println!("{line}\n");
    }
    Ok(turn.close(End { answer: Some(answer), failure, ..End::default() }).await?)
}

/// The failure with its causes, and when a budget that is used up has room again.
fn why(failure: &chat::Failure) -> String {
    if let chat::Failure::Spent(refusal) = failure {
        let hours = (refusal.resets_at - now_ms().cast_signed()).max(0) / 3_600_000 + 1;
        return format!("{failure}: it has room again in about {hours} h; [budget] in prism.toml sets it");
    }
    match failure {
        chat::Failure::Model(cause) => cause.to_string(),
        failure => match failure.source() {
            Some(cause) => format!("{failure}: {cause}"),
            None => failure.to_string(),
        },
    }
}

/// Who wrote it, where that was not the first choice alone.
fn byline(speakers: &[String]) -> Option<String> {
    (!speakers.is_empty()).then(|| format!("(by {})", speakers.join(", then ")))
}

fn unknown(engine: &Engine, name: &str) -> String {
    let ids: Vec<_> = engine.personas().list().iter().map(|persona| persona.id.to_string()).collect();
    format!("there is no persona called {name:?}; there are {}", ids.join(", "))
}

/// A snowflake of this moment, as Discord would make it.
fn new_message() -> MessageId {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let ms = u64::try_from(since.as_millis()).unwrap_or(u64::MAX).saturating_sub(DISCORD_EPOCH_MS);
    MessageId::new(ms << 22 | u64::from(since.subsec_nanos() % 1_000_000) & 0x3f_ffff)
}
