//! Reading one table key by key.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml_edit::TableLike;

use super::nearest::nearest;
use super::value::{Node, Wrong};
use super::{Document, Place};

/// A table being read. Every method records what is wrong and carries on; nothing returns early.
///
/// Ask for every key you know, whatever the other keys say: a key nobody asked for is reported as unknown.
pub struct Reader<'a> {
    document: &'a Document,
    table: &'a dyn TableLike,
    span: Option<Range<usize>>,
    path: String,
    known: Vec<String>,
    hints: Vec<(String, String)>,
    findings: Vec<Finding>,
}

/// A problem before its line and column are counted.
pub(super) struct Finding {
    pub(super) start: usize,
    pub(super) key: String,
    pub(super) message: String,
}

impl<'a> Reader<'a> {
    pub(super) fn root(document: &'a Document) -> Self {
        Self::new(document, document.toml.as_table(), None, String::new())
    }

    fn new(
        document: &'a Document,
        table: &'a dyn TableLike,
        span: Option<Range<usize>>,
        path: String,
    ) -> Self {
        Self { document, table, span, path, known: Vec::new(), hints: Vec::new(), findings: Vec::new() }
    }

    /// A value that must be there. `None`: it is missing or of another type, and that was recorded.
    pub fn required<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        self.require(key);
        self.optional(key)
    }

    /// A value that may be left out. `None`: it was, or it is of another type and that was recorded.
    /// Messages never show free text read this way; secrets are read with this and with [`Reader::required`].
    pub fn optional<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        let node = self.node(key)?;
        node.parse().map_err(|wrong| self.refuse(key.to_owned(), node, wrong)).ok()
    }

    /// An optional value that `check` turns into what is needed, or refuses by `None`.
    /// `expected` completes "expected ..., found ...".
    pub fn checked<T: DeserializeOwned, U>(
        &mut self,
        key: &str,
        expected: &str,
        check: impl FnOnce(T) -> Option<U>,
    ) -> Option<U> {
        let node = self.node(key)?;
        self.check(key.to_owned(), node, expected, check)
    }

    /// Like [`Reader::checked`], for a value that must be there.
    pub fn required_checked<T: DeserializeOwned, U>(
        &mut self,
        key: &str,
        expected: &str,
        check: impl FnOnce(T) -> Option<U>,
    ) -> Option<U> {
        self.require(key);
        self.checked(key, expected, check)
    }

    /// An optional list, each member checked by itself and blamed at its own place. Bad members are left out.
    pub fn each<T: DeserializeOwned, U>(
        &mut self,
        key: &str,
        expected: &str,
        mut check: impl FnMut(T) -> Option<U>,
    ) -> Vec<U> {
        let members = self.members(key, "a list");
        let checked = members.into_iter().enumerate().filter_map(|(index, node)| {
            self.check(format!("{key}[{}]", index + 1), node, expected, &mut check)
        });
        checked.collect()
    }

    /// An optional table inside this one. `None`: it was left out, or is no table.
    pub fn table<T>(&mut self, key: &str, read: impl FnOnce(&mut Reader<'_>) -> T) -> Option<T> {
        let node = self.node(key)?;
        self.inside(key.to_owned(), node, read)
    }

    /// An optional list of tables, `[[key]]` or `key = [{ .. }]`.
    pub fn tables<T>(&mut self, key: &str, mut read: impl FnMut(&mut Reader<'_>) -> T) -> Vec<T> {
        let members = self.members(key, "a list of tables");
        let tables = members.into_iter().enumerate();
        tables
            .filter_map(|(index, node)| self.inside(format!("{key}[{}]", index + 1), node, &mut read))
            .collect()
    }

    /// Whether the key was written, well or badly.
    pub fn has(&self, key: &str) -> bool {
        self.table.get(key).and_then(Node::of).is_some()
    }

    /// Where the value of a key stands, or its table if it was left out: for problems that are found out later.
    pub fn place(&self, key: &str) -> Place {
        let start = self.span_of(key).map_or(0, |span| span.start);
        Place::of(self.document.toml.raw(), start)
    }

    /// Records a problem of a key, at its value where it has one.
    pub fn problem(&mut self, key: &str, message: impl Into<String>) {
        self.record(self.span_of(key), key.to_owned(), message.into());
    }

    /// What to say when somebody writes `key`, which other programs use and this one calls differently.
    pub fn hint(&mut self, key: &str, hint: &str) {
        self.hints.push((key.to_owned(), hint.to_owned()));
    }

    pub(super) fn finish(mut self) -> Vec<Finding> {
        let table = self.table;
        for (key, _) in table.iter().filter(|(_, item)| !item.is_none()) {
            if !self.known.iter().any(|known| known == key) {
                self.record(self.key_span(key), key.to_owned(), self.unknown(key));
            }
        }
        self.findings
    }

    fn unknown(&self, key: &str) -> String {
        if let Some((_, hint)) = self.hints.iter().find(|(hinted, _)| hinted == key) {
            return format!("unknown key; {hint}");
        }
        match nearest(key, self.known.iter().map(String::as_str)) {
            Some(known) => format!("unknown key; did you mean `{known}`?"),
            None => format!("unknown key; known here: {}", self.known.join(", ")),
        }
    }

    fn require(&mut self, key: &str) {
        if !self.has(key) {
            self.record(self.span.clone(), key.to_owned(), "missing; it must be set".to_owned());
        }
    }

    fn node(&mut self, key: &str) -> Option<Node<'a>> {
        if !self.known.iter().any(|known| known == key) {
            self.known.push(key.to_owned());
        }
        self.table.get(key).and_then(Node::of)
    }

    fn members(&mut self, key: &str, expected: &str) -> Vec<Node<'a>> {
        let Some(node) = self.node(key) else { return Vec::new() };
        node.members().unwrap_or_else(|| {
            self.mismatch(key.to_owned(), node, expected);
            Vec::new()
        })
    }

    fn inside<T>(
        &mut self,
        key: String,
        node: Node<'a>,
        read: impl FnOnce(&mut Reader<'_>) -> T,
    ) -> Option<T> {
        let Some(table) = node.as_table() else {
            self.mismatch(key, node, "a table");
            return None;
        };
        let span = node.span().or_else(|| self.key_span(&key));
        let mut reader = Reader::new(self.document, table, span, self.path_of(&key));
        let value = read(&mut reader);
        self.findings.extend(reader.finish());
        Some(value)
    }

    fn check<T: DeserializeOwned, U>(
        &mut self,
        key: String,
        node: Node<'_>,
        expected: &str,
        check: impl FnOnce(T) -> Option<U>,
    ) -> Option<U> {
        let value = match node.parse() {
            Ok(value) => check(value),
            // A member of the value is to blame, and it is named better than the whole.
            Err(wrong) if wrong.span != node.span() => {
                self.refuse(key, node, wrong);
                return None;
            }
            Err(_) => None,
        };
        if value.is_none() {
            self.mismatch(key, node, expected);
        }
        value
    }

    fn mismatch(&mut self, key: String, node: Node<'_>, expected: &str) {
        let message = format!("expected {expected}, found {}", node.description());
        self.refuse(key, node, Wrong { message, span: None });
    }

    fn refuse(&mut self, key: String, node: Node<'_>, wrong: Wrong) {
        self.record(wrong.span.or_else(|| node.span()), key, wrong.message);
    }

    fn record(&mut self, span: Option<Range<usize>>, key: String, message: String) {
        let start = span.map_or(0, |span| span.start);
        self.findings.push(Finding { start, key: self.path_of(&key), message });
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn span_of(&self, key: &str) -> Option<Range<usize>> {
        let value = self.table.get(key).and_then(Node::of).and_then(Node::span);
        value.or_else(|| self.key_span(key)).or_else(|| self.span.clone())
    }

    fn key_span(&self, key: &str) -> Option<Range<usize>> {
        self.table.get_key_value(key)?.0.span()
    }
}
