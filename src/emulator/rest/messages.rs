//! Messages of a channel.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::extract::{Body, Files, Ids};
use super::{Done, Reply, body, form};
use crate::emulator::Emulator;
use crate::emulator::mentions::Allowed;
use crate::emulator::message::Message;
use crate::emulator::refusal::{Faults, Refusal};
use crate::emulator::state::{Page, State as World};
use crate::emulator::wire::{self, Content};
use crate::emulator::world::Permissions;
use crate::ids::{ChannelId, MessageId};

pub(super) async fn create(
    State(emulator): State<Emulator>,
    Ids(channel): Ids<ChannelId>,
    Files(files): Files,
    Body(body): Body,
) -> Reply {
    let draft = body::channel_draft(&body, files)?;
    emulator.act(|state| {
        let id = state.bot_posts(channel, draft)?;
        Ok(Json(written(state, state.readable(channel, id)?)))
    })
}

pub(super) async fn read(
    State(emulator): State<Emulator>,
    Ids((channel, id)): Ids<(ChannelId, MessageId)>,
) -> Reply {
    emulator.read(|state| {
        check_history(state, channel)?;
        Ok(Json(written(state, state.readable(channel, id)?)))
    })
}

pub(super) async fn edit(
    State(emulator): State<Emulator>,
    Ids((channel, id)): Ids<(ChannelId, MessageId)>,
    Files(files): Files,
    Body(body): Body,
) -> Reply {
    let edit = form::read(&body, |form| body::edit(form, files, Allowed::everything()))?;
    emulator.act(|state| {
        state.bot_edits(channel, id, edit)?;
        Ok(Json(written(state, state.readable(channel, id)?)))
    })
}

pub(super) async fn delete(
    State(emulator): State<Emulator>,
    Ids((channel, id)): Ids<(ChannelId, MessageId)>,
) -> Done {
    emulator.act(|state| state.bot_deletes(channel, id))?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    limit: Option<usize>,
    before: Option<MessageId>,
    after: Option<MessageId>,
    around: Option<MessageId>,
}

pub(super) async fn list(
    State(emulator): State<Emulator>,
    Ids(channel): Ids<ChannelId>,
    Query(wanted): Query<Wanted>,
) -> Reply {
    let limit = wanted.limit.unwrap_or(50);
    if !(1..=100).contains(&limit) {
        let reason = "int value should be between 1 and 100.";
        return Err(Refusal::Form(Faults::one("limit", "NUMBER_TYPE_MAX", reason)).into());
    }
    let page = match (wanted.around, wanted.before, wanted.after) {
        (Some(id), ..) => Page::Around(id),
        (None, Some(id), _) => Page::Before(id),
        (None, None, Some(id)) => Page::After(id),
        (None, None, None) => Page::Latest,
    };
    emulator.read(|state| {
        check_history(state, channel)?;
        let found = state.history(channel, page, limit);
        Ok(Json(found.into_iter().map(|message| written(state, message)).collect()))
    })
}

fn check_history(state: &World, channel: ChannelId) -> Result<(), Refusal> {
    state.check_bot_can_view(channel)?;
    let may = state.bot_may(channel, Permissions::READ_MESSAGE_HISTORY);
    if may { Ok(()) } else { Err(Refusal::MissingAccess) }
}

/// REST follows the portal's switch, not a session's intents.
pub(super) fn written(state: &World, message: &Message) -> Value {
    let content = if state.rules.message_content { Content::Granted } else { Content::Withheld };
    wire::message(state, message, content)
}
