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

/// Takes out what turns the direction of the text after it, so that a name cannot rewrite the line it stands in.
pub(super) fn without_overrides(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')).collect()
}

#[cfg(test)]
mod tests;
