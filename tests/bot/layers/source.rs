//! Rust source as far as the edge test reads it: the paths that code names, and where.
//!
//! Comments, texts and test code are left out. This is no parser: it knows tokens, braces and `use` groups.

use std::iter::Peekable;
use std::str::CharIndices;

/// A path as it stands in the code, groups taken apart: `std::{env, fs}` is two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) line: usize,
    pub(super) segments: Vec<String>,
    /// How many inline modules stand around it.
    pub(super) inline: usize,
    /// `use a::b as c`.
    pub(super) renamed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Word(String),
    /// `::`
    Joint,
    Sign(char),
}

#[derive(Clone, Debug)]
struct Token {
    line: usize,
    kind: Kind,
}

/// Every path that code outside tests names.
pub(super) fn paths(text: &str) -> Vec<Named> {
    let tokens = without_tests(tokens(text));
    let mut walk = Walk { tokens: &tokens, at: 0, named: Vec::new() };
    let mut braces = Vec::new();
    while let Some(token) = tokens.get(walk.at) {
        let inline = braces.iter().filter(|is_module| **is_module).count();
        match &token.kind {
            Kind::Word(_) => walk.path(&mut Vec::new(), inline),
            Kind::Sign('{') => {
                braces.push(opens_module(&tokens[..walk.at]));
                walk.at += 1;
            }
            Kind::Sign('}') => {
                braces.pop();
                walk.at += 1;
            }
            _ => walk.at += 1,
        }
    }
    walk.named
}

/// `mod name` stands before the brace.
fn opens_module(before: &[Token]) -> bool {
    matches!(before, [.., keyword, name] if is_word(keyword, "mod") && matches!(name.kind, Kind::Word(_)))
}

fn is_word(token: &Token, word: &str) -> bool {
    matches!(&token.kind, Kind::Word(own) if own == word)
}

struct Walk<'a> {
    tokens: &'a [Token],
    at: usize,
    named: Vec<Named>,
}

impl Walk<'_> {
    fn kind(&self) -> Option<&Kind> {
        self.tokens.get(self.at).map(|token| &token.kind)
    }

    fn is_sign(&self, sign: char) -> bool {
        self.kind() == Some(&Kind::Sign(sign))
    }

    /// Reads on from a word or, behind a joint, from a group or an asterisk.
    fn path(&mut self, segments: &mut Vec<String>, inline: usize) {
        let line = self.tokens[self.at].line;
        let depth = segments.len();
        while let Some(Kind::Word(word)) = self.kind() {
            segments.push(word.clone());
            self.at += 1;
            if self.kind() != Some(&Kind::Joint) {
                break;
            }
            self.at += 1;
        }
        if self.is_sign('{') && self.follows_joint() {
            self.group(segments, inline);
        } else {
            if self.is_sign('*') && self.follows_joint() {
                segments.push("*".to_owned());
                self.at += 1;
            }
            let renamed = self.tokens.get(self.at).is_some_and(|token| is_word(token, "as"));
            self.named.push(Named { line, segments: segments.clone(), inline, renamed });
        }
        segments.truncate(depth);
    }

    fn group(&mut self, segments: &mut Vec<String>, inline: usize) {
        self.at += 1;
        while let Some(kind) = self.kind() {
            match kind {
                Kind::Sign('}') => {
                    self.at += 1;
                    return;
                }
                Kind::Word(word) if word == "as" => self.at += 2,
                Kind::Word(_) => self.path(segments, inline),
                Kind::Sign('*') => {
                    let line = self.tokens[self.at].line;
                    let segments = segments.iter().cloned().chain(["*".to_owned()]).collect();
                    self.named.push(Named { line, segments, inline, renamed: false });
                    self.at += 1;
                }
                _ => self.at += 1,
            }
        }
    }

    fn follows_joint(&self) -> bool {
        self.at > 0 && self.tokens[self.at - 1].kind == Kind::Joint
    }
}

/// Leaves out every item that carries `#[cfg(test)]`.
fn without_tests(tokens: Vec<Token>) -> Vec<Token> {
    let (mut kept, mut rest) = (Vec::new(), tokens.as_slice());
    while let Some(token) = rest.first() {
        match after_cfg_test(rest) {
            Some(item) => rest = after_item(item),
            None => {
                kept.push(token.clone());
                rest = &rest[1..];
            }
        }
    }
    kept
}

