//! From the bytes of one answer to its text, its facts and its end. No input or output, no time.

use serde_json::Value;

use super::failure::Failure;
use super::report::{Finish, Usage};
use super::sse::{Event, Parser};
use super::trouble::{self, Head};
use super::wire::{Choice, Chunk};

/// The most text that one reply may hold, in bytes.
pub(super) const MAX_TEXT: usize = 256 * 1024;

const DONE: &str = "[DONE]";

/// What a stream tells besides its text.
#[derive(Clone, Default)]
pub(super) struct Facts {
    pub(super) model: Option<String>,
    pub(super) provider: Option<String>,
    pub(super) id: Option<String>,
    pub(super) usage: Option<Usage>,
    pub(super) finish: Option<Finish>,
}

/// Reads one answer.
#[derive(Default)]
pub(super) struct Decoder {
    parser: Parser,
    events: Vec<Event>,
    facts: Facts,
    /// Blank text before the first visible character: it counts as silence until that comes.
    blank: String,
    visible: bool,
    length: usize,
    any_event: bool,
    outcome: Option<Result<(), Failure>>,
}

impl Decoder {
    /// Reads on in a stream, and gives the text that became complete. Nothing is read after the end.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> String {
        let mut text = String::new();
        let mut events = std::mem::take(&mut self.events);
        let fits = self.parser.feed(bytes, &mut events).is_ok();
        for event in events.drain(..) {
            self.take_event(&event, &mut text);
        }
        self.events = events;
        if !fits {
            self.fail(Failure::Garbled);
        }
        self.shown(text)
    }

    /// Reads an answer that came whole, as JSON.
    pub(super) fn whole(&mut self, body: &[u8]) -> String {
        let mut text = String::new();
        self.any_event = true;
        self.take_json(&String::from_utf8_lossy(body), &mut text);
        self.facts.finish.get_or_insert(Finish::Other);
        self.close();
        self.shown(text)
    }

    /// The bytes ended, for better or worse.
    pub(super) fn close(&mut self) {
        if self.facts.finish.is_some() {
            self.finish_well();
        } else if self.any_event {
            self.fail(Failure::Interrupted);
        } else {
            self.fail(Failure::Garbled);
        }
    }

    /// How it ended; `None` while it runs. To finish without a visible word is to fail.
    pub(super) fn outcome(&self) -> Option<Result<(), Failure>> {
        let outcome = self.outcome?;
        Some(if self.visible { outcome } else { outcome.and(Err(self.why_empty())) })
    }

    /// Ends it for a reason from outside.
    pub(super) fn give_up(&mut self, failure: Failure) {
        self.fail(failure);
    }

    /// The model has said why it stopped. Figures may still follow.
    pub(super) fn is_finishing(&self) -> bool {
        self.facts.finish.is_some()
    }

    pub(super) fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The id that the answer's head names; it counts more than those of the chunks.
    pub(super) fn set_id(&mut self, id: Option<String>) {
        self.facts.id = id;
    }

    fn take_event(&mut self, event: &Event, text: &mut String) {
        self.any_event = true;
        let data = event.data.trim();
        if self.outcome.is_some() || data.is_empty() {
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

    /// An error is looked for first: it can stand beside choices that look well.
    fn take_json(&mut self, json: &str, text: &mut String) {
        let Ok(chunk) = serde_json::from_str::<Chunk>(json) else {
            return self.fail(Failure::Garbled);
        };
        let choice = chunk.choices.as_ref().and_then(|choices| choices.first());
        let broken = choice.is_some_and(|choice| choice.error.is_some());
        self.take_facts(&chunk);
        if chunk.error.is_some() || chunk.object.as_deref() == Some("error") || broken {
            return self.fail_with(json);
        }
        if let Some(choice) = choice {
            self.take_choice(choice, text);
        }
    }

    fn take_facts(&mut self, chunk: &Chunk) {
        let keep = |slot: &mut Option<String>, value: &Option<String>| {
            if slot.is_none() {
                slot.clone_from(&value.clone().filter(|value| !value.is_empty()));
            }
        };
        keep(&mut self.facts.model, &chunk.model);
        keep(&mut self.facts.provider, &chunk.provider);
        keep(&mut self.facts.id, &chunk.id);
        if let Some(usage) = chunk.usage.as_ref().and_then(|usage| usage.read()) {
            self.facts.usage = Some(usage);
        }
    }

    fn take_choice(&mut self, choice: &Choice, text: &mut String) {
        let said = choice.delta.as_ref().or(choice.message.as_ref());
        if let Some(content) = said.and_then(|said| said.content.as_deref()) {
            self.length += content.len();
            if self.length > MAX_TEXT {
                return self.fail(Failure::Garbled);
            }
            text.push_str(content);
        }
        match choice.finish_reason.as_deref() {
            None | Some("") => {}
            Some("error") => self.fail(Failure::Provider { code: None }),
            // The first reason counts: servers repeat it, and null it, on the chunk with the figures.
            Some(reason) => {
                let finish = Finish::read(reason, choice.native_finish_reason.as_deref());
                self.facts.finish.get_or_insert(finish);
            }
        }
    }

    /// Holds text back until something of it can be seen.
    fn shown(&mut self, text: String) -> String {
        if self.visible {
            return text;
        }
        self.blank.push_str(&text);
        self.visible = self.blank.chars().any(is_visible);
        if self.visible { std::mem::take(&mut self.blank) } else { String::new() }
    }

    fn why_empty(&self) -> Failure {
        if self.facts.finish == Some(Finish::Filtered) { Failure::Moderated } else { Failure::Empty }
    }

    fn finish_well(&mut self) {
        if self.outcome.is_none() {
            self.outcome = Some(Ok(()));
        }
    }

    fn fail_with(&mut self, json: &str) {
        let body = serde_json::from_str(json).unwrap_or(Value::Null);
        self.fail(trouble::failure(Head::default(), &body));
    }

    /// A failure after the finish takes nothing away from the reply.
    fn fail(&mut self, failure: Failure) {
        if self.outcome.is_none() {
            self.outcome = Some(if self.is_finishing() { Ok(()) } else { Err(failure) });
        }
    }
}

/// Whether a reader would see something. Zero-width characters and marks of direction are nothing to see.
fn is_visible(character: char) -> bool {
    let hidden = matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}');
    !(hidden || character.is_whitespace() || character.is_control())
}
