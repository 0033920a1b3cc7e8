//! Patterns over model ids: what an operator allows.

use std::fmt;

/// The longest pattern, in bytes. No model id is as long.
const LONGEST: usize = 256;

/// A model id in which `*` stands for any text, also none: `google/*`, `*:free`, `local/*`, `openai/gpt-5-mini`.
/// Capital letters count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
}

impl Pattern {
    /// # Errors
    /// What was expected, in words, when the text can be no pattern.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let expected =
            "expected a model id such as `google/gemini-2.5-flash`, or a pattern such as `google/*`";
        if text.is_empty() {
            return Err(format!("{expected}; found nothing"));
        }
        if text.len() > LONGEST {
            return Err(format!("{expected}, of at most {LONGEST} bytes; found {}", text.len()));
        }
        if text.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
            return Err(format!("{expected}; found a space or a control character in it"));
        }
        Ok(Self { text: text.to_owned() })
    }

    /// Whether the whole id fits. Takes the leftmost fit of each piece, which is never worse than a later one: time is
    /// linear however many stars there are.
    pub fn matches(&self, id: &str) -> bool {
        let Some((start, rest)) = self.text.split_once('*') else { return self.text == id };
        let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
        let Some(inner) = id.strip_prefix(start).and_then(|id| id.strip_suffix(end)) else { return false };
        let mut left = inner;
        middle.split('*').all(|piece| match left.split_once(piece) {
            Some((_, after)) => {
                left = after;
                true
            }
            None => false,
        })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fits(pattern: &str, id: &str) -> bool {
        Pattern::parse(pattern).unwrap().matches(id)
    }

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, id) in [
            ("google/*", "google/gemini-2.5-flash"),
            ("google/*", "google/"),
            ("*:free", "meta/llama:free"),
            ("*", "x"),
            ("exact/id", "exact/id"),
            ("a*b*c", "a-b-b-c"),
            ("~*-latest", "~google/gemini-flash-latest"),
            ("**", "anything"),
        ] {
            assert!(fits(pattern, id), "{pattern} {id}");
        }
        for (pattern, id) in [
            ("google/*", "googles/x"),
            ("google/*", "x/google/y"),
            ("*:free", "meta/llama:freedom"),
            ("exact/id", "exact/id2"),
            ("Exact/id", "exact/id"),
            // One letter cannot be both the start and the end.
            ("ab*ba", "aba"),
            ("a*b*c", "a-c"),
        ] {
            assert!(!fits(pattern, id), "{pattern} {id}");
        }
    }

    #[test]
    fn what_can_be_no_pattern_is_told_what_was_expected() {
        let longest = "x".repeat(LONGEST);
        assert!(Pattern::parse(&longest).is_ok());
        for text in ["", "  ", "google/ *", "a\u{7}b", &format!("{longest}x")] {
            let told = Pattern::parse(text).unwrap_err();
            assert!(told.contains("expected a model id such as"), "{told}");
        }
        assert_eq!(Pattern::parse(" google/* ").unwrap().to_string(), "google/*");
    }

    #[test]
    fn many_stars_cost_no_more_than_few() {
        let pattern = "*a".repeat(LONGEST / 2);
        assert!(!fits(&pattern, &format!("{}b", "a".repeat(1 << 20))));
    }

    /// Tries everything that a star may stand for.
    fn naive(pattern: &[u8], id: &[u8]) -> bool {
        match (pattern.split_first(), id.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), _) => (0..=id.len()).any(|skipped| naive(rest, &id[skipped..])),
            (Some((wanted, pattern)), Some((found, id))) if wanted == found => naive(pattern, id),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn it_agrees_with_trying_everything(pattern in "[ab*]{1,8}", id in "[ab]{0,10}") {
            prop_assert_eq!(fits(&pattern, &id), naive(pattern.as_bytes(), id.as_bytes()));
        }
    }
}
