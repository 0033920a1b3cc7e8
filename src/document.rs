//! TOML that knows where everything stands, read in a way that gathers every problem instead of stopping at the first.
//!
//! A reader asks for the keys it knows. What is missing, of another type or out of bounds becomes a [`Problem`] with
//! file, line and column; what nobody asked for is an unknown key, and the nearest known name is offered.
//!
//! ```
//! use prism::document::Document;
//!
//! let document = Document::parse("prism.toml", "prot = 8787\n").unwrap();
//! let problems = document.read(|reader| reader.optional::<u16>("port")).unwrap_err();
//! assert_eq!(problems[0].to_string(), "prism.toml:1:1: prot: unknown key; did you mean `port`?");
//! ```

mod nearest;
mod reader;
#[cfg(test)]
mod tests;
mod value;

use std::fmt;

use toml_edit::ImDocument;

use reader::Finding;
pub use reader::Reader;

/// Nobody reads more, and a hostile file could hold one in every byte.
const PROBLEMS_MAX: usize = 100;
/// Characters of a key that are shown.
const KEY_MAX: usize = 80;

/// A line and a column, both counted from 1; a column is a character, not a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

/// One thing that is wrong with something a person wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// A file as the person named it, or a variable.
    pub source: String,
    /// Where inside the file. Variables and whole files have none.
    pub place: Option<Place>,
    /// The dotted path of the key. Members of lists are counted from 1: `examples[2].reply`.
    pub key: Option<String>,
    /// What is wrong and what was expected.
    pub message: String,
}

/// A parsed file.
#[derive(Debug)]
pub struct Document {
    source: String,
    toml: ImDocument<String>,
}

impl Problem {
    /// A problem of a whole file or variable.
    pub fn of(source: impl Into<String>, message: impl Into<String>) -> Self {
        Self { source: source.into(), place: None, key: None, message: message.into() }
    }

    /// A problem at a byte of a text.
    pub fn at(source: &str, text: &str, byte: usize, message: impl Into<String>) -> Self {
        Self { place: Some(Place::of(text, byte)), ..Self::of(source, message) }
    }
}

/// `personas/ada.toml:12:5: sampling.temperature: expected a number from 0 to 2, found "hot"`
impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.source)?;
        if let Some(Place { line, column }) = self.place {
            write!(formatter, ":{line}:{column}")?;
        }
        if let Some(key) = &self.key {
            write!(formatter, ": {key}")?;
        }
        write!(formatter, ": {}", self.message)
    }
}

impl Place {
    /// Where a byte of a text stands. A byte beyond the end is at the end, one inside a character at its start.
    pub fn of(text: &str, byte: usize) -> Self {
        let before = &text[..text.floor_char_boundary(byte)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
    }
}

impl Document {
    /// Parses a file's text; a byte-order mark and Windows line ends are fine. `source` is how problems name the file.
    ///
    /// # Errors
    /// The first place where the text is not TOML, a repeated key among them: nothing behind it can be trusted.
    pub fn parse(source: &str, text: &str) -> Result<Self, Problem> {
        let text = text.trim_start_matches('\u{feff}');
        match ImDocument::parse(text.to_owned()) {
            Ok(toml) => Ok(Self { source: source.to_owned(), toml }),
            Err(error) => {
                let message = format!("not valid TOML: {}", syntax(error.message()));
                Err(Problem::at(source, text, error.span().map_or(0, |span| span.start), message))
            }
        }
    }

    /// Reads the whole document. Whatever `read` returns is dropped when there was any problem,
    /// so it may fill what it did not get with any value at hand.
    ///
    /// # Errors
    /// Every problem, in the order of the file; of very many, the first hundred and how many more there are.
    pub fn read<T>(&self, read: impl FnOnce(&mut Reader<'_>) -> T) -> Result<T, Vec<Problem>> {
        let mut root = Reader::root(self);
        let value = read(&mut root);
        let mut findings = root.finish();
        if findings.is_empty() {
            return Ok(value);
        }
        findings.sort_by_key(|finding| finding.start);
        let over = findings.split_off(findings.len().min(PROBLEMS_MAX));
        let mut problems: Vec<Problem> = findings.into_iter().map(|finding| self.problem(finding)).collect();
        if !over.is_empty() {
            problems.push(Problem::of(&self.source, format!("and {} more problems", over.len())));
        }
        Err(problems)
    }

    fn problem(&self, finding: Finding) -> Problem {
        let key = shortened(finding.key);
        Problem {
            key: Some(key),
            ..Problem::at(&self.source, self.toml.raw(), finding.start, finding.message)
        }
    }
}

fn shortened(key: String) -> String {
    match key.char_indices().nth(KEY_MAX) {
        Some((end, _)) => format!("{}…", &key[..end]),
        None => key,
    }
}

/// The parser's words, with the cure for the slip that people make most.
fn syntax(message: &str) -> String {
    let message = message.trim().replace('\n', "; ");
    if message.is_empty() || message.starts_with("invalid string; expected") {
        return "expected a value: text stands in quotes, numbers, `true` and `false` do not".to_owned();
    }
    message
}
