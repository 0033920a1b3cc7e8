//! What the events of one answer add up to.

use serde_json::Value;

use super::chunk::{Choice, Chunk, Figures, Raw, texts};
use super::facts::{self, Facts};
use super::failure::Failure;
use super::literal::{Joiner, string};
use super::report::Finish;
use super::sse::Event;
use super::trouble::{self, Head};

/// The most text that one reply may hold, in bytes.
const MAX_TEXT: usize = 256 * 1024;
/// The largest error that is taken apart, in bytes.
const MAX_ERROR: usize = 64 * 1024;

const DONE: &str = "[DONE]";

#[derive(Default)]
pub(super) struct Reading {
    facts: Facts,
    figures: Figures,
    joiner: Joiner,
    /// Blank text before the first visible character: it counts as silence until that comes.
    blank: String,
    visible: bool,
    length: usize,
    any_event: bool,
    refused: bool,
    outcome: Option<Result<(), Failure>>,
}

impl Reading {
    pub(super) fn take_event(&mut self, event: &Event<'_>, text: &mut String) {
        self.any_event = true;
        let data = event.data.trim();
        if self.is_over() || data.is_empty() {
            return;
        }
        if data == DONE {
            self.finish_well();
        } else if event.name == "error" {
            self.fail_with(data);
        } else {
            self.take_json(data, text);
        }
    }

    /// Takes an answer that is no stream, and gives its text.
    pub(super) fn take_whole(&mut self, json: &str) -> String {
        let mut text = String::new();
        self.take_json(json, &mut text);
        if !self.is_over() {
            self.facts.finish.get_or_insert(Finish::Other);
            self.finish_well();
        }
        self.shown(text)
    }

    /// The bytes ended: well, if the model had said why it stopped.
    pub(super) fn end(&mut self) {
        self.fail(Failure::Interrupted);
    }

    /// A failure after the finish takes nothing away from the reply.
    pub(super) fn fail(&mut self, failure: Failure) {
        let is_finished = self.facts.finish.is_some();
        self.outcome.get_or_insert(if is_finished { Ok(()) } else { Err(failure) });
    }

    /// Holds text back until something of it can be seen.
    pub(super) fn shown(&mut self, text: String) -> String {
        if self.visible {
            return text;
        }
        self.visible = text.chars().any(is_visible);
        self.blank.push_str(&text);
        if self.visible { std::mem::take(&mut self.blank) } else { String::new() }
    }

    pub(super) fn outcome(&self) -> Option<Result<(), Failure>> {
        let outcome = self.outcome?;
        Some(if self.visible { outcome } else { outcome.and(Err(self.why_empty())) })
    }

    pub(super) fn is_over(&self) -> bool {
        self.outcome.is_some()
    }

    pub(super) fn any_event(&self) -> bool {
        self.any_event
    }

    pub(super) fn facts(&self) -> &Facts {
        &self.facts
    }

    pub(super) fn set_id(&mut self, id: Option<String>) {
        self.facts.id = id;
    }

    /// An error is looked for first: it can stand beside choices that look well.
    fn take_json(&mut self, json: &str, text: &mut String) {
        let chunk = match Chunk::read(json) {
            Ok(Ok(chunk)) => chunk,
            Ok(Err(_)) if json.starts_with('[') => return self.fail_with(json),
            Ok(Err(_)) | Err(_) => return self.fail(Failure::Garbled),
        };
        self.take_facts(&chunk);
        if chunk.is_error() {
            self.fail_with(json);
        } else if let Some(choice) = &chunk.choice {
            self.take_choice(choice, text);
        }
    }

    fn take_facts(&mut self, chunk: &Chunk<'_>) {
        keep(&mut self.facts.model, chunk.model, facts::id);
        keep(&mut self.facts.provider, chunk.provider, facts::name);
        keep(&mut self.facts.id, chunk.id, facts::id);
        self.facts.upstream_attempts = chunk.upstream_attempts.or(self.facts.upstream_attempts);
        if let Some(figures) = chunk.figures {
            self.figures.update(figures);
            self.facts.usage = self.figures.usage();
        }
    }

    fn take_choice(&mut self, choice: &Choice<'_>, text: &mut String) {
        if let Some(said) = choice.said() {
            self.refused |= said.is_refusal();
            self.take_content(said.content, text);
        }
        let Some(reason) = choice.finish_reason.and_then(|reason| string(reason.get())) else {
            return;
        };
        match reason.as_ref() {
            "" => {}
            "error" => self.fail(Failure::Provider { code: None, retryable: None }),
            // The first reason counts: servers repeat it, and null it, on the chunk with the figures.
            reason => {
                let native = choice.native_finish_reason.and_then(|native| string(native.get()));
                self.facts.finish.get_or_insert(Finish::read(reason, native.as_deref()));
            }
        }
    }

    fn take_content(&mut self, content: Raw<'_>, text: &mut String) {
        let Some(content) = content.map(|content| content.get()) else {
            return;
        };
        let before = text.len();
        if content.starts_with('[') {
            texts(content).iter().for_each(|part| self.joiner.push(part.get(), text));
        } else {
            self.joiner.push(content, text);
        }
        self.length += text.len() - before;
        if self.length > MAX_TEXT {
            text.truncate(before);
            self.fail(Failure::Garbled);
        }
    }

    fn why_empty(&self) -> Failure {
        let is_moderated = self.refused || self.facts.finish == Some(Finish::Filtered);
        if is_moderated { Failure::Moderated } else { Failure::Empty }
    }

    fn finish_well(&mut self) {
        self.outcome.get_or_insert(Ok(()));
    }

    fn fail_with(&mut self, error: &str) {
        let readable = error.len() <= MAX_ERROR;
        let body = if readable {
            serde_json::from_str(error).unwrap_or_else(|_| Value::from(error))
        } else {
            Value::Null
        };
        let refusal = trouble::refusal(Head::default(), &body);
        self.facts.provider = self.facts.provider.take().or(refusal.provider);
        self.facts.upstream_attempts = refusal.upstream_attempts.or(self.facts.upstream_attempts);
        self.fail(refusal.failure);
    }
}

/// The first telling counts.
fn keep(slot: &mut Option<String>, told: Raw<'_>, read: impl FnOnce(&str) -> Option<String>) {
    if slot.is_none() {
        *slot = told.and_then(|told| string(told.get())).and_then(|told| read(&told));
    }
}

/// Whether a reader would see something. Zero-width characters and marks of direction are nothing to see.
fn is_visible(character: char) -> bool {
    let hidden = matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}');
    !(hidden || character.is_whitespace() || character.is_control())
}
