//! `||hidden||`: Markdown does not know it, so the marks are paired in the tree, among siblings; what is left over
//! is paired across paragraphs.

use super::tree::{Node, Style, push_text};

const MARK: &str = "||";

pub(super) fn pair(nodes: Vec<Node>) -> Vec<Node> {
    let mut paired = Siblings::default();
    for node in nodes {
        match node {
            Node::Text(text) => paired.text(&text),
            Node::Group(style, inner) => paired.out.push(Node::Group(style, pair(inner))),
            Node::Link { target, inner } => paired.out.push(Node::Link { target, inner: pair(inner) }),
            other => paired.out.push(other),
        }
    }
    across(paired.finish())
}

/// Pairs the lone marks of neighbouring paragraphs. What lies between them is hidden as one.
fn across(blocks: Vec<Node>) -> Vec<Node> {
    let mut left = blocks.iter().filter(|block| lone_mark(block).is_some()).count();
    let mut out = Vec::new();
    let mut hidden = None;
    for block in blocks {
        let Some(mark) = lone_mark(&block).filter(|_| hidden.is_some() || left > 1) else {
            hidden.as_mut().unwrap_or(&mut out).push(block);
            continue;
        };
        left -= 1;
        let (before, after) = halves(block, mark);
        match hidden.take() {
            None => {
                out.extend(before);
                hidden = Some(Vec::from_iter(after));
            }
            Some(mut inner) => {
                inner.extend(before);
                out.push(Node::Group(Style::Curtain, inner));
                out.extend(after);
            }
        }
    }
    out
}

/// Where a paragraph has a mark that found no second in it.
fn lone_mark(block: &Node) -> Option<usize> {
    let Node::Group(Style::Paragraph, inner) = block else { return None };
    inner.iter().position(|node| matches!(node, Node::Text(text) if text == MARK))
}

/// The paragraph before its mark and after it, where there is something.
fn halves(paragraph: Node, mark: usize) -> (Option<Node>, Option<Node>) {
    let Node::Group(style, mut inner) = paragraph else { return (Some(paragraph), None) };
    let after = inner.split_off(mark + 1);
    inner.truncate(mark);
    let whole = |inner: Vec<Node>| (!inner.is_empty()).then_some(Node::Group(style, inner));
    (whole(inner), whole(after))
}

#[derive(Default)]
struct Siblings {
    out: Vec<Node>,
    /// Where the hidden nodes begin, after a mark that still lacks its second.
    open: Option<usize>,
}

impl Siblings {
    fn text(&mut self, text: &str) {
        for (index, piece) in text.split(MARK).enumerate() {
            if index > 0 {
                self.mark();
            }
            if !piece.is_empty() {
                self.out.push(Node::Text(piece.to_owned()));
            }
        }
    }

    fn mark(&mut self) {
        match self.open.take() {
            None => self.open = Some(self.out.len()),
            Some(start) if start < self.out.len() => {
                let hidden = self.out.split_off(start);
                self.out.push(Node::Group(Style::Spoiler, hidden));
            }
            Some(_) => push_text(&mut self.out, "||||"),
        }
    }

    fn finish(mut self) -> Vec<Node> {
        if let Some(start) = self.open {
            self.out.insert(start, Node::Text(MARK.to_owned()));
        }
        self.out
    }
}
