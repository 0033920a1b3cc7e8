//! Writes the tree out. Every text passes through maud's escaping; every address through [`safe`].

use maud::{Markup, html};

use super::tokens::{Token, split};
use super::tree::{Node, Style, plain};
use super::{Names, moment, without_overrides};

pub(super) fn blocks(nodes: &[Node], names: &Names) -> Markup {
    Writer { names, linked: false }.all(nodes)
}

#[derive(Clone, Copy)]
struct Writer<'a> {
    names: &'a Names,
    /// Inside a link there is no second link.
    linked: bool,
}

impl Writer<'_> {
    fn all(self, nodes: &[Node]) -> Markup {
        html! { @for node in nodes { (self.node(node)) } }
    }

    fn node(self, node: &Node) -> Markup {
        match node {
            Node::Text(text) => self.text(&without_overrides(text)),
            Node::Break => html! { br; },
            Node::Code(code) => html! { code { (without_overrides(code)) } },
            Node::Fence { language, code } => fence(language, &without_overrides(code)),
            Node::Link { target, inner } => self.link(target, inner),
            Node::Group(style, inner) => self.group(*style, inner),
        }
    }

    fn group(self, style: Style, nodes: &[Node]) -> Markup {
        let inner = self.all(nodes);
        match style {
            Style::Plain => inner,
            Style::Paragraph => html! { p { (inner) } },
            Style::Small => html! { p.small { (inner) } },
            Style::Heading(level) => {
                html! { p.heading data-level=(level) role="heading" aria-level=(level + 3) { (inner) } }
            }
            Style::Quote => html! { blockquote { (inner) } },
            Style::List => html! { ul { (inner) } },
            Style::Numbered(first) => html! { ol start=(first) { (inner) } },
            Style::Item => html! { li { (inner) } },
            Style::Strong => html! { strong { (inner) } },
            Style::Emphasis => html! { em { (inner) } },
            Style::Underline => html! { u { (inner) } },
            Style::Strike => html! { s { (inner) } },
            Style::Spoiler => html! {
                span.spoiler role="button" tabindex="0" aria-label="Spoiler: press to show" { span inert { (inner) } }
            },
            Style::Curtain => html! {
                div.spoiler role="button" tabindex="0" aria-label="Spoiler: press to show" { div inert { (inner) } }
            },
        }
    }

    /// A link whose words are not its address says where it leads.
    fn link(self, target: &str, inner: &[Node]) -> Markup {
        let inside = Writer { linked: true, ..self }.all(inner);
        let Some(host) = safe(target).filter(|_| !self.linked) else { return inside };
        let says_so = plain(inner).contains(host);
        html! {
            a href=(target) target="_blank" rel="noopener nofollow noreferrer" { (inside) }
            @if !says_so { span.host { " (" (without_overrides(host)) ")" } }
        }
    }

    fn text(self, text: &str) -> Markup {
        html! { @for token in split(text) { (self.token(&token)) } }
    }

    fn token(self, token: &Token<'_>) -> Markup {
        match *token {
            Token::Plain(text) => html! { (text) },
            Token::User(id) => chip('@', self.names.users.get(&id), "someone"),
            Token::Role(id) => chip('@', self.names.roles.get(&id), "a role"),
            Token::Channel(id) => chip('#', self.names.channels.get(&id), "a channel"),
            Token::Moment(seconds, format) => moment::stamp(seconds, format),
            Token::Emoji(name) => html! { span.chip { ":" (name) ":" } },
            Token::Command(name) => html! { span.chip { "/" (name) } },
            Token::Link(address) if self.linked => html! { (address) },
            Token::Link(address) => self.link(address, &[Node::Text(address.to_owned())]),
        }
    }
}

fn chip(mark: char, name: Option<&String>, otherwise: &str) -> Markup {
    let name = name.map_or_else(|| otherwise.to_owned(), |name| without_overrides(name));
    html! { span.chip { (mark) bdi { (name) } } }
}

fn fence(language: &str, code: &str) -> Markup {
    html! {
        div.fence {
            span.language { (language) }
            button.copy type="button" data-action="copy" { "Copy" }
            pre tabindex="0" { code { (code) } }
        }
    }
}

/// The host of an address that may be followed: http and https, nothing else, and no name before the host.
fn safe(target: &str) -> Option<&str> {
    let rest = target.strip_prefix("https://").or_else(|| target.strip_prefix("http://"))?;
    let host = rest.split(['/', '?', '#', '\\']).next()?;
    let plain = !host.is_empty() && !host.contains(|c: char| c == '@' || c.is_whitespace() || c.is_control());
    plain.then_some(host)
}
