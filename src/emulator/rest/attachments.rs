//! Files in bodies, and where they are fetched.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::error::plain;
use super::form::Form;
use crate::emulator::Emulator;
use crate::emulator::attachment::{MOST_FILES, Upload};
use crate::ids::ChannelId;

/// The files of a new message, with what the body says of each.
pub(super) fn new(form: &mut Form<'_>, files: Vec<Upload>) -> Vec<Upload> {
    described(form, files).0
}

/// The files that come to a message, and those that stay: None is all of them.
pub(super) fn changed(form: &mut Form<'_>, files: Vec<Upload>) -> (Vec<Upload>, Option<Vec<u64>>) {
    let is_said = form.has("attachments");
    let (files, others) = described(form, files);
    (files, is_said.then_some(others))
}

/// Matches `attachments` with the files. Returns the ids that name none of them, too.
fn described(form: &mut Form<'_>, mut files: Vec<Upload>) -> (Vec<Upload>, Vec<u64>) {
    if files.len() > MOST_FILES {
        form.fault(
            "attachments",
            "BASE_TYPE_MAX_LENGTH",
            format!("Must be {MOST_FILES} or fewer in length."),
        );
    }
    let mut others = Vec::new();
    form.each("attachments", MOST_FILES, |form| {
        form.require("id");
        let id = form.snowflake("id")?;
        let (name, description) = (form.text("filename", 1..=1_024), form.text("description", 0..=1_024));
        match files.iter_mut().find(|file| file.number == id) {
            Some(file) => {
                file.name = name.unwrap_or_else(|| std::mem::take(&mut file.name));
                file.description = description;
            }
            None => others.push(id),
        }
        Some(())
    });
    (files, others)
}

/// A file, as Discord's file server gives it to anybody who has its address.
pub(super) async fn read(
    State(emulator): State<Emulator>,
    Path((channel, id, _name)): Path<(ChannelId, u64, String)>,
) -> Response {
    let found = emulator.read(|state| {
        let mut all = state.messages.of(channel).flat_map(|message| &message.attachments);
        all.find(|file| file.id == id).cloned()
    });
    match found {
        Some(file) => ([(CONTENT_TYPE, file.kind)], file.bytes).into_response(),
        None => plain(StatusCode::NOT_FOUND),
    }
}
