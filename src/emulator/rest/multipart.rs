//! Bodies of several parts: JSON in `payload_json`, files in `files[0]` and so on.

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use memchr::memmem;
use serde_json::{Map, Value};

use crate::emulator::attachment::Upload;

/// One part.
struct Part {
    name: String,
    file: Option<String>,
    kind: Option<String>,
    bytes: Bytes,
}

/// What separates the parts; None for a body of another kind.
pub(super) fn boundary(headers: &HeaderMap) -> Option<&str> {
    let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let parameters = kind.strip_prefix("multipart/form-data")?;
    let found = parameters.split(';').find_map(|one| one.trim().strip_prefix("boundary="))?;
    Some(found.trim_matches('"')).filter(|boundary| !boundary.is_empty())
}

/// The JSON and the files of a body; None when it cannot be read.
pub(super) fn read(body: &Bytes, boundary: &str) -> Option<(Value, Vec<Upload>)> {
    let mut json = Value::Object(Map::new());
    let mut files = Vec::new();
    for part in parts(body, boundary)? {
        match number(&part.name) {
            Some(number) => files.push(upload(number, part)),
            None if part.name == "payload_json" => json = serde_json::from_slice(&part.bytes).ok()?,
            None => return None,
        }
    }
    Some((json, files))
}

fn number(name: &str) -> Option<u64> {
    name.strip_prefix("files[")?.strip_suffix(']')?.parse().ok()
}

fn upload(number: u64, part: Part) -> Upload {
    Upload {
        number,
        name: part.file.unwrap_or_else(|| "unknown".to_owned()),
        kind: part.kind.unwrap_or_else(|| "application/octet-stream".to_owned()),
        description: None,
        bytes: part.bytes,
    }
}

fn parts(body: &Bytes, boundary: &str) -> Option<Vec<Part>> {
    let first = format!("--{boundary}");
    let between = format!("\r\n--{boundary}");
    let mut rest = body.slice(memmem::find(body, first.as_bytes())? + first.len()..);
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") {
        let start = 2.min(rest.len());
        let end = memmem::find(&rest, between.as_bytes()).filter(|end| *end >= start)?;
        parts.push(part(&rest.slice(start..end))?);
        rest = rest.slice(end + between.len()..);
    }
    Some(parts)
}

fn part(bytes: &Bytes) -> Option<Part> {
    let end = memmem::find(bytes, b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let header = |wanted: &str| {
        head.split("\r\n").find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case(wanted).then(|| value.trim())
        })
    };
    let disposition = header("content-disposition")?;
    Some(Part {
        name: parameter(disposition, "name")?,
        file: parameter(disposition, "filename"),
        kind: header("content-type").map(str::to_owned),
        bytes: bytes.slice(end + 4..),
    })
}

fn parameter(disposition: &str, wanted: &str) -> Option<String> {
    disposition.split(';').skip(1).find_map(|one| {
        let (name, value) = one.trim().split_once('=')?;
        (name == wanted).then(|| value.trim_matches('"').to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_files_are_told_apart() {
        let body = "--x\r\nContent-Disposition: form-data; name=\"payload_json\"\r\n\r\n{\"a\":1}\r\n--x\r\n\
                    content-disposition: form-data; name=\"files[3]\"; filename=\"a.md\"\r\n\
                    Content-Type: text/markdown\r\n\r\nfirst\r\n\r\nsecond\r\n--x--\r\n";
        let (json, files) = read(&Bytes::from(body), "x").unwrap();
        assert_eq!(json["a"], 1);
        let [file] = files.as_slice() else { panic!("{files:?}") };
        assert_eq!((file.number, file.name.as_str(), file.kind.as_str()), (3, "a.md", "text/markdown"));
        assert_eq!(&file.bytes[..], b"first\r\n\r\nsecond");
    }

    #[test]
    fn what_is_cut_off_cannot_be_read() {
        for body in ["", "--x", "--x\r\n", "--x\r\nA: b\r\n\r\nc", "--x\r\nA: b\r\n\r\nc\r\n--x--", "--y--"] {
            assert!(read(&Bytes::from(body), "x").is_none(), "{body:?}");
        }
    }
}
