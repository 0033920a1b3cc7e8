//! A slash question is nowhere in the channel: its answer quotes it in small text on the first line.

use crate::chat::Question;

/// The longest quotation, in characters.
const LIMIT: usize = 150;

/// The first line of the answer to a question; nothing when there are no words to quote.
pub(crate) fn heading(question: &Question) -> String {
    let words: Vec<_> = question.text.split_whitespace().collect();
    let line = words.join(" ");
    let mut quoted: String = line.chars().take(LIMIT).collect();
    if quoted.len() < line.len() {
        quoted.push('…');
    }
    if quoted.is_empty() { String::new() } else { format!("-# {}: {}\n", question.speaker, plain(&quoted)) }
}

/// Markup that a cut may have left open would run on into the answer.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if "\\`*_~|[]".contains(c) {
            plain.push('\\');
        }
        plain.push(c);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        heading(&Question { speaker: "Kim".to_owned(), text: text.to_owned() })
    }

    #[test]
    fn a_question_is_one_small_line_without_markup() {
        assert_eq!(of("what\nis\n  this?"), "-# Kim: what is this?\n");
        assert_eq!(of("```rust\nfn main"), "-# Kim: \\`\\`\\`rust fn main\n");
        assert_eq!(of(" \n"), "");
    }

    #[test]
    fn a_long_question_is_cut() {
        assert_eq!(of(&"ä".repeat(151)), format!("-# Kim: {}…\n", "ä".repeat(150)));
    }
}
