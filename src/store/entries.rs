//! The tree of what was said. Edges stay inside a scope; variants, edits and branches are siblings.

use std::fmt;

use sqlx::SqliteConnection;

use super::error::{Result, StoreError};
use crate::ids::{ConversationId, EntryId, PersonaId, ScopeId, TurnId, UserId};

/// The longest path that is ever read.
pub const HISTORY_MAX: u32 = 400;

/// Whose line an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type, serde::Deserialize)]
#[sqlx(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub enum EntryRole {
    Person,
    Persona,
}

/// One thing said.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    pub id: EntryId,
    pub role: EntryRole,
    /// The persona of the conversation it was said in: of a persona's line the speaker, of a person's line the one
    /// addressed.
    pub persona: PersonaId,
    /// The label as it is rendered. `None`: erased, or a persona's line of a time when they had none.
    pub speaker: Option<String>,
    /// The person who wrote it.
    pub author: Option<UserId>,
    /// `None`: erased.
    pub text: Option<String>,
    pub at: i64,
}

/// Without what was said and by whom: those may not reach a log.
impl fmt::Debug for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Entry")
            .field("id", &self.id)
            .field("role", &self.role)
            .field("persona", &self.persona)
            .finish_non_exhaustive()
    }
}

/// An entry to be written.
pub(super) struct NewEntry<'a> {
    pub(super) scope: ScopeId,
    pub(super) conversation: ConversationId,
    pub(super) parent: Option<EntryId>,
    pub(super) role: EntryRole,
    pub(super) author: Option<UserId>,
    pub(super) speaker: Option<&'a str>,
    pub(super) text: &'a str,
    pub(super) at: i64,
    pub(super) history_from: Option<EntryId>,
    pub(super) turn: TurnId,
}

/// Two statements on one way to the database and back.
pub(super) async fn insert(db: &mut SqliteConnection, new: NewEntry<'_>) -> Result<EntryId> {
    let (scope, conversation, turn) = (new.scope.get(), new.conversation.get(), new.turn.get());
    let parent = new.parent.map(EntryId::get);
    let author = new.author.map(UserId::to_row);
    let history_from = new.history_from.map(EntryId::get);
    let id = sqlx::query_scalar!(
        r#"UPDATE scope SET next_seq = next_seq + 1 WHERE id = ?;
           INSERT INTO entry (id, conversation_id, parent_id, role, author_id, speaker, text, at, history_from, turn_id)
           SELECT (id << 32) + next_seq - 1, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM scope WHERE id = ? RETURNING id AS "id!""#,
        scope,
        conversation,
        parent,
        new.role,
        author,
        new.speaker,
        new.text,
        new.at,
        history_from,
        turn,
        scope
    )
    .fetch_one(db)
    .await?;
    Ok(EntryId::new(id))
}

pub(super) fn persona_of(column: &str) -> Result<PersonaId> {
    PersonaId::parse(column).map_err(|_| StoreError::unexpected("conversation.persona"))
}

/// Moves a question that nobody has answered to the end of the path of its conversation.
pub(super) async fn follow(db: &mut SqliteConnection, question: EntryId, head: EntryId) -> Result<()> {
    let (question, head) = (question.get(), head.get());
    sqlx::query!(
        "UPDATE entry SET parent_id = ?2
         WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM entry child WHERE child.parent_id = ?1)",
        question,
        head
    )
    .execute(db)
    .await?;
    Ok(())
}
