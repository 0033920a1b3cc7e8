//! Server-sent events, as WHATWG defines them: bytes in, events out, however the bytes are cut.
//!
//! Time is linear in the bytes: a byte is looked at once and copied at most twice. Memory is bounded by [`MAX_EVENT`].

/// The most that one event may hold, its unfinished line included.
pub(super) const MAX_EVENT: usize = 1024 * 1024;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One dispatched event. Bytes that are not UTF-8 have become replacement characters.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct Event {
    /// The `event` field; empty when there was none.
    pub(super) name: String,
    pub(super) data: String,
}

/// An event is larger than [`MAX_EVENT`]. The parser takes nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLarge;

/// A parser in the middle of a stream. What is unfinished when the stream ends is dropped, as the standard asks.
#[derive(Default)]
pub(super) struct Parser {
    /// The beginning of a line whose end has not come.
    line: Vec<u8>,
    name: Vec<u8>,
    data: Vec<u8>,
    /// A data field came, if only an empty one.
    has_data: bool,
    started: bool,
    /// The last byte was a CR: a LF right after it belongs to it.
    after_cr: bool,
    refused: bool,
}

impl Parser {
    /// Reads on, and adds the events that are complete to `events`.
    ///
    /// # Errors
    /// [`TooLarge`], then and for ever after; the events before it are in `events`.
    pub(super) fn feed(&mut self, bytes: &[u8], events: &mut Vec<Event>) -> Result<(), TooLarge> {
        let mut rest = bytes;
        while let Some(first) = rest.first() {
            if self.refused {
                return Err(TooLarge);
            }
            if std::mem::take(&mut self.after_cr) && *first == b'\n' {
                rest = &rest[1..];
                continue;
            }
            let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
                return self.keep(rest);
            };
            self.after_cr = rest[end] == b'\r';
            self.end_line(&rest[..end], events)?;
            rest = &rest[end + 1..];
        }
        Ok(())
    }

    fn keep(&mut self, part: &[u8]) -> Result<(), TooLarge> {
        self.check_room(part)?;
        self.line.extend_from_slice(part);
        Ok(())
    }

    fn check_room(&mut self, part: &[u8]) -> Result<(), TooLarge> {
        self.refused = self.data.len() + self.line.len() + part.len() > MAX_EVENT;
        if self.refused { Err(TooLarge) } else { Ok(()) }
    }

    fn end_line(&mut self, part: &[u8], events: &mut Vec<Event>) -> Result<(), TooLarge> {
        self.check_room(part)?;
        if self.line.is_empty() {
            self.take_line(part, events);
        } else {
            let mut line = std::mem::take(&mut self.line);
            line.extend_from_slice(part);
            self.take_line(&line, events);
            line.clear();
            self.line = line;
        }
        Ok(())
    }

    fn take_line(&mut self, line: &[u8], events: &mut Vec<Event>) {
        let at_start = !std::mem::replace(&mut self.started, true);
        let line = line.strip_prefix(BYTE_ORDER_MARK).filter(|_| at_start).unwrap_or(line);
        if line.is_empty() {
            return self.dispatch(events);
        }
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let value = line.get(colon + 1..).unwrap_or_default();
        self.take_field(&line[..colon], value.strip_prefix(b" ").unwrap_or(value));
    }

    /// A comment is a line whose field has no name; `id` and `retry` mean nothing to a request that is never repeated.
    fn take_field(&mut self, field: &[u8], value: &[u8]) {
        match field {
            b"data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.data.push(b'\n');
                }
                self.data.extend_from_slice(value);
            }
            b"event" => self.name = value.to_vec(),
            _ => {}
        }
    }

    fn dispatch(&mut self, events: &mut Vec<Event>) {
        let name = std::mem::take(&mut self.name);
        if std::mem::take(&mut self.has_data) {
            events.push(Event { name: text(name), data: text(std::mem::take(&mut self.data)) });
        }
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|invalid| String::from_utf8_lossy(invalid.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse<'a>(reads: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Event>, bool) {
        let (mut parser, mut events) = (Parser::default(), Vec::new());
        let whole = reads.into_iter().all(|read| parser.feed(read, &mut events).is_ok());
        (events, whole)
    }

    fn data(stream: &[u8]) -> Vec<String> {
        parse([stream]).0.into_iter().map(|event| event.data).collect()
    }

    #[test]
    fn lines_end_in_any_of_three_ways() {
        for stream in ["data: a\n\ndata: b\n\n", "data: a\r\n\r\ndata: b\r\n\r\n", "data: a\r\rdata: b\r\r"] {
            assert_eq!(data(stream.as_bytes()), ["a", "b"], "{stream:?}");
        }
    }

    #[test]
    fn fields_comments_and_marks() {
        let stream = b"\xef\xbb\xbf: OPENROUTER PROCESSING\n:\ndata:tight\ndata:  spaced\ndata\nid: 7\nretry: 1\nother\n\n";
        assert_eq!(data(stream), ["tight\n spaced\n"]);
    }

    #[test]
    fn a_name_belongs_to_one_event_only() {
        let (events, _) = parse([&b"event: error\ndata: x\n\nevent: lost\n\ndata: y\n\n"[..]]);
        let named: Vec<_> = events.iter().map(|event| (event.name.as_str(), event.data.as_str())).collect();
        assert_eq!(named, [("error", "x"), ("", "y")]);
    }

    #[test]
    fn an_unfinished_event_is_dropped_and_bad_utf8_replaced() {
        assert_eq!(data(b"data: a\xff\xfeb\n\ndata: cut"), ["a\u{fffd}\u{fffd}b"]);
    }

    #[test]
    fn an_event_above_the_bound_is_refused_and_those_before_it_kept() {
        let line = [b"data: ".as_slice(), &vec![b'x'; MAX_EVENT + 1]].concat();
        let stream = [b"data: first\n\n", line.as_slice(), b"\n\ndata: after\n\n"].concat();
        for size in [stream.len(), 8192] {
            let (events, whole) = parse(stream.chunks(size));
            assert_eq!((events.len(), whole), (1, false), "reads of {size}");
        }
        let many = b"data: 0123456789\n".repeat(MAX_EVENT / 8);
        assert!(!parse([many.as_slice()]).1, "many short lines are one event too");
    }

    fn pieces() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            Just("data: 🦀 ok".as_bytes().to_vec()),
            Just(b"data:x".to_vec()),
            Just(b"data".to_vec()),
            Just(b": ping".to_vec()),
            Just(b"event: error".to_vec()),
            Just(b"\n".to_vec()),
            Just(b"\r".to_vec()),
            Just(b"\r\n".to_vec()),
            Just(b"\n\n".to_vec()),
            Just(BYTE_ORDER_MARK.to_vec()),
            proptest::collection::vec(any::<u8>(), 0..4),
        ];
        proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same_events(stream in pieces(), sizes in proptest::collection::vec(1_usize..9, 1..20)) {
            let mut reads = Vec::new();
            let mut rest = stream.as_slice();
            for size in sizes.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (read, tail) = rest.split_at((*size).min(rest.len()));
                reads.push(read);
                rest = tail;
            }
            prop_assert_eq!(parse(reads), parse([stream.as_slice()]));
        }
    }
}
