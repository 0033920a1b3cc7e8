//! What a provider said to the server that passes it on: a text, often JSON, often cut off in the middle.

/// The most of it that is looked at, in bytes.
const MOST: usize = 8 * 1024;
/// The most words and numbers that are taken from it.
const ENOUGH: usize = 8;

/// Its machine-readable words and numbers, in their order. What it says to people is passed over.
#[derive(Default)]
pub(super) struct Raw<'a> {
    pub(super) words: Vec<&'a str>,
    pub(super) numbers: Vec<i64>,
}

impl<'a> Raw<'a> {
    /// Finds the members `code`, `type` and `status` at any depth, without asking for whole JSON. A quote inside a
    /// string has a backslash before it, so that nothing quoted in a message is taken for a member.
    pub(super) fn read(raw: &'a str) -> Self {
        let mut found = Self::default();
        let bytes = &raw.as_bytes()[..raw.len().min(MOST)];
        let mut at = 0;
        while at < bytes.len() && found.words.len() + found.numbers.len() < ENOUGH {
            if bytes[at] != b'"' {
                at += 1;
                continue;
            }
            let Some(name) = string(&raw[at..]) else {
                break;
            };
            at += name.len() + 2;
            let after = raw[at..].trim_start();
            if let (b"code" | b"type" | b"status", Some(value)) = (name.as_bytes(), after.strip_prefix(':')) {
                found.take(value.trim_start());
            }
        }
        found
    }

    fn take(&mut self, value: &'a str) {
        if value.starts_with('"') {
            match string(value).map(|word| word.parse().map_err(|_| word)) {
                Some(Ok(number)) => self.numbers.push(number),
                Some(Err(word)) => self.words.push(word),
                None => {}
            }
        } else {
            let digits = value.split(|character: char| !character.is_ascii_digit()).next();
            self.numbers.extend(digits.and_then(|digits| digits.parse::<i64>().ok()));
        }
    }
}

/// What stands between the quote that `text` begins with and the next one. `None`: it is cut off.
fn string(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return Some(&text[1..at]),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> (Vec<&str>, Vec<i64>) {
        let raw = Raw::read(raw);
        (raw.words, raw.numbers)
    }

    #[test]
    fn words_and_numbers_are_found_at_any_depth() {
        let google = r#"{"error": {"code": 429, "message": "You exceeded", "status": "RESOURCE_EXHAUSTED"}}"#;
        assert_eq!(read(google), (vec!["RESOURCE_EXHAUSTED"], vec![429]));
        let anthropic = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
        assert_eq!(read(anthropic), (vec!["error", "overloaded_error"], vec![]));
        assert_eq!(read(r#"[{"code":"503","status":null,"type":7.5}]"#), (vec![], vec![503, 7]));
    }

    #[test]
    fn what_is_cut_off_is_read_as_far_as_it_goes() {
        let whole = r#"{"code":400,"type":"invalid","message":"and then"#;
        assert_eq!(read(whole), (vec!["invalid"], vec![400]));
        assert_eq!(read(r#"{"code":400,"type":"inv"#), (vec![], vec![400]));
    }

    #[test]
    fn nothing_is_taken_from_inside_a_message() {
        assert_eq!(read(r#"{"message":"he said \"code\":\"x\", \"type\": 5"}"#), (vec![], vec![]));
        assert_eq!(read("upstream connect error: code 503"), (vec![], vec![]));
    }

    #[test]
    fn what_is_read_is_bounded() {
        let many = r#"{"code":1}"#.repeat(2_000);
        assert_eq!(read(&many).1.len(), ENOUGH);
        let late = format!("{{\"x\":\"{}\",\"code\":1}}", "é".repeat(MOST));
        assert_eq!(read(&late), (vec![], vec![]));
        for odd in ["\"", "\"\\", "{\"code\":\"é\\", "\"code\"", "\"code\":", "é\"é\"é:\"é", "\\\"\\\""]
        {
            read(odd);
        }
    }
}
