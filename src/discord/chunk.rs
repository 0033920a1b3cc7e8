//! Splits a text into messages. Pure, and stable while the text grows: a message that is full never changes again.
//!
//! Required properties: no part is longer than [`LIMIT`] characters or blank; nothing but white space at a cut is left
//! out; a code block that is cut is closed and opened again with its language; no grapheme is torn.

use unicode_segmentation::UnicodeSegmentation;

/// Discord's limit for the content of a message, in Unicode scalar values.
pub(crate) const LIMIT: usize = 2_000;

const FENCE: &str = "```";

/// What closing a code block may take: a line break and the fence.
const CLOSING: usize = 4;

/// The longest language name of a code block that is opened again.
const LANGUAGE_LIMIT: usize = 24;

/// The contents of the messages that show `text`, in order. Blank text gives none.
pub(crate) fn split(text: &str) -> Vec<String> {
    split_into(text, usize::MAX, 0).0
}

/// The same where no more than `most` messages can be had, of which the last one leaves room for so many more
/// characters. The second value is what stands in none of them.
pub(crate) fn split_into(text: &str, most: usize, spare: usize) -> (Vec<String>, Option<String>) {
    let mut parts = Vec::new();
    let mut rest = text.trim_end();
    let mut open: Option<Fence> = None;
    while !rest.trim().is_empty() && parts.len() < most {
        let opening = open.as_ref().map(Fence::opening).unwrap_or_default();
        let spare = if parts.len() + 1 == most { spare } else { 0 };
        let room = LIMIT - CLOSING - spare - opening.chars().count();
        let (slice, tail) = cut(rest, room, open.as_ref());
        let after = fence_after(slice, open);
        let closing = after.as_ref().map_or("", |_| closing_for(slice));
        if !slice.trim().is_empty() {
            parts.push(format!("{opening}{slice}{closing}"));
        }
        open = after;
        rest = if open.is_some() {
            tail.strip_prefix('\n').unwrap_or(tail)
        } else {
            tail.trim_start_matches([' ', '\n'])
        };
    }
    let opening = open.as_ref().map(Fence::opening).unwrap_or_default();
    (parts, (!rest.trim().is_empty()).then(|| format!("{opening}{rest}")))
}

/// What ends the code block that is open behind `text`; nothing when none is.
pub(crate) fn closing(text: &str) -> &'static str {
    fence_after(text, None).map_or("", |_| closing_for(text))
}

fn closing_for(slice: &str) -> &'static str {
    if slice.ends_with('\n') { FENCE } else { "\n```" }
}

/// An open code block.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fence {
    language: String,
    /// Where its opening stands in the slice that was scanned, and where its body begins.
    start: usize,
    body: usize,
}

impl Fence {
    fn opening(&self) -> String {
        format!("{FENCE}{}\n", self.language)
    }
}

/// Cuts `text` after at most `room` characters at the most natural place there is.
fn cut<'a>(text: &'a str, room: usize, open: Option<&Fence>) -> (&'a str, &'a str) {
    let Some((end, _)) = text.char_indices().nth(room) else { return (text, "") };
    let window = &text[..end];
    let at = place(window, open).filter(|at| *at > 0).unwrap_or_else(|| last_grapheme(text, end));
    let at = before_empty_block(&window[..at], open).unwrap_or(at);
    text.split_at(at)
}

/// The last good place in the second half of the window: a paragraph, a line, a sentence, a word.
fn place(window: &str, open: Option<&Fence>) -> Option<usize> {
    let half = window.len() / 2;
    let inside = |at: &usize| fence_after(&window[..*at], open.cloned()).is_some();
    let last = |mark: &str, keep: usize| {
        window.rmatch_indices(mark).map(|(at, _)| at + keep).find(|at| *at >= half && *at < window.len())
    };
    let paragraph = window.rmatch_indices("\n\n").map(|(at, _)| at).find(|at| *at >= half && !inside(at));
    let block = window.rmatch_indices("\n```").map(|(at, _)| at).find(|at| *at >= half && !inside(at));
    let sentence = || {
        [". ", "! ", "? ", "。", "！", "？"].iter().filter_map(|end| last(end, end.trim_end().len())).max()
    };
    paragraph.max(block).or_else(|| last("\n", 0)).or_else(sentence).or_else(|| last(" ", 0))
}

/// A cut right behind the opening of a code block would leave an empty block: then it belongs before the opening.
fn before_empty_block(slice: &str, open: Option<&Fence>) -> Option<usize> {
    let fence = fence_after(slice, open.cloned())?;
    let blank = slice.get(fence.body..).is_none_or(|body| body.trim().is_empty());
    (blank && fence.start > 0 && !slice[..fence.start].trim().is_empty()).then_some(fence.start)
}

fn last_grapheme(text: &str, end: usize) -> usize {
    let boundary = text.grapheme_indices(true).map(|(at, _)| at).take_while(|at| *at <= end).last();
    // A single grapheme longer than a message has no boundary inside: it is torn, not lost.
    boundary.filter(|at| *at > 0).unwrap_or(end)
}

/// The code block that is open behind `slice`, given the one that was open before it.
fn fence_after(slice: &str, before: Option<Fence>) -> Option<Fence> {
    let mut open = before.map(|fence| Fence { start: 0, body: 0, ..fence });
    let mut at = 0;
    while let Some(found) = slice[at..].find(FENCE) {
        let start = at + found;
        let run = slice[start..].bytes().take_while(|byte| *byte == b'`').count();
        at = start + run;
        open = match open {
            Some(_) => None,
            None => Some(opened(slice, start, at)),
        };
    }
    open
}

