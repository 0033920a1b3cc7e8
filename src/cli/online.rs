//! `prism check --online`: asks every model of the ladder for a few words, after saying what that can cost.

use crate::app::{self, Clients};
use crate::chat::Dollars;
use crate::config::{self, Config};
use crate::document::Problem;
use crate::llm::{Failure, Ladder, Message, Report, Request, Role};
use crate::shutdown::Shutdown;
use crate::status::Status;

/// Enough for a word or two, and what the strictest providers take.
const TOKENS: u32 = 16;

/// Asks the ladder. Returns what does not work.
#[expect(clippy::print_stdout, reason = "the report is the output of this command")]
pub(super) async fn check(config: &Config) -> anyhow::Result<Vec<Problem>> {
    let (clients, stop) = (Clients::build(config)?, Shutdown::default());
    let ladder = app::ladder(config, &clients, &Status::default(), &stop);
    ladder.fetched_offers().await;
    let models = &config.model.models;
    let most = models.iter().map(|model| ladder.plan(&question(model)).worst()).fold(0, i64::saturating_add);
    let count = models.len();
    println!("models: asking {count} of them for {TOKENS} tokens each, at most {} together", Dollars(most));
    let mut problems = Vec::new();
    for model in models {
        match ask(&ladder, model).await {
            Ok(report) => println!("  {model}: {}", figures(&report)),
            Err(why) => {
                println!("  {model}: does not work");
                problems.push(Problem::of("model.models", format!("{model}: {why}")));
            }
        }
    }
    stop.begin();
    Ok(problems)
}

fn question(model: &str) -> Request {
    Request {
        messages: vec![Message::new(Role::User, "Say hello in one word.")],
        models: vec![model.to_owned()],
        max_tokens: Some(TOKENS),
        ..Request::default()
    }
}

/// # Errors
/// What does not work, with its cure.
async fn ask(ladder: &Ladder, model: &str) -> Result<Report, String> {
    let request = question(model);
    let plan = ladder.plan(&request);
    if !plan.models().any(|planned| planned == model) {
        return Err("it costs more than model.max_price allows".to_owned());
    }
    let mut reply = ladder.ask(request, plan);
    while let Some(piece) = reply.next().await {
        if let Err(failure) = piece {
            return Err(cure(failure, ladder, model));
        }
    }
    Ok(reply.into_report())
}

fn figures(report: &Report) -> String {
    let first = report.first_token_ms.unwrap_or_default();
    let cost = report.attempts.iter().map(|attempt| attempt.bill.most()).sum();
    let provider = report.attempts.last().and_then(|attempt| attempt.provider.as_deref());
    let by = provider.map(|name| format!(", from {name}")).unwrap_or_default();
    format!("works, first word after {first} ms, {} ms in all, {}{by}", report.total_ms, Dollars(cost))
}

fn cure(failure: Failure, ladder: &Ladder, model: &str) -> String {
    let server = model.split_once('/').map(|(server, _)| server);
    let named = ladder.settings().others.iter().map(|(name, _)| name).find(|name| server == Some(name));
    let cure = match failure {
        Failure::KeyRefused | Failure::Forbidden => {
            let variable =
                named.map_or_else(|| "OPENROUTER_API_KEY".to_owned(), |name| config::key_variable(name));
            return format!("{failure}: set a valid key ({variable})");
        }
        Failure::Unreachable if named.is_some() => {
            "check the network and the server's url in [[model.servers]]"
        }
        Failure::NoCredit { .. } => "add credit to the account, or raise the key's limit",
        Failure::NoSuchModel => "look for its name in `prism models`",
        Failure::Unreachable => "check the network and PRISM_MODEL_URL",
        Failure::Moderated => "its provider refuses even a greeting: choose another model",
        _ => "try again later, or choose another model",
    };
    format!("{failure}: {cure}")
}
