//! The real client against the emulator: connecting, messages, and taking a session up again.

use poise::serenity_prelude as serenity;
use serenity::{CreateMessage, GatewayError, GatewayIntents};

use super::bot::{Bot, Heard};
use crate::emulator::playground::{
    GENERAL, GUILD, KIM, KIM_DM, OTHER_BOT, ROBIN, TEA_AND_BISCUITS, WORKSHOP,
};
use crate::emulator::{Change, Settings};

fn talk() -> GatewayIntents {
    GatewayIntents::GUILDS | GatewayIntents::GUILD_MESSAGES | GatewayIntents::DIRECT_MESSAGES
}

fn channel(id: crate::ids::ChannelId) -> serenity::ChannelId {
    serenity::ChannelId::new(id.get())
}

#[tokio::test]
async fn a_bot_connects_and_learns_its_guild() {
    let mut bot = Bot::start(GatewayIntents::GUILDS).await;
    let Heard::Guild(guild) = bot.hear(|heard| matches!(heard, Heard::Guild(_))).await else {
        unreachable!()
    };
    assert_eq!(guild.id.get(), GUILD.get());
    assert!(guild.channels.values().any(|channel| channel.name == "after-dark" && channel.nsfw));
    assert_eq!(guild.threads[0].parent_id, Some(channel(GENERAL)));
    assert_eq!(guild.members.len(), 5);
    assert_eq!(guild.roles.len(), 3);
    assert_eq!((bot.emulator.identifies(), bot.emulator.sessions()), (1, 1));
    assert_eq!(bot.emulator.commands().len(), 5);
    assert_eq!(bot.emulator.unexpected(), Vec::<String>::new());
}

#[tokio::test]
async fn without_the_intent_only_what_concerns_the_bot_is_readable() {
    let mut bot = Bot::ready(talk()).await;
    let id = bot.emulator.bot();
    let emulator = bot.emulator.clone();
    emulator.say(KIM, GENERAL, "idle talk").unwrap();
    assert_eq!(bot.next_message().await.content, "");
    emulator.say(KIM, GENERAL, &format!("<@{id}> hello")).unwrap();
    let named = bot.next_message().await;
    assert_eq!(named.content, format!("<@{id}> hello"));
    assert_eq!(named.mentions[0].id.get(), id.get());
    assert_eq!(named.guild_id.map(serenity::GuildId::get), Some(GUILD.get()));
    assert!(named.member.is_some());
    emulator.say(KIM, KIM_DM, "in private").unwrap();
    let direct = bot.next_message().await;
    assert_eq!((direct.content.as_str(), direct.guild_id), ("in private", None));
    emulator.say_as_bot(OTHER_BOT, GENERAL, "beep").unwrap();
    assert!(bot.next_message().await.author.bot);
    emulator.say_as_webhook("News", GENERAL, "extra").unwrap();
    assert!(bot.next_message().await.webhook_id.is_some());
}

#[tokio::test]
async fn a_reply_with_a_ping_is_readable_and_one_without_is_not() {
    let mut bot = Bot::ready(talk()).await;
    let emulator = bot.emulator.clone();
    let sent = channel(GENERAL).say(&bot.http, "my words").await.unwrap();
    assert_eq!(bot.next_message().await.content, "my words");
    let to = crate::ids::MessageId::new(sent.id.get());
    emulator.reply(KIM, to, "with a ping", true).unwrap();
    let pinged = bot.next_message().await;
    assert_eq!(pinged.content, "with a ping");
    assert_eq!(pinged.referenced_message.unwrap().id, sent.id);
    emulator.reply(KIM, to, "without", false).unwrap();
    assert_eq!(bot.next_message().await.content, "");
}

#[tokio::test]
async fn with_the_intent_everything_is_readable() {
    let mut bot = Bot::ready(talk() | GatewayIntents::MESSAGE_CONTENT).await;
    bot.emulator.say(KIM, WORKSHOP, "idle talk").unwrap();
    assert_eq!(bot.next_message().await.content, "idle talk");
}

#[tokio::test]
async fn the_gateway_turns_away_what_the_portal_and_the_token_do_not_allow() {
    let settings = Settings { message_content: false, ..Settings::default() };
    let mut bot = Bot::start_with(settings, talk() | GatewayIntents::MESSAGE_CONTENT).await;
    assert!(matches!(bot.gave_up().await, GatewayError::DisallowedGatewayIntents));
    let mut bot = Bot::start_as("another.dummy.token", Settings::default(), talk()).await;
    assert!(matches!(bot.gave_up().await, GatewayError::InvalidAuthentication));
    assert_eq!(bot.emulator.identifies(), 0);
}

#[tokio::test]
async fn edits_and_deletions_are_told() {
    let mut bot = Bot::ready(talk() | GatewayIntents::MESSAGE_CONTENT).await;
    let emulator = bot.emulator.clone();
    let id = emulator.say(KIM, TEA_AND_BISCUITS, "frist").unwrap();
    emulator.edit(KIM, id, "first").unwrap();
    let Heard::Edited(edited) = bot.hear(|heard| matches!(heard, Heard::Edited(_))).await else {
        unreachable!()
    };
    assert_eq!(edited.content.as_deref(), Some("first"));
    emulator.delete(id).unwrap();
    let deleted = bot.hear(|heard| matches!(heard, Heard::Deleted(_))).await;
    assert!(matches!(deleted, Heard::Deleted(own) if own.get() == id.get()));
    emulator.create_thread(ROBIN, WORKSHOP, "glue", None).unwrap();
    bot.hear(|heard| matches!(heard, Heard::ThreadOpened)).await;
    emulator.set_permission(WORKSHOP, false).unwrap();
    bot.hear(|heard| matches!(heard, Heard::ChannelChanged)).await;
    emulator.delete_channel(WORKSHOP).unwrap();
    bot.hear(|heard| matches!(heard, Heard::ThreadGone)).await;
    bot.hear(|heard| matches!(heard, Heard::ChannelGone)).await;
}

#[tokio::test]
async fn a_broken_connection_is_taken_up_again_and_nothing_is_missed() {
    let mut bot = Bot::ready(talk() | GatewayIntents::MESSAGE_CONTENT).await;
    let mut changes = bot.emulator.changes();
    bot.emulator.say(KIM, GENERAL, "before").unwrap();
    assert_eq!(bot.next_message().await.content, "before");
    assert_eq!(bot.emulator.drop_sockets(), 1);
    for text in ["one", "two", "three"] {
        bot.emulator.say(KIM, GENERAL, text).unwrap();
    }
    let mut missed = Vec::new();
    for _ in 0..3 {
        missed.push(bot.next_message().await.content);
    }
    missed.sort();
    assert_eq!(missed, ["one", "three", "two"]);
    while changes.recv().await.unwrap() != Change::BotResumed {}
    assert_eq!((bot.emulator.identifies(), bot.emulator.resumes()), (1, 1));
    let sent = CreateMessage::new().content("still here");
    channel(GENERAL).send_message(&bot.http, sent).await.unwrap();
    assert_eq!(bot.emulator.messages(GENERAL, KIM).len(), 5);
}

#[tokio::test]
async fn typing_is_told_to_those_who_ask() {
    let mut bot = Bot::ready(talk() | GatewayIntents::GUILD_MESSAGE_TYPING).await;
    channel(GENERAL).broadcast_typing(&bot.http).await.unwrap();
    bot.hear(|heard| matches!(heard, Heard::Typing)).await;
    assert!(bot.emulator.typing(GENERAL));
}
