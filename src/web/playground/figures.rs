//! What a reply was made of: model, first words, tokens.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use serde::Serialize;

use super::Shared;
use crate::ids::MessageId;

/// What is known about a finished reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyFigures {
    pub model: String,
    /// Milliseconds from the request to the first token.
    pub first_token_ms: Option<u64>,
    /// Tokens of the reply.
    pub tokens: Option<u64>,
}

/// Looks the figures of a message up; `None` while the reply is unfinished, and for messages that are none.
pub type Figures = Arc<dyn Fn(MessageId) -> BoxFuture<'static, Option<ReplyFigures>> + Send + Sync>;

#[derive(Serialize)]
struct Shown {
    line: String,
}

/// 204 while there is nothing to show.
pub(super) async fn show(State(shared): State<Shared>, Path(message): Path<MessageId>) -> Response {
    match (shared.playground.figures)(message).await {
        Some(figures) => Json(Shown { line: figures.line() }).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

impl ReplyFigures {
    fn line(&self) -> String {
        let mut parts = vec![self.model.clone()];
        parts.extend(self.first_token_ms.map(|ms| format!("first words after {}", duration(ms))));
        parts.extend(
            self.tokens.map(|tokens| if tokens == 1 { "1 token".into() } else { format!("{tokens} tokens") }),
        );
        parts.join(" · ")
    }
}

fn duration(ms: u64) -> String {
    if ms < 1000 { format!("{ms} ms") } else { format!("{}.{} s", ms / 1000, ms % 1000 / 100) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_one_line() {
        let full = ReplyFigures { model: "a/b".into(), first_token_ms: Some(1240), tokens: Some(212) };
        assert_eq!(full.line(), "a/b · first words after 1.2 s · 212 tokens");
        let bare = ReplyFigures { model: "a/b".into(), first_token_ms: None, tokens: None };
        assert_eq!(bare.line(), "a/b");
    }
}
