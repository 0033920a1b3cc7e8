//! `prism check`: is everything in order? Names every problem with its file and line.

use clap::Args;

use super::{Context, Failure, online};
use crate::config::{Config, Purpose};
use crate::document::Problem;
use crate::persona::{Library, LoadError};

const EXAMPLES: &str = "Examples:
  prism check                    configuration and personas, without any network
  prism check --personas my/     the personas of this folder
  prism check --online           also whether every model answers, how fast, and what that cost";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Also ask every configured model for a few words; says first what that can cost
    #[arg(long)]
    online: bool,
}

/// What a check found.
#[derive(Default)]
struct Findings {
    problems: Vec<Problem>,
    /// What only a bot needs. Secrets are often set only where it runs, and who writes a persona has none.
    missing_for_bot: Vec<Problem>,
}

#[expect(clippy::print_stdout, reason = "the report is the output of this command")]
pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<(), Failure> {
    let (config, mut findings) = find(context);
    if arguments.online && !findings.problems.is_empty() {
        // What is wrong counts as not written, and to ask other models than those that are meant costs money.
        println!("models: not asked before the rest is in order");
    } else if arguments.online {
        findings.problems.extend(online::check(&config).await?);
    }
    for problem in &findings.problems {
        println!("{problem}");
    }
    for missing in &findings.missing_for_bot {
        println!("(only for prism run) {missing}");
    }
    match findings.problems.len() {
        0 => {
            println!("Everything is in order.");
            return Ok(());
        }
        1 => println!("1 problem."),
        count => println!("{count} problems."),
    }
    Err(Failure::NotInOrder)
}

fn find(context: &Context) -> (Config, Findings) {
    let mut findings = Findings::default();
    let (config, problems) = Config::read(&context.flags, &context.environment, Purpose::Playground);
    findings.problems = problems;
    let (_, found) = Config::read(&context.flags, &context.environment, Purpose::Bot);
    findings.missing_for_bot =
        found.into_iter().filter(|problem| !findings.problems.contains(problem)).collect();
    findings.problems.extend(personas(&config));
    (config, findings)
}

#[expect(clippy::print_stdout, reason = "the report is the output of this command")]
fn personas(config: &Config) -> Vec<Problem> {
    let Some(folder) = &config.personas else {
        println!("personas: {} inside the binary", Library::embedded().list().len());
        return Vec::new();
    };
    match Library::load(folder) {
        Ok((library, problems)) => {
            println!("personas: {} from {}", library.list().len(), folder.display());
            problems
        }
        Err(LoadError::NoneGood { problems, .. }) => problems,
        Err(error) => vec![Problem::of("personas", error.to_string())],
    }
}