fn after_cfg_test(tokens: &[Token]) -> Option<&[Token]> {
    let attribute = tokens.get(..7)?;
    let is_it =
        attribute.iter().zip(["#", "[", "cfg", "(", "test", ")", "]"]).all(|(token, expected)| match &token
            .kind
        {
            Kind::Word(word) => word == expected,
            Kind::Sign(sign) => expected.chars().eq([*sign]),
            Kind::Joint => false,
        });
    is_it.then(|| &tokens[7..])
}

/// An item ends with its semicolon or its outermost block; a `use` only with the former.
fn after_item(tokens: &[Token]) -> &[Token] {
    let is_use =
        tokens.iter().take_while(|token| matches!(token.kind, Kind::Word(_))).any(|t| is_word(t, "use"));
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Sign('{') => depth += 1,
            Kind::Sign('}') if depth == 1 && !is_use => return &tokens[index + 1..],
            Kind::Sign('}') => depth = depth.saturating_sub(1),
            Kind::Sign(';') if depth == 0 => return &tokens[index + 1..],
            _ => {}
        }
    }
    &[]
}

fn tokens(text: &str) -> Vec<Token> {
    let mut reader = Reader { text, chars: text.char_indices().peekable(), line: 1 };
    let mut tokens = Vec::new();
    while let Some(token) = reader.next() {
        tokens.extend(token);
    }
    tokens
}

struct Reader<'a> {
    text: &'a str,
    chars: Peekable<CharIndices<'a>>,
    line: usize,
}

impl Reader<'_> {
    /// `Some(None)`: something that names nothing. `None`: the end.
    fn next(&mut self) -> Option<Option<Token>> {
        let line = self.line;
        let (at, character) = self.bump()?;
        let kind = match character {
            '/' if self.starts("/") => return Some(self.skip_line()),
            '/' if self.starts("*") => return Some(self.skip_comment()),
            '"' => return Some(self.skip_text()),
            '\'' => return Some(self.skip_character()),
            ':' if self.starts(":") => {
                self.bump();
                Kind::Joint
            }
            _ if is_name(character) => return Some(self.word(at).map(|kind| Token { line, kind })),
            _ if character.is_whitespace() => return Some(None),
            _ => Kind::Sign(character),
        };
        Some(Some(Token { line, kind }))
    }

    fn bump(&mut self) -> Option<(usize, char)> {
        let next = self.chars.next()?;
        self.line += usize::from(next.1 == '\n');
        Some(next)
    }

    fn starts(&mut self, with: &str) -> bool {
        let at = self.chars.peek().map_or(self.text.len(), |(at, _)| *at);
        self.text[at..].starts_with(with)
    }

    /// A word; the prefix of a text takes the text with it.
    fn word(&mut self, start: usize) -> Option<Kind> {
        while self.chars.peek().is_some_and(|(_, character)| is_name(*character)) {
            self.bump();
        }
        let end = self.chars.peek().map_or(self.text.len(), |(at, _)| *at);
        match &self.text[start..end] {
            "r" | "br" | "cr" if self.starts("\"") || self.starts("#\"") || self.starts("##") => {
                self.skip_raw_text()
            }
            // A raw name: `r#type`.
            "r" if self.starts("#") => {
                self.bump();
                None
            }
            word => Some(Kind::Word(word.to_owned())),
        }
    }

    fn skip_line(&mut self) -> Option<Token> {
        while self.bump().is_some_and(|(_, character)| character != '\n') {}
        None
    }

    fn skip_comment(&mut self) -> Option<Token> {
        let mut depth = 1;
        self.bump();
        while depth > 0 {
            match self.bump()?.1 {
                '*' if self.starts("/") => depth -= 1,
                '/' if self.starts("*") => depth += 1,
                _ => continue,
            }
            self.bump();
        }
        None
    }

    fn skip_text(&mut self) -> Option<Token> {
        loop {
            match self.bump()?.1 {
                '"' => return None,
                '\\' => {
                    self.bump();
                }
                _ => {}
            }
        }
    }

    fn skip_raw_text(&mut self) -> Option<Kind> {
        let mut fence = "\"".to_owned();
        while self.bump()?.1 == '#' {
            fence.push('#');
        }
        while !self.starts(&fence) {
            self.bump()?;
        }
        for _ in 0..fence.len() {
            self.bump();
        }
        None
    }

    /// A character, or a lifetime.
    fn skip_character(&mut self) -> Option<Token> {
        let (_, first) = self.bump()?;
        if first == '\\' {
            self.bump();
            while self.bump()?.1 != '\'' {}
        } else if self.starts("'") {
            self.bump();
        }
        None
    }
}

fn is_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}
