//! The parser's events as a tree, bounded in depth.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag};

/// Deeper nesting is flattened: a thousand quote marks are one line of a message.
const MAX_DEPTH: usize = 16;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Text(String),
    Break,
    Code(String),
    Fence { language: String, code: String },
    Link { target: String, inner: Vec<Node> },
    Group(Style, Vec<Node>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Paragraph,
    Small,
    Heading(u8),
    Quote,
    List,
    Numbered(u64),
    Item,
    Strong,
    Emphasis,
    Underline,
    Strike,
    Spoiler,
    /// A spoiler over whole paragraphs.
    Curtain,
}

impl Style {
    const fn is_block(self) -> bool {
        matches!(self, Self::Paragraph | Self::Small | Self::Heading(_) | Self::Quote | Self::Item)
    }
}

pub(super) fn parse(markdown: &str) -> Vec<Node> {
    let mut builder = Builder { source: markdown, open: vec![Open::root()], flattened: 0 };
    for (event, range) in Parser::new_ext(markdown, Options::ENABLE_STRIKETHROUGH).into_offset_iter() {
        builder.event(event, range);
    }
    while builder.open.len() > 1 {
        builder.close();
    }
    builder.open.pop().map_or_else(Vec::new, |root| root.inner)
}

pub(super) fn push_text(nodes: &mut Vec<Node>, text: &str) {
    match nodes.last_mut() {
        Some(Node::Text(last)) => last.push_str(text),
        _ => nodes.push(Node::Text(text.to_owned())),
    }
}

enum Shape {
    Group(Style),
    Link(String),
    Fence(String),
}

struct Open {
    shape: Shape,
    inner: Vec<Node>,
}

impl Open {
    fn root() -> Self {
        Self { shape: Shape::Group(Style::Plain), inner: Vec::new() }
    }
}

struct Builder<'a> {
    source: &'a str,
    open: Vec<Open>,
    /// How many of the parser's open tags have no node of their own.
    flattened: usize,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(&tag, range),
            Event::End(_) if self.flattened > 0 => self.flattened -= 1,
            Event::End(_) => self.close(),
            Event::Code(code) => self.push(Node::Code(code.into_string())),
            Event::SoftBreak | Event::HardBreak => self.push(Node::Break),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.text(&text),
            _ => self.text(self.source.get(range).unwrap_or_default()),
        }
    }

    fn start(&mut self, tag: &Tag<'_>, range: Range<usize>) {
        if self.open.len() > MAX_DEPTH {
            self.flattened += 1;
            return;
        }
        let shape = self.shape(tag, range);
        let inner = match shape {
            // One tilde is a tilde.
            Shape::Group(Style::Plain) if *tag == Tag::Strikethrough => vec![Node::Text("~".into())],
            _ => Vec::new(),
        };
        self.open.push(Open { shape, inner });
    }

    fn shape(&self, tag: &Tag<'_>, range: Range<usize>) -> Shape {
        let source = self.source.get(range).unwrap_or_default();
        Shape::Group(match tag {
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                return Shape::Link(dest_url.to_string());
            }
            Tag::CodeBlock(CodeBlockKind::Fenced(language)) => return Shape::Fence(language.to_string()),
            Tag::CodeBlock(CodeBlockKind::Indented) => Style::Paragraph,
            Tag::Heading { level, .. } => Style::Heading(level_number(*level)),
            Tag::BlockQuote(_) => Style::Quote,
            Tag::List(None) => Style::List,
            Tag::List(Some(first)) => Style::Numbered(*first),
            Tag::Item => Style::Item,
            Tag::Emphasis => Style::Emphasis,
            Tag::Strong if source.starts_with("__") => Style::Underline,
            Tag::Strong => Style::Strong,
            Tag::Strikethrough if source.starts_with("~~") => Style::Strike,
            Tag::Strikethrough => Style::Plain,
            _ => Style::Paragraph,
        })
    }

    fn close(&mut self) {
        let Some(Open { shape, mut inner }) = self.open.pop() else { return };
        let node = match shape {
            Shape::Link(target) => Node::Link { target, inner },
            Shape::Fence(language) => Node::Fence { language, code: plain(&inner) },
            Shape::Group(Style::Paragraph) => paragraph(inner),
            Shape::Group(Style::Plain) => {
                push_text(&mut inner, "~");
                Node::Group(Style::Plain, inner)
            }
            Shape::Group(style) => Node::Group(style, inner),
        };
        self.push(node);
    }

    fn push(&mut self, node: Node) {
        if let Some(open) = self.open.last_mut() {
            open.inner.push(node);
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(open) = self.open.last_mut() {
            push_text(&mut open.inner, text);
        }
    }
}

fn paragraph(mut inner: Vec<Node>) -> Node {
    if let Some(Node::Text(first)) = inner.first_mut()
        && let Some(rest) = first.strip_prefix("-# ")
    {
        *first = rest.to_owned();
        return Node::Group(Style::Small, inner);
    }
    Node::Group(Style::Paragraph, inner)
}

fn level_number(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        _ => 3,
    }
}

/// The words of a tree without their styles.
pub(super) fn plain(nodes: &[Node]) -> String {
    let mut words = String::new();
    for node in nodes {
        match node {
            Node::Text(text) | Node::Code(text) | Node::Fence { code: text, .. } => words.push_str(text),
            Node::Break => words.push('\n'),
            Node::Group(Style::Spoiler | Style::Curtain, _) => words.push('▒'),
            Node::Group(style, inner) if style.is_block() => {
                words.push_str(&plain(inner));
                words.push('\n');
            }
            Node::Link { inner, .. } | Node::Group(_, inner) => words.push_str(&plain(inner)),
        }
    }
    words
}
