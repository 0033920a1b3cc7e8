//! The way from an entry back to the root: what was said before it.

use std::borrow::Cow;

use serde::Deserialize;
use sqlx::SqliteConnection;

use super::entries::{Entry, EntryRole, persona_of};
use super::error::{Result, StoreError};
use crate::ids::{EntryId, ScopeId, UserId};

/// A path towards the root.
pub(super) struct Path {
    /// Oldest first.
    pub(super) entries: Vec<Entry>,
    /// Where the prompt of the nearest answer on it began.
    pub(super) history_from: Option<EntryId>,
}

/// An entry in the order of the query's array.
#[derive(Deserialize)]
struct Step<'a>(
    i64,
    EntryRole,
    #[serde(borrow)] Cow<'a, str>,
    Option<String>,
    Option<i64>,
    Option<String>,
    i64,
);

impl Step<'_> {
    fn into_entry(self) -> Result<Entry> {
        let Self(id, role, persona, speaker, author, text, at) = self;
        Ok(Entry {
            id: EntryId::new(id),
            role,
            persona: persona_of(&persona)?,
            speaker,
            author: author.map(UserId::from_row),
            text,
            at,
        })
    }
}

/// The path from an entry towards the root, at most `limit` entries, ending with the entry where the prompt of the
/// nearest answer on it began.
///
/// It comes as one row: each row is a way from SQLite's thread to here, and a long conversation has hundreds.
pub(super) async fn read(
    db: &mut SqliteConnection,
    scope: ScopeId,
    leaf: EntryId,
    limit: u32,
) -> Result<Path> {
    let (leaf, scope) = (leaf.get(), scope.get());
    let path = sqlx::query!(
        r#"WITH RECURSIVE path (id, parent_id, history_from, depth) AS (
               SELECT id, parent_id, history_from, 1 FROM entry WHERE id = ?1 AND scope_id = ?2
               UNION ALL
               SELECT e.id, e.parent_id, coalesce(path.history_from, e.history_from), path.depth + 1
               FROM path JOIN entry e ON e.id = path.parent_id AND e.scope_id = ?2
               WHERE path.depth < ?3 AND path.id IS NOT path.history_from
           )
           SELECT json_group_array(
                      json_array(e.id, e.role, c.persona, e.speaker, e.author_id, e.text, e.at) ORDER BY path.depth DESC
                  ) AS "entries!: String",
                  -- The row of the only maximum gives the other column: the end of the path.
                  max(path.depth) AS "depth?: i64", path.history_from AS "history_from?: i64"
           FROM path JOIN entry e ON e.id = path.id JOIN conversation c ON c.id = e.conversation_id"#,
        leaf,
        scope,
        limit
    )
    .fetch_one(db)
    .await?;
    let steps: Vec<Step<'_>> =
        serde_json::from_str(&path.entries).map_err(|_| StoreError::unexpected("entry"))?;
    let entries = steps.into_iter().map(Step::into_entry).collect::<Result<_>>()?;
    Ok(Path { entries, history_from: path.history_from.map(EntryId::new) })
}
