//! The text of one answer while it is being written.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::body::Button;
use super::chunk;
use super::error;
use super::face::Face;

/// What notes may take at most of the last message.
const NOTES_LIMIT: usize = chunk::LIMIT / 2;

/// The text so far. Clones share it, so that a call that waits for its place shows what is newest then.
#[derive(Clone, Debug, Default)]
pub(crate) struct Manuscript {
    sheet: Arc<Mutex<Sheet>>,
}

#[derive(Debug, Default)]
struct Sheet {
    /// A message before all others that is not the answer's own: it says where that stands.
    lead: Option<String>,
    /// Messages that stand before the text and stay as they are.
    kept: Vec<String>,
    text: String,
    /// Where the answer's own words begin, behind the heading.
    body: usize,
    /// Lines of their own behind the text, and behind the line that tells of a file.
    notes: Vec<String>,
    /// So many messages can show the text; a file takes the rest.
    most: Option<usize>,
    /// No file can be had.
    is_fileless: bool,
    /// It does not grow any more.
    ended: bool,
}

impl Manuscript {
    /// Begins with a line that is not the answer's own.
    pub(crate) fn head(&self, heading: &str) {
        let mut sheet = self.lock();
        sheet.text.insert_str(0, heading);
        sheet.body += heading.len();
    }

    /// Puts a message before all others that is not the answer's own.
    pub(crate) fn lead(&self, line: String) {
        self.lock().lead = Some(line);
    }

    pub(crate) fn drop_lead(&self) {
        self.lock().lead = None;
    }

    pub(crate) fn push(&self, piece: &str) {
        self.lock().text.push_str(piece);
    }

    /// The text has its end: whatever is shown of it from now on is shown as it will stay.
    pub(crate) fn end(&self) {
        self.lock().ended = true;
    }

    /// No more than so many messages can be had.
    pub(crate) fn limit(&self, messages: usize) {
        let mut sheet = self.lock();
        sheet.most = Some(messages.saturating_sub(sheet.before()).max(1));
    }

    /// Sets other words in the place of all that stands there.
    pub(crate) fn replace(&self, words: String) {
        let mut sheet = self.lock();
        *sheet = Sheet { text: words, lead: sheet.lead.take(), ..Sheet::default() };
    }

    /// Goes back to what these messages show.
    pub(crate) fn keep(&self, contents: Vec<String>) {
        let mut sheet = self.lock();
        let lead = sheet.lead.take();
        let mut kept = contents.into_iter().skip(usize::from(lead.is_some())).collect::<Vec<_>>();
        let text = kept.pop().unwrap_or_default();
        *sheet = Sheet { lead, kept, text, ..Sheet::default() };
    }

    /// Adds a line of its own, outside any code block.
    pub(crate) fn note(&self, line: &str) {
        self.lock().notes.push(line.to_owned());
    }

    /// No file can be had: what has no room is not shown.
    pub(crate) fn drop_file(&self) {
        self.lock().is_fileless = true;
    }

