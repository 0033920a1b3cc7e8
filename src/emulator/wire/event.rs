//! Gateway events.

use serde_json::{Value, json};

use super::guild::{channel, member};
use super::interaction::interaction;
use super::message::{Content, message_event};
use crate::emulator::event::Event;
use crate::emulator::message::Message;
use crate::emulator::state::State;
use crate::emulator::world::Channel;
use crate::ids::{ChannelId, UserId};

/// Whom an event is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::emulator) enum Audience {
    Everybody,
    Guilds,
    GuildMessages,
    DirectMessages,
    GuildTyping,
    DirectTyping,
}

/// The name and audience of an event and its body, written for a reader with or without the Message Content intent.
/// None when the bot is not told.
pub(in crate::emulator) fn event(
    state: &State,
    event: &Event,
    content: Content,
) -> Option<(&'static str, Audience, Value)> {
    match event {
        Event::MessageCreated(message) => about_message(state, "MESSAGE_CREATE", message, content),
        Event::MessageEdited(message) => about_message(state, "MESSAGE_UPDATE", message, content),
        Event::MessageDeleted(message) => message_deleted(state, message),
        Event::ChannelCreated(found) => about_channel(state, ["CHANNEL_CREATE", "THREAD_CREATE"], found),
        Event::ChannelUpdated(found) => about_channel(state, ["CHANNEL_UPDATE", "THREAD_UPDATE"], found),
        Event::ChannelDeleted(found) => channel_deleted(state, found),
        Event::Typing { channel, user } => typing(state, *channel, *user),
        Event::InteractionCreated(id) => {
            let found = state.interactions.get(*id)?;
            Some(("INTERACTION_CREATE", Audience::Everybody, interaction(state, found)))
        }
        Event::InteractionChanged { .. } | Event::CommandsRegistered => None,
    }
}

fn about_message(
    state: &State,
    name: &'static str,
    message: &Message,
    content: Content,
) -> Option<(&'static str, Audience, Value)> {
    let audience = message_audience(state, message)?;
    Some((name, audience, message_event(state, message, content)))
}

/// Ephemeral messages travel as direct messages; unseen channels are silent.
fn message_audience(state: &State, message: &Message) -> Option<Audience> {
    let found = state.world.channel(message.channel)?;
    if message.only_for.is_some() || found.is_direct() {
        return Some(Audience::DirectMessages);
    }
    state.world.can_view(state.world.bot, message.channel).then_some(Audience::GuildMessages)
}

fn message_deleted(state: &State, message: &Message) -> Option<(&'static str, Audience, Value)> {
    let audience = message_audience(state, message)?;
    let mut value = json!({ "id": message.id, "channel_id": message.channel });
    if audience == Audience::GuildMessages {
        value["guild_id"] = json!(state.world.channel(message.channel)?.guild());
    }
    Some(("MESSAGE_DELETE", audience, value))
}

fn about_channel(
    state: &State,
    [plain, thread]: [&'static str; 2],
    found: &Channel,
) -> Option<(&'static str, Audience, Value)> {
    // Discord tells bots of direct-message channels by their messages only.
    if found.is_direct() || !state.world.can_view(state.world.bot, found.id) {
        return None;
    }
    let mut value = channel(&state.world, &state.messages, (found, 0));
    if !found.is_thread() {
        return Some((plain, Audience::Guilds, value));
    }
    if thread == "THREAD_CREATE" {
        value["newly_created"] = true.into();
    }
    Some((thread, Audience::Guilds, value))
}

/// The channel is gone already, so what the bot could see of it is not asked.
fn channel_deleted(state: &State, found: &Channel) -> Option<(&'static str, Audience, Value)> {
    match (found.is_direct(), found.parent()) {
        (true, _) => None,
        (false, Some(parent)) => {
            let value = json!({ "id": found.id, "guild_id": found.guild(), "parent_id": parent, "type": 11 });
            Some(("THREAD_DELETE", Audience::Guilds, value))
        }
        (false, None) => {
            let value = channel(&state.world, &state.messages, (found, 0));
            Some(("CHANNEL_DELETE", Audience::Guilds, value))
        }
    }
}

fn typing(state: &State, place: ChannelId, user: UserId) -> Option<(&'static str, Audience, Value)> {
    let found = state.world.channel(place)?;
    let mut value = json!({ "channel_id": place, "user_id": user, "timestamp": state.now() / 1_000 });
    let Some(guild) = found.guild() else { return Some(("TYPING_START", Audience::DirectTyping, value)) };
    value["guild_id"] = json!(guild);
    let typist = state.world.guild(guild)?.member(user)?;
    value["member"] = member(&state.world, typist);
    Some(("TYPING_START", Audience::GuildTyping, value))
}
