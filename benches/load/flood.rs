//! Many people mention the bot at once, and each answer streams for ten seconds.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use prism::emulator::World;
use prism::emulator::model::{ModelSettings, Received};
use prism::emulator::playground::KIM;
use prism::ids::ChannelId;

use crate::MODEL;
use crate::common::bot::Bot;
use crate::common::figures::{Limit, Sample};
use crate::common::page::Page;
use crate::common::stage::{Stage, UNBOUNDED};
use crate::common::talk::Talk;
use crate::conversations::{self, Conversation, Conversations};
use crate::least;

const SLOW: Duration = Duration::from_millis(80);
/// After this, nothing that came before counts against Discord's limits.
const FORGOTTEN: Duration = Duration::from_secs(6);

/// What is asked of a flood of this size: seconds, milliseconds, MiB.
#[derive(Default)]
struct Limits {
    wall: Limit,
    first_words: Limit,
    complete: Limit,
    memory: Limit,
    cpu: Limit,
}

/// What a flood left behind.
struct Outcome {
    begun: Instant,
    conversations: Vec<Conversation>,
    /// In the order of the conversations; `None`: nobody asked the model.
    requests: Vec<Option<Received>>,
    exact: usize,
    calls: usize,
    refused: u64,
    /// Which calls were answered 429, and in which second after the beginning.
    refusals: BTreeMap<(u64, String), usize>,
    cpu: Option<Duration>,
    peak: Option<f64>,
    unfinished: usize,
}

pub(crate) async fn measure(page: &mut Page, bot: &Path, sizes: &[usize]) -> Result<()> {
    for &size in sizes {
        let outcome = flood(bot, size, Duration::ZERO).await?;
        write(
            page,
            &format!("{size} conversations at once, 200 tokens over 10 s each"),
            &outcome,
            limits(size),
        );
    }
    let Some(&size) = sizes.iter().max() else { return Ok(()) };
    let outcome = flood(bot, size, SLOW).await?;
    let wall = if size == 500 { Limit::AtMost(22.0) } else { Limit::None };
    let title =
        format!("{size} conversations at once, and Discord takes {} ms for each call", SLOW.as_millis());
    write(page, &title, &outcome, Limits { wall, ..Limits::default() });
    Ok(())
}

fn limits(size: usize) -> Limits {
    match size {
        100 => Limits { wall: Limit::AtMost(11.6), complete: Limit::AtMost(300.0), ..Limits::default() },
        500 => Limits {
            wall: Limit::AtMost(20.5),
            first_words: Limit::AtMost(4_500.0),
            complete: Limit::AtMost(4_500.0),
            memory: Limit::AtMost(64.0),
            cpu: Limit::AtMost(2.5),
        },
        _ => Limits::default(),
    }
}

async fn flood(bot: &Path, size: usize, latency: Duration) -> Result<Outcome> {
    let mut world = World::playground();
    let rooms = world.add_channels(u64::try_from(size)?);
    let model = ModelSettings { kept_requests: 2 * size + 10, ..ModelSettings::default() };
    let stage = Stage::limited(bot, world, model).await?;
    let (bot, _) = stage.started(MODEL, UNBOUNDED).await?;
    // A bot that has talked before: its connections are open.
    let talk = Talk { discord: &stage.discord, model: &stage.model, speaker: MODEL, footer: "" };
    talk.turn(0, None).await?;
    tokio::time::sleep(FORGOTTEN).await;
    let outcome = asked(&stage, &bot, &rooms, latency).await?;
    let peak = bot.peak_mib();
    bot.stop().await?;
    Ok(Outcome { peak, unfinished: stage.unfinished_turns().await?, ..outcome })
}

async fn asked(stage: &Stage, bot: &Bot, rooms: &[ChannelId], latency: Duration) -> Result<Outcome> {
    stage.discord.slow_rest(latency);
    let texts = conversations::script(&stage.model, rooms.len());
    let mut conversations = Conversations::new(&stage.discord, &texts);
    let (before, calls, cpu) = (stage.model.requests().len(), calls(stage), bot.cpu());
    let begun = Instant::now();
    for (number, room) in rooms.iter().enumerate() {
        let text = format!("<@{}> {}", stage.discord.bot(), conversations::question(number));
        conversations.begin(*room, Instant::now(), String::new());
        stage.discord.say(KIM, *room, &text)?;
    }
    let conversations = conversations.read().await?;
    let mut requests: Vec<Option<Received>> = vec![None; rooms.len()];
    let mut exact = 0;
    for (taken, request) in stage.model.requests().into_iter().skip(before).enumerate() {
        let number = conversations::asked_in(&request).context("a request for no question")?;
        let conversation = conversations.get(number).context("a request for an unknown question")?;
        let text = texts.get(taken).map(String::as_str).unwrap_or_default();
        exact += usize::from(conversation.is_exactly(&stage.discord, text));
        requests[number] = Some(request);
    }
    Ok(Outcome {
        begun,
        conversations,
        requests,
        exact,
        calls: self::calls(stage) - calls,
        refused: stage.discord.refused(),
        refusals: refusals(stage),
        cpu: bot.cpu().zip(cpu).map(|(after, before)| after - before),
        peak: None,
        unfinished: 0,
    })
}

