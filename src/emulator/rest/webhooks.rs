//! Later answers to an interaction, by its token.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::Value;

use super::extract::{Body, Files, Ids};
use super::messages::written;
use super::{Done, Reply, body, form};
use crate::emulator::Emulator;
use crate::emulator::attachment::Upload;
use crate::emulator::mentions::Allowed;
use crate::emulator::refusal::Refusal;
use crate::ids::{ApplicationId, MessageId};

pub(super) async fn follow_up(
    State(emulator): State<Emulator>,
    Ids((application, token)): Ids<(ApplicationId, String)>,
    Files(files): Files,
    Body(body): Body,
) -> Reply {
    let draft = form::read(&body, |form| body::answer_draft(form, files))?;
    emulator.act(|state| {
        let id = state.follow_up(application, &token, draft)?;
        Ok(Json(written(state, state.messages.get(id).ok_or(Refusal::UnknownMessage)?)))
    })
}

pub(super) async fn read_original(
    State(emulator): State<Emulator>,
    Ids((application, token)): Ids<(ApplicationId, String)>,
) -> Reply {
    show(&emulator, application, &token, None)
}

pub(super) async fn read(
    State(emulator): State<Emulator>,
    Ids((application, token, message)): Ids<(ApplicationId, String, MessageId)>,
) -> Reply {
    show(&emulator, application, &token, Some(message))
}

pub(super) async fn edit_original(
    State(emulator): State<Emulator>,
    Ids((application, token)): Ids<(ApplicationId, String)>,
    Files(files): Files,
    Body(body): Body,
) -> Reply {
    change(&emulator, (application, &token, None), &body, files)
}

pub(super) async fn edit(
    State(emulator): State<Emulator>,
    Ids((application, token, message)): Ids<(ApplicationId, String, MessageId)>,
    Files(files): Files,
    Body(body): Body,
) -> Reply {
    change(&emulator, (application, &token, Some(message)), &body, files)
}

pub(super) async fn delete_original(
    State(emulator): State<Emulator>,
    Ids((application, token)): Ids<(ApplicationId, String)>,
) -> Done {
    emulator.act(|state| state.delete_answer(application, &token, None))?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn delete(
    State(emulator): State<Emulator>,
    Ids((application, token, message)): Ids<(ApplicationId, String, MessageId)>,
) -> Done {
    emulator.act(|state| state.delete_answer(application, &token, Some(message)))?;
    Ok(StatusCode::NO_CONTENT)
}

fn show(emulator: &Emulator, application: ApplicationId, token: &str, message: Option<MessageId>) -> Reply {
    emulator.read(|state| {
        let id = state.answer_message(application, token, message)?;
        Ok(Json(written(state, state.messages.get(id).ok_or(Refusal::UnknownMessage)?)))
    })
}

fn change(
    emulator: &Emulator,
    (application, token, message): (ApplicationId, &str, Option<MessageId>),
    body: &Value,
    files: Vec<Upload>,
) -> Reply {
    let edit = form::read(body, |form| body::edit(form, files, Allowed::users_only()))?;
    emulator.act(|state| {
        let id = state.edit_answer(application, token, message, edit)?;
        Ok(Json(written(state, state.messages.get(id).ok_or(Refusal::UnknownMessage)?)))
    })
}
