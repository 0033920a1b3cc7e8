//! Messages, and what is hidden of them without the Message Content intent.

use serde_json::{Value, json};

use super::guild::{bare_member, channel, user, user_by_id};
use super::iso;
use crate::emulator::attachment::Attachment;
use crate::emulator::component::{Button, ButtonAction, Row};
use crate::emulator::message::{Author, Flags, Message, Nonce, Origin};
use crate::emulator::state::State;
use crate::emulator::world::{Guild, World};
use crate::ids::{ChannelId, UserId};

/// Whether the reader has the Message Content intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::emulator) enum Content {
    Granted,
    Withheld,
}

/// A message with the message it answers.
pub(in crate::emulator) fn message(state: &State, message: &Message, content: Content) -> Value {
    let mut value = bare_message(state, message, content);
    if let Some(reference) = message.reference {
        let referenced = state.messages.get(reference.message);
        value["referenced_message"] =
            referenced.map_or(Value::Null, |referenced| bare_message(state, referenced, content));
    }
    value
}

/// A message as an event: in a guild with `guild_id` and `member`, ephemeral ones always without.
pub(in crate::emulator) fn message_event(state: &State, found: &Message, content: Content) -> Value {
    let mut value = message(state, found, content);
    let guild = state.world.channel(found.channel).and_then(|channel| channel.guild());
    let guild = guild.filter(|_| found.only_for.is_none()).and_then(|id| state.world.guild(id));
    if let Some(guild) = guild {
        add_guild(guild, found, &mut value);
    }
    value
}

/// Where it was said, and who the author and the mentioned are there.
fn add_guild(guild: &Guild, found: &Message, value: &mut Value) {
    value["guild_id"] = json!(guild.id);
    if let Author::User(author) = found.author
        && let Some(member) = guild.member(author)
    {
        value["member"] = bare_member(member);
    }
    for (position, mentioned) in found.mentions.all_users().into_iter().enumerate() {
        if let Some(member) = guild.member(mentioned)
            && let Some(mention) = value["mentions"].get_mut(position)
        {
            mention["member"] = bare_member(member);
        }
    }
}

fn bare_message(state: &State, message: &Message, content: Content) -> Value {
    let world = &state.world;
    let shown = content == Content::Granted || is_exempt(state, message);
    let mut value = json!({
        "id": message.id,
        "channel_id": message.channel,
        "type": message.kind.number(),
        "author": author(world, &message.author),
        "content": if shown { message.content.as_str() } else { "" },
        "embeds": if shown { message.embeds.as_slice() } else { &[] },
        "components": if shown { rows(&message.components) } else { Vec::new() },
        "attachments": if shown { attachments(state, message) } else { Vec::new() },
        "mentions": users(world, &message.mentions.all_users()),
        "mention_roles": message.mentions.roles.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "mention_everyone": message.mentions.everyone,
        "timestamp": iso(message.created_at),
        "edited_timestamp": message.edited_at.map(iso),
        "flags": message.flags.bits(),
        "pinned": false,
        "tts": message.tts,
    });
    add_optional(state, message, &mut value);
    value
}

fn add_optional(state: &State, message: &Message, value: &mut Value) {
    match &message.nonce {
        Some(Nonce::Text(nonce)) => value["nonce"] = nonce.as_str().into(),
        Some(Nonce::Number(nonce)) => value["nonce"] = (*nonce).into(),
        None => {}
    }
    if let Some(reference) = message.reference {
        let guild = state.world.channel(reference.channel).and_then(|channel| channel.guild());
        value["message_reference"] =
            json!({ "type": 0, "channel_id": reference.channel, "message_id": reference.message });
        if let Some(guild) = guild {
            value["message_reference"]["guild_id"] = json!(guild);
        }
    }
    if let Author::Webhook { id, .. } = &message.author {
        value["webhook_id"] = id.to_string().into();
    }
    if let Some(found) = &message.interaction {
        value["application_id"] = json!(state.world.application);
        value["webhook_id"] = json!(state.world.application);
        value["interaction_metadata"] = interaction_metadata(&state.world, found);
        if let Some(command) = &found.command {
            let user = user_by_id(&state.world, found.user);
            value["interaction"] = json!({ "id": found.id, "type": 2, "name": command, "user": user });
        }
    }
    if message.flags.has(Flags::HAS_THREAD)
        && let Some(thread) = state.world.channel(ChannelId::new(message.id.get()))
    {
        value["thread"] = channel(&state.world, &state.messages, (thread, 0));
    }
}