fn refusals(stage: &Stage) -> BTreeMap<(u64, String), usize> {
    let requests = stage.discord.requests();
    let first = requests.first().map_or(0, |request| request.at);
    let mut refusals = BTreeMap::new();
    for request in requests.into_iter().filter(|request| request.status == 429) {
        let call = format!("{} {}", request.method, request.route.unwrap_or(request.path));
        *refusals.entry(((request.at - first) / 1_000, call)).or_default() += 1;
    }
    refusals
}

/// Requests to Discord, as far as they are remembered.
fn calls(stage: &Stage) -> usize {
    stage.discord.requests().len()
}

fn write(page: &mut Page, title: &str, outcome: &Outcome, limits: Limits) {
    let size = outcome.conversations.len();
    page.heading(title);
    let last = outcome.conversations.iter().filter_map(|conversation| conversation.complete).max();
    let wall = last.map(|last| (last - outcome.begun).as_secs_f64());
    let least = least::sent(outcome.tokens(|request| request.last_token_at)).into_iter().max();
    let wall = page.value("everything answered", wall, "s", limits.wall);
    wall.least(least.map_or(f64::NAN, |least| (least - outcome.begun).as_secs_f64()));
    page.times("dispatched -> model request received", &outcome.to_request(), Limit::None);
    let least = |token| Sample::of(least::waits(outcome.tokens(token)));
    let visible = outcome.since(|request| request.first_token_at, |conversation| conversation.visible);
    page.times("first token -> first visible text", &visible, limits.first_words)
        .least_of(&least(|request| request.first_token_at));
    let complete = outcome.since(|request| request.last_token_at, |conversation| conversation.complete);
    page.times("last token -> complete text", &complete, limits.complete)
        .least_of(&least(|request| request.last_token_at));
    page.count("answers that are not exactly what the model said", size - outcome.exact, Limit::AtMost(0.0));
    page.count("429s", usize::try_from(outcome.refused).unwrap_or(usize::MAX), Limit::AtMost(0.0));
    for ((second, call), times) in &outcome.refusals {
        page.note(&format!("{times:>4} times 429 after {second:>3} s: {call}"));
    }
    page.count("turns that wait for the next start", outcome.unfinished, Limit::AtMost(0.0));
    page.value("edits of an answer", Some(outcome.edits()), "", Limit::None).least(1.0);
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let calls = outcome.calls as f64 / size as f64;
    page.value("calls to Discord for an answer", Some(calls), "", Limit::None).least(2.0);
    page.value("processor time", outcome.cpu.map(|cpu| cpu.as_secs_f64()), "s", limits.cpu);
    page.memory("resident memory, at its most", outcome.peak, limits.memory);
}

impl Outcome {
    fn tokens(&self, at: fn(&Received) -> Option<Instant>) -> Vec<Instant> {
        self.requests.iter().flatten().filter_map(at).collect()
    }

    fn pairs(&self) -> impl Iterator<Item = (&Received, &Conversation)> {
        let pairs = self.requests.iter().zip(&self.conversations);
        pairs.filter_map(|(request, conversation)| Some((request.as_ref()?, conversation)))
    }

    fn to_request(&self) -> Sample {
        Sample::of(self.pairs().map(|(request, conversation)| request.at - conversation.asked))
    }

    fn since(
        &self,
        said: fn(&Received) -> Option<Instant>,
        shown: fn(&Conversation) -> Option<Instant>,
    ) -> Sample {
        Sample::of(
            self.pairs().filter_map(|(request, conversation)| Some(shown(conversation)? - said(request)?)),
        )
    }

    fn edits(&self) -> f64 {
        let edits: u32 = self.conversations.iter().map(|conversation| conversation.edits).sum();
        #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
        let conversations = self.conversations.len() as f64;
        f64::from(edits) / conversations
    }
}
