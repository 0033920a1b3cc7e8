//! How many tokens a text will be: a ratio per model, learned from what the server reports.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::request::Size;

/// Characters to a token as long as nothing was learned.
const START: f64 = 4.0;
/// The least and the most that are believed. Beyond them the figures count something else, such as images.
const LEAST: f64 = 1.0;
const MOST: f64 = 8.0;
/// How much one report counts against all before it.
const WEIGHT: f64 = 0.2;
/// Reports of fewer tokens say more about the frame of a request than about its text.
const TELLING: u32 = 50;
/// The most models that are remembered.
const MODELS: usize = 500;

/// By how much the text of a request may be denser than what was learned.
const MARGIN: f64 = 1.25;
/// No known tokenizer makes more tokens than this of ordinary text.
const BYTES_PER_TOKEN: u64 = 3;
/// What a large picture takes where it is counted in tokens.
const PER_IMAGE: u64 = 2_000;
/// What the frame of one message takes: role and delimiters.
const PER_MESSAGE: u64 = 8;

/// Characters per token, by model. Clones share one memory.
#[derive(Clone, Debug, Default)]
pub(super) struct Ratios {
    known: Arc<Mutex<Known>>,
}

#[derive(Debug, Default)]
struct Known {
    models: HashMap<String, Learned>,
    /// Counts reports: the order in which models were last heard of.
    reports: u64,
}

#[derive(Debug)]
struct Learned {
    ratio: f64,
    last: u64,
}

impl Ratios {
    /// The likely number of tokens.
    pub(super) fn estimate(&self, model: &str, characters: u64) -> u64 {
        let ratio = self.known().models.get(model).map_or(START, |learned| learned.ratio);
        (characters as f64 / ratio).ceil() as u64
    }

    /// The number of tokens that a prompt will hardly exceed.
    pub(super) fn most(&self, model: &str, size: Size) -> u64 {
        let likely = (self.estimate(model, size.characters) as f64 * MARGIN).ceil() as u64;
        let sparse = size.bytes.saturating_sub(size.dense).div_ceil(BYTES_PER_TOKEN);
        let pictures = size.images.saturating_mul(PER_IMAGE);
        likely
            .max(size.dense.saturating_add(sparse))
            .saturating_add(size.messages.saturating_mul(PER_MESSAGE))
            .saturating_add(pictures)
    }

    /// Takes in what a server reports about a prompt of text alone.
    pub(super) fn learn(&self, model: &str, characters: u64, prompt_tokens: u32) {
        if prompt_tokens < TELLING {
            return;
        }
        let seen = (characters as f64 / f64::from(prompt_tokens)).clamp(LEAST, MOST);
        let mut known = self.known();
        known.reports += 1;
        let last = known.reports;
        if let Some(learned) = known.models.get_mut(model) {
            learned.ratio += (seen - learned.ratio) * WEIGHT;
            learned.last = last;
            return;
        }
        known.make_room();
        let ratio = START + (seen - START) * WEIGHT;
        known.models.insert(model.to_owned(), Learned { ratio, last });
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Forgets the model that was not heard of for the longest time.
    fn make_room(&mut self) {
        if self.models.len() < MODELS {
            return;
        }
        let oldest =
            self.models.iter().min_by_key(|(_, learned)| learned.last).map(|(model, _)| model.clone());
        if let Some(oldest) = oldest {
            self.models.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_characters_are_a_token_until_a_report_says_otherwise() {
        let ratios = Ratios::default();
        assert_eq!(ratios.estimate("m", 400), 100);
        assert_eq!(ratios.estimate("m", 401), 101);
        assert_eq!(ratios.estimate("m", 0), 0);
        // 2 characters a token: 4 + (2 - 4) * 0.2 = 3.6.
        ratios.learn("m", 200, 100);
        assert_eq!(ratios.estimate("m", 360), 100);
        assert_eq!(ratios.estimate("other", 400), 100);
        for _ in 0..100 {
            ratios.learn("m", 200, 100);
        }
        assert_eq!(ratios.estimate("m", 2000), 1000);
    }

    #[test]
    fn reports_that_say_nothing_are_passed_over_and_wild_ones_bounded() {
        let ratios = Ratios::default();
        ratios.learn("m", 1, TELLING - 1);
        assert_eq!(ratios.estimate("m", 400), 100);
        for _ in 0..100 {
            ratios.learn("dense", 0, u32::MAX);
            ratios.learn("thin", u64::MAX, TELLING);
        }
        // As near to the bound as a weighted mean comes.
        assert!((999..=1000).contains(&ratios.estimate("dense", 1000)));
        assert!((1000..=1001).contains(&ratios.estimate("thin", 8000)));
    }

    #[test]
    fn the_upper_estimate_covers_dense_text_and_the_frame_of_messages() {
        let ratios = Ratios::default();
        let most = |bytes, characters, messages| {
            ratios.most("m", Size { bytes, characters, messages, ..Size::default() })
        };
        // 1.25 * 100 beats 300 / 3.
        assert_eq!(most(300, 400, 0), 125);
        // Chinese: three bytes to a character, a token each.
        assert_eq!(most(1200, 400, 2), 400 + 16);
        assert_eq!(most(4, 1, 1), 2 + 8);
        assert_eq!(most(u64::MAX, u64::MAX, u64::MAX), u64::MAX);
        // Digits and signs can be a token each; so can a picture be two thousand.
        let odd = Size { bytes: 40, dense: 40, characters: 40, messages: 0, images: 1 };
        assert_eq!(ratios.most("m", odd), 40 + PER_IMAGE);
    }

    #[test]
    fn the_model_heard_of_longest_ago_is_forgotten_first() {
        let ratios = Ratios::default();
        for model in 0..MODELS {
            ratios.learn(&model.to_string(), 200, 100);
        }
        ratios.learn("0", 200, 100);
        ratios.learn("new", 200, 100);
        assert_eq!(ratios.known().models.len(), MODELS);
        assert_eq!(ratios.estimate("1", 400), 100, "forgotten");
        assert!(ratios.estimate("0", 400) > 110, "kept");
    }
}
