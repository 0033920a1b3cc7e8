//! Server-sent events, as WHATWG defines them: bytes in, events out, however the bytes are cut.
//!
//! Time is linear in the bytes. What lies whole in one read is handed on where it lies; only what a read cuts is copied.
//! Memory is bounded by [`MAX_EVENT`].

use std::borrow::Cow;
use std::mem;

use memchr::{memchr, memchr2};

/// The most that one event may hold, its unfinished line included.
pub(super) const MAX_EVENT: usize = 1024 * 1024;
/// What a buffer keeps once it is empty: the next event is hardly larger.
const ROOM: usize = 16 * 1024;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One dispatched event. Bytes that are not UTF-8 have become replacement characters.
pub(super) struct Event<'a> {
    /// The `event` field; empty when there was none.
    pub(super) name: Cow<'a, str>,
    pub(super) data: Cow<'a, str>,
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

/// What a line says. Comments, `id` and `retry` say nothing to a request that is never repeated.
enum Field<'a> {
    Blank,
    Data(&'a [u8]),
    Name(&'a [u8]),
    Other,
}

impl Parser {
    /// Reads on, and hands every event that is complete to `take`.
    ///
    /// # Errors
    /// [`TooLarge`], then and for ever after; the events before it have been handed on.
    pub(super) fn feed(&mut self, bytes: &[u8], take: &mut impl FnMut(Event<'_>)) -> Result<(), TooLarge> {
        let mut rest = bytes;
        // The data of an event of one line, as long as it lies whole in this read.
        let mut held: &[u8] = &[];
        while let Some(first) = rest.first() {
            if mem::take(&mut self.after_cr) && *first == b'\n' {
                rest = &rest[1..];
                continue;
            }
            let end = memchr2(b'\n', b'\r', rest);
            let part = &rest[..end.unwrap_or(rest.len())];
            self.check_room(held.len() + part.len())?;
            let Some(end) = end else {
                self.line.extend_from_slice(part);
                break;
            };
            self.after_cr = rest[end] == b'\r';
            rest = &rest[end + 1..];
            if !self.line.is_empty() {
                let mut line = mem::take(&mut self.line);
                line.extend_from_slice(part);
                let field = self.field(&line);
                self.take_field(field, &mut held, take);
                self.line = emptied(line);
                continue;
            }
            match self.field(part) {
                Field::Data(value) if !self.has_data => (held, self.has_data) = (value, true),
                field => self.take_field(field, &mut held, take),
            }
        }
        self.data.extend_from_slice(held);
        Ok(())
    }

    fn check_room(&mut self, more: usize) -> Result<(), TooLarge> {
        self.refused |= self.data.len() + self.line.len() + more > MAX_EVENT;
        if self.refused { Err(TooLarge) } else { Ok(()) }
    }

    fn field<'a>(&mut self, line: &'a [u8]) -> Field<'a> {
        let at_start = !mem::replace(&mut self.started, true);
        let line = line.strip_prefix(BYTE_ORDER_MARK).filter(|_| at_start).unwrap_or(line);
        if line.is_empty() {
            return Field::Blank;
        }
        let colon = memchr(b':', line).unwrap_or(line.len());
        let value = line.get(colon + 1..).unwrap_or_default();
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match &line[..colon] {
            b"data" => Field::Data(value),
            b"event" => Field::Name(value),
            _ => Field::Other,
        }
    }

    fn take_field(&mut self, field: Field<'_>, held: &mut &[u8], take: &mut impl FnMut(Event<'_>)) {
        match field {
            Field::Blank => self.dispatch(mem::take(held), take),
            Field::Data(value) => {
                self.data.extend_from_slice(mem::take(held));
                if mem::replace(&mut self.has_data, true) {
                    self.data.push(b'\n');
                }
                self.data.extend_from_slice(value);
            }
            Field::Name(value) => {
                self.name.clear();
                self.name.extend_from_slice(value);
            }
            Field::Other => {}
        }
    }

    fn dispatch(&mut self, held: &[u8], take: &mut impl FnMut(Event<'_>)) {
        if mem::take(&mut self.has_data) {
            let data = if held.is_empty() { self.data.as_slice() } else { held };
            take(Event { name: String::from_utf8_lossy(&self.name), data: String::from_utf8_lossy(data) });
        }
        self.name = emptied(mem::take(&mut self.name));
        self.data = emptied(mem::take(&mut self.data));
    }
}

fn emptied(mut buffer: Vec<u8>) -> Vec<u8> {
    buffer.clear();
    buffer.shrink_to(ROOM);
    buffer
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Names and data of the events, and whether all was taken.
    fn parse<'a>(reads: impl IntoIterator<Item = &'a [u8]>) -> (Vec<(String, String)>, bool) {
        let (mut parser, mut events) = (Parser::default(), Vec::new());
        let mut take = |event: Event<'_>| events.push((event.name.into_owned(), event.data.into_owned()));
        let whole = reads.into_iter().all(|read| parser.feed(read, &mut take).is_ok());
        (events, whole)
    }

    fn data(stream: &[u8]) -> Vec<String> {
        parse([stream]).0.into_iter().map(|(_, data)| data).collect()
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
        assert_eq!(data(b"\xef\xbb\xbfdata: a\n\n\xef\xbb\xbfdata: b\n\ndata: c\n\n"), ["a", "c"]);
    }

    #[test]
    fn empty_lines_of_data_count() {
        assert_eq!(data(b"data\n\ndata:\ndata:\n\ndata:\ndata: a\n\n"), ["", "\n", "\na"]);
    }

    #[test]
    fn a_name_belongs_to_one_event_only() {
        let (events, _) = parse([&b"event: error\ndata: x\n\nevent: lost\n\ndata: y\n\n"[..]]);
        let named: Vec<_> = events.iter().map(|(name, data)| (name.as_str(), data.as_str())).collect();
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

    #[test]
    fn an_event_at_the_bound_passes_and_its_room_is_given_back() {
        let stream = [b"data: ".as_slice(), &vec![b'x'; MAX_EVENT - 6], b"\n\n"].concat();
        let (mut parser, mut length) = (Parser::default(), 0);
        for read in stream.chunks(8192) {
            assert_eq!(parser.feed(read, &mut |event| length += event.data.len()), Ok(()));
        }
        assert_eq!(length, MAX_EVENT - 6);
        assert!(parser.data.capacity() + parser.line.capacity() <= 2 * ROOM);
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
