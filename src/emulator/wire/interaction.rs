//! Commands and interactions.

use serde_json::{Map, Value, json};

use super::guild::{bare_member, member, merge, partial_channel, permissions, role, user};
use super::message::{Content, message};
use crate::emulator::command::{Command, OptionKind};
use crate::emulator::interaction::{Filled, Interaction, InteractionKind, Invoked};
use crate::emulator::state::State;
use crate::emulator::world::World;
use crate::ids::{ChannelId, GuildId, UserId};

/// A registered command as Discord gives it back.
pub(in crate::emulator) fn command(state: &State, command: &Command) -> Value {
    let mut value = json!({
        "id": command.id.to_string(),
        "application_id": state.world.application,
        "type": command.kind.number(),
        "name_localizations": null,
        "description": "",
        "description_localizations": null,
        "default_member_permissions": null,
        "dm_permission": true,
        "nsfw": false,
        "contexts": null,
        "integration_types": [0],
        "options": [],
    });
    merge(&mut value, command.body.clone());
    value["version"] = command.version.to_string().into();
    if let Some(guild) = command.guild {
        value["guild_id"] = json!(guild);
    }
    value
}

/// The payload of `INTERACTION_CREATE`.
pub(in crate::emulator) fn interaction(state: &State, interaction: &Interaction) -> Value {
    let world = &state.world;
    let mut value = json!({
        "id": interaction.id,
        "application_id": world.application,
        "channel_id": interaction.channel,
        "token": interaction.token,
        "version": 1,
        "locale": "en-US",
        "entitlements": [],
        "attachment_size_limit": 10_485_760,
        "app_permissions": permissions(world.permissions(world.bot, interaction.channel)),
    });
    merge(&mut value, place(state, interaction));
    merge(&mut value, kind(state, interaction));
    if interaction.follow_ups_left.is_some() {
        value["authorizing_integration_owners"] = json!({ "1": interaction.user });
    }
    value
}

fn place(state: &State, interaction: &Interaction) -> Value {
    let world = &state.world;
    let channel = world.channel(interaction.channel);
    let partial = channel.map(|channel| partial_channel(world, &state.messages, channel));
    match channel.and_then(|channel| channel.guild()) {
        Some(guild) => json!({
            "channel": partial,
            "context": 0,
            "guild_id": guild,
            "guild": { "id": guild, "locale": "en-US", "features": [] },
            "guild_locale": "en-US",
            "authorizing_integration_owners": { "0": guild },
            "member": member_here(world, guild, interaction.user, interaction.channel),
        }),
        None => json!({
            "channel": partial,
            "context": 1,
            "authorizing_integration_owners": { "0": "0" },
            "user": world.user(interaction.user).map(user),
        }),
    }
}

fn member_here(world: &World, guild: GuildId, user: UserId, channel: ChannelId) -> Value {
    let Some(found) = world.guild(guild).and_then(|guild| guild.member(user)) else { return Value::Null };
    let mut value = member(world, found);
    value["permissions"] = permissions(world.permissions(user, channel)).into();
    value
}

fn kind(state: &State, interaction: &Interaction) -> Value {
    match &interaction.kind {
        InteractionKind::Command(invoked) => {
            json!({ "type": 2, "data": command_data(state, interaction, invoked) })
        }
        InteractionKind::Autocomplete(invoked) => {
            json!({ "type": 4, "data": command_data(state, interaction, invoked) })
        }
        InteractionKind::Button { message: id, custom_id } => {
            let pressed = state.messages.get(*id).map(|found| message(state, found, Content::Granted));
            let data = json!({ "component_type": 2, "custom_id": custom_id, "id": 2 });
            json!({ "type": 3, "data": data, "message": pressed })
        }
    }
}

fn command_data(state: &State, interaction: &Interaction, invoked: &Invoked) -> Value {
    let innermost: Vec<_> = invoked.options.iter().map(option).collect();
    let options = invoked.path.iter().rev().enumerate().fold(innermost, |inside, (depth, name)| {
        let kind = if depth == 0 { OptionKind::Subcommand } else { OptionKind::Group };
        vec![json!({ "name": name, "type": kind.number(), "options": inside })]
    });
    let mut value = json!({
        "id": invoked.command.to_string(),
        "name": invoked.name,
        "type": 1,
        "options": options,
        "resolved": resolved(state, interaction, invoked),
    });
    if let Some(guild) = state.commands.get(invoked.command).and_then(|command| command.guild) {
        value["guild_id"] = json!(guild);
    }
    value
}

fn option(filled: &Filled) -> Value {
    let mut value = json!({ "name": filled.name, "type": filled.kind.number(), "value": filled.value });
    if filled.focused {
        value["focused"] = true.into();
    }
    value
}

/// The things that options name by id.
fn resolved(state: &State, interaction: &Interaction, invoked: &Invoked) -> Value {
    let mut found = Resolved::default();
    for filled in &invoked.options {
        let Some(id) = filled.value.as_str().and_then(|text| text.parse().ok()) else { continue };
        match filled.kind {
            OptionKind::User => found.add_user(state, interaction.channel, id),
            OptionKind::Role => found.add_role(state, interaction.channel, id),
            OptionKind::Channel => found.add_channel(state, interaction.user, id),
            OptionKind::Mentionable => {
                found.add_user(state, interaction.channel, id);
                found.add_role(state, interaction.channel, id);
            }
            _ => {}
        }
    }
    let Resolved { users, members, roles, channels } = found;
    json!({ "users": users, "members": members, "roles": roles, "channels": channels })
}

#[derive(Default)]
struct Resolved {
    users: Map<String, Value>,
    members: Map<String, Value>,
    roles: Map<String, Value>,
    channels: Map<String, Value>,
}

impl Resolved {
    fn add_user(&mut self, state: &State, place: ChannelId, id: u64) {
        let id = UserId::new(id);
        let Some(found) = state.world.user(id) else { return };
        self.users.insert(id.to_string(), user(found));
        let guild = state.world.channel(place).and_then(|channel| channel.guild());
        let member = guild.and_then(|guild| state.world.guild(guild)).and_then(|guild| guild.member(id));
        if let Some(member) = member {
            let mut value = bare_member(member);
            value["permissions"] = permissions(state.world.permissions(id, place)).into();
            self.members.insert(id.to_string(), value);
        }
    }

    fn add_role(&mut self, state: &State, place: ChannelId, id: u64) {
        let guild = state.world.channel(place).and_then(|channel| channel.guild());
        let Some(guild) = guild.and_then(|guild| state.world.guild(guild)) else { return };
        let found = guild.roles.iter().enumerate().find(|(_, own)| own.id.get() == id);
        if let Some((position, own)) = found {
            self.roles.insert(id.to_string(), role(own, position));
        }
    }

    fn add_channel(&mut self, state: &State, asker: UserId, id: u64) {
        let id = ChannelId::new(id);
        let Some(found) = state.world.channel(id) else { return };
        let mut value = partial_channel(&state.world, &state.messages, found);
        value["permissions"] = permissions(state.world.permissions(asker, id)).into();
        self.channels.insert(id.to_string(), value);
    }
}
