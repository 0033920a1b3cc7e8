//! Many sends at once into one bucket, through a governor of our own in this process.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use prism::app;
use prism::emulator::model::{Answer, ModelSettings};
use prism::emulator::playground::{KIM, WORKSHOP};
use prism::emulator::{Emulator, Invocation, World};
use prism::governor::{Call, Class, Governor, Settings};
use prism::shutdown::Shutdown;
use secrecy::SecretString;
use serde_json::json;

use crate::MODEL;
use crate::common::figures::Limit;
use crate::common::page::Page;
use crate::common::stage::{Stage, UNBOUNDED};
use crate::common::talk::within;

const SENDS: usize = 12;
/// How many such a bucket takes in one window.
const WINDOW: usize = 5;

pub(crate) async fn measure(page: &mut Page, bot: &Path) -> Result<()> {
    let stage = Stage::limited(bot, World::playground(), ModelSettings::default()).await?;
    let token = token(&stage).await?;
    let stop = Shutdown::default();
    let origin = stage.discord.origin();
    let settings = Settings::new(origin.clone(), SecretString::new(stage.token().to_owned()));
    let governor = Governor::start(settings, app::http_client(&origin)?, &stop).await?;
    let application = stage.discord.application();

    page.title(&format!("{SENDS} sends at once into one bucket"));
    let webhook = sends(&governor, || Call::FollowUp(application, token.clone())).await?;
    page.seconds("a webhook's, 5 in 2 s", webhook, Limit::AtMost(4.5)).least(least(2.0));
    let channel = sends(&governor, || Call::CreateMessage(WORKSHOP)).await?;
    page.seconds("a channel's, 5 in 5 s", channel, Limit::None).least(least(5.0));
    page.count("429s", usize::try_from(stage.discord.refused())?, Limit::AtMost(0.0));
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "three windows")]
fn least(window: f64) -> f64 {
    window * (SENDS.div_ceil(WINDOW) - 1) as f64
}

async fn sends(governor: &Governor, call: impl Fn() -> Call) -> Result<Duration> {
    let begun = Instant::now();
    let send = |number: usize| {
        let body = json!({
            "content": format!("number {number}"),
            "allowed_mentions": { "parse": [], "replied_user": false },
        });
        let call = call();
        async move { governor.call(call, Class::FirstWords, &body).await }
    };
    try_join_all((0..SENDS).map(send)).await?;
    Ok(begun.elapsed())
}

/// The token of an interaction that a bot, which has ended since, has answered.
async fn token(stage: &Stage) -> Result<String> {
    let (bot, _) = stage.started(MODEL, UNBOUNDED).await?;
    stage.model.script_for(MODEL, Answer::text("At four."));
    let mut changes = stage.discord.changes();
    let id = stage.discord.invoke(KIM, WORKSHOP, &Invocation::new("chat").with("message", "when?"))?;
    let original = |discord: &Emulator| discord.message(discord.interaction(id)?.original?);
    while !original(&stage.discord).is_some_and(|message| message.content.ends_with("At four.")) {
        within(changes.recv()).await??;
    }
    bot.stop().await?;
    let requests = stage.discord.requests();
    let callback = format!("/interactions/{id}/");
    let token = requests.iter().find_map(|request| {
        request.path.split_once(&callback)?.1.strip_suffix("/callback").map(str::to_owned)
    });
    token.context("no callback among the requests")
}