    /// Something has no room, and no file can be had.
    pub(crate) fn has_lost_its_rest(&self) -> bool {
        let sheet = self.lock();
        sheet.is_fileless && sheet.faces().1.is_some()
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

    /// All of it is so short that one message shows it.
    pub(crate) fn is_short(&self) -> bool {
        let sheet = self.lock();
        sheet.before() == 0 && sheet.text.len() < chunk::LIMIT - sheet.ending().len()
    }

    /// The answer's own words in messages that show its beginning.
    pub(crate) fn words_in(&self, contents: &[String]) -> Option<String> {
        let sheet = self.lock();
        let own = contents.get(usize::from(sheet.lead.is_some())..).unwrap_or_default();
        let text = own.join("\n");
        let text = text.strip_suffix(&sheet.ending()).unwrap_or(&text);
        let words = text.strip_prefix(&sheet.text[..sheet.body]).unwrap_or(text).trim();
        (!words.is_empty()).then(|| words.to_owned())
    }

    /// The messages that show the text while it grows. The button stands under the last one, until the text has its end.
    pub(crate) fn growing(&self, stop: &Button) -> Vec<Face> {
        let sheet = self.lock();
        if sheet.ended {
            return sheet.whole(None);
        }
        let mut faces = sheet.faces().0;
        if let Some(last) = faces.last_mut() {
            last.button = Some(stop.clone());
        }
        faces
    }

    /// The messages that show all of it. The button stands under the last one.
    pub(crate) fn whole(&self, button: Option<Button>) -> Vec<Face> {
        self.lock().whole(button)
    }

    fn lock(&self) -> MutexGuard<'_, Sheet> {
        // No change of a sheet can end half-way.
        self.sheet.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sheet {
    /// How many messages stand before the text.
    fn before(&self) -> usize {
        usize::from(self.lead.is_some()) + self.kept.len()
    }

    fn whole(&self, button: Option<Button>) -> Vec<Face> {
        let (mut faces, rest) = self.faces();
        if let Some(last) = faces.last_mut() {
            (last.button, last.file) = (button, rest.filter(|_| !self.is_fileless));
        }
        faces
    }

    /// Bare faces, and what has no room in them.
    fn faces(&self) -> (Vec<Face>, Option<String>) {
        let whole = chunk::split(&self.noted());
        let (pages, rest) = match self.most.filter(|most| whole.len() > *most) {
            Some(most) => self.cut(most),
            None => (whole, None),
        };
        let before = self.lead.iter().chain(&self.kept).cloned();
        (before.chain(pages).map(Face::of).collect(), rest)
    }

    /// Messages that leave room for what stands behind them, and what has none.
    fn cut(&self, most: usize) -> (Vec<String>, Option<String>) {
        let ending = self.ending();
        let spare = ending.chars().count().min(NOTES_LIMIT);
        let (mut pages, rest) = chunk::split_into(&self.text, most, spare);
        if let Some(last) = pages.last_mut() {
            last.extend(ending.chars().take(spare));
        }
        (pages, rest)
    }

    /// What stands behind the last message where that does not show all of the text.
    fn ending(&self) -> String {
        let told = if self.is_fileless { error::rest_not_attached() } else { error::rest_in_file() };
        let notes = self.notes.iter().map(String::as_str);
        [told].into_iter().chain(notes).flat_map(|line| ["\n", line]).collect()
    }

    /// The text with its notes.
    fn noted(&self) -> String {
        if self.notes.is_empty() {
            return self.text.clone();
        }
        let text = self.text.trim_end();
        let notes = self.notes.iter().flat_map(|line| ["\n", line]);
        [text, chunk::closing(text)].into_iter().chain(notes).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::TurnId;

    fn written(text: &str) -> Manuscript {
        let manuscript = Manuscript::default();
        manuscript.push(text);
        manuscript
    }

    fn contents(manuscript: &Manuscript) -> Vec<String> {
        manuscript.whole(None).into_iter().map(|face| face.content).collect()
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
            assert_eq!(contents(&manuscript), [noted]);
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
        assert_eq!(contents(&manuscript), ["-# Kim: hello?\nHello."]);
        let shown = ["-# Kim: hello?\nHel".to_owned(), "lo.".to_owned()];
        assert_eq!(manuscript.words_in(&shown).as_deref(), Some("Hel\nlo."));
        assert_eq!(manuscript.words_in(&[]), None);
    }

    #[test]
    fn what_is_kept_stays_as_it_is() {
        let manuscript = written("something else");
        manuscript.keep(vec!["One.".to_owned(), "Two,".to_owned()]);
        manuscript.note("-# note");
        assert_eq!(contents(&manuscript), ["One.", "Two,\n-# note"]);
    }

    #[test]
    fn a_message_that_leads_is_no_answer_and_stays_whatever_follows() {
        let manuscript = written("Hello.");
        manuscript.lead("Below.".to_owned());
        assert_eq!(contents(&manuscript), ["Below.", "Hello."]);
        let shown = ["Below.".to_owned(), "Hel".to_owned()];
        assert_eq!(manuscript.words_in(&shown).as_deref(), Some("Hel"));
        assert_eq!(manuscript.words_in(&shown[..1]), None);
        manuscript.keep(shown.to_vec());
        assert_eq!(contents(&manuscript), ["Below.", "Hel"]);
        manuscript.replace("Sorry.".to_owned());
        assert_eq!(contents(&manuscript), ["Below.", "Sorry."]);
    }

    #[test]
    fn a_button_stands_under_the_last_message_while_the_text_grows() {
        let (manuscript, stop) = (written(&"word ".repeat(500)), Button::stop(TurnId::new(7)));
        let buttons = |faces: Vec<Face>| faces.into_iter().map(|face| face.button).collect::<Vec<_>>();
        assert_eq!(buttons(manuscript.growing(&stop)), [None, Some(stop.clone())]);
        manuscript.end();
        assert_eq!(buttons(manuscript.growing(&stop)), [None, None]);
    }

    #[test]
    fn what_has_no_room_goes_into_a_file() {
        let manuscript = written(&"word ".repeat(900));
        manuscript.lead("Below.".to_owned());
        manuscript.limit(2);
        let stop = Button::stop(TurnId::new(7));
        assert!(
            manuscript.growing(&stop).iter().all(|face| face.file.is_none()),
            "not before it is complete"
        );
        let faces = manuscript.whole(None);
        assert_eq!(faces.len(), 2);
        assert!(
            faces[1].content.ends_with(error::rest_in_file())
                && faces[1].content.chars().count() <= chunk::LIMIT
        );
        let words = |text: &str| text.matches("word").count();
        assert_eq!(words(&faces[1].content) + words(faces[1].file.as_deref().unwrap()), 900);
    }

    #[test]
    fn notes_stand_under_the_last_message_and_never_in_the_file() {
        let manuscript = written(&"word ".repeat(900));
        manuscript.limit(1);
        manuscript.note("-# (the model broke off here)");
        manuscript.note("-# written by `lighter`");
        let face = manuscript.whole(None).pop().unwrap();
        let ending = "\n-# (the rest is in the file)\n-# (the model broke off here)\n-# written by `lighter`";
        assert!(face.content.ends_with(ending), "{}", face.content);
        assert!(face.content.chars().count() <= chunk::LIMIT);
        let file = face.file.unwrap();
        assert!(!file.contains("-#"), "{file}");
        assert_eq!(face.content.matches("word").count() + file.matches("word").count(), 900);
    }

    #[test]
    fn where_no_file_can_be_had_that_is_said() {
        let manuscript = written(&"word ".repeat(900));
        manuscript.limit(1);
        assert!(!manuscript.has_lost_its_rest());
        manuscript.drop_file();
        assert!(manuscript.has_lost_its_rest());
        let face = manuscript.whole(None).pop().unwrap();
        assert!(face.content.ends_with(error::rest_not_attached()) && face.file.is_none());
        let words = manuscript.words_in(&[face.content]).unwrap();
        assert!(words.ends_with("word"), "{words}");
    }
}
