//! What a character is and where the characters come from.
//!
//! [`schema`] says what stands in a persona's file, [`library`] holds those that are to be had.

mod embedded;
mod folder;
pub mod library;
pub mod schema;
#[cfg(test)]
mod tests;

use crate::ids::PersonaId;

pub use library::{Library, LoadError};
pub use schema::Rating;

/// A character, read and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Persona {
    pub id: PersonaId,
    /// 1 to 80 characters, no line breaks.
    pub name: String,
    /// One line about the character for lists; may be empty.
    pub tagline: String,
    /// Who the character is, told to the model. Never empty.
    pub system: String,
    /// What the character says when it is called without words; may be empty.
    pub greeting: String,
    /// One line in character while the model is still silent.
    pub thinking: Option<String>,
    /// The character's own words when no model answers.
    pub failure: Option<String>,
    pub examples: Vec<Example>,
    /// Models to try in this order; empty: the configured ones.
    pub models: Vec<String>,
    pub sampling: Sampling,
    pub rating: Rating,
    pub tags: Vec<String>,
}

/// A line and the answer the character would give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    pub user: String,
    pub reply: String,
}

/// How the model picks its words. What is `None` is left to the model.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sampling {
    /// 0 to 2.
    pub temperature: Option<f64>,
    /// 0 to 1.
    pub top_p: Option<f64>,
    /// 16 to 8192.
    pub max_tokens: Option<u32>,
}
