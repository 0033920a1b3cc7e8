//! People and bots.

use crate::ids::UserId;

#[derive(Clone, Debug)]
pub struct User {
    pub id: UserId,
    /// The unique lower-case name.
    pub name: String,
    /// What others read; the name when there is none.
    pub global_name: Option<String>,
    pub bot: bool,
    /// 0xRRGGBB: what a page paints in place of a picture.
    pub color: u32,
}

impl User {
    pub fn person(id: UserId, name: &str, global_name: &str, color: u32) -> Self {
        Self { id, name: name.to_owned(), global_name: Some(global_name.to_owned()), bot: false, color }
    }

    pub fn bot(id: UserId, name: &str, color: u32) -> Self {
        Self { id, name: name.to_owned(), global_name: None, bot: true, color }
    }

    pub fn display_name(&self) -> &str {
        self.global_name.as_deref().unwrap_or(&self.name)
    }
}
