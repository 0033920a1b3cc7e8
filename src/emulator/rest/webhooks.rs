//! Later answers to an interaction, by its token.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::extract::{Body, Ids};
use super::messages::written;
use super::{Done, Reply, body, form};
use crate::emulator::Emulator;
use crate::emulator::mentions::Allowed;
use crate::emulator::refusal::{Faults, Refusal};
use crate::ids::{ApplicationId, MessageId};

pub(super) async fn follow_up(
    State(emulator): State<Emulator>,
    Ids((application, token)): Ids<(ApplicationId, String)>,
    Body(body): Body,
) -> Reply {
    let draft = form::read(&body, body::answer_draft)?;
    emulator.act(|state| {
        let id = state.follow_up(application, &token, draft)?;
        Ok(Json(written(state, state.messages.get(id).ok_or(Refusal::UnknownMessage)?)))
    })
}

pub(super) async fn read(
    State(emulator): State<Emulator>,
    Ids((application, token, message)): Ids<(ApplicationId, String, String)>,
) -> Reply {
    let wanted = wanted(&message)?;
    emulator.read(|state| {
        let id = state.answer_message(application, &token, wanted)?;
        Ok(Json(written(state, state.messages.get(id).ok_or(Refusal::UnknownMessage)?)))
    })
}

pub(super) async fn edit(
    State(emulator): State<Emulator>,
    Ids((application, token, message)): Ids<(ApplicationId, String, String)>,
    Body(body): Body,
) -> Reply {
    let wanted = wanted(&message)?;
    let edit = form::read(&body, |form| body::edit(form, Allowed::users_only()))?;
    emulator.act(|state| {
        let id = state.edit_answer(application, &token, wanted, edit)?;
        Ok(Json(written(state, state.messages.get(id).ok_or(Refusal::UnknownMessage)?)))
    })
}

pub(super) async fn delete(
    State(emulator): State<Emulator>,
    Ids((application, token, message)): Ids<(ApplicationId, String, String)>,
) -> Done {
    let wanted = wanted(&message)?;
    emulator.act(|state| state.delete_answer(application, &token, wanted))?;
    Ok(StatusCode::NO_CONTENT)
}

/// None for `@original`.
fn wanted(message: &str) -> Result<Option<MessageId>, Refusal> {
    if message == "@original" {
        return Ok(None);
    }
    let fault = |_| Refusal::Form(Faults::one("message_id", "NUMBER_TYPE_COERCE", "Value is not snowflake."));
    message.parse().map(Some).map_err(fault)
}
