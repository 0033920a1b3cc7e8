//! The decoder by itself, compiled from the bot's own files.

#![allow(dead_code, unused_imports)]

#[path = "../../src/llm"]
mod llm {
    mod chunk;
    mod cost;
    mod decoder;
    mod facts;
    mod failure;
    mod literal;
    mod reading;
    mod report;
    mod shape;
    mod sse;
    mod trouble;

    pub mod told {
        use super::decoder::Decoder;
        use super::facts::Facts;
        use super::failure::Failure;

        /// Everything that a reader learns from an answer.
        #[derive(Clone, PartialEq, Eq)]
        pub struct Heard {
            pub text: String,
            pub outcome: Option<Result<(), Failure>>,
            facts: Facts,
        }

        impl std::fmt::Debug for Heard {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(formatter, "{:?} {:?} {:?}", self.text, self.outcome, self.facts.usage)
            }
        }

        /// A stream in these reads.
        pub fn stream<'a>(reads: impl Iterator<Item = &'a [u8]>) -> Heard {
            let mut decoder = Decoder::default();
            let mut text: String = reads.map(|read| decoder.feed(read)).collect();
            text.push_str(&decoder.close());
            Heard { text, outcome: decoder.outcome(), facts: decoder.facts().clone() }
        }

        /// A body that came whole.
        pub fn whole(body: &[u8]) -> Heard {
            let mut decoder = Decoder::default();
            let text = decoder.whole(body);
            Heard { text, outcome: decoder.outcome(), facts: decoder.facts().clone() }
        }
    }
}

pub use llm::told::{Heard, stream, whole};

/// The most text that a reply may hold, in bytes.
pub const MAX_TEXT: usize = 256 * 1024;
