//! Users, members, roles, guilds and channels.

use serde_json::{Value, json};

use super::iso;
use crate::emulator::message::Messages;
use crate::emulator::state::State;
use crate::emulator::world::{
    Channel, ChannelKind, Guild, Member, Overwrite, OverwriteTarget, Permissions, Role, Thread, User, World,
};
use crate::ids::{DISCORD_EPOCH_MS, GuildId, UserId};

pub(in crate::emulator) fn user(user: &User) -> Value {
    json!({
        "id": user.id,
        "username": user.name,
        "global_name": user.global_name,
        "discriminator": if user.bot { "0001" } else { "0" },
        "avatar": null,
        "avatar_decoration_data": null,
        "collectibles": null,
        "primary_guild": null,
        "bot": user.bot,
        "public_flags": 0,
        "flags": 0,
    })
}

/// The bot about itself.
pub(in crate::emulator) fn own_user(world: &World) -> Value {
    let mut value = user_by_id(world, world.bot);
    value["verified"] = true.into();
    value["mfa_enabled"] = true.into();
    value["email"] = Value::Null;
    value["locale"] = "en-US".into();
    value
}

/// Null for somebody who does not exist.
pub(in crate::emulator) fn user_by_id(world: &World, id: UserId) -> Value {
    world.user(id).map_or(Value::Null, user)
}

/// A member without the user.
pub(in crate::emulator) fn bare_member(member: &Member) -> Value {
    let roles: Vec<_> = member.roles.iter().map(ToString::to_string).collect();
    json!({
        "nick": member.nick,
        "avatar": null,
        "banner": null,
        "roles": roles,
        "joined_at": iso(member.joined_at),
        "premium_since": null,
        "communication_disabled_until": null,
        "deaf": false,
        "mute": false,
        "pending": false,
        "flags": 0,
    })
}

pub(in crate::emulator) fn member(world: &World, member: &Member) -> Value {
    let mut value = bare_member(member);
    value["user"] = user_by_id(world, member.user);
    value
}

pub(in crate::emulator) fn role(role: &Role, position: usize) -> Value {
    json!({
        "id": role.id.to_string(),
        "name": role.name,
        "description": null,
        "color": role.color,
        "colors": { "primary_color": role.color, "secondary_color": null, "tertiary_color": null },
        "hoist": false,
        "icon": null,
        "unicode_emoji": null,
        "position": position,
        "permissions": permissions(role.permissions),
        "managed": false,
        "mentionable": role.mentionable,
        "flags": 0,
    })
}

pub(in crate::emulator) fn permissions(permissions: Permissions) -> String {
    permissions.bits().to_string()
}

pub(in crate::emulator) fn roles(guild: &Guild) -> Vec<Value> {
    guild.roles.iter().enumerate().map(|(position, own)| role(own, position)).collect()
}

/// A guild as the REST routes give it.
pub(in crate::emulator) fn guild(guild: &Guild) -> Value {
    json!({
        "id": guild.id,
        "name": guild.name,
        "icon": null,
        "splash": null,
        "discovery_splash": null,
        "home_header": null,
        "owner_id": guild.owner,
        "region": "deprecated",
        "afk_channel_id": null,
        "afk_timeout": 300,
        "widget_enabled": false,
        "widget_channel_id": null,
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "roles": roles(guild),
        "emojis": [],
        "stickers": [],
        "features": [],
        "mfa_level": 0,
        "application_id": null,
        "system_channel_id": null,
        "system_channel_flags": 0,
        "rules_channel_id": null,
        "public_updates_channel_id": null,
        "safety_alerts_channel_id": null,
        "max_presences": null,
        "max_members": 500_000,
        "max_video_channel_users": 25,
        "max_stage_video_channel_users": 50,
        "vanity_url_code": null,
        "description": null,
        "banner": null,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "premium_progress_bar_enabled": false,
        "preferred_locale": "en-US",
        "nsfw": false,
        "nsfw_level": 0,
        "incidents_data": null,
    })
}

