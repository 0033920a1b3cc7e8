//! An embedded model server: OpenRouter's API as a client meets it, served on loopback.
//!
//! Tests script its answers, delays and faults; unscripted it speaks in character from the example lines that stand in
//! the request. A fault is a value, not a fork: an answer is planned as a row of steps, and a fault is another row.
//!
//! - `answer`, `fault`, `refusal` and `error_event` say what is to be played; [`cases`] names everything that happens.
//! - `desk` chooses the answer, `telling` fits it to the request, `shape` writes it in a dialect, `plan` orders its
//!   steps, `framing` writes them, `playback` sends them.
//! - `ledger`, `catalog`, `generations` and `account` are what the server remembers.

mod account;
mod answer;
mod asked;
mod availability;
pub mod cases;
mod catalog;
mod desk;
mod dialect;
mod door;
mod error_event;
mod fault;
mod framing;
mod generations;
mod ledger;
mod listed;
mod plan;
mod playback;
mod price;
mod refusal;
mod routes;
mod scene;
mod server;
mod shape;
mod speaker;
mod telling;
mod weave;
mod words;

#[cfg(test)]
mod tests;

pub use account::KeyFigures;
pub use answer::{Answer, Gate, Placed};
pub use availability::Availability;
pub use dialect::Dialect;
pub use error_event::ErrorEvent;
pub use fault::Fault;
pub use framing::Framing;
pub use ledger::{Ending, Received, Via};
pub use listed::Listed;
pub use plan::tokens;
pub use refusal::Refusal;
pub use server::{ModelServer, ModelSettings};
