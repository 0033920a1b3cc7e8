//! The files of a persona folder, before anybody understands them.

use std::fs::{self, DirEntry};
use std::io::{self, Read};
use std::path::Path;

use crate::document::Problem;

/// A persona with every bound of the schema used up still fits.
const FILE_MAX_BYTES: u64 = 256 * 1024;
const FILES_MAX: usize = 1000;

/// One file, or why it cannot be read.
pub(super) struct File {
    /// The file's name without its ending; not yet known to be an id.
    pub(super) id: String,
    pub(super) source: String,
    pub(super) text: Result<String, Problem>,
}

/// The files that want to be personas, by name: plain `*.toml` files whose names do not start with `_` or `.`.
pub(super) fn files(folder: &Path) -> io::Result<Vec<File>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // The type of the entry itself: a link is no file.
        if entry.file_type()?.is_file() && wanted(&entry) {
            files.push(entry);
        }
    }
    files.sort_by_key(DirEntry::file_name);
    let over = files.split_off(files.len().min(FILES_MAX));
    let mut files: Vec<File> = files.iter().map(|entry| read(folder, entry)).collect();
    files.extend(over.first().map(|entry| {
        let message = format!("a folder holds at most {FILES_MAX} personas; {} were left out", over.len());
        unread(folder, entry, message)
    }));
    Ok(files)
}

fn wanted(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    let is_toml = Path::new(&name).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml"));
    is_toml && !name.as_encoded_bytes().starts_with(b"_") && !name.as_encoded_bytes().starts_with(b".")
}

fn read(folder: &Path, entry: &DirEntry) -> File {
    let bytes = match bytes(&entry.path()) {
        Ok(bytes) if bytes.len() as u64 > FILE_MAX_BYTES => {
            return unread(
                folder,
                entry,
                format!("larger than {} KiB; make it shorter", FILE_MAX_BYTES / 1024),
            );
        }
        Ok(bytes) => bytes,
        Err(error) => return unread(folder, entry, format!("cannot be read: {error}")),
    };
    let source = source(folder, entry);
    let text = String::from_utf8(bytes).map_err(|error| not_utf8(&source, &error));
    File { id: id(entry), source, text }
}

/// At most one byte more than a file may have.
fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(FILE_MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn not_utf8(source: &str, error: &std::string::FromUtf8Error) -> Problem {
    let good = error.utf8_error().valid_up_to();
    let text = String::from_utf8_lossy(&error.as_bytes()[..good]);
    Problem::at(source, &text, good, format!("not UTF-8 at byte {good}; save the file as UTF-8"))
}

fn unread(folder: &Path, entry: &DirEntry, message: String) -> File {
    let source = source(folder, entry);
    File { id: id(entry), text: Err(Problem::of(source.clone(), message)), source }
}

fn id(entry: &DirEntry) -> String {
    let name = entry.file_name();
    Path::new(&name).file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn source(folder: &Path, entry: &DirEntry) -> String {
    folder.join(entry.file_name()).display().to_string()
}
