//! Many guilds, and what is said in them.

use poise::serenity_prelude::GatewayIntents;
use serde_json::json;

use super::Rest;
use super::bot::{Bot, Heard};
use super::line::Line;
use crate::emulator::playground::{GENERAL, KIM};
use crate::emulator::{Chatter, Settings, World};
use crate::ids::GuildId;

impl Rest {
    async fn start_in(world: World) -> Self {
        let settings = Settings { limits: false, ..Settings::default() };
        Self::start_where(settings, world).await
    }
}

#[tokio::test]
async fn many_guilds_are_told_to_their_shards() {
    let rest = Rest::start_in(World::playground().with_guilds(100, 3)).await;
    let mut guilds = 0;
    for shard in 0..4 {
        let mut line = Line::dial(&rest.emulator.gateway_url()).await;
        line.identify(json!([shard, 4])).await;
        let own = line.event("READY").await["guilds"].as_array().unwrap().len();
        assert!((25..=26).contains(&own), "{own} of 101 fall on one of 4");
        guilds += own;
        let guild = line.event("GUILD_CREATE").await;
        assert!(guild["channels"].as_array().unwrap().len() >= 3);
    }
    assert_eq!(guilds, 101);
    let world = rest.emulator.world();
    let last = GuildId::new(world.guilds.last().unwrap().id.get());
    let room = world.channels_of(last).last().unwrap().id;
    rest.emulator.say(KIM, room, "people are members there").unwrap();
}

#[tokio::test]
async fn chatter_is_what_a_client_reads_as_messages_of_others() {
    let intents = GatewayIntents::GUILDS
        | GatewayIntents::GUILD_MESSAGES
        | GatewayIntents::GUILD_MESSAGE_TYPING
        | GatewayIntents::MESSAGE_CONTENT;
    let mut bot = Bot::ready(intents).await;
    let kinds = [Chatter::Message, Chatter::Edit, Chatter::Deletion, Chatter::Typing];
    assert_eq!(bot.emulator.chatter_of(&kinds, 8).await, 8);
    for _ in 0..2 {
        let message = bot.next_message().await;
        assert!(message.content.starts_with("I would not have thought"));
        assert!(message.member.is_some() && message.guild_id.is_some() && message.mentions.is_empty());
        assert!(!message.author.bot);
        bot.hear(|heard| matches!(heard, Heard::Edited(_))).await;
    }
    assert_eq!(bot.emulator.messages(GENERAL, KIM).len(), 0, "nothing is stored");
}

#[tokio::test]
async fn more_chatter_than_a_session_keeps_waits_for_its_reader() {
    let rest = Rest::start().await;
    let mut line = Line::ready(&rest.emulator).await;
    let count = 30_000;
    let emulator = rest.emulator.clone();
    let chatter = emulator.chatter(count);
    let read = async {
        for _ in 0..count {
            line.event("MESSAGE_CREATE").await;
        }
        line.seq
    };
    let (told, seq) = tokio::join!(chatter, read);
    assert_eq!((told, seq), (count, count as u64 + 2));
    assert_eq!(rest.emulator.sessions(), 1, "the reader was never too slow");
}

#[tokio::test]
async fn nobody_hears_chatter_who_does_not_listen() {
    let rest = Rest::start().await;
    assert_eq!(rest.emulator.chatter(10).await, 0);
    let mut deaf = Line::dial(&rest.emulator.gateway_url()).await;
    deaf.identify_with(json!({ "intents": 1 })).await;
    deaf.event("READY").await;
    deaf.event("GUILD_CREATE").await;
    assert_eq!(rest.emulator.chatter(10).await, 0);
    deaf.beats().await;
}
