//! How events are written: line ends, spaces, comments, and how they fall into writes.

use serde_json::Value;

/// A way to write an event stream that every reader must understand. Several may be mixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Lines end in CR LF.
    Crlf,
    /// Lines end in CR.
    Cr,
    /// A byte order mark comes first.
    Bom,
    /// No space after the colon of a field.
    NoSpace,
    /// The JSON of an event stands on several `data` lines.
    DataLines,
    /// Comments and bare colons before and after each event.
    Commented,
    /// Each `\u{fffd}` goes out as a byte that is no UTF-8.
    Broken,
    /// Each byte in a write of its own.
    Bytewise,
    /// Everything up to a pause of the plan in one write.
    Together,
}

/// The writes that an event becomes; `first`: nothing went before it.
pub(super) fn written(framing: &[Framing], event: &str, first: bool) -> Vec<Vec<u8>> {
    let has = |wanted: Framing| framing.contains(&wanted);
    let mut text = event.to_owned();
    if has(Framing::DataLines) {
        text = text.lines().map(over_lines).collect();
    }
    if has(Framing::NoSpace) {
        text = text.lines().map(without_space).collect();
    }
    if has(Framing::Commented) {
        text = format!(":\n: a comment\n{text}: another: comment\n:\n");
    }
    if has(Framing::Crlf) {
        text = text.replace('\n', "\r\n");
    } else if has(Framing::Cr) {
        text = text.replace('\n', "\r");
    }
    if has(Framing::Bom) && first {
        text.insert(0, '\u{feff}');
    }
    let bytes = if has(Framing::Broken) { broken(&text) } else { text.into_bytes() };
    if has(Framing::Bytewise) { bytes.into_iter().map(|byte| vec![byte]).collect() } else { vec![bytes] }
}

fn over_lines(line: &str) -> String {
    let json = line.strip_prefix("data: ").and_then(|data| serde_json::from_str::<Value>(data).ok());
    match json {
        Some(json) => format!("{json:#}").lines().map(|line| format!("data: {line}\n")).collect(),
        None => format!("{line}\n"),
    }
}

fn without_space(line: &str) -> String {
    match line.split_once(": ") {
        Some((field, value)) if matches!(field, "data" | "event") => format!("{field}:{value}\n"),
        _ => format!("{line}\n"),
    }
}

fn broken(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for (index, part) in text.split('\u{fffd}').enumerate() {
        if index > 0 {
            bytes.push(0xff);
        }
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(framing: &[Framing], event: &str) -> String {
        let writes = written(framing, event, true);
        assert_eq!(writes.len(), 1);
        String::from_utf8_lossy(&writes[0]).into_owned()
    }

    #[test]
    fn each_way_changes_the_writing_and_not_the_event() {
        let event = "event: error\ndata: {\"a\":[1,\": \"]}\n\n";
        assert_eq!(one(&[], event), event);
        assert_eq!(one(&[Framing::Crlf], event), "event: error\r\ndata: {\"a\":[1,\": \"]}\r\n\r\n");
        assert_eq!(
            one(&[Framing::Cr, Framing::Bom], event),
            "\u{feff}event: error\rdata: {\"a\":[1,\": \"]}\r\r"
        );
        assert_eq!(one(&[Framing::NoSpace], event), "event:error\ndata:{\"a\":[1,\": \"]}\n\n");
        assert_eq!(
            one(&[Framing::DataLines], event),
            "event: error\ndata: {\ndata:   \"a\": [\ndata:     1,\ndata:     \": \"\ndata:   ]\ndata: }\n\n"
        );
        assert!(one(&[Framing::Commented], event).contains(&format!("\n{event}:")));
        assert_eq!(written(&[Framing::Broken], "a\u{fffd}b", false), [b"a\xffb"]);
        assert_eq!(written(&[Framing::Bytewise], "🦀", false).len(), 4);
    }
}
