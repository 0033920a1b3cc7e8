//! Discord's rules are about lines, Markdown's about blocks. Here the first become the second.
//!
//! Promise: no word of a message gets lost by a Markdown rule that Discord does not have (HTML blocks, underlined
//! headings, link definitions, lazy continuation).

const FENCE: &str = "```";

pub(super) fn to_markdown(text: &str) -> String {
    let mut writer = Writer::default();
    for line in text.lines() {
        writer.line(line);
    }
    writer.out
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Blank,
    Text,
    Quote,
    Item,
    Small,
}

#[derive(Default)]
struct Writer {
    out: String,
    fenced: bool,
    fenced_in_quote: bool,
    /// After `>>> ` everything is quoted.
    rest_is_quoted: bool,
    last: Kind,
}

impl Writer {
    fn line(&mut self, line: &str) {
        if self.fenced {
            return self.code(line);
        }
        match line.strip_prefix(">>> ") {
            Some(rest) if !self.rest_is_quoted => {
                self.separate(Kind::Quote);
                self.rest_is_quoted = true;
                self.last = Kind::Blank;
                self.text(rest);
            }
            _ => self.text(line),
        }
    }

    fn text(&mut self, line: &str) {
        if let Some((before, code)) = opening(line) {
            if !before.trim().is_empty() {
                self.text(before);
            }
            return self.open(code);
        }
        let kind = kind_of(line, self.last);
        self.separate(kind);
        match line.strip_prefix("> ") {
            Some(body) => self.quoted(body),
            None => self.push(&escaped(line, self.last, kind)),
        }
        self.last = kind;
    }

    fn quoted(&mut self, body: &str) {
        let is_fence = body.trim_start().starts_with(FENCE);
        self.fenced_in_quote ^= is_fence;
        if is_fence || self.fenced_in_quote {
            self.push(&format!("> {body}"));
        } else {
            self.push(&format!("> {}", escaped(body, Kind::Text, Kind::Text)));
        }
    }

    /// Only a word is a language; anything else on the line is code already.
    fn open(&mut self, info: &str) {
        let is_language = info.chars().all(|c| c.is_ascii_alphanumeric() || "+-#._".contains(c));
        self.fenced = true;
        if is_language {
            self.push(&format!("{FENCE}{info}"));
        } else {
            self.push(FENCE);
            self.code(info);
        }
    }

    fn code(&mut self, line: &str) {
        match line.trim_end().strip_suffix(FENCE) {
            Some(before) => {
                if !before.trim().is_empty() {
                    self.push(before);
                }
                self.push(FENCE);
                self.fenced = false;
                self.last = Kind::Text;
            }
            None => self.push(line),
        }
    }

    /// A paragraph ends where Discord's line rule ends.
    fn separate(&mut self, next: Kind) {
        let apart = match (self.last, next) {
            (Kind::Blank, _) | (_, Kind::Blank) => false,
            (Kind::Small, _) | (_, Kind::Small) | (Kind::Item, Kind::Text) => true,
            (Kind::Quote, next) => next != Kind::Quote,
            _ => false,
        };
        if apart {
            self.push("");
        }
        if self.last == Kind::Quote && next != Kind::Quote {
            self.fenced_in_quote = false;
        }
    }

    fn push(&mut self, line: &str) {
        if self.rest_is_quoted {
            self.out.push_str("> ");
        }
        self.out.push_str(line);
        self.out.push('\n');
    }
}

/// Where a code block opens on this line: what stands before it, and what follows the fence.
fn opening(line: &str) -> Option<(&str, &str)> {
    let closes_itself = line.matches(FENCE).count().is_multiple_of(2);
    if closes_itself || line.starts_with("> ") {
        return None;
    }
    let at = line.rfind(FENCE)?;
    Some((line[..at].trim_end_matches('`'), &line[at + FENCE.len()..]))
}

fn kind_of(line: &str, last: Kind) -> Kind {
    let trimmed = line.trim_start();
    if trimmed.is_empty() {
        Kind::Blank
    } else if line.starts_with("> ") {
        Kind::Quote
    } else if line.starts_with("-# ") {
        Kind::Small
    } else if is_item(trimmed) || (last == Kind::Item && trimmed.len() < line.len()) {
        Kind::Item
    } else {
        Kind::Text
    }
}

fn is_item(trimmed: &str) -> bool {
    let numbered = trimmed.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_bullet = trimmed.starts_with("- ") || trimmed.starts_with("* ");
    is_bullet && !is_rule(trimmed) || numbered.len() < trimmed.len() && numbered.starts_with(". ")
}

/// Puts a backslash before what Markdown, and not Discord, would take for more than text.
fn escaped(line: &str, last: Kind, kind: Kind) -> String {
    let trimmed = line.trim_start();
    let indent = line.len() - trimmed.len();
    let inside_list = last == Kind::Item || kind == Kind::Item;
    let margin = if inside_list { line[..indent].to_owned() } else { "\u{A0}".repeat(indent) };
    let escape = if needs_escape(trimmed) { "\\" } else { "" };
    format!("{margin}{escape}{trimmed}")
}

fn needs_escape(trimmed: &str) -> bool {
    let heading = trimmed.len() - trimmed.trim_start_matches('#').len();
    is_html(trimmed)
        || is_rule(trimmed)
        || heading > 3
        || trimmed.starts_with("+ ")
        || trimmed.starts_with("~~~")
        || trimmed.starts_with('>')
        || trimmed.starts_with('[') && trimmed.contains("]:")
}

fn is_html(trimmed: &str) -> bool {
    let tag = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c));
    trimmed.strip_prefix('<').is_some_and(|rest| tag(rest) && !rest.starts_with("http"))
}

fn is_rule(trimmed: &str) -> bool {
    let only = |mark: char| trimmed.chars().all(|c| c == mark || c == ' ');
    trimmed.starts_with(['-', '=', '_', '*']) && trimmed.chars().next().is_some_and(only)
}
