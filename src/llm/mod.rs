//! Completions: streamed from OpenRouter or any OpenAI-compatible server, over a ladder of models.
//!
//! Bytes become events (`sse`), events become text and facts (`chunk`, `reading`, both driven by `decoder`), errors become
//! decisions (`trouble`, `failure`), one request is one `stream`, the [`Ladder`]
//! tries model after model until one speaks, and the [`Reply`] it hands out is pulled by its reader: no task, no channel,
//! so a slow reader slows the provider and a dropped reply closes the connection.

mod catalog;
mod chunk;
mod client;
mod cost;
mod decoder;
mod facts;
mod failure;
#[cfg_attr(not(test), expect(dead_code, reason = "asked by what settles costs, once it is there"))]
mod generation;
mod ladder;
mod literal;
mod pattern;
mod price;
mod reading;
mod reply;
mod report;
mod request;
mod settings;
mod shape;
mod sse;
mod stream;
mod tokens;
mod trouble;
mod wire;

#[cfg(test)]
mod tests;

pub use catalog::{Catalog, CatalogSettings, ModelFacts, Snapshot, Source};
pub use failure::{Advice, Failure, Limit, Then};
pub use generation::{Generation, PATIENCE, Unsettled};
pub use ladder::{Exhausted, Ladder};
pub use pattern::Pattern;
pub use price::{MaxPrice, Price};
pub use reply::Reply;
pub use report::{Attempt, Finish, Report, Usage};
pub use request::{Message, Request, Role};
pub use settings::{Flavour, Settings};
pub use tokens::Ratios;
