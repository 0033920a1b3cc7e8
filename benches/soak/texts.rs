//! What the models say: a few texts, so that whatever stands in a channel can be told to be whole.

use std::sync::LazyLock;

const WORDS: [&str; 11] =
    ["the", "harbour", "lights", "came", "on", "while", "nobody", "at", "the", "rail", "spoke"];

/// From a word to an answer in several messages.
pub(crate) static TEXTS: LazyLock<Vec<String>> =
    LazyLock::new(|| [1, 12, 60, 150, 400, 900].into_iter().map(text).collect());

fn text(words: usize) -> String {
    let mut text = format!("({words})");
    for index in 0..words {
        // Paragraphs, so that a long one is split where one would split it.
        text.push_str(if index % 40 == 39 { "\n\n" } else { " " });
        text.push_str(WORDS[(index * 7 + words) % WORDS.len()]);
    }
    text.push('.');
    text
}
