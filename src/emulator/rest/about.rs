//! The bot about itself, and the way to the gateway.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::Reply;
use super::extract::Ids;
use crate::emulator::Emulator;
use crate::emulator::refusal::Refusal;
use crate::emulator::wire;
use crate::ids::UserId;

pub(super) async fn gateway(State(emulator): State<Emulator>) -> Json<Value> {
    Json(json!({ "url": emulator.gateway_url() }))
}

pub(super) async fn gateway_bot(State(emulator): State<Emulator>) -> Json<Value> {
    let starts = emulator.session_starts();
    Json(json!({
        "url": emulator.gateway_url(),
        "shards": starts.shards,
        "session_start_limit": {
            "total": starts.total,
            "remaining": starts.remaining,
            "reset_after": 86_400_000,
            "max_concurrency": starts.max_concurrency,
        },
    }))
}

pub(super) async fn own_user(State(emulator): State<Emulator>) -> Json<Value> {
    Json(emulator.read(|state| wire::own_user(&state.world)))
}

pub(super) async fn user(State(emulator): State<Emulator>, Ids(user): Ids<UserId>) -> Reply {
    emulator.read(|state| Ok(Json(wire::user(state.world.user(user).ok_or(Refusal::UnknownUser)?))))
}

pub(super) async fn application(State(emulator): State<Emulator>) -> Json<Value> {
    Json(emulator.read(|state| {
        let world = &state.world;
        let bot = wire::own_user(world);
        let owner = world.guilds.first().and_then(|guild| world.user(guild.owner)).map(wire::user);
        json!({
            "id": world.application,
            "name": bot["username"],
            "icon": null,
            "description": "",
            "type": null,
            "bot": bot,
            "summary": "",
            "bot_public": true,
            "bot_require_code_grant": false,
            "verify_key": "0".repeat(64),
            "flags": if state.rules.message_content { 1 << 19 } else { 0 },
            "flags_new": "0",
            "redirect_uris": [],
            "interactions_endpoint_url": null,
            "role_connections_verification_url": null,
            "owner": owner,
            "team": null,
            "approximate_guild_count": world.guilds.len(),
            "approximate_user_install_count": 0,
            "approximate_user_authorization_count": 0,
            "explicit_content_filter": 0,
            "eligible_oauth2_scopes": [],
            "integration_types_config": { "0": {} },
        })
    }))
}
