//! The command line. One file for each subcommand; what they share stands here.

#![expect(clippy::doc_markdown, reason = "these comments are the help that people read in a terminal")]

mod chat;
mod check;
mod emulator;
mod health;
mod model;
mod models;
mod online;
mod playground;
mod run;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::app::App;
use crate::config::{Config, Environment, Flags, Problems, Purpose};
use crate::shutdown::Shutdown;
use crate::telemetry;

/// The bot failed.
const FAILED: u8 = 1;

/// The command line or the configuration is wrong.
const WRONG_USAGE: u8 = 2;

/// Personas that talk in Discord.
///
/// Without a command: the bot when DISCORD_TOKEN is set, otherwise the playground, a page on which you talk to the
/// personas with no account, no key and no network.
#[derive(Debug, Parser)]
#[command(name = "prism", version, after_help = EXAMPLES)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    flags: FlagArguments,
}

const EXAMPLES: &str = "Examples:
  prism                          try it: the playground on http://127.0.0.1:8787
  DISCORD_TOKEN=... OPENROUTER_API_KEY=... prism run
  prism chat odile               talk to a persona in this terminal
  prism check --personas my/     is everything in order?
  prism check --online           does every model answer, and how fast?
  prism models flash             models with this in their name, and what they cost";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the bot on Discord (needs DISCORD_TOKEN)
    Run,
    /// Run the bot on the embedded Discord, with a page to talk to it
    Playground(playground::Arguments),
    /// Serve the embedded Discord alone, for any bot
    Emulator(emulator::Arguments),
    /// Talk to a persona in the terminal
    Chat(chat::Arguments),
    /// Check configuration and personas; exit 1 when anything is wrong
    Check(check::Arguments),
    /// List the models of the configured servers, with prices and what may be used
    Models(models::Arguments),
    /// Ask the running bot whether it is well; exit 0 when it is
    Health,
}

/// Flags that every command takes. They win over the environment, which wins over the file.
#[derive(Debug, Args)]
struct FlagArguments {
    /// The configuration file [default: prism.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where pages and health checks listen (PRISM_HTTP) [default: 127.0.0.1:8787]
    #[arg(long, global = true, value_name = "ADDRESS")]
    http: Option<String>,
    /// A folder of personas instead of those inside the binary (PRISM_PERSONAS)
    #[arg(long, global = true, value_name = "FOLDER")]
    personas: Option<String>,
    /// The SQLite file (DATABASE_URL) [default: sqlite://data/prism.db]
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    /// Model ids, the first choice first, separated by commas (PRISM_MODELS)
    #[arg(long, global = true, value_name = "IDS")]
    models: Option<String>,
    /// text or json (PRISM_LOG_FORMAT) [default: text]
    #[arg(long, global = true, value_name = "FORMAT")]
    log_format: Option<String>,
}

/// Why a command ends with an exit code of its own.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// Every problem of the configuration.
    #[error(transparent)]
    Configuration(#[from] Problems),
    /// What was checked is not in order; everything was said already.
    #[error("not in order")]
    NotInOrder,
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}

/// Runs what the arguments say, to the end.
pub async fn run(arguments: Arguments) -> ExitCode {
    match dispatch(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => report(&failure),
    }
}

async fn dispatch(arguments: Arguments) -> Result<(), Failure> {
    let context = Context { flags: arguments.flags.into(), environment: Environment::of_process() };
    match arguments.command {
        Some(Command::Run) => run::run(&context).await,
        Some(Command::Playground(arguments)) => playground::run(&context, arguments).await,
        Some(Command::Emulator(arguments)) => emulator::run(&context, arguments).await,
        Some(Command::Chat(arguments)) => chat::run(&context, arguments).await,
        Some(Command::Check(arguments)) => check::run(&context, arguments).await,
        Some(Command::Models(arguments)) => models::run(&context, arguments).await,
        Some(Command::Health) => health::run(&context).await,
        None if context.environment.has_token() => run::run(&context).await,
        None => playground::run(&context, playground::Arguments::unasked()).await,
    }
}

#[expect(clippy::print_stderr, reason = "the last words of a command are for the person who typed it")]
fn report(failure: &Failure) -> ExitCode {
    match failure {
        Failure::Configuration(problems) => {
            eprintln!("The configuration is not right:\n{problems}");
            ExitCode::from(WRONG_USAGE)
        }
        Failure::NotInOrder => ExitCode::from(FAILED),
        Failure::Other(error) => match error.downcast_ref::<Problems>() {
            Some(problems) => {
                eprintln!("The personas are not right:\n{problems}");
                ExitCode::from(WRONG_USAGE)
            }
            None => {
                eprintln!("prism: {error:#}");
                ExitCode::from(FAILED)
            }
        },
    }
}

/// What every command starts from.
struct Context {
    flags: Flags,
    environment: Environment,
}

impl Context {
    fn config(&self, purpose: Purpose) -> Result<Config, Failure> {
        Ok(Config::load(&self.flags, &self.environment, purpose)?)
    }

    /// Builds the bot. `None`: the stop began meanwhile, which is what was asked for.
    async fn build(&self, config: Config, stop: &Shutdown) -> Result<Option<App>, Failure> {
        match App::build(config, stop.clone()).await {
            Err(_) if stop.has_begun() => Ok(None),
            built => Ok(Some(built?)),
        }
    }

    /// Configuration, logs and signals: what everything that runs for long begins with.
    fn start(&self, purpose: Purpose) -> Result<(Config, Shutdown), Failure> {
        let config = self.config(purpose)?;
        let stop = start(&config)?;
        Ok((config, stop))
    }
}

/// Installs logs and signals.
fn start(config: &Config) -> anyhow::Result<Shutdown> {
    telemetry::install(&config.log)?;
    let stop = Shutdown::default();
    stop.listen_for_signals(config.stop.hard)?;
    Ok(stop)
}

impl From<FlagArguments> for Flags {
    fn from(arguments: FlagArguments) -> Self {
        Self {
            file: arguments.config,
            http: arguments.http,
            personas: arguments.personas,
            database: arguments.database,
            models: arguments.models,
            log_format: arguments.log_format,
        }
    }
}
