//! Buttons below a message.

/// One line of at most five buttons.
pub(super) type Row = Vec<Button>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    pub style: ButtonStyle,
    pub label: Option<String>,
    /// A Unicode emoji beside the label.
    pub emoji: Option<String>,
    pub action: ButtonAction,
    pub disabled: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ButtonAction {
    /// Sends an interaction with this custom id.
    Press(String),
    /// Opens this address.
    Open(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ButtonStyle {
    Primary,
    Secondary,
    Success,
    Danger,
    Link,
}

impl ButtonStyle {
    /// Discord's number.
    pub const fn number(self) -> u8 {
        match self {
            Self::Primary => 1,
            Self::Secondary => 2,
            Self::Success => 3,
            Self::Danger => 4,
            Self::Link => 5,
        }
    }

    pub(super) const fn from_number(number: u64) -> Option<Self> {
        match number {
            1 => Some(Self::Primary),
            2 => Some(Self::Secondary),
            3 => Some(Self::Success),
            4 => Some(Self::Danger),
            5 => Some(Self::Link),
            _ => None,
        }
    }
}

impl Button {
    pub fn custom_id(&self) -> Option<&str> {
        match &self.action {
            ButtonAction::Press(id) => Some(id),
            ButtonAction::Open(_) => None,
        }
    }
}

pub(super) fn find<'a>(rows: &'a [Row], custom_id: &str) -> Option<&'a Button> {
    rows.iter().flatten().find(|button| button.custom_id() == Some(custom_id))
}
