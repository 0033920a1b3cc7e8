//! What a server is sent. What it answers is read in `chunk`.

use serde::Serialize;

use super::request::Message;

/// The body of a request for a completion.
#[derive(Serialize)]
pub(super) struct Body<'a> {
    pub(super) model: &'a str,
    pub(super) messages: &'a [Message],
    pub(super) stream: bool,
    pub(super) max_tokens: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user: Option<&'a str>,
    #[serde(flatten)]
    pub(super) dialect: Dialect<'a>,
}

/// The fields that only one kind of server is sent.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Dialect<'a> {
    OpenRouter {
        #[serde(skip_serializing_if = "Option::is_none")]
        session_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        provider: Option<Routing>,
    },
    OpenAi {
        stream_options: StreamOptions,
    },
}

/// Which providers OpenRouter may choose.
#[derive(Serialize)]
pub(super) struct Routing {
    pub(super) data_collection: &'static str,
}

#[derive(Serialize)]
pub(super) struct StreamOptions {
    pub(super) include_usage: bool,
}
