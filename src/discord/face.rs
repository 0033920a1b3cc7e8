//! What one message shows.

use super::body::Button;

/// Two messages with the same face need no edit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Face {
    pub(crate) content: String,
    pub(crate) button: Option<Button>,
    /// The text of an attached file: what no message had room for.
    pub(crate) file: Option<String>,
}

impl Face {
    pub(crate) fn of(content: String) -> Self {
        Self { content, ..Self::default() }
    }

    pub(crate) fn with_button(self, button: Option<Button>) -> Self {
        Self { button, ..self }
    }
}
