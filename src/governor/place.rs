//! The right to make one call, and what came of it.

use std::sync::Arc;

use reqwest::header::HeaderValue;
use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;

use super::call::Call;
use super::class::Class;
use super::error::CallError;
use super::form::{File, Form};
use super::limiter::{Permit, Refused};
use super::route::Route;
use super::send::{Outgoing, Reply};
use super::{Guarded, Inner, guard};
use crate::ids::MessageId;

/// The right to make one call now. Dropped unused, it goes to the next who waits.
///
/// Whoever has one writes the body from the newest text and sends it at once, so that nothing overtaken is ever sent.
pub struct Place {
    inner: Arc<Inner>,
    call: Call,
    class: Class,
    deadline: Instant,
    route: Route,
    permit: Permit,
}

/// A success.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    /// `Null` when the answer was empty.
    pub body: Value,
}

impl Place {
    pub(super) async fn wait(inner: &Arc<Inner>, call: Call, class: Class) -> Result<Self, Refused> {
        let route = Route::read(&call.method(), &call.path());
        let deadline = inner.sender.deadline(class);
        let permit = inner.sender.permit(&route, class, deadline).await?;
        Ok(Self { inner: Arc::clone(inner), call, class, deadline, route, permit })
    }

    /// Sends; calls without a body take `&()`. Repeats what is safe to repeat: after a 429 with a new place, after
    /// faults of the far end only if Discord tells the two requests apart.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn send(self, body: &impl Serialize) -> Result<Answer, CallError> {
        let body = serde_json::to_value(body).map_err(|_| CallError::Garbled)?;
        let (body, repeatable) = self.inner.guard(&self.route, &self.call.method(), body)?;
        let content_type = Some(HeaderValue::from_static("application/json"));
        self.send_guarded(Guarded { content_type, body: body.into(), repeatable }).await
    }

    /// The same with a file. On an edit it takes the place of all files of the message, unless the body names those
    /// to keep in `attachments`; the new one has the id 0 there.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn send_with_file(self, body: &impl Serialize, file: File) -> Result<Answer, CallError> {
        let mut message = serde_json::to_value(body).map_err(|_| CallError::Garbled)?;
        guard::name_file(self.route.carries, &mut message, &file.name);
        let form = Form::of(message, file);
        let guarded = self.inner.guard_form(&self.route, &self.call.method(), &form)?;
        self.send_guarded(guarded).await
    }

    async fn send_guarded(self, guarded: Guarded) -> Result<Answer, CallError> {
        let outgoing = Outgoing {
            path: self.call.path() + &self.call.query(),
            class: self.class,
            deadline: self.deadline,
            content_type: guarded.content_type,
            reason: None,
            body: guarded.body,
            repeatable: guarded.repeatable,
            method: self.call.method(),
            route: self.route,
        };
        Answer::read(self.inner.sender.send(&outgoing, self.permit).await?)
    }
}

impl Answer {
    /// The id of the message that the answer shows.
    pub fn message_id(&self) -> Option<MessageId> {
        self.body["id"].as_str()?.parse().ok()
    }

    pub(super) fn read(reply: Reply) -> Result<Self, CallError> {
        let status = reply.status.as_u16();
        if !reply.status.is_success() {
            return Err(CallError::from_discord(status, &reply.body));
        }
        let body = if reply.body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&reply.body).map_err(|_| CallError::Garbled)?
        };
        Ok(Self { status, body })
    }
}
