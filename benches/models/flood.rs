//! Ten thousand messages by fifty people, and a budget for a few dozen answers.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use prism::emulator::Emulator;
use prism::emulator::model::{Answer, Fault, ModelSettings, Received, tokens};
use prism::shutdown::Shutdown;
use prism::status::now_ms;
use prism::store::{self, Payer, Store};
use serde_json::Value;
use tokio::sync::broadcast::error::RecvError;

use crate::common::bot::Bot;
use crate::common::crowd::Crowd;
use crate::common::figures::Limit;
use crate::common::page::Page;
use crate::common::stage::{Stage, UNBOUNDED};
use crate::crowd::Flood;

const MESSAGES: usize = 10_000;
const PEOPLE: u64 = 50;
const ROOMS: u64 = 8;
/// Nano-dollars.
const BUDGET: i64 = 50_000_000;
const FIRST_MODEL: &str = "flood/first";
const SECOND_MODEL: &str = "flood/second";
/// Answers of the first model that break off: the second one goes on, and what they cost is never told.
const BROKEN: usize = 20;
const BREAK: usize = 40;

const ANSWER: &str = "Then the ferry turned, and the gulls went up all at once, and somebody laughed.";
const FIRST_TOKEN: Duration = Duration::from_millis(200);
const TOKENS_PER_SECOND: f64 = 100.0;

/// What the model server takes for a token, in nano-dollars.
const PROMPT_PRICE: i64 = 300;
const COMPLETION_PRICE: i64 = 2_500;
const CHARACTERS_PER_TOKEN: usize = 4;

/// The flood is worked off when nothing has happened for so long.
const QUIET: Duration = Duration::from_secs(10);
/// For everything.
const PATIENCE: Duration = Duration::from_secs(20 * 60);

pub(crate) async fn measure(page: &mut Page, bot: &Path) -> Result<()> {
    let bounded = UNBOUNDED.replace("bot_day = false", "bot_day = 0.05");
    flood(page, bot, ("without limits of pace", &bounded)).await?;
    let paced: String =
        bounded.lines().filter(|line| !line.contains("_turns")).map(|line| format!("{line}\n")).collect();
    flood(page, bot, ("with the usual limits of pace", &paced)).await
}

async fn flood(page: &mut Page, bot: &Path, (name, config): (&str, &str)) -> Result<()> {
    let (world, crowd) = Crowd::gather(PEOPLE, ROOMS);
    let crowd = Flood(crowd);
    let model = ModelSettings {
        models: vec![FIRST_MODEL.to_owned(), SECOND_MODEL.to_owned()],
        kept_requests: 4 * MESSAGES,
        ..ModelSettings::default()
    };
    let stage = Stage::open(bot, world, model).await?;
    let answer = || Answer::text(ANSWER).after(FIRST_TOKEN).paced(TOKENS_PER_SECOND);
    for _ in 0..BROKEN {
        stage.model.script_for(FIRST_MODEL, answer().fault(Fault::CutAfter(BREAK)));
    }
    stage.model.always(FIRST_MODEL, answer());
    stage.model.always(SECOND_MODEL, answer());
    let (bot, _) = stage.started(&format!("{FIRST_MODEL},{SECOND_MODEL}"), config).await?;

    let before = bot.resident_mib();
    let begun = Instant::now();
    let quiet = stage.discord.clone();
    let said_in = crowd.talk(&stage.discord, MESSAGES);
    let (said_in, last) = tokio::join!(said_in, settled(&quiet, begun));
    let said_in = said_in?;

    page.title(&format!("{MESSAGES} messages by 50 people, {name}"));
    page.seconds("time in which they were said", said_in, Limit::None);
    page.seconds("time until the bot had said its last word", last?, Limit::None);
    let said = crowd.read(&stage.discord, &ANSWER[..BREAK]);
    page.count("answers", said.answers, Limit::None);
    page.count("refusals in words: the budget", said.spent, Limit::None);
    page.count("refusals in words: too many waiting", said.full, Limit::None);
    page.count("refusals in words: too fast", said.fast, Limit::None);
    page.count("other words", said.other, Limit::None);
    memory(page, before, &bot);
    bot.stop().await?;
    money(page, &stage).await
}

fn memory(page: &mut Page, before: Option<f64>, bot: &Bot) {
    page.memory("resident memory before", before, Limit::None);
    page.memory("resident memory, at its most", bot.peak_mib(), Limit::None);
    page.memory("resident memory at the end", bot.resident_mib(), Limit::None);
}

/// Completes when nothing happens any more. Returns when the last thing did, counted from `begun`.
async fn settled(discord: &Emulator, begun: Instant) -> Result<Duration> {
    let mut changes = discord.changes();
    let watch = async {
        let mut last = begun;
        loop {
            match tokio::time::timeout(QUIET, changes.recv()).await {
                Err(_) => return Ok(last - begun),
                // Some were missed, which says as much.
                Ok(Ok(_) | Err(RecvError::Lagged(_))) => last = Instant::now(),
                Ok(Err(RecvError::Closed)) => anyhow::bail!("the emulator has ended"),
            }
        }
    };
    tokio::time::timeout(PATIENCE, watch).await.context("the flood does not end")?
}

/// What the model server took, and what the bot thinks it took.
async fn money(page: &mut Page, stage: &Stage) -> Result<()> {
    let requests = stage.model.requests();
    let taken = requests.iter().map(charge).sum();
    page.count("requests to the model server", requests.len(), Limit::None);
    page.money("taken by the model server", taken, Some(BUDGET));
    let stop = Shutdown::default();
    let store = Store::open(&store::Settings::new(stage.database()), &stop).await?;
    let at = i64::try_from(now_ms())?;
    let spent = store.spent(Payer::Bot, at).await?;
    page.money("spent in the bot's own books", spent.day_nano_usd, Some(BUDGET));
    page.count("turns that wait for the next start", store.unfinished_turns().await?.len(), Limit::None);
    store.close().await;
    Ok(())
}

/// What a request costs when its answer is generated to its end, whoever hears it.
fn charge(request: &Received) -> i64 {
    let prompt = request.body["messages"].to_string().chars().count().div_ceil(CHARACTERS_PER_TOKEN);
    let completion = tokens(ANSWER).len();
    debug_assert!(matches!(request.body["stream"], Value::Bool(true)));
    let nano = |tokens: usize, price: i64| i64::try_from(tokens).unwrap_or(i64::MAX) * price;
    nano(prompt, PROMPT_PRICE) + nano(completion, COMPLETION_PRICE)
}