fn opened(slice: &str, start: usize, after: usize) -> Fence {
    let named = |c: char| c.is_ascii_alphanumeric() || "_+-.#".contains(c);
    let line = slice[after..].split('\n').next().unwrap_or_default();
    let is_language = line.len() <= LANGUAGE_LIMIT && line.chars().all(named);
    let language = if is_language { line.to_owned() } else { String::new() };
    Fence { body: after + language.len(), language, start }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lengths(parts: &[String]) -> Vec<usize> {
        parts.iter().map(|part| part.chars().count()).collect()
    }

    #[test]
    fn short_text_is_one_message_as_it_is() {
        assert_eq!(split("hello\n\n**you**"), ["hello\n\n**you**"]);
        assert_eq!(split(" \n "), [""; 0]);
    }

    #[test]
    fn a_cut_prefers_paragraphs_then_lines_then_sentences_then_words() {
        for (mark, kept) in [("\n\n", ""), ("\n", ""), (". ", "."), (" ", "")] {
            let (head, tail) = ("a".repeat(1_500), "b".repeat(1_500));
            assert_eq!(split(&format!("{head}{mark}{tail}")), [format!("{head}{kept}"), tail], "{mark:?}");
        }
    }

    #[test]
    fn a_code_block_is_closed_and_opened_again_with_its_language() {
        let lines = "let answer = 42;\n".repeat(200);
        let parts = split(&format!("Look:\n```rust\n{lines}```\nDone."));
        assert_eq!(parts.len(), 2);
        assert!(parts[0].starts_with("Look:\n```rust\nlet") && parts[0].ends_with(";\n```"), "{}", parts[0]);
        assert!(parts[1].starts_with("```rust\nlet") && parts[1].ends_with("```\nDone."), "{}", parts[1]);
    }

    #[test]
    fn a_block_that_begins_near_the_end_moves_to_the_next_message() {
        let parts = split(&format!(
            "{}\n```rust\n{}\n```",
            "a ".repeat(950).trim_end(),
            "code();\n".repeat(30).trim_end()
        ));
        assert!(!parts[0].contains("```"), "{}", parts[0]);
        assert!(parts[1].starts_with("```rust\ncode();"), "{}", parts[1]);
    }

    #[test]
    fn an_unfinished_block_is_closed_for_the_eye() {
        assert_eq!(split("```py\nprint(1)"), ["```py\nprint(1)\n```"]);
        assert_eq!(split("```py\nprint(1)\n"), ["```py\nprint(1)\n```"]);
    }

    #[test]
    fn indentation_survives_inside_a_block() {
        let line = format!("    {}\n", "x".repeat(95));
        let parts = split(&format!("```\n{}```", line.repeat(30)));
        assert!(parts[1].starts_with("```\n    x"), "{}", parts[1]);
    }

    #[test]
    fn what_does_not_fit_is_handed_out_with_its_block_opened_again() {
        let lines = "let answer = 42;\n".repeat(200);
        let (parts, rest) = split_into(&format!("```rust\n{lines}```\nDone."), 1, 100);
        assert_eq!(parts.len(), 1);
        assert!(parts[0].ends_with(";\n```") && parts[0].chars().count() <= LIMIT - 100, "{}", parts[0]);
        let rest = rest.unwrap();
        assert!(rest.starts_with("```rust\nlet answer") && rest.ends_with("```\nDone."), "{rest}");
        assert_eq!(split_into("short", 1, 100), (vec!["short".to_owned()], None));
    }

    #[test]
    fn no_grapheme_is_torn() {
        let family = "👨‍👩‍👧‍👦";
        for part in split(&family.repeat(600)) {
            assert_eq!(part.replace(family, ""), "");
        }
    }

    fn visible(text: &str) -> String {
        text.chars().filter(|c| !c.is_whitespace()).collect()
    }

    fn hostile_text() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("```".to_owned()),
            Just("```rust\n".to_owned()),
            Just("\n".to_owned()),
            Just("\n\n".to_owned()),
            Just("👩‍🚀".to_owned()),
            "[a-z .]{1,400}",
            "\\PC{0,30}",
        ];
        prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn parts_fit_and_are_never_blank(text in hostile_text()) {
            let parts = split(&text);
            prop_assert!(lengths(&parts).iter().all(|length| (1..=LIMIT).contains(length)), "{:?}", lengths(&parts));
            prop_assert!(parts.iter().all(|part| !part.trim().is_empty()));
        }

        #[test]
        fn no_visible_character_is_lost(text in "[a-zäß .,!\n]{0,7000}") {
            prop_assert_eq!(visible(&split(&text).concat()), visible(&text));
        }

        #[test]
        fn what_is_cut_off_is_the_rest(text in "[a-zäß .,!\n]{0,9000}", most in 1_usize..4) {
            let (parts, rest) = split_into(&text, most, 60);
            prop_assert!(parts.len() <= most);
            prop_assert!(rest.is_none() || lengths(&parts)[most - 1] <= LIMIT - 60);
            prop_assert_eq!(visible(&(parts.concat() + &rest.unwrap_or_default())), visible(&text));
        }

        #[test]
        fn full_messages_stay_as_they_are_while_the_text_grows(text in hostile_text(), more in hostile_text()) {
            let early = split(&text);
            let late = split(&format!("{}{more}", text.trim_end()));
            let full = early.len().saturating_sub(1);
            prop_assert_eq!(&early[..full], &late[..full.min(late.len())]);
        }
    }
}
