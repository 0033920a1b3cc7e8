//! The text of one answer while it is being written.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::chunk;

/// The text so far. Clones share it, so that a call that waits for its place shows what is newest then.
#[derive(Clone, Debug, Default)]
pub(crate) struct Manuscript {
    sheet: Arc<Mutex<Sheet>>,
}

#[derive(Debug, Default)]
struct Sheet {
    /// Messages that stand before the text and stay as they are.
    kept: Vec<String>,
    text: String,
    /// Where the answer's own words begin, behind the heading.
    body: usize,
}

impl Manuscript {
    /// Begins with a line that is not the answer's own.
    pub(crate) fn head(&self, heading: &str) {
        let mut sheet = self.lock();
        sheet.text.insert_str(0, heading);
        sheet.body += heading.len();
    }

    pub(crate) fn push(&self, piece: &str) {
        self.lock().text.push_str(piece);
    }

    /// Sets other words in the place of all that stands there.
    pub(crate) fn replace(&self, words: String) {
        *self.lock() = Sheet { text: words, ..Sheet::default() };
    }

    /// Goes back to what these messages show.
    pub(crate) fn keep(&self, mut contents: Vec<String>) {
        let text = contents.pop().unwrap_or_default();
        *self.lock() = Sheet { kept: contents, text, body: 0 };
    }

    /// Adds a line of its own, outside any code block.
    pub(crate) fn note(&self, line: &str) {
        let mut sheet = self.lock();
        let end = sheet.text.trim_end().len();
        sheet.text.truncate(end);
        let closing = chunk::closing(&sheet.text);
        sheet.text.push_str(closing);
        sheet.text.push('\n');
        sheet.text.push_str(line);
    }

    /// Nobody would see anything of the answer itself.
    pub(crate) fn is_blank(&self) -> bool {
        let sheet = self.lock();
        sheet.text[sheet.body..].trim().is_empty()
    }

    /// How many characters the answer itself has.
    pub(crate) fn words(&self) -> usize {
        let sheet = self.lock();
        sheet.text[sheet.body..].chars().count()
    }

    /// The answer's own words in messages that show its beginning.
    pub(crate) fn words_in(&self, contents: &[String]) -> Option<String> {
        let sheet = self.lock();
        let text = contents.join("\n");
        let words = text.strip_prefix(&sheet.text[..sheet.body]).unwrap_or(&text).trim();
        (!words.is_empty()).then(|| words.to_owned())
    }

    /// The contents of the messages that show the text.
    pub(crate) fn parts(&self) -> Vec<String> {
        let sheet = self.lock();
        sheet.kept.iter().cloned().chain(chunk::split(&sheet.text)).collect()
    }

    /// What one message shows of the text as it is now.
    pub(crate) fn part(&self, part: usize) -> String {
        self.parts().into_iter().nth(part).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Sheet> {
        // No change of a sheet can end half-way.
        self.sheet.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Manuscript {
        let manuscript = Manuscript::default();
        manuscript.push(text);
        manuscript
    }

    #[test]
    fn a_note_stands_outside_code_blocks() {
        for (text, noted) in [
            ("Well,", "Well,\n-# note"),
            ("Look:\n```rust\nlet a = 1;\n", "Look:\n```rust\nlet a = 1;\n```\n-# note"),
            ("```\ndone\n```\n\n", "```\ndone\n```\n-# note"),
            ("```", "```\n```\n-# note"),
        ] {
            let manuscript = written(text);
            manuscript.note("-# note");
            assert_eq!(manuscript.parts(), [noted]);
        }
    }

    #[test]
    fn a_heading_is_no_answer() {
        let manuscript = written("");
        manuscript.head("-# Kim: hello?\n");
        assert!(manuscript.is_blank());
        manuscript.push("Hello.");
        assert!(!manuscript.is_blank());
        assert_eq!(manuscript.words(), "Hello.".len());
        assert_eq!(manuscript.part(0), "-# Kim: hello?\nHello.");
        let shown = ["-# Kim: hello?\nHel".to_owned(), "lo.".to_owned()];
        assert_eq!(manuscript.words_in(&shown).as_deref(), Some("Hel\nlo."));
        assert_eq!(manuscript.words_in(&[]), None);
        assert_eq!(manuscript.part(1), "");
    }

    #[test]
    fn what_is_kept_stays_as_it_is() {
        let manuscript = written("something else");
        manuscript.keep(vec!["One.".to_owned(), "Two,".to_owned()]);
        manuscript.note("-# note");
        assert_eq!(manuscript.parts(), ["One.", "Two,\n-# note"]);
    }
}
