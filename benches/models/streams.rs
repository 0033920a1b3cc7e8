//! A thousand replies at once, each in the middle of its text: the memory they take in a process that has nothing but
//! them.

use std::fs;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use prism::app;
use prism::emulator::model::{Answer, Fault, ModelServer, ModelSettings};
use prism::llm::{Ladder, Message, Reply, Request, Role, Server, Settings};
use prism::shutdown::Shutdown;
use prism::status::Status;
use tokio::sync::Semaphore;

use crate::common::bot;
use crate::common::figures::Limit;
use crate::common::page::Page;

/// Makes this binary the process that is measured: then the server's address, and the characters of a prompt.
pub(crate) const FLAG: &str = "--streams";

const STREAMS: usize = 1_000;
/// Requests that are under way at once before all are.
const AT_ONCE: u32 = 100;
const MODEL: &str = "live/model";
const TEXT: &str = "The harbour lights came on one after the other while we stood at the rail.";
/// Characters of the text that come before it stops.
const SAID: usize = 20;
/// A persona with a short history, and with as much history as the defaults allow.
const PROMPTS: [(&str, usize, Limit); 2] = [
    ("prompts of 8 KB", 8_000, Limit::AtMost(40.0)),
    ("prompts of 40 KB, full histories", 40_000, Limit::None),
];
/// Both ends of a connection are in one of two processes.
const ENOUGH_FILES: usize = 3_000;
/// Nobody's clock ends a stream here.
const LONG: Duration = Duration::from_secs(3_600);
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) async fn measure(page: &mut Page) -> Result<()> {
    page.title(&format!("{STREAMS} replies at once, in a process of their own"));
    if let Some(files) = open_files().filter(|files| *files < ENOUGH_FILES) {
        page.note(&format!("only {files} files may be open: this needs {ENOUGH_FILES} (ulimit -n)"));
    }
    for (name, characters, limit) in PROMPTS {
        let (before, with) = measured(characters).await?;
        page.memory(&format!("resident memory before, {name}"), before, Limit::None);
        page.memory("added by the replies", before.zip(with).map(|(before, with)| with - before), limit);
    }
    Ok(())
}

/// Resident memory in MiB without replies and with them.
async fn measured(characters: usize) -> Result<(Option<f64>, Option<f64>)> {
    let far_side = Shutdown::default();
    let model =
        ModelSettings { models: vec![MODEL.to_owned()], kept_requests: 1, ..ModelSettings::default() };
    let model = ModelServer::start(model, &far_side).await?;
    model.always(MODEL, Answer::text(TEXT).fault(Fault::Stall(SAID)));
    let mut command = Command::new(std::env::current_exe()?);
    command.args([FLAG, &model.base_url(), &characters.to_string()]).stdin(Stdio::null());
    let output = tokio::time::timeout(PATIENCE, tokio::process::Command::from(command).output()).await;
    let output = output.context("the replies did not begin")??;
    far_side.begin();
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let figures: Vec<Option<f64>> = said.split_whitespace().map(|figure| figure.parse().ok()).collect();
    let [before, with] = figures.as_slice() else { anyhow::bail!("no figures: {said}") };
    Ok((*before, *with))
}

/// The process that is measured.
#[expect(clippy::print_stdout, reason = "the figures are for the process that started this one")]
pub(crate) async fn hold(server: &str, characters: usize) -> Result<()> {
    let stop = Shutdown::default();
    let settings = Settings {
        server: Server::new(server),
        models: vec![MODEL.to_owned()],
        idle: LONG,
        total: LONG,
        ..Settings::default()
    };
    let http = app::http_client(server)?;
    let ladder = Ladder::new(settings, |_| http.clone(), Status::default(), &stop);
    ladder.fetched_offers().await;
    let before = bot::mib("self", "VmRSS:");
    let begun = Arc::new(Semaphore::new(0));
    for index in 0..STREAMS {
        let mut reply = ladder_reply(&ladder, request(index, characters));
        let speaks = Arc::clone(&begun);
        stop.spawn(async move {
            if reply.open().await.is_ok() {
                speaks.add_permits(1);
            }
            // As the bot does: somebody waits for more.
            while let Some(Ok(_)) = reply.next().await {}
        });
        // A burst of connections would measure the listener's queue.
        if (index + 1).is_multiple_of(AT_ONCE as usize) {
            begun.acquire_many(AT_ONCE).await?.forget();
        }
    }
    let with = bot::mib("self", "VmRSS:");
    let figure = |mib: Option<f64>| mib.map_or_else(|| "unknown".to_owned(), |mib| mib.to_string());
    println!("{} {}", figure(before), figure(with));
    // The replies would wait for ever.
    std::process::exit(0);
}

fn ladder_reply(ladder: &Ladder, request: Request) -> Reply {
    let plan = ladder.plan(&request);
    ladder.ask(request, plan)
}

/// A request of its own: nothing of it is shared with others.
fn request(index: usize, characters: usize) -> Request {
    let line = format!("Conversation {index}: {TEXT} ");
    let prompt: String = line.chars().cycle().take(characters).collect();
    Request {
        messages: vec![Message::new(Role::System, prompt), Message::new(Role::User, "Go on.")],
        ..Request::default()
    }
}

fn open_files() -> Option<usize> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}
