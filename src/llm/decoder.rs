//! From the bytes of one answer to its text, its facts and its end. No input or output, no time.

use super::facts::Facts;
use super::failure::Failure;
use super::reading::Reading;
use super::sse::Parser;

/// The most that is kept of a body in which no event has come yet, in bytes.
const MAX_BARE: usize = 64 * 1024;

/// Reads one answer. How the bytes are cut makes no difference.
#[derive(Default)]
pub(super) struct Decoder {
    parser: Parser,
    reading: Reading,
    bare: Bare,
}

/// The bytes as they came, as long as they hold no event: they may be JSON in spite of what the head announced.
#[derive(Default)]
struct Bare {
    bytes: Vec<u8>,
    overflowed: bool,
}

impl Decoder {
    /// Reads on in a stream, and gives the text that became complete. Nothing is read after the end.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> String {
        let mut text = String::new();
        let reading = &mut self.reading;
        let fits = self.parser.feed(bytes, &mut |event| reading.take_event(&event, &mut text)).is_ok();
        if !fits {
            self.reading.fail(Failure::Garbled);
        }
        if self.reading.any_event() {
            self.bare = Bare::default();
        } else {
            self.bare.keep(bytes);
        }
        self.reading.shown(text)
    }

    /// Reads an answer that came whole, as JSON. A stream is read as one, whatever the head announced.
    pub(super) fn whole(&mut self, body: &[u8]) -> String {
        if let Some(json) = json(body) {
            return self.reading.take_whole(&json);
        }
        let mut text = self.feed(body);
        text.push_str(&self.close());
        text
    }

    /// The bytes ended, for better or worse. Gives the text of an answer that turns out to be no stream.
    pub(super) fn close(&mut self) -> String {
        if self.reading.any_event() || self.reading.is_over() {
            self.reading.end();
        } else if self.bare.is_blank() {
            self.reading.fail(Failure::Interrupted);
        } else if let Some(json) = json(&self.bare.bytes).filter(|_| !self.bare.overflowed) {
            return self.reading.take_whole(&json);
        } else {
            self.reading.fail(Failure::Garbled);
        }
        String::new()
    }

    /// How it ended; `None` while it runs. To finish without a visible word is to fail.
    pub(super) fn outcome(&self) -> Option<Result<(), Failure>> {
        self.reading.outcome()
    }

    /// Ends it for a reason from outside.
    pub(super) fn give_up(&mut self, failure: Failure) {
        self.reading.fail(failure);
    }

    /// The model has said why it stopped. Figures may still follow.
    pub(super) fn is_finishing(&self) -> bool {
        self.reading.facts().finish.is_some()
    }

    pub(super) fn facts(&self) -> &Facts {
        self.reading.facts()
    }

    /// The id that the answer's head names; it counts more than those of the chunks.
    pub(super) fn set_id(&mut self, id: Option<String>) {
        self.reading.set_id(id);
    }
}

impl Bare {
    fn keep(&mut self, bytes: &[u8]) {
        self.overflowed |= self.bytes.len() + bytes.len() > MAX_BARE;
        if self.overflowed {
            self.bytes = Vec::new();
        } else {
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// Nothing came but signs of life.
    fn is_blank(&self) -> bool {
        !self.overflowed && after_comments(&self.bytes).is_empty()
    }
}

/// The JSON object or list that `body` holds, after blank lines and comments. `None`: it holds something else.
fn json(body: &[u8]) -> Option<std::borrow::Cow<'_, str>> {
    let body = after_comments(body);
    matches!(body.first(), Some(b'{' | b'[')).then(|| String::from_utf8_lossy(body))
}

fn after_comments(body: &[u8]) -> &[u8] {
    let mut rest = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start();
    while rest.starts_with(b":") {
        let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
        rest = rest[end..].trim_ascii_start();
    }
    rest
}
