//! JSON strings as they stand on the wire, made text.

use std::borrow::Cow;

use memchr::memchr;

/// Joins JSON strings that belong together. A character that is cut in two between them, as servers that count in
/// UTF-16 do, becomes whole again.
#[derive(Default)]
pub(super) struct Joiner {
    /// The first half of a character whose second half has not come.
    high: Option<u16>,
}

impl Joiner {
    /// Adds what a literal says to `text`. `literal` has its quotes and has been checked; what is no string adds nothing.
    pub(super) fn push(&mut self, literal: &str, text: &mut String) {
        let Some(mut rest) = inside(literal) else {
            return;
        };
        while let Some(at) = memchr(b'\\', rest.as_bytes()) {
            self.push_plain(&rest[..at], text);
            rest = self.push_escape(&rest[at + 1..], text);
        }
        self.push_plain(rest, text);
    }

    fn push_plain(&mut self, plain: &str, text: &mut String) {
        if !plain.is_empty() {
            self.drop_half(text);
            text.push_str(plain);
        }
    }

    /// Gives what follows the escape, which begins after its backslash.
    fn push_escape<'a>(&mut self, escape: &'a str, text: &mut String) -> &'a str {
        let mut characters = escape.chars();
        let plain = match characters.next() {
            Some('u') => {
                let unit = escape.get(1..5).and_then(|digits| u16::from_str_radix(digits, 16).ok());
                self.push_unit(unit.unwrap_or(0xfffd), text);
                return escape.get(5..).unwrap_or_default();
            }
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some(itself) => itself,
            None => return "",
        };
        self.drop_half(text);
        text.push(plain);
        characters.as_str()
    }

    fn push_unit(&mut self, unit: u16, text: &mut String) {
        if let (Some(high), 0xdc00..=0xdfff) = (self.high, unit) {
            self.high = None;
            text.extend(char::decode_utf16([high, unit]).flatten());
            return;
        }
        self.drop_half(text);
        match unit {
            0xd800..=0xdbff => self.high = Some(unit),
            _ => text.push(char::from_u32(unit.into()).unwrap_or(char::REPLACEMENT_CHARACTER)),
        }
    }

    /// The other half will not come.
    fn drop_half(&mut self, text: &mut String) {
        if self.high.take().is_some() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

/// What one literal says, if it is a string.
pub(super) fn string(literal: &str) -> Option<Cow<'_, str>> {
    let plain = inside(literal)?;
    if memchr(b'\\', plain.as_bytes()).is_none() {
        return Some(Cow::Borrowed(plain));
    }
    let mut text = String::new();
    Joiner::default().push(literal, &mut text);
    Some(Cow::Owned(text))
}

fn inside(literal: &str) -> Option<&str> {
    literal.strip_prefix('"')?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(literals: &[&str]) -> String {
        let (mut joiner, mut text) = (Joiner::default(), String::new());
        for literal in literals {
            joiner.push(literal, &mut text);
        }
        text
    }

    #[test]
    fn escapes_become_what_they_mean() {
        assert_eq!(joined(&[r#""a\"\\\/\n\r\t\b\f\u00e9\ud83e\udd80 z""#]), "a\"\\/\n\r\t\u{8}\u{c}é🦀 z");
        assert_eq!(string(r#""\u732b""#).as_deref(), Some("猫"));
    }

    #[test]
    fn a_character_cut_in_two_is_made_whole() {
        assert_eq!(joined(&[r#""a\ud83e""#, r#""""#, r#""\udd80b""#]), "a🦀b");
    }

    #[test]
    fn half_a_character_is_replaced() {
        for literals in [
            &[r#""\ud83eb""#][..],
            &[r#""\ud83e""#, r#""b""#],
            &[r#""\ud83e""#, r#""\u0062""#],
            &[r#""\udd80b""#],
        ] {
            assert_eq!(joined(literals), "\u{fffd}b", "{literals:?}");
        }
        assert_eq!(joined(&[r#""\ud83e\ud83e\udd80""#]), "\u{fffd}🦀");
    }

    #[test]
    fn what_is_no_string_says_nothing() {
        assert_eq!(joined(&["null", "7", "[\"a\"]", "\"", ""]), "");
        assert_eq!(string("true"), None);
    }
}
