//! The tree of what was said. Edges stay inside a scope; variants, edits and branches are siblings.

use std::fmt;

use sqlx::SqliteConnection;

use super::error::{Result, StoreError};
use crate::ids::{ConversationId, EntryId, PersonaId, ScopeId, TurnId, UserId};

/// The longest path that is ever read.
pub const HISTORY_MAX: u32 = 400;

/// Whose line an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
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

/// A path towards the root.
pub(super) struct Path {
    /// Oldest first.
    pub(super) entries: Vec<Entry>,
    /// Where the prompt of the nearest answer on it began.
    pub(super) history_from: Option<EntryId>,
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

struct EntryRow {
    id: i64,
    role: EntryRole,
    persona: String,
    speaker: Option<String>,
    author_id: Option<i64>,
    text: Option<String>,
    at: i64,
    inherited: Option<i64>,
}

impl EntryRow {
    fn into_entry(self) -> Result<Entry> {
        Ok(Entry {
            id: EntryId::new(self.id),
            role: self.role,
            persona: persona_of(&self.persona)?,
            speaker: self.speaker,
            author: self.author_id.map(UserId::from_row),
            text: self.text,
            at: self.at,
        })
    }
}

pub(super) fn persona_of(column: &str) -> Result<PersonaId> {
    PersonaId::parse(column).map_err(|_| StoreError::unexpected("conversation.persona"))
}

/// The path from an entry towards the root, at most `limit` entries, ending with the entry where the prompt of the
/// nearest answer on it began.
pub(super) async fn path(
    db: &mut SqliteConnection,
    scope: ScopeId,
    leaf: Option<EntryId>,
    limit: u32,
) -> Result<Path> {
    let (leaf, scope) = (leaf.map(EntryId::get), scope.get());
    let mut rows = sqlx::query_as!(
        EntryRow,
        r#"WITH RECURSIVE path (id, parent_id, history_from, depth) AS (
               SELECT id, parent_id, history_from, 1 FROM entry WHERE id = ?1 AND scope_id = ?2
               UNION ALL
               SELECT e.id, e.parent_id, coalesce(path.history_from, e.history_from), path.depth + 1
               FROM path JOIN entry e ON e.id = path.parent_id AND e.scope_id = ?2
               WHERE path.depth < ?3 AND path.id IS NOT path.history_from
           )
           SELECT e.id AS "id!", e.role AS "role!: EntryRole", c.persona AS "persona!", e.speaker AS "speaker?",
                  e.author_id AS "author_id?", e.text AS "text?", e.at AS "at!", path.history_from AS "inherited?: i64"
           FROM path JOIN entry e ON e.id = path.id JOIN conversation c ON c.id = e.conversation_id
           ORDER BY path.depth"#,
        leaf,
        scope,
        limit
    )
    .fetch_all(db)
    .await?;
    let history_from = rows.last().and_then(|row| row.inherited).map(EntryId::new);
    rows.reverse();
    let entries = rows.into_iter().map(EntryRow::into_entry).collect::<Result<_>>()?;
    Ok(Path { entries, history_from })
}

/// Marks an entry as the shown one among its siblings. A parent in another conversation shows its own children.
pub(super) async fn show(db: &mut SqliteConnection, entry: EntryId) -> Result<()> {
    let entry = entry.get();
    sqlx::query!(
        "UPDATE entry SET active_child_id = ?1
         FROM (SELECT parent_id, conversation_id FROM entry WHERE id = ?1) AS child
         WHERE entry.id = child.parent_id AND entry.conversation_id = child.conversation_id",
        entry
    )
    .execute(db)
    .await?;
    Ok(())
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
