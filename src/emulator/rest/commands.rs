//! Registering commands.

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use super::extract::{Body, Ids};
use super::{Reply, command_body};
use crate::emulator::Emulator;
use crate::emulator::command::Command;
use crate::emulator::refusal::Refusal;
use crate::emulator::state::State as World;
use crate::emulator::wire;
use crate::ids::{ApplicationId, GuildId};

pub(super) async fn overwrite(
    State(emulator): State<Emulator>,
    Ids(application): Ids<ApplicationId>,
    Body(body): Body,
) -> Reply {
    replace(&emulator, application, None, &body)
}

pub(super) async fn overwrite_in_guild(
    State(emulator): State<Emulator>,
    Ids((application, guild)): Ids<(ApplicationId, GuildId)>,
    Body(body): Body,
) -> Reply {
    replace(&emulator, application, Some(guild), &body)
}

pub(super) async fn list(State(emulator): State<Emulator>, Ids(application): Ids<ApplicationId>) -> Reply {
    emulator.read(|state| written(state, application, None))
}

pub(super) async fn list_in_guild(
    State(emulator): State<Emulator>,
    Ids((application, guild)): Ids<(ApplicationId, GuildId)>,
) -> Reply {
    emulator.read(|state| written(state, application, Some(guild)))
}

fn replace(emulator: &Emulator, application: ApplicationId, guild: Option<GuildId>, body: &Value) -> Reply {
    let read = command_body::commands(body)?;
    emulator.act(|state| {
        check(state, application, guild)?;
        let commands = read.into_iter().map(|command| numbered(state, guild, command)).collect();
        state.register(guild, commands);
        written(state, application, guild)
    })
}

/// A command keeps the id it had under the same name.
fn numbered(state: &mut World, guild: Option<GuildId>, mut command: Command) -> Command {
    let same = |own: &&Command| own.name == command.name && own.kind == command.kind;
    let known = state.commands.of(guild).find(same).map(|own| own.id);
    command.version = state.next_id();
    command.id = known.unwrap_or(command.version);
    command.guild = guild;
    command
}

fn written(state: &World, application: ApplicationId, guild: Option<GuildId>) -> Reply {
    check(state, application, guild)?;
    Ok(Json(state.commands.of(guild).map(|command| wire::command(state, command)).collect()))
}

fn check(state: &World, application: ApplicationId, guild: Option<GuildId>) -> Result<(), Refusal> {
    if application != state.world.application {
        return Err(Refusal::UnknownApplication);
    }
    match guild {
        Some(guild) if state.world.guild(guild).is_none() => Err(Refusal::UnknownGuild),
        _ => Ok(()),
    }
}
