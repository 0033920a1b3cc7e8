//! Completions: streamed from OpenRouter or any OpenAI-compatible server, over a ladder of models.
//!
//! Bytes become events (`sse`), events become text and facts (`chunk` and `reading`, driven by `decoder`), errors become
//! decisions (`trouble`, `failure`), one request is one `stream`. A [`Plan`] says
//! which models a request may go to and what that can cost, a walk asks them until one speaks, and the [`Reply`] is
//! pulled by its reader: no task, no channel, so a slow reader slows the provider and a dropped reply closes the
//! connection.

mod again;
mod body;
mod book;
mod breaker;
mod call;
mod catalog;
mod chunk;
mod client;
mod cost;
mod decoder;
mod facts;
mod failure;
mod generation;
mod ladder;
mod literal;
mod pattern;
mod plan;
mod price;
mod race;
mod reading;
mod reply;
mod report;
mod request;
mod seam;
mod settings;
mod shape;
mod sse;
mod standing;
mod stream;
mod tokens;
mod trouble;
mod walk;

#[cfg(test)]
mod tests;

pub use catalog::{CatalogSettings, ModelFacts};
pub use failure::{Advice, Failure, Limit, Then};
pub use generation::{Generation, PATIENCE as GENERATION_PATIENCE, Unsettled};
pub use ladder::{Ladder, Offer};
pub use pattern::Pattern;
pub use plan::{Excluded, Plan};
pub use price::{MaxPrice, Price};
pub use reply::Reply;
pub use report::{Attempt, Bill, Finish, Report, Usage};
pub use request::{Image, Message, Request, Role};
pub use settings::{BreakerSettings, Flavour, Server, Settings};
