//! Bodies with files: a form whose part `payload_json` is the message, and whose other parts are the files.
//!
//! What comes in at the door is taken apart and written anew, so that Discord reads the very message that was checked.

use std::fmt;

use memchr::memmem;
use reqwest::header::HeaderValue;
use serde_json::Value;

/// Discord takes ten files; one part more is the message.
const MOST_PARTS: usize = 11;

/// A file that a message brings along.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    /// As people see it: `answer.md`.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Only the size: names and contents are somebody's words.
impl fmt::Debug for File {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("File").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

/// Message and files, apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Form {
    /// `None`: the form has no message.
    pub(super) message: Option<Value>,
    files: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    /// `form-data; name="files[0]"; filename="answer.md"`.
    disposition: String,
    content_type: Option<String>,
    bytes: Vec<u8>,
}

/// The form cannot be read, or holds something besides one message and its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

impl Form {
    pub(super) fn of(message: Value, file: File) -> Self {
        let part = Part {
            disposition: format!(r#"form-data; name="files[0]"; filename="{}""#, escape(&file.name)),
            content_type: Some("application/octet-stream".to_owned()),
            bytes: file.bytes,
        };
        Self { message: Some(message), files: vec![part] }
    }

    /// Reads a body of `multipart/form-data`.
    pub(super) fn read(content_type: &str, body: &[u8]) -> Result<Self, Unreadable> {
        let delimiter = format!("\r\n--{}", boundary(content_type).ok_or(Unreadable)?);
        let mut form = Self::default();
        let mut rest = body.strip_prefix(&delimiter.as_bytes()[2..]).ok_or(Unreadable)?;
        while let Some(part) = rest.strip_prefix(b"\r\n") {
            let end = memmem::find(part, delimiter.as_bytes()).ok_or(Unreadable)?;
            form.take(&part[..end])?;
            rest = &part[end + delimiter.len()..];
        }
        rest.starts_with(b"--").then_some(form).ok_or(Unreadable)
    }

    fn take(&mut self, part: &[u8]) -> Result<(), Unreadable> {
        let end = memmem::find(part, b"\r\n\r\n").ok_or(Unreadable)?;
        let head = std::str::from_utf8(&part[..end]).map_err(|_| Unreadable)?;
        let disposition = header(head, "content-disposition").ok_or(Unreadable)?;
        let bytes = &part[end + 4..];
        if self.files.len() == MOST_PARTS {
            return Err(Unreadable);
        }
        match name(disposition).ok_or(Unreadable)? {
            "payload_json" if self.message.is_none() => {
                self.message = Some(serde_json::from_slice(bytes).map_err(|_| Unreadable)?);
            }
            name if is_file(name) && disposition.contains("; filename") => self.files.push(Part {
                disposition: disposition.to_owned(),
                content_type: header(head, "content-type").map(str::to_owned),
                bytes: bytes.to_vec(),
            }),
            _ => return Err(Unreadable),
        }
        Ok(())
    }

    /// Writes the form around a message that was checked, and names its content type.
    pub(super) fn write(&self, message: &[u8]) -> (HeaderValue, Vec<u8>) {
        let boundary = format!("prism{:032x}", rand::random::<u128>());
        let size: usize = self.files.iter().map(|file| file.bytes.len() + 512).sum();
        let mut body = Vec::with_capacity(message.len() + size + 512);
        let payload = r#"form-data; name="payload_json""#;
        write_part(&mut body, &boundary, payload, Some("application/json"), message);
        for file in &self.files {
            write_part(&mut body, &boundary, &file.disposition, file.content_type.as_deref(), &file.bytes);
        }
        body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        let content_type = HeaderValue::try_from(format!("multipart/form-data; boundary={boundary}"));
        (content_type.unwrap_or(HeaderValue::from_static("multipart/form-data")), body)
    }
}

fn write_part(
    body: &mut Vec<u8>,
    boundary: &str,
    disposition: &str,
    content_type: Option<&str>,
    bytes: &[u8],
) {
    let kind = content_type.map(|kind| format!("Content-Type: {kind}\r\n")).unwrap_or_default();
    let head = format!("--{boundary}\r\nContent-Disposition: {disposition}\r\n{kind}\r\n");
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n");
}

/// As browsers write names.
fn escape(name: &str) -> String {
    name.replace('"', "%22").replace(['\r', '\n'], " ")
}

fn boundary(content_type: &str) -> Option<&str> {
    let at = content_type.to_ascii_lowercase().find("boundary=")?;
    let rest = content_type[at + "boundary=".len()..].split(';').next()?.trim().trim_matches('"');
    (1..=70).contains(&rest.len()).then_some(rest)
}

fn header<'a>(head: &'a str, wanted: &str) -> Option<&'a str> {
    let mut found = head.split("\r\n").filter_map(|line| line.split_once(':'));
    found.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
}

fn name(disposition: &str) -> Option<&str> {
    disposition.strip_prefix("form-data; name=\"")?.split('"').next()
}

fn is_file(name: &str) -> bool {
    let number = name.strip_prefix("files[").and_then(|rest| rest.strip_suffix(']'));
    let is_number =
        number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
    is_number || name == "file"
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const KIND: &str = "multipart/form-data; boundary=x";

    fn part(name: &str, rest: &str, text: &str) -> String {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"{rest}\r\n\r\n{text}\r\n")
    }

    fn read(parts: &[String]) -> Result<Form, Unreadable> {
        Form::read(KIND, format!("{}--x--\r\n", parts.concat()).as_bytes())
    }

    #[test]
    fn message_and_files_are_told_apart() {
        let file = part("files[0]", "; filename=\"a.txt\"", "one\r\ntwo");
        let form = read(&[file, part("payload_json", "", "{\"content\":\"hi\"}")]).unwrap();
        assert_eq!(form.message, Some(json!({ "content": "hi" })));
        assert_eq!(form.files[0].bytes, b"one\r\ntwo");
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_not_read() {
        let payload = || part("payload_json", "", "{}");
        for parts in [
            vec![payload(), payload()],
            vec![part("content", "", "@everyone")],
            vec![part("files[0]", "", "no name")],
            vec![part("files[x]", "; filename=\"a\"", "")],
            vec![part("payload_json", "", "no json")],
            (0..12).map(|number| part(&format!("files[{number}]"), "; filename=\"a\"", "")).collect(),
        ] {
            assert_eq!(read(&parts), Err(Unreadable), "{parts:?}");
        }
        for body in ["", "--x", "--x\r\n", "--x\r\nno end\r\n\r\n", "--y--"] {
            assert_eq!(Form::read(KIND, body.as_bytes()), Err(Unreadable), "{body}");
        }
        assert_eq!(Form::read("multipart/form-data", b"--x--"), Err(Unreadable));
    }

    #[test]
    fn contents_and_names_are_never_printed() {
        let file = File { name: "private.md".to_owned(), bytes: b"private".to_vec() };
        assert_eq!(format!("{file:?}"), "File { bytes: 7, .. }");
    }

    proptest! {
        #[test]
        fn what_was_written_reads_the_same(name in "\\PC{0,20}", bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let form = Form::of(json!({}), File { name, bytes });
            let (kind, body) = form.write(b"{\"content\":\"hi\"}");
            let again = Form::read(kind.to_str().unwrap(), &body).unwrap();
            prop_assert_eq!(&again.files, &form.files);
            prop_assert_eq!(again.message, Some(json!({ "content": "hi" })));
        }

        #[test]
        fn no_body_makes_the_reader_fall_over(body in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = Form::read(KIND, &[b"--x\r\n", &body[..]].concat());
        }
    }
}
