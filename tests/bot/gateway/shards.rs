//! A bot that runs in several shards, in one process or in many.

use prism::emulator::model::Answer;
use prism::emulator::playground::{GENERAL, KIM, KIM_DM};
use prism::emulator::{Change, SessionStarts, Settings, World};
use prism::gateway::Shards;
use prism::ids::ChannelId;

use crate::harness::{Setting, Stage, within};

/// A stage with three more servers of one channel each; and these channels, each with the shard of two that serves it.
async fn stage(shards: u64) -> (Stage, Vec<(ChannelId, u64)>) {
    let emulator = Settings { limits: false, ..Settings::default() };
    let world = World::playground().with_guilds(3, 1);
    let guilds = world.guilds.iter().skip(1);
    let rooms = guilds.flat_map(|guild| {
        world.channels_of(guild.id).map(|channel| (channel.id, (guild.id.get() >> 22) % 2))
    });
    let rooms = rooms.collect();
    let stage = Stage::set(Setting { emulator, world: Some(world), ..Setting::default() }).await;
    stage.discord.set_session_starts(SessionStarts {
        shards,
        max_concurrency: 16,
        ..SessionStarts::default()
    });
    (stage, rooms)
}

async fn answers(stage: &Stage, channel: ChannelId, words: &str) {
    stage.model.script(Answer::text(words));
    let question = stage.mention_in(channel, KIM, "where are you?");
    stage.answered(question, words).await;
}

#[tokio::test]
async fn as_many_as_discord_recommends_serve_every_place() {
    let (mut stage, rooms) = stage(2).await;
    let mut changes = stage.discord.changes();
    stage.launch();
    within("both connect", async {
        for _ in 0..2 {
            while !matches!(changes.recv().await.unwrap(), Change::BotConnected) {}
        }
    })
    .await;
    assert_eq!(stage.discord.shards(), [(0, 2), (1, 2)]);
    assert!(rooms.iter().any(|(_, shard)| *shard == 0) && rooms.iter().any(|(_, shard)| *shard == 1));
    for (number, (channel, _)) in rooms.into_iter().enumerate() {
        answers(&stage, channel, &format!("In room {number}.")).await;
    }
    answers(&stage, KIM_DM, "Between us.").await;
    answers(&stage, GENERAL, "Among us.").await;
    stage.finish().await;
}

#[tokio::test]
async fn a_range_serves_its_own_places_and_no_others() {
    let (mut stage, rooms) = stage(1).await;
    stage.config.gateway.shards = Shards::Range { first: 1, last: 1, total: 2 };
    stage.start().await;
    assert_eq!(stage.discord.shards(), [(1, 2)]);
    let of = |wanted: u64| rooms.iter().find(|(_, shard)| *shard == wanted).unwrap().0;
    stage.mention_in(of(0), KIM, "are you there?");
    answers(&stage, of(1), "Here I am.").await;
    assert_eq!(stage.model.requests().len(), 1);
    stage.finish().await;
}
