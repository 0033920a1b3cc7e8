//! The first answer to an interaction.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::Refused;
use super::extract::{Body, Files, Ids};
use super::form::{self, Form};
use super::{body, messages};
use crate::emulator::Emulator;
use crate::emulator::attachment::Upload;
use crate::emulator::command::Choice;
use crate::emulator::mentions::Allowed;
use crate::emulator::message::Flags;
use crate::emulator::state::{Answer, State as World};
use crate::ids::{InteractionId, MessageId};

const MOST_CHOICES: usize = 25;

#[derive(Deserialize)]
pub(super) struct Wish {
    #[serde(default)]
    with_response: bool,
}

pub(super) async fn answer(
    State(emulator): State<Emulator>,
    Ids((id, token)): Ids<(InteractionId, String)>,
    Query(wish): Query<Wish>,
    Files(files): Files,
    Body(body): Body,
) -> Result<Response, Refused> {
    let (kind, answer) = form::read(&body, |form| {
        form.require("type");
        let kind = form.number("type").unwrap_or(0);
        (kind, read(form, kind, files))
    })?;
    let Some(answer) = answer else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    emulator.act(|state| {
        let message = state.answer(id, &token, answer)?;
        Ok(match wish.with_response {
            true => Json(response(state, id, kind, message)).into_response(),
            false => StatusCode::NO_CONTENT.into_response(),
        })
    })
}

/// None leaves a fault behind.
fn read(form: &mut Form<'_>, kind: u64, files: Vec<Upload>) -> Option<Answer> {
    match kind {
        4 => {
            form.require("data");
            let draft = form.inside("data", |form| body::answer_draft(form, files));
            draft.map(|draft| Answer::Message(Box::new(draft)))
        }
        5 => {
            let flags = form.inside("data", |form| form.number("flags")).flatten().unwrap_or(0);
            Some(Answer::Defer { ephemeral: Flags::from_bits(flags).has(Flags::EPHEMERAL) })
        }
        6 => Some(Answer::DeferUpdate),
        7 => {
            form.require("data");
            let edit = form.inside("data", |form| body::edit(form, files, Allowed::users_only()))?;
            Some(Answer::Update(Box::new(edit)))
        }
        8 => {
            form.require("data");
            form.inside("data", choices).flatten().map(Answer::Suggest)
        }
        _ => {
            form.fault("type", "BASE_TYPE_CHOICES", "Value must be one of {4, 5, 6, 7, 8}.");
            None
        }
    }
}

fn choices(form: &mut Form<'_>) -> Option<Vec<Choice>> {
    form.require("choices");
    form.each("choices", MOST_CHOICES, choice)
}

/// A choice of an option, suggested or registered.
pub(super) fn choice(form: &mut Form<'_>) -> Option<Choice> {
    let name = form.required_text("name", 1..=100);
    form.require("value");
    let value = match form.value("value")? {
        Value::String(_) => Value::String(form.text("value", 0..=100)?),
        number @ Value::Number(_) => number.clone(),
        _ => {
            form.fault("value", "BASE_TYPE_INVALID", "Could not interpret the value as string or number.");
            return None;
        }
    };
    Some(Choice { name, value })
}

fn response(state: &World, id: InteractionId, kind: u64, message: Option<MessageId>) -> Value {
    let found = message.and_then(|id| state.messages.get(id));
    let interaction = json!({
        "id": id,
        "type": if kind == 8 { 4 } else { 2 },
        "response_message_id": message,
        "response_message_loading": kind == 5,
        "response_message_ephemeral": found.is_some_and(|message| message.only_for.is_some()),
    });
    let resource = json!({ "type": kind, "message": found.map(|message| messages::written(state, message)) });
    json!({ "interaction": interaction, "resource": resource })
}
