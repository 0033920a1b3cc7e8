//! Twenty people use `/chat` at once, each in a place of their own: an interaction's token has limits of its own.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use prism::emulator::model::{ModelSettings, Received};
use prism::emulator::playground::KIM;
use prism::emulator::{Invocation, World};
use prism::ids::ChannelId;

use crate::MODEL;
use crate::common::figures::{Limit, Sample};
use crate::common::page::Page;
use crate::common::stage::{Stage, UNBOUNDED};
use crate::conversations::{self, Conversation, Conversations};

const AT_ONCE: usize = 20;

pub(crate) async fn measure(page: &mut Page, bot: &Path) -> Result<()> {
    let mut world = World::playground();
    let rooms = world.add_channels(u64::try_from(AT_ONCE)? + 1);
    let (alone, rooms) = rooms.split_last().context("no rooms")?;
    let stage = Stage::limited(bot, world, ModelSettings::default()).await?;
    let (bot, _) = stage.started(MODEL, UNBOUNDED).await?;
    let alone = asked(&stage, &[*alone]).await?;
    let together = asked(&stage, rooms).await?;
    bot.stop().await?;

    page.heading(&format!("{AT_ONCE} slash answers at once, 200 tokens over 10 s each, and one alone"));
    for (name, asked) in [("alone", &alone), ("at once", &together)] {
        let of = |time: fn(&(Received, Conversation)) -> Option<Duration>| {
            Sample::of(asked.pairs.iter().filter_map(time))
        };
        let visible = of(|(request, seen)| Some(seen.visible? - request.first_token_at?));
        page.times(&format!("first token -> first visible text, {name}"), &visible, Limit::None);
        let complete = of(|(request, seen)| Some(seen.complete? - request.last_token_at?));
        page.times(&format!("last token -> complete text, {name}"), &complete, Limit::None);
        let whole = of(|(_, seen)| Some(seen.complete? - seen.asked));
        page.times(&format!("asked -> complete text, {name}"), &whole, Limit::None);
    }
    page.count("answers that are not exactly what the model said", together.wrong, Limit::AtMost(0.0));
    page.count("429s", usize::try_from(stage.discord.refused())?, Limit::AtMost(0.0));
    Ok(())
}

struct Asked {
    pairs: Vec<(Received, Conversation)>,
    wrong: usize,
}

async fn asked(stage: &Stage, rooms: &[ChannelId]) -> Result<Asked> {
    let before = stage.model.requests().len();
    let texts = conversations::script(&stage.model, rooms.len());
    let mut conversations = Conversations::new(&stage.discord, &texts);
    for (number, room) in rooms.iter().enumerate() {
        let question = conversations::question(number);
        conversations.begin(*room, Instant::now(), format!("-# Kim: {question}\n"));
        stage.discord.invoke(KIM, *room, &Invocation::new("chat").with("message", question))?;
    }
    let mut conversations: Vec<_> = conversations.read().await?.into_iter().map(Some).collect();
    let mut asked = Asked { pairs: Vec::new(), wrong: rooms.len() };
    for (taken, request) in stage.model.requests().into_iter().skip(before).enumerate() {
        let number = conversations::asked_in(&request).context("a request for no question")?;
        let conversation = conversations.get_mut(number).and_then(Option::take).context("asked twice")?;
        asked.wrong -= usize::from(conversation.is_exactly(&stage.discord, &texts[taken]));
        asked.pairs.push((request, conversation));
    }
    Ok(asked)
}
