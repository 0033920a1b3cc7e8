//! Completions: streamed from OpenRouter or any OpenAI-compatible server, over a ladder of models.
//!
//! Bytes become events (`sse`), events become text and facts (`decoder`), one request is one `stream`, the [`Ladder`]
//! tries model after model until one speaks, and the [`Reply`] it hands out is pulled by its reader: no task, no channel,
//! so a slow reader slows the provider and a dropped reply closes the connection.

mod client;
mod cost;
mod decoder;
mod failure;
mod ladder;
mod reply;
mod report;
mod request;
mod settings;
mod sse;
mod stream;
mod trouble;
mod wire;

#[cfg(test)]
mod tests;

pub use failure::Failure;
pub use ladder::{Exhausted, Ladder};
pub use reply::Reply;
pub use report::{Attempt, Finish, Report, Usage};
pub use request::{Message, Request, Role};
pub use settings::{Flavour, Settings};
