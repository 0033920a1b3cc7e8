//! Discord's REST routes, version 10.

mod about;
mod attachments;
mod body;
mod callback;
mod channels;
mod command_body;
mod commands;
mod components;
mod error;
mod extract;
mod form;
mod guilds;
mod messages;
mod multipart;
mod quota;
mod reception;
mod threads;
mod weather;
mod webhooks;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{MethodRouter, get, post, put};
use axum::{Json, Router, middleware};
use serde::Deserialize;
use serde_json::Value;

use super::{Emulator, gateway};
use error::{Refused, plain};
use reception::Doorway;

/// Where the routes hang.
const PREFIX: &str = "/api/v10";

type Reply = Result<Json<Value>, Refused>;
type Done = Result<StatusCode, Refused>;

/// The whole server: the routes, and the gateway at the root.
pub(super) fn router(emulator: Emulator) -> Router {
    let unknown = Doorway { emulator: emulator.clone(), route: None };
    let unknown = middleware::from_fn_with_state(unknown, reception::receive);
    let table = Table { router: Router::new(), emulator: emulator.clone() };
    let table = token_routes(command_routes(channel_routes(about_routes(table))));
    let lost = Router::new().fallback(|| async { plain(StatusCode::NOT_FOUND) }).layer(unknown);
    Router::new()
        .merge(table.router)
        .route("/", get(open_gateway))
        .route("/resume", get(open_to_resume))
        .route("/resume/", get(open_to_resume))
        .route("/attachments/{channel}/{id}/{name}", get(attachments::read))
        .fallback_service(lost)
        .layer(middleware::from_fn(reception::refuse_browsers))
        .with_state(emulator)
}

/// Routes, each under the template that Discord's API document gives it, behind a doorway that knows its template.
struct Table {
    router: Router<Emulator>,
    emulator: Emulator,
}

impl Table {
    fn on(mut self, template: &'static str, methods: MethodRouter<Emulator>) -> Self {
        let doorway = Doorway { emulator: self.emulator.clone(), route: Some(template) };
        let methods = methods
            .fallback(|| async { plain(StatusCode::METHOD_NOT_ALLOWED) })
            .layer(middleware::from_fn_with_state(doorway, reception::receive));
        self.router = self.router.route(&format!("{PREFIX}{template}"), methods);
        self
    }
}

fn about_routes(table: Table) -> Table {
    table
        .on("/gateway", get(about::gateway))
        .on("/gateway/bot", get(about::gateway_bot))
        .on("/users/@me", get(about::own_user))
        .on("/users/@me/channels", post(channels::open_direct))
        .on("/users/{user_id}", get(about::user))
        .on("/applications/@me", get(about::application))
        .on("/oauth2/applications/@me", get(about::application))
        .on("/guilds/{guild_id}", get(guilds::guild))
        .on("/guilds/{guild_id}/channels", get(guilds::channels))
        .on("/guilds/{guild_id}/roles", get(guilds::roles))
        .on("/guilds/{guild_id}/members/{user_id}", get(guilds::member))
        .on("/guilds/{guild_id}/threads/active", get(guilds::active_threads))
}

fn channel_routes(table: Table) -> Table {
    let message = get(messages::read).patch(messages::edit).delete(messages::delete);
    table
        .on("/channels/{channel_id}", get(channels::read))
        .on("/channels/{channel_id}/typing", post(channels::typing))
        .on("/channels/{channel_id}/messages", get(messages::list).post(messages::create))
        .on("/channels/{channel_id}/messages/{message_id}", message)
        .on("/channels/{channel_id}/threads", post(threads::create))
        .on("/channels/{channel_id}/messages/{message_id}/threads", post(threads::create_from_message))
}

fn command_routes(table: Table) -> Table {
    let of_guild = put(commands::overwrite_in_guild).get(commands::list_in_guild);
    table
        .on("/applications/{application_id}/commands", put(commands::overwrite).get(commands::list))
        .on("/applications/{application_id}/guilds/{guild_id}/commands", of_guild)
}

fn token_routes(table: Table) -> Table {
    let original =
        get(webhooks::read_original).patch(webhooks::edit_original).delete(webhooks::delete_original);
    let message = get(webhooks::read).patch(webhooks::edit).delete(webhooks::delete);
    table
        .on("/interactions/{interaction_id}/{interaction_token}/callback", post(callback::answer))
        .on("/webhooks/{webhook_id}/{webhook_token}", post(webhooks::follow_up))
        .on("/webhooks/{webhook_id}/{webhook_token}/messages/@original", original)
        .on("/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}", message)
}

#[derive(Deserialize)]
struct Wanted {
    v: Option<u8>,
}

async fn open_gateway(
    State(emulator): State<Emulator>,
    Query(wanted): Query<Wanted>,
    upgrade: WebSocketUpgrade,
) -> Response {
    open(emulator, &wanted, upgrade, false)
}

async fn open_to_resume(
    State(emulator): State<Emulator>,
    Query(wanted): Query<Wanted>,
    upgrade: WebSocketUpgrade,
) -> Response {
    open(emulator, &wanted, upgrade, true)
}

fn open(emulator: Emulator, wanted: &Wanted, upgrade: WebSocketUpgrade, to_resume: bool) -> Response {
    let valid_version = wanted.v.is_none_or(|version| version == 10);
    let dialled = gateway::Dialled { valid_version, to_resume };
    upgrade.max_message_size(1 << 16).on_upgrade(move |socket| gateway::serve(emulator, socket, dialled))
}
