//! Channels.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::extract::{Body, Ids};
use super::{Done, Reply, form};
use crate::emulator::Emulator;
use crate::emulator::refusal::Refusal;
use crate::emulator::wire;
use crate::ids::{ChannelId, UserId};

pub(super) async fn read(State(emulator): State<Emulator>, Ids(id): Ids<ChannelId>) -> Reply {
    emulator.read(|state| {
        let channel = state.check_bot_can_view(id)?;
        Ok(Json(wire::channel(&state.world, &state.messages, (channel, 0))))
    })
}

pub(super) async fn typing(State(emulator): State<Emulator>, Ids(id): Ids<ChannelId>) -> Done {
    emulator.act(|state| state.bot_types(id))?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn open_direct(State(emulator): State<Emulator>, Body(body): Body) -> Reply {
    let person = form::read(&body, |form| {
        form.require("recipient_id");
        form.snowflake("recipient_id").unwrap_or_default()
    })?;
    emulator.act(|state| {
        let id = state.open_direct(UserId::new(person))?;
        let channel = state.world.channel(id).ok_or(Refusal::UnknownChannel)?;
        Ok(Json(wire::channel(&state.world, &state.messages, (channel, 0))))
    })
}
