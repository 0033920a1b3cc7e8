//! What is known about a model.

use crate::llm::price::Price;

/// One model as its server lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelFacts {
    /// What it is asked for by.
    pub id: String,
    /// The lasting name behind the id, with the day of its release.
    pub canonical_slug: Option<String>,
    /// For people. The id where the server tells none.
    pub name: String,
    /// The most tokens of prompt and completion together.
    pub context_length: Option<u32>,
    pub max_completion_tokens: Option<u32>,
    /// `None`: not listed, or it varies.
    pub price: Option<Price>,
    /// Whether images may be in the prompt. `None`: not told.
    pub images: Option<bool>,
    /// The parameters of a request that count. `None`: not told.
    pub parameters: Option<Vec<String>>,
    /// The day after which it may be gone, `YYYY-MM-DD`.
    pub expires: Option<String>,
    /// The id of the model that this one stands for today.
    pub alias_target: Option<String>,
}