/// A guild as the gateway gives it: with what is in it.
pub(in crate::emulator) fn full_guild(state: &State, found: &Guild) -> Value {
    let world = &state.world;
    let visible = |channel: &&Channel| world.can_view(world.bot, channel.id);
    let in_guild = || world.channels_of(found.id).filter(visible).enumerate();
    let of = |threads: bool| -> Vec<Value> {
        let wanted = in_guild().filter(|(_, channel)| channel.is_thread() == threads);
        wanted.map(|(position, own)| channel(world, &state.messages, (own, position))).collect()
    };
    let joined_at = found.member(world.bot).map_or(DISCORD_EPOCH_MS, |member| member.joined_at);
    let mut value = guild(found);
    value["joined_at"] = iso(joined_at).into();
    value["large"] = false.into();
    value["unavailable"] = false.into();
    value["member_count"] = found.members.len().into();
    value["members"] = found.members.iter().map(|own| member(world, own)).collect();
    value["channels"] = of(false).into();
    value["threads"] = of(true).into();
    for empty in
        ["voice_states", "presences", "stage_instances", "guild_scheduled_events", "soundboard_sounds"]
    {
        value[empty] = json!([]);
    }
    value
}

/// A channel, thread or direct-message channel; `position` is its place in the list of the guild.
pub(in crate::emulator) fn channel(
    world: &World,
    messages: &Messages,
    (channel, position): (&Channel, usize),
) -> Value {
    let last = messages.of(channel.id).next_back().map(|message| message.id);
    let mut value = json!({ "id": channel.id, "last_message_id": last, "flags": 0 });
    let more = match channel.kind {
        ChannelKind::Text { guild } => text_channel(channel, guild, position),
        ChannelKind::Thread(own) => thread(channel, &own, messages.count(channel.id)),
        ChannelKind::Direct { person } => json!({ "type": 1, "recipients": [user_by_id(world, person)] }),
    };
    merge(&mut value, more);
    value
}

fn text_channel(channel: &Channel, guild: GuildId, position: usize) -> Value {
    json!({
        "type": 0,
        "guild_id": guild,
        "name": channel.name,
        "topic": channel.topic,
        "position": position,
        "nsfw": channel.nsfw,
        "parent_id": null,
        "rate_limit_per_user": 0,
        "permission_overwrites": channel.overwrites.iter().map(overwrite).collect::<Vec<_>>(),
    })
}

fn overwrite(overwrite: &Overwrite) -> Value {
    let (kind, id) = match overwrite.target {
        OverwriteTarget::Role(role) => (0, role.to_string()),
        OverwriteTarget::Member(user) => (1, user.to_string()),
    };
    json!({ "id": id, "type": kind, "allow": permissions(overwrite.allow), "deny": permissions(overwrite.deny) })
}

fn thread(channel: &Channel, thread: &Thread, messages: usize) -> Value {
    json!({
        "type": if thread.private { 12 } else { 11 },
        "guild_id": thread.guild,
        "name": channel.name,
        "parent_id": thread.parent,
        "owner_id": thread.owner,
        "rate_limit_per_user": 0,
        "message_count": messages,
        "total_message_sent": messages,
        "member_count": 1,
        "thread_metadata": {
            "archived": thread.archived,
            "auto_archive_duration": thread.auto_archive,
            "archive_timestamp": iso(channel.id.created_at_ms()),
            "create_timestamp": iso(channel.id.created_at_ms()),
            "locked": thread.locked,
        },
    })
}

/// The short form inside an interaction.
pub(in crate::emulator) fn partial_channel(world: &World, messages: &Messages, found: &Channel) -> Value {
    let mut value = channel(world, messages, (found, 0));
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|name, _| name != "permission_overwrites");
    }
    value
}

/// Adds the fields of `more` to `value`; both are objects.
pub(super) fn merge(value: &mut Value, more: Value) {
    if let (Some(fields), Value::Object(more)) = (value.as_object_mut(), more) {
        fields.extend(more);
    }
}
