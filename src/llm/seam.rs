//! Where one model goes on with what another began. A model that is told to continue repeats the last words first, as it
//! is asked to: what is repeated is taken out, and what would grow together or fall apart is joined.

use super::body::Resume;

/// Fewer characters in common are chance, unless the model was asked to repeat them.
const LEAST: usize = 8;
const LEAST_ASKED_FOR: usize = 4;
/// Bytes of a continuation that are looked at before its first word is shown. More are held while they repeat.
const LOOK: usize = 32;
/// Bytes of the text before in which a repetition is looked for.
const TAIL: usize = 1_000;

const FENCE: &str = "```";

/// The first words of a continuation, held until it is clear what of them is a repetition.
#[derive(Debug)]
pub(super) struct Seam {
    /// The end of what was said before.
    said: String,
    in_code: bool,
    told: bool,
    held: String,
    closed: bool,
}

impl Seam {
    pub(super) fn after(said: &str, resume: Option<Resume>) -> Self {
        Self {
            said: tail(said).to_owned(),
            in_code: said.matches(FENCE).count() % 2 == 1,
            told: resume == Some(Resume::Instruction),
            held: String::new(),
            closed: false,
        }
    }

    /// Takes what came and gives what of it is new. Holds back until it is clear.
    pub(super) fn take(&mut self, text: &str) -> String {
        if self.closed {
            return text.to_owned();
        }
        self.held.push_str(text);
        let still_repeats = self.held.len() < LOOK || self.said.contains(self.held.trim_start());
        if still_repeats { String::new() } else { self.close() }
    }

    /// Nothing more comes, or it is clear: gives what is held.
    pub(super) fn close(&mut self) -> String {
        self.closed = true;
        let held = std::mem::take(&mut self.held);
        let repeated = self.repeated(&held);
        let new = &held[repeated..];
        match repeated {
            0 => self.joined(self.without_second_fence(new)),
            _ => self.without_second_blank(new).to_owned(),
        }
    }

    /// How many bytes at the beginning of `new` repeat the end of what was said.
    fn repeated(&self, new: &str) -> usize {
        let blank = new.len() - new.trim_start().len();
        let (said, new) = (self.said.trim_end(), &new[blank..]);
        let ends = new.char_indices().map(|(at, character)| at + character.len_utf8());
        let longest = ends.filter(|end| *end <= said.len() && said.ends_with(&new[..*end])).max();
        let least = if self.told { LEAST_ASKED_FOR } else { LEAST };
        match longest {
            Some(end) if new[..end].chars().count() >= least => blank + end,
            _ => 0,
        }
    }

    /// A model that is told of a text inside a block of code often opens the block again.
    fn without_second_fence<'a>(&self, new: &'a str) -> &'a str {
        let opens = |line: &str| {
            let language = line.trim_start().strip_prefix(FENCE);
            language.is_some_and(|language| language.starts_with(char::is_alphanumeric))
        };
        match new.split_once('\n') {
            Some((first, rest)) if self.told && self.in_code && opens(first) => rest,
            _ => new,
        }
    }

    fn without_second_blank<'a>(&self, new: &'a str) -> &'a str {
        if self.said.ends_with(' ') { new.trim_start_matches(' ') } else { new }
    }

    /// One blank between two words, not two and not none. A beginning that was continued may end in the middle of one.
    fn joined(&self, new: &str) -> String {
        let new = self.without_second_blank(new);
        let grow_together =
            self.said.ends_with(char::is_alphanumeric) && new.starts_with(char::is_alphanumeric);
        if self.told && grow_together { format!(" {new}") } else { new.to_owned() }
    }
}

fn tail(text: &str) -> &str {
    let start = text.len().saturating_sub(TAIL);
    let start = (start..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    &text[start..]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn joined(resume: Resume, said: &str, pieces: &[&str]) -> String {
        let mut seam = Seam::after(said, Some(resume));
        let mut text = said.to_owned();
        for piece in pieces {
            text.push_str(&seam.take(piece));
        }
        text.push_str(&seam.close());
        text
    }

    #[test]
    fn a_repetition_is_said_once() {
        let said = "The lamp would not go out, whatever";
        let whole = "The lamp would not go out, whatever anybody tried.";
        for pieces in [
            &[" anybody tried."][..],
            &["go out, whatever anybody", " tried."],
            &["The lamp would not go out, whatever anybody tried."],
            &["\n", "The lamp would", " not go out, whatever anybody tried."],
        ] {
            assert_eq!(joined(Resume::Prefill, said, pieces), whole);
            assert_eq!(joined(Resume::Instruction, said, pieces), whole);
        }
    }

    #[test]
    fn a_repetition_behind_a_blank_brings_no_second_one() {
        for resume in [Resume::Prefill, Resume::Instruction] {
            let text = joined(
                resume,
                "nobody saw the lights while ",
                &["the lights while harbour bells rang for them"],
            );
            assert_eq!(text, "nobody saw the lights while harbour bells rang for them");
        }
    }

    #[test]
    fn a_long_repetition_is_held_as_long_as_it_lasts() {
        let said: String = (0..60).map(|word| format!("word{word} ")).collect();
        let repeated = &said[said.len() - 300..];
        let pieces: Vec<_> = repeated.split_inclusive(' ').chain(["and", " on."]).collect();
        assert_eq!(joined(Resume::Instruction, said.trim_end(), &pieces), format!("{said}and on."));
    }

    #[test]
    fn words_neither_grow_together_nor_fall_apart() {
        for (resume, said, new, whole) in [
            (Resume::Instruction, "The lamp would", "not go out.", "The lamp would not go out."),
            (Resume::Instruction, "The lam", "The lamp would", "The lamp would"),
            (Resume::Instruction, "The lamp would ", " not", "The lamp would not"),
            (Resume::Prefill, "The lamp would ", " not", "The lamp would not"),
            (Resume::Prefill, "The lam", "p would", "The lamp would"),
            (Resume::Prefill, "ha ha", "ha ha ha", "ha haha ha ha"),
            (Resume::Prefill, "", "Hello.", "Hello."),
        ] {
            assert_eq!(joined(resume, said, &[new]), whole, "{said:?} {new:?}");
        }
    }

    #[test]
    fn a_block_of_code_is_opened_once() {
        let said = "Look:\n```rust\nlet a = 1;\n";
        for new in ["let b = 2;\n```", "```rust\nlet b = 2;\n```"] {
            assert_eq!(
                joined(Resume::Instruction, said, &[new]),
                "Look:\n```rust\nlet a = 1;\nlet b = 2;\n```"
            );
        }
        assert_eq!(joined(Resume::Instruction, said, &["```\nDone."]), format!("{said}```\nDone."));
    }

    proptest! {
        #[test]
        fn what_is_new_is_never_lost(said in "[a-c ]{0,60}", new in "[x-z🦀 ]{1,300}", at in 0_usize..300) {
            let at = new.char_indices().map(|(index, _)| index).filter(|index| *index <= at).max().unwrap_or(0);
            for resume in [Resume::Prefill, Resume::Instruction] {
                let whole = joined(resume, &said, &[&new[..at], &new[at..]]);
                // A blank can belong to both sides; every other character is on one of them.
                prop_assert_eq!(whole.replace(' ', ""), format!("{said}{new}").replace(' ', ""));
            }
        }
    }
}
