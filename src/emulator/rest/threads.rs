//! Opening threads.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::Value;

use super::error::Refused;
use super::extract::{Body, Ids};
use super::form::{self, Form};
use crate::emulator::Emulator;
use crate::emulator::refusal::Refusal;
use crate::emulator::state::NewThread;
use crate::emulator::wire;
use crate::ids::{ChannelId, MessageId};

type Created = Result<(StatusCode, Json<Value>), Refused>;

pub(super) async fn create(
    State(emulator): State<Emulator>,
    Ids(parent): Ids<ChannelId>,
    Body(body): Body,
) -> Created {
    let thread = form::read(&body, |form| {
        // A private thread, unless the body says otherwise.
        let private = form.number("type").unwrap_or(12) == 12;
        NewThread { private, ..thread(form, parent, None) }
    })?;
    open(&emulator, thread)
}

pub(super) async fn create_from_message(
    State(emulator): State<Emulator>,
    Ids((parent, message)): Ids<(ChannelId, MessageId)>,
    Body(body): Body,
) -> Created {
    let thread = form::read(&body, |form| thread(form, parent, Some(message)))?;
    open(&emulator, thread)
}

fn thread(form: &mut Form<'_>, parent: ChannelId, from: Option<MessageId>) -> NewThread {
    let name = form.required_text("name", 1..=100);
    let minutes = form.number("auto_archive_duration").unwrap_or(1440);
    let auto_archive = match u32::try_from(minutes) {
        Ok(minutes @ (60 | 1440 | 4320 | 10080)) => minutes,
        _ => {
            let reason = "Value must be one of (60, 1440, 4320, 10080).";
            form.fault("auto_archive_duration", "BASE_TYPE_CHOICES", reason);
            1440
        }
    };
    NewThread { name, parent, from, private: false, auto_archive }
}

fn open(emulator: &Emulator, thread: NewThread) -> Created {
    emulator.act(|state| {
        let id = state.bot_opens_thread(thread)?;
        let channel = state.world.channel(id).ok_or(Refusal::UnknownChannel)?;
        Ok((StatusCode::CREATED, Json(wire::channel(&state.world, &state.messages, (channel, 0)))))
    })
}
