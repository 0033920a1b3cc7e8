//! Guilds and what is in them.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::Reply;
use super::extract::Ids;
use crate::emulator::Emulator;
use crate::emulator::refusal::Refusal;
use crate::emulator::state::State as World;
use crate::emulator::wire;
use crate::emulator::world::{Channel, Guild};
use crate::ids::{GuildId, UserId};

pub(super) async fn guild(State(emulator): State<Emulator>, Ids(id): Ids<GuildId>) -> Reply {
    emulator.read(|state| Ok(Json(wire::guild(find(state, id)?))))
}

pub(super) async fn channels(State(emulator): State<Emulator>, Ids(id): Ids<GuildId>) -> Reply {
    emulator.read(|state| Ok(Json(list(state, find(state, id)?, false).into())))
}

pub(super) async fn roles(State(emulator): State<Emulator>, Ids(id): Ids<GuildId>) -> Reply {
    emulator.read(|state| Ok(Json(wire::roles(find(state, id)?).into())))
}

pub(super) async fn member(
    State(emulator): State<Emulator>,
    Ids((id, user)): Ids<(GuildId, UserId)>,
) -> Reply {
    emulator.read(|state| {
        let member = find(state, id)?.member(user).ok_or(Refusal::UnknownMember)?;
        Ok(Json(wire::member(&state.world, member)))
    })
}

pub(super) async fn active_threads(State(emulator): State<Emulator>, Ids(id): Ids<GuildId>) -> Reply {
    emulator.read(|state| {
        Ok(Json(json!({ "threads": list(state, find(state, id)?, true), "members": [], "has_more": false })))
    })
}

/// A guild the bot is in.
fn find(state: &World, id: GuildId) -> Result<&Guild, Refusal> {
    let guild = state.world.guild(id).ok_or(Refusal::UnknownGuild)?;
    guild.member(state.world.bot).map(|_| guild).ok_or(Refusal::MissingAccess)
}

fn list(state: &World, guild: &Guild, threads: bool) -> Vec<Value> {
    let world = &state.world;
    let wanted = |channel: &&Channel| channel.is_thread() == threads && world.can_view(world.bot, channel.id);
    let found = world.channels_of(guild.id).filter(wanted).enumerate();
    found.map(|(position, channel)| wire::channel(world, &state.messages, (channel, position))).collect()
}
