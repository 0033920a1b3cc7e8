//! An embedded model server: OpenRouter's API as a client meets it, served on loopback.
//!
//! Tests script its answers, delays and faults; unscripted it speaks in character from the example lines that stand in
//! the request. A fault is a value, not a fork: an answer is planned as a row of steps, and a fault is another row.

mod answer;
mod ledger;
mod plan;
mod playback;
mod routes;
mod scene;
mod server;
mod shape;
mod speaker;
mod weave;
mod words;

#[cfg(test)]
mod tests;

pub use answer::{Answer, Fault, Gate};
pub use ledger::{Ending, Received};
pub use plan::tokens;
pub use server::{ModelServer, ModelSettings};
