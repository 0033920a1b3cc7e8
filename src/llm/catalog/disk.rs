//! The list of models on disk, for a start without network.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::facts::ModelFacts;
use super::fetch::{List, MAX_MODELS};
use super::listing::Listed;
use super::snapshot::Snapshot;
use crate::llm::price::Price;

/// The most that is written or read, in bytes.
const MAX_FILE: usize = 32 * 1024 * 1024;
/// Raised when the shape below changes.
const VERSION: u32 = 1;

/// Why a file is of no use.
#[derive(Debug, Error)]
pub(super) enum Useless {
    #[error("it cannot be read: {0}")]
    Unreadable(io::Error),
    #[error("it is larger than {MAX_FILE} bytes")]
    TooLarge,
    #[error("it was written by a newer Prism (version {0} of its shape)")]
    Newer(u32),
    #[error("it is broken")]
    Broken,
}

#[derive(Deserialize)]
struct Shape {
    version: u32,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    version: u32,
    /// See `Source::identity`.
    source: String,
    /// Milliseconds since 1970.
    fetched_at: u64,
    complete: bool,
    any_name: bool,
    models: Vec<Row>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Row {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    slug: Option<String>,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completion: Option<u32>,
    /// Pico-dollars: prompt, completion, request, image.
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<[i64; 4]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    images: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alias: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<u64>,
}

/// Where the list of a server is kept. What a file name may not hold, or another system takes for something else, is
/// written as its number.
pub(super) fn path(folder: &Path, server: &str) -> PathBuf {
    if server.is_empty() {
        return folder.join("models.json");
    }
    let safe = |byte: u8| match byte {
        b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => char::from(byte).to_string(),
        other => format!("%{other:02x}"),
    };
    folder.join(format!("models-{}.json", server.bytes().map(safe).collect::<String>()))
}

/// What was kept. `None` when nothing was, or of another server.
pub(super) fn read(path: &Path, source: &str) -> Result<Option<Snapshot>, Useless> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Useless::Unreadable(error)),
    };
    let mut bytes = Vec::new();
    file.take(MAX_FILE as u64 + 1).read_to_end(&mut bytes).map_err(Useless::Unreadable)?;
    if bytes.len() > MAX_FILE {
        return Err(Useless::TooLarge);
    }
    let shape: Shape = serde_json::from_slice(&bytes).map_err(|_| Useless::Broken)?;
    if shape.version > VERSION {
        return Err(Useless::Newer(shape.version));
    }
    let kept: Kept = serde_json::from_slice(&bytes).map_err(|_| Useless::Broken)?;
    Ok((kept.source == source).then(|| kept.unpack()))
}

/// Keeps a list. It stands there whole or not at all.
pub(super) fn write(path: &Path, source: &str, snapshot: &Snapshot) -> io::Result<()> {
    let bytes = serde_json::to_vec(&Kept::of(source, snapshot))?;
    if bytes.len() > MAX_FILE {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    // A second process may keep the same list at the same time.
    let draft = path.with_extension(format!("json.{}", process::id()));
    let written = replace(&draft, path, &bytes);
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written
}

fn replace(draft: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    fs::rename(draft, path)?;
    // The new name, too. Not every system can; then the old list may come back after a power cut, which is no harm.
    if let Some(folder) = path.parent().and_then(|folder| File::open(folder).ok()) {
        let _ = folder.sync_all();
    }
    Ok(())
}

impl Kept {
    fn of(source: &str, snapshot: &Snapshot) -> Self {
        Self {
            version: VERSION,
            source: source.to_owned(),
            fetched_at: snapshot.fetched_at().unwrap_or_default(),
            complete: snapshot.is_complete(),
            any_name: snapshot.takes_any_name(),
            models: snapshot.dated().map(|(facts, created)| Row::of(facts, created)).collect(),
        }
    }

    fn unpack(self) -> Snapshot {
        let rows = self.models.into_iter().filter(|row| !row.id.is_empty()).take(MAX_MODELS);
        let models = rows.map(|row| row.unpack(self.any_name)).collect();
        Snapshot::new(List { models, is_complete: self.complete }, self.fetched_at)
    }
}

impl Row {
    fn of(facts: &ModelFacts, created: Option<u64>) -> Self {
        let facts = facts.clone();
        Self {
            id: facts.id,
            slug: facts.canonical_slug,
            name: facts.name,
            context: facts.context_length,
            completion: facts.max_completion_tokens,
            price: facts.price.map(|price| [price.prompt, price.completion, price.request, price.image]),
            images: facts.images,
            parameters: facts.parameters,
            expires: facts.expires,
            alias: facts.alias_target,
            created,
        }
    }

    fn unpack(self, takes_any_name: bool) -> Listed {
        let price =
            |[prompt, completion, request, image]: [i64; 4]| Price { prompt, completion, request, image };
        let facts = ModelFacts {
            id: self.id,
            canonical_slug: self.slug,
            name: self.name,
            context_length: self.context,
            max_completion_tokens: self.completion,
            price: self.price.filter(|price| price.iter().all(|part| *part >= 0)).map(price),
            images: self.images,
            parameters: self.parameters,
            expires: self.expires,
            alias_target: self.alias,
        };
        Listed { facts, created: self.created, takes_any_name }
    }
}
