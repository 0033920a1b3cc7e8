//! What is done on the panel.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use super::button::Button;
use super::switch::Switch;
use crate::web::playground::Shared;
use crate::web::playground::actions::{Act, Refused};

#[derive(Deserialize)]
pub(in crate::web::playground) struct Turn {
    switch: Switch,
    on: bool,
}

#[derive(Deserialize)]
pub(in crate::web::playground) struct Push {
    button: Button,
}

pub(in crate::web::playground) async fn switch(
    State(shared): State<Shared>,
    Act { body, .. }: Act<Turn>,
) -> Result<StatusCode, Refused> {
    shared.panel.switch(body.switch, body.on).map_err(Refused::not_now)?;
    Ok(StatusCode::NO_CONTENT)
}

pub(in crate::web::playground) async fn push(
    State(shared): State<Shared>,
    Act { body, .. }: Act<Push>,
) -> Result<StatusCode, Refused> {
    shared.panel.push(body.button).map_err(Refused::not_now)?;
    Ok(StatusCode::NO_CONTENT)
}
