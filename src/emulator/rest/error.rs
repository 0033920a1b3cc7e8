//! Refusals in Discord's shape.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::emulator::refusal::{Fault, Faults, Refusal};

/// A refusal on its way out.
#[derive(Debug)]
pub(super) struct Refused(pub(super) Refusal);

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut body = json!({ "message": self.0.to_string(), "code": self.0.code() });
        if let Refusal::Form(faults) = &self.0 {
            body["errors"] = tree(faults);
        }
        (status(&self.0), Json(body)).into_response()
    }
}

/// The answers that carry no code of their own: `{"message": "404: Not Found", "code": 0}`.
pub(super) fn plain(status: StatusCode) -> Response {
    let reason = status.canonical_reason().unwrap_or("Error");
    let message = format!("{}: {reason}", status.as_u16());
    (status, Json(json!({ "message": message, "code": 0 }))).into_response()
}

const fn status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::UnknownApplication
        | Refusal::UnknownChannel
        | Refusal::UnknownGuild
        | Refusal::UnknownMember
        | Refusal::UnknownMessage
        | Refusal::UnknownUser
        | Refusal::UnknownWebhook
        | Refusal::UnknownInteraction => StatusCode::NOT_FOUND,
        Refusal::MissingAccess
        | Refusal::MissingPermissions
        | Refusal::NotTheAuthor
        | Refusal::CannotMessage => StatusCode::FORBIDDEN,
        Refusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Refusal::InvalidWebhookToken => StatusCode::UNAUTHORIZED,
        Refusal::AlreadyAcknowledged
        | Refusal::EmptyMessage
        | Refusal::TooManyFollowUps
        | Refusal::Archived
        | Refusal::ThreadExists
        | Refusal::CannotReply
        | Refusal::WrongChannelKind
        | Refusal::TooManyChannels
        | Refusal::Moderated
        | Refusal::InvalidJson
        | Refusal::Form(_) => StatusCode::BAD_REQUEST,
    }
}

/// `{"embeds": {"0": {"title": {"_errors": [..]}}}}` from `embeds.0.title`.
fn tree(faults: &Faults) -> Value {
    let mut root = Map::new();
    for (path, own) in faults.iter() {
        let parts: Vec<_> = path.split('.').filter(|part| !part.is_empty()).collect();
        plant(&mut root, &parts, own.iter().map(fault).collect());
    }
    Value::Object(root)
}

fn plant(node: &mut Map<String, Value>, path: &[&str], errors: Value) {
    let Some((first, rest)) = path.split_first() else {
        node.insert("_errors".to_owned(), errors);
        return;
    };
    let next = node.entry(*first).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(inside) = next {
        plant(inside, rest, errors);
    }
}

fn fault(fault: &Fault) -> Value {
    json!({ "code": fault.code, "message": fault.message })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_become_a_tree() {
        let mut faults = Faults::one("content", "A", "too long");
        faults.add("components.0.components.1.label", "B", "also too long");
        assert_eq!(
            tree(&faults),
            json!({
                "content": { "_errors": [{ "code": "A", "message": "too long" }] },
                "components": { "0": { "components": { "1": { "label": {
                    "_errors": [{ "code": "B", "message": "also too long" }]
                } } } } },
            })
        );
    }
}
