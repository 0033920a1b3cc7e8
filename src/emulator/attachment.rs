//! Files on messages.

use axum::body::Bytes;

/// Files on one message.
pub(super) const MOST_FILES: usize = 10;

/// A file that came with a request.
#[derive(Clone, Debug)]
pub(super) struct Upload {
    /// The number in `files[0]`, by which the body speaks of it.
    pub(super) number: u64,
    pub(super) name: String,
    /// Its media type.
    pub(super) kind: String,
    pub(super) description: Option<String>,
    pub(super) bytes: Bytes,
}

/// A file on a message.
#[derive(Clone, Debug)]
pub(super) struct Attachment {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) description: Option<String>,
    pub(super) bytes: Bytes,
}

/// A file as a person sees it under a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachmentView {
    pub name: String,
    /// In bytes.
    pub size: usize,
    /// What it says, when it is text.
    pub text: Option<String>,
    /// Where it can be fetched.
    pub url: String,
}

impl Attachment {
    pub(super) fn of(id: u64, upload: Upload) -> Self {
        let Upload { name, kind, description, bytes, .. } = upload;
        Self { id, name, kind, description, bytes }
    }
}
