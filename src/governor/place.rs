//! The right to make one call, and what came of it.

use std::sync::Arc;

use reqwest::header::HeaderValue;
use serde::Serialize;
use serde_json::Value;

use super::Inner;
use super::call::Call;
use super::class::Class;
use super::error::CallError;
use super::limiter::{Permit, Refused};
use super::route::Route;
use super::send::{Outgoing, Reply};
use crate::ids::MessageId;

/// The right to make one call now. Dropped unused, it goes to the next who waits.
///
/// Whoever has one writes the body from the newest text and sends it at once, so that nothing overtaken is ever sent.
pub struct Place {
    inner: Arc<Inner>,
    call: Call,
    class: Class,
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
        let permit = inner.sender.permit(&route, class).await?;
        Ok(Self { inner: Arc::clone(inner), call, class, route, permit })
    }

    /// Sends; calls without a body take `&()`. Repeats what is safe to repeat: after a 429 with a new place, after
    /// faults of the far end only if Discord tells the two requests apart.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn send(self, body: &impl Serialize) -> Result<Answer, CallError> {
        let body = serde_json::to_value(body).map_err(|_| CallError::Garbled)?;
        let method = self.call.method();
        let (body, repeatable) = self.inner.guard(&self.route, &method, body)?;
        let outgoing = Outgoing {
            path: self.call.path() + &self.call.query(),
            class: self.class,
            content_type: Some(HeaderValue::from_static("application/json")),
            reason: None,
            body,
            repeatable,
            method,
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
