//! What the person on the page does. Every refusal is one sentence that the page shows.

use std::collections::HashMap;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Shared;
use super::commands::{self, Command};
use super::mentions;
use super::scene::Scene;
use crate::emulator::{ActionError, Invocation};
use crate::ids::{ChannelId, InteractionId, MessageId, UserId};

/// Why nothing was done, for the person who tried.
#[derive(Debug)]
pub(super) struct Refused(StatusCode, String);

type Done = Result<StatusCode, Refused>;

/// A body and the scene in which it was sent.
pub(super) struct Act<T> {
    pub(super) scene: Scene,
    pub(super) body: T,
}

#[derive(Deserialize)]
struct Sent<T> {
    channel: ChannelId,
    #[serde(rename = "as")]
    viewer: UserId,
    #[serde(flatten)]
    body: T,
}

#[derive(Deserialize)]
pub(super) struct Say {
    text: String,
    reply_to: Option<MessageId>,
    #[serde(default)]
    ping: bool,
}

#[derive(Deserialize)]
pub(super) struct Edit {
    message: MessageId,
    text: String,
}

#[derive(Deserialize)]
pub(super) struct Delete {
    message: MessageId,
}

#[derive(Deserialize)]
pub(super) struct Press {
    message: MessageId,
    custom_id: String,
}

#[derive(Deserialize)]
pub(super) struct Invoke {
    command: String,
    #[serde(default)]
    options: HashMap<String, String>,
}

#[derive(Deserialize)]
pub(super) struct Complete {
    command: String,
    #[serde(default)]
    options: HashMap<String, String>,
    focused: String,
}

pub(super) async fn say(State(shared): State<Shared>, Act { scene, body }: Act<Say>) -> Done {
    let emulator = &shared.playground.emulator;
    let text = mentions::encode(&body.text, &scene.names);
    match body.reply_to {
        None => emulator.say(scene.viewer, scene.channel, &text)?,
        Some(to) => emulator.reply(scene.viewer, to, &text, body.ping)?,
    };
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn edit(State(shared): State<Shared>, Act { scene, body }: Act<Edit>) -> Done {
    let text = mentions::encode(&body.text, &scene.names);
    shared.playground.emulator.edit(scene.viewer, body.message, &text)?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn delete(State(shared): State<Shared>, Act { scene, body }: Act<Delete>) -> Done {
    let emulator = &shared.playground.emulator;
    let message = emulator.message(body.message).filter(|message| message.channel == scene.channel);
    let message = message.ok_or(ActionError::NoSuchMessage)?;
    if message.author.id != scene.viewer && !scene.may_tidy() {
        return Err(ActionError::NotAllowed.into());
    }
    emulator.delete(body.message)?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn press(
    State(shared): State<Shared>,
    Act { scene, body }: Act<Press>,
) -> Result<Json<Value>, Refused> {
    let id = shared.playground.emulator.press(scene.viewer, body.message, &body.custom_id)?;
    Ok(begun(id))
}

pub(super) async fn invoke(
    State(shared): State<Shared>,
    Act { scene, body }: Act<Invoke>,
) -> Result<Json<Value>, Refused> {
    let emulator = &shared.playground.emulator;
    let command = find(&shared, &body.command)?;
    let options = body.options.into_iter().map(|(name, text)| (name, mentions::encode(&text, &scene.names)));
    let options = command.fill(options.collect()).map_err(Refused::unfit)?;
    let id = emulator.invoke(scene.viewer, scene.channel, &Invocation { command: command.path, options })?;
    Ok(begun(id))
}

/// Suggestions for an option. What else is filled in goes along as far as it fits already.
pub(super) async fn complete(
    State(shared): State<Shared>,
    Act { scene, mut body }: Act<Complete>,
) -> Result<Json<Value>, Refused> {
    let command = find(&shared, &body.command)?;
    let typed = body.options.remove(&body.focused).unwrap_or_default();
    let mut options = command.fill_what_fits(body.options);
    options.push((body.focused.clone(), Value::from(typed)));
    let invocation = Invocation { command: command.path, options };
    let emulator = &shared.playground.emulator;
    let choices = emulator.autocomplete(scene.viewer, scene.channel, &invocation, &body.focused).await?;
    let choices: Vec<_> = choices
        .iter()
        .map(|choice| json!({ "name": choice.name, "value": commands::plain(&choice.value) }))
        .collect();
    Ok(Json(json!({ "choices": choices })))
}

fn find(shared: &Shared, path: &str) -> Result<Command, Refused> {
    let known = commands::flatten(&shared.playground.emulator.commands());
    known.into_iter().find(|command| command.path == path).ok_or_else(|| ActionError::NoSuchCommand.into())
}

fn begun(id: InteractionId) -> Json<Value> {
    Json(json!({ "interaction": id }))
}

impl<T: DeserializeOwned> FromRequest<Shared> for Act<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, shared: &Shared) -> Result<Self, Refused> {
        let Json(sent) = Json::<Sent<T>>::from_request(request, shared).await?;
        match Scene::exact(&shared.playground.emulator, sent.channel, sent.viewer) {
            Some(scene) => Ok(Self { scene, body: sent.body }),
            None => Err(Refused(StatusCode::NOT_FOUND, "This channel is not here, or not for you.".into())),
        }
    }
}

impl Refused {
    pub(super) fn not_now(words: &str) -> Self {
        Self(StatusCode::CONFLICT, words.into())
    }

    fn unfit(words: String) -> Self {
        Self(StatusCode::UNPROCESSABLE_ENTITY, words)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

impl From<JsonRejection> for Refused {
    fn from(rejection: JsonRejection) -> Self {
        let words = match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => "That is far too long for a message.",
            _ => "The page sent something that Prism does not understand. Reload the page.",
        };
        Self(rejection.status(), words.into())
    }
}

impl From<ActionError> for Refused {
    fn from(error: ActionError) -> Self {
        let (status, words) = match error {
            ActionError::NoSuchUser => (StatusCode::NOT_FOUND, "There is no such person here.".into()),
            ActionError::NoSuchChannel => (StatusCode::NOT_FOUND, "This channel is not here any more.".into()),
            ActionError::NoSuchMessage => (StatusCode::NOT_FOUND, "That message is not here any more.".into()),
            ActionError::NotAllowed => (StatusCode::FORBIDDEN, "You may not do that here.".into()),
            ActionError::Empty => (StatusCode::UNPROCESSABLE_ENTITY, "An empty message cannot be sent.".into()),
            ActionError::TooLong => {
                (StatusCode::UNPROCESSABLE_ENTITY, "A message has at most 2,000 characters. Nothing was sent.".into())
            }
            ActionError::NoSuchCommand => (
                StatusCode::NOT_FOUND,
                "The bot has no such command here. Right after the start it may need a moment to register them.".into(),
            ),
            ActionError::MissingOption(name) => (StatusCode::UNPROCESSABLE_ENTITY, format!("“{name}” is still empty.")),
            ActionError::BadOption(name) => {
                (StatusCode::UNPROCESSABLE_ENTITY, format!("“{name}” does not take this value."))
            }
            ActionError::NoSuchButton => (StatusCode::NOT_FOUND, "That button can no longer be pressed.".into()),
            ActionError::NoAnswer => (StatusCode::GATEWAY_TIMEOUT, "The bot did not answer in time.".into()),
            ActionError::NoSuchInteraction | ActionError::Refused => {
                (StatusCode::CONFLICT, "The server does not permit it.".into())
            }
        };
        Self(status, words)
    }
}
