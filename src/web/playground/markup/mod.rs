//! Message text as Discord shows it, as inert HTML.
//!
//! Text goes through four steps, a file each: Discord's line rules become plain Markdown ([`lines`]), the parser's
//! events become a tree ([`tree`]), spoilers are paired in it ([`spoiler`]), and the tree is written out ([`html`])
//! with mentions, times and addresses picked out of its texts ([`tokens`]).
//! Nothing from a message reaches the page but as escaped text: raw HTML is text, and only http addresses are links.

mod html;
mod lines;
mod moment;
mod spoiler;
mod tokens;
mod tree;

use std::collections::HashMap;

use maud::Markup;

pub(super) use self::moment::stamp;
use self::tokens::Token;

/// What the ids in a text are called.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) users: HashMap<u64, String>,
    pub(super) channels: HashMap<u64, String>,
    pub(super) roles: HashMap<u64, String>,
}

/// The text of a message as HTML.
pub(super) fn render(text: &str, names: &Names) -> Markup {
    let tree = spoiler::pair(tree::parse(&lines::to_markdown(text)));
    html::blocks(&tree, names)
}

/// The beginning of a text as one plain line of at most `length` characters. What is hidden stays so.
pub(super) fn preview(text: &str, names: &Names, length: usize) -> String {
    let tree = spoiler::pair(tree::parse(&lines::to_markdown(text)));
    let words = without_overrides(&tree::plain(&tree));
    let named: String = tokens::split(&words).iter().map(|token| named(token, names)).collect();
    let line = named.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(length) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

fn named(token: &Token<'_>, names: &Names) -> String {
    let name = |mark, known: &HashMap<u64, String>, id, otherwise: &str| {
        format!("{mark}{}", known.get(id).map_or(otherwise, String::as_str))
    };
    match token {
        Token::Plain(text) | Token::Link(text) => (*text).to_owned(),
        Token::User(id) => name("@", &names.users, id, "someone"),
        Token::Role(id) => name("@", &names.roles, id, "a role"),
        Token::Channel(id) => name("#", &names.channels, id, "a channel"),
        Token::Moment(..) => "…".to_owned(),
        Token::Emoji(emoji) => format!(":{emoji}:"),
        Token::Command(command) => format!("/{command}"),
    }
}

/// Takes out what turns the direction of the text after it, so that a name cannot rewrite the line it stands in.
pub(super) fn without_overrides(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')).collect()
}

#[cfg(test)]
mod tests;
