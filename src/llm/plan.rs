//! Which models a request may go to, in order, and what that can cost at most. Pure on what the catalogs hold.

use std::sync::Arc;

use super::catalog::ModelFacts;
use super::price::{MaxPrice, Price};
use super::request::Size;
use super::settings::{Flavour, Settings};

/// Characters in a token, about.
const USUAL_TOKEN: u64 = 4;

/// The ladder of one request: bounded by what the operator allows.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub(super) rungs: Vec<Rung>,
    pub(super) first_choice: String,
    /// The most that the attempts may cost together, in nano-dollars.
    pub(super) allowance: i64,
}

/// One model of a ladder.
#[derive(Clone, Debug)]
pub(super) struct Rung {
    /// As configured, with the server's name where it has one.
    pub(super) name: String,
    /// Which server it is on.
    pub(super) server: usize,
    /// Under which the breakers know its account.
    pub(super) account_key: String,
    pub(super) flavour: Flavour,
    /// As the server knows it.
    pub(super) model: String,
    pub(super) facts: Option<Arc<ModelFacts>>,
    /// What one request can cost at most, in nano-dollars.
    pub(super) worst: i64,
    pub(super) cost: Cost,
    /// What its server may charge for it, which OpenRouter keeps to.
    pub(super) ceiling: MaxPrice,
    /// Upper bound of its reply in tokens.
    pub(super) max_tokens: u32,
    /// How often the history is halved so that the prompt fits.
    pub(super) halvings: u32,
}

/// What is known of a model's price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cost {
    Free,
    Listed(Price),
    /// It counts as a fixed sum.
    Unknown,
}

/// Why a model is not on the ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excluded {
    /// The operator's list does not have it.
    NotAllowed,
    /// It costs more than the operator's bound.
    TooDear,
    /// Nobody says what it costs, and it is not the operator's own choice.
    Unpriced,
    /// It costs more than the model above it.
    DearerThanAbove,
}

impl Plan {
    /// The most that all attempts may cost together, in nano-dollars.
    pub fn worst(&self) -> i64 {
        self.allowance
    }

    /// The ladder that has nothing but the cheapest of its models.
    #[must_use]
    pub fn cheapest(&self) -> Self {
        // A price that nobody has told may be any.
        let known = |rung: &&Rung| rung.cost != Cost::Unknown;
        let cheapest = self.rungs.iter().filter(known).min_by_key(|rung| rung.worst);
        let cheapest = cheapest.or_else(|| self.rungs.iter().min_by_key(|rung| rung.worst)).cloned();
        let allowance = cheapest.as_ref().map_or(0, |rung| rung.worst);
        let first_choice = self.first_choice.clone();
        Self { rungs: cheapest.into_iter().collect(), first_choice, allowance }
    }

    pub fn is_empty(&self) -> bool {
        self.rungs.is_empty()
    }

    /// The models, as configured, in order.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        self.rungs.iter().map(|rung| rung.name.as_str())
    }

    /// Room for each model once and for one repetition, which may be twice as long.
    pub(super) fn of(rungs: Vec<Rung>, first_choice: String) -> Self {
        let dearest = rungs.iter().map(|rung| rung.worst).max().unwrap_or(0);
        let repeated = dearest.saturating_mul(2);
        let allowance = rungs.iter().fold(repeated, |sum, rung| sum.saturating_add(rung.worst));
        Self { rungs, first_choice, allowance }
    }
}

impl Rung {
    /// Whether a request of this size costs more on it than on another, as far as that is known. How each of them counts
    /// tokens is no matter of price.
    pub(super) fn is_dearer_than(&self, other: &Self, size: Size) -> bool {
        let (prompt, completion) = (size.characters / USUAL_TOKEN, other.max_tokens.into());
        let price = |rung: &Self| match rung.cost {
            Cost::Free => Some(0),
            Cost::Listed(price) => Some(price.worst(prompt, completion, size.images)),
            Cost::Unknown => None,
        };
        price(self).zip(price(other)).is_some_and(|(own, others)| own > others)
    }

    /// What it costs at most that it reads another model's beginning of an answer, in nano-dollars.
    pub(super) fn cost_of_reading(&self, said: &str) -> i64 {
        match self.cost {
            Cost::Listed(price) => price.within(self.ceiling).worst(said.len() as u64 / 3 + 100, 0, 0),
            Cost::Free | Cost::Unknown => 0,
        }
    }

    pub(super) fn takes(&self, parameter: &str) -> bool {
        let known = self.facts.as_ref().and_then(|facts| facts.parameters.as_ref());
        known.is_none_or(|parameters| parameters.iter().any(|known| known == parameter))
    }

    /// A model of which nothing is known is sent text alone.
    pub(super) fn sees_images(&self) -> bool {
        self.facts.as_ref().and_then(|facts| facts.images).unwrap_or(false)
    }
}

/// What the operator's bounds say of one model, whoever asks for it. `price`: what is known of it; `cap`: the dearest of
/// the operator's own models.
pub(super) fn bounded(
    settings: &Settings,
    name: &str,
    price: Cost,
    cap: Option<MaxPrice>,
) -> Option<Excluded> {
    let own = settings.models.iter().any(|model| model == name);
    let listed = settings.allow.iter().any(|pattern| pattern.matches(name));
    if !own && !settings.allow.is_empty() && !listed {
        return Some(Excluded::NotAllowed);
    }
    let bound = if own { settings.max_price } else { settings.max_price.map(|max| max.or(cap)).or(cap) };
    match price {
        Cost::Listed(price) if bound.is_some_and(|bound| !bound.admits(&price)) => Some(Excluded::TooDear),
        Cost::Unknown if !own && !listed => Some(Excluded::Unpriced),
        Cost::Free | Cost::Listed(_) | Cost::Unknown => None,
    }
}
