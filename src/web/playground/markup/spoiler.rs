//! `||hidden||`: Markdown does not know it, so the marks are paired in the tree, among siblings.

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
    paired.finish()
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