fn interaction_metadata(world: &World, origin: &Origin) -> Value {
    let owners = json!({ "0": world.guilds.first().map(|guild| guild.id) });
    let mut value = json!({
        "id": origin.id,
        "type": if origin.command.is_some() { 2 } else { 3 },
        "user": user_by_id(world, origin.user),
        "authorizing_integration_owners": owners,
    });
    match (&origin.command, origin.pressed_on) {
        (Some(command), _) => {
            value["name"] = command.as_str().into();
            value["command_type"] = 1.into();
        }
        (None, Some(message)) => value["interacted_message_id"] = json!(message),
        (None, None) => {}
    }
    value
}

/// What the bot reads without the intent: its own messages, direct messages, and messages that name it. A reply that
/// pings it counts as naming it, except a reply to an answer it gave to an interaction.
fn is_exempt(state: &State, message: &Message) -> bool {
    let bot = state.world.bot;
    let is_direct = state.world.channel(message.channel).is_some_and(|channel| channel.is_direct());
    let named = message.mentions.users.contains(&bot);
    message.author.is(bot) || is_direct || named || pings_by_reply(state, message, bot)
}

fn pings_by_reply(state: &State, message: &Message, bot: UserId) -> bool {
    let referenced = message.reference.and_then(|reference| state.messages.get(reference.message));
    message.mentions.replied == Some(bot) && referenced.is_some_and(|own| !own.is_interaction_answer())
}

fn author(world: &World, author: &Author) -> Value {
    match author {
        Author::User(id) => user_by_id(world, *id),
        Author::Webhook { id, name } => json!({
            "id": id.to_string(),
            "username": name,
            "global_name": null,
            "discriminator": "0000",
            "avatar": null,
            "primary_guild": null,
            "bot": true,
            "public_flags": 0,
            "flags": 0,
        }),
    }
}

fn users(world: &World, ids: &[UserId]) -> Vec<Value> {
    ids.iter().filter_map(|id| world.user(*id)).map(user).collect()
}

fn attachments(state: &State, message: &Message) -> Vec<Value> {
    message.attachments.iter().map(|file| attachment(state, message, file)).collect()
}

fn attachment(state: &State, message: &Message, file: &Attachment) -> Value {
    let url = attachment_url(state, message, file);
    let mut value = json!({
        "id": file.id.to_string(),
        "filename": file.name,
        "size": file.bytes.len(),
        "url": url,
        "proxy_url": url,
        "content_type": file.kind,
    });
    if let Some(description) = &file.description {
        value["description"] = description.as_str().into();
    }
    value
}

/// Where a file is fetched.
pub(in crate::emulator) fn attachment_url(state: &State, message: &Message, file: &Attachment) -> String {
    format!("{}/attachments/{}/{}/{}", state.origin, message.channel, file.id, file.name)
}

fn rows(rows: &[Row]) -> Vec<Value> {
    let row = |(number, row): (usize, &Row)| {
        let first = number * 10 + 1;
        let buttons: Vec<_> = row.iter().zip(first + 1..).map(|(own, id)| button(own, id)).collect();
        json!({ "type": 1, "id": first, "components": buttons })
    };
    rows.iter().enumerate().map(row).collect()
}

fn button(button: &Button, id: usize) -> Value {
    let mut value =
        json!({ "type": 2, "id": id, "style": button.style.number(), "disabled": button.disabled });
    if let Some(label) = &button.label {
        value["label"] = label.as_str().into();
    }
    if let Some(emoji) = &button.emoji {
        value["emoji"] = json!({ "id": null, "name": emoji });
    }
    match &button.action {
        ButtonAction::Press(custom_id) => value["custom_id"] = custom_id.as_str().into(),
        ButtonAction::Open(url) => value["url"] = url.as_str().into(),
    }
    value
}
