//! Beginning to answer: the question becomes an entry of the tree, once, and its history is read.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use sqlx::SqliteConnection;

use super::entries::{self, Entry, HISTORY_MAX};
use super::error::{Result, StoreError};
use super::limits::Reserved;
use super::path::{self, Path};
use super::reserve::{self, Reservation};
use super::turn::{TriggerKind, TurnState};
use super::{Store, join};
use crate::ids::{EntryId, ScopeId, TurnId};

/// What an answer is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    pub question: Entry,
    /// What was said before the question, oldest first: its path towards the root, back to and including
    /// [`Self::history_from`], at most [`HISTORY_MAX`]. Erased entries have no text.
    pub history: Vec<Entry>,
    /// Where the prompt of the nearest answer on the path began.
    pub history_from: Option<EntryId>,
    /// 1 for the first.
    pub attempt: u32,
}

impl Store {
    /// Begins, or begins again, to answer an accepted or answering turn.
    ///
    /// The question's parent is the entry shown by the message it replies to, if that is one of this scope, otherwise
    /// the head of the conversation. A turn begun again keeps its question; as long as nothing follows that question
    /// and it replies to nothing, it moves behind what was said since.
    ///
    /// # Errors
    /// [`StoreError::TurnState`] when the turn is joined or closed, [`StoreError::TurnErased`] when its question was
    /// erased meanwhile (it is still to be closed), [`StoreError::NoSuchTurn`], or a failure of the database.
    pub async fn begin_turn(&self, turn: TurnId, at: i64) -> Result<Begun> {
        let asked = self.inner.writer.write(move |db| Box::pin(begin(db, turn, at))).await?;
        let mut db = self.inner.readers.acquire().await?;
        read(&mut db, turn, &asked).await
    }

    /// As [`Self::begin_turn`], and sets money aside as [`Self::reserve`] does, in one transaction. `prepare` says what
    /// the answer may cost, once it is known what it is made from; without a reservation nothing is set aside.
    ///
    /// The writer waits for `prepare`, so it may take its time for nothing but figures. When it panics, the turn stays
    /// begun, and the panic goes on here.
    ///
    /// # Errors
    /// Those of both; nothing is written then.
    pub async fn begin_and_reserve<T, F>(&self, turn: TurnId, at: i64, prepare: F) -> Result<Prepared<T>>
    where
        T: Send + 'static,
        F: FnOnce(Begun) -> (T, Option<Reservation>) + Send + 'static,
    {
        let prepared = self.inner.writer.write(move |db| {
            Box::pin(async move {
                let asked = begin(db, turn, at).await?;
                let begun = read(db, turn, &asked).await?;
                // A panic here would be the end of the one thread that writes.
                let (work, reservation) = match catch_unwind(AssertUnwindSafe(|| prepare(begun))) {
                    Ok(prepared) => prepared,
                    Err(panic) => return Ok(Err(panic)),
                };
                let reserved = match reservation {
                    Some(reservation) => Some(reserve::take(db, turn, &reservation).await?),
                    None => None,
                };
                Ok(Ok(Prepared { work, reserved }))
            })
        });
        prepared.await?.or_else(|panic| resume_unwind(panic))
    }
}

/// A turn that has begun and holds its money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared<T> {
    /// What was made of its beginning.
    pub work: T,
    /// `None`: nothing was to be reserved.
    pub reserved: Option<Reserved>,
}

async fn read(db: &mut SqliteConnection, turn: TurnId, asked: &Asked) -> Result<Begun> {
    let Path { entries: mut history, history_from } =
        path::read(db, asked.scope, asked.question, HISTORY_MAX + 1).await?;
    let question = history.pop().ok_or(StoreError::TurnErased(turn))?;
    Ok(Begun { question, history, history_from, attempt: asked.attempt })
}

/// A turn whose question is an entry.
struct Asked {
    scope: ScopeId,
    question: EntryId,
    attempt: u32,
}

/// A turn before it is begun, and the place of its question in the tree.
struct Draft {
    id: i64,
    state: TurnState,
    conversation: i64,
    scope: i64,
    trigger_kind: TriggerKind,
    trigger: i64,
    author: Option<i64>,
    /// This and the text only until the question is an entry.
    speaker: Option<String>,
    text: Option<String>,
    question: Option<i64>,
    accepted_at: i64,
    erased_at: Option<i64>,
    attempt: i64,
    head: Option<i64>,
    /// What is shown by the message it replies to, inside its scope.
    replied_to: Option<i64>,
    has_joined: bool,
}

async fn begin(db: &mut SqliteConnection, id: TurnId, at: i64) -> Result<Asked> {
    let mut draft = draft(db, id).await?;
    if !matches!(draft.state, TurnState::Accepted | TurnState::Answering) {
        return Err(StoreError::TurnState { turn: id, state: draft.state });
    }
    if draft.erased_at.is_some() {
        return Err(StoreError::TurnErased(id));
    }
    let question = match draft.question.map(EntryId::new) {
        Some(question) => ask_again(db, &draft, question, at).await?,
        None => ask(db, &mut draft, at).await?,
    };
    let attempt = u32::try_from(draft.attempt + 1).unwrap_or(u32::MAX);
    Ok(Asked { scope: ScopeId::new(draft.scope), question, attempt })
}

/// One look for everything, because each way to the database and back takes its time.
async fn draft(db: &mut SqliteConnection, id: TurnId) -> Result<Draft> {
    let turn = id.get();
    let draft = sqlx::query_as!(
        Draft,
        r#"SELECT t.id AS "id!", t.state AS "state!: TurnState", c.id AS "conversation!", c.scope_id AS "scope!",
                  t.trigger_kind AS "trigger_kind!: TriggerKind", t.trigger_id AS "trigger!", t.author_id AS "author?",
                  t.speaker AS "speaker?", t.text AS "text?", t.question_id AS "question?",
                  t.accepted_at AS "accepted_at!", t.erased_at AS "erased_at?", t.attempt AS "attempt!",
                  c.head_id AS "head?",
                  (SELECT e.id FROM discord_message m JOIN entry e ON e.id = m.entry_id
                   WHERE m.discord_id = t.replies_to AND e.scope_id = c.scope_id) AS "replied_to?",
                  EXISTS (SELECT 1 FROM turn j WHERE j.joined_into = t.id) AS "has_joined!: bool"
           FROM turn t JOIN conversation c ON c.id = t.conversation_id WHERE t.id = ?1"#,
        turn
    )
    .fetch_optional(db)
    .await?;
    draft.ok_or(StoreError::NoSuchTurn(id))
}

async fn ask(db: &mut SqliteConnection, draft: &mut Draft, at: i64) -> Result<EntryId> {
    let turn = TurnId::new(draft.id);
    let (Some(speaker), Some(text)) = (draft.speaker.take(), draft.text.take()) else {
        return Err(StoreError::TurnErased(turn));
    };
    let text = if draft.has_joined { join::words(db, turn).await? } else { text };
    let question = write(db, draft, (&speaker, &text), at).await?;
    if draft.has_joined {
        join::asked(db, turn, question).await?;
    }
    Ok(question)
}

/// The question, the message that shows it and the turn that answers it: four statements on one way to the database and
/// back. A message that asked two personas stays with the first one's question.
async fn write(
    db: &mut SqliteConnection,
    draft: &Draft,
    (speaker, text): (&str, &str),
    at: i64,
) -> Result<EntryId> {
    let message = (draft.trigger_kind == TriggerKind::Message).then_some(draft.trigger);
    let parent = draft.replied_to.or(draft.head);
    let question = sqlx::query_scalar!(
        r#"UPDATE scope SET next_seq = next_seq + 1 WHERE id = ?;
           INSERT INTO entry (id, conversation_id, parent_id, role, author_id, speaker, text, at, turn_id)
           SELECT (id << 32) + next_seq - 1, ?, ?, 'person', ?, ?, ?, ?, ? FROM scope WHERE id = ?;
           INSERT INTO discord_message (discord_id, entry_id)
           SELECT ?, (id << 32) + next_seq - 1 FROM scope WHERE id = ? AND ? IS NOT NULL
           ON CONFLICT (discord_id) DO NOTHING;
           UPDATE turn SET state = 'answering', attempt = attempt + 1, begun_at = coalesce(begun_at, ?),
                           question_id = (SELECT (id << 32) + next_seq - 1 FROM scope WHERE id = ?),
                           speaker = NULL, text = NULL
           WHERE id = ? AND state IN ('accepted', 'answering') RETURNING question_id AS "question_id!""#,
        draft.scope,
        draft.conversation,
        parent,
        draft.author,
        speaker,
        text,
        draft.accepted_at,
        draft.id,
        draft.scope,
        message,
        draft.scope,
        message,
        at,
        draft.scope,
        draft.id
    )
    .fetch_one(db)
    .await?;
    Ok(EntryId::new(question))
}

async fn ask_again(db: &mut SqliteConnection, draft: &Draft, question: EntryId, at: i64) -> Result<EntryId> {
    if let (Some(head), None) = (draft.head, draft.replied_to) {
        entries::follow(db, question, EntryId::new(head)).await?;
    }
    sqlx::query!(
        "UPDATE turn SET state = 'answering', attempt = attempt + 1, begun_at = coalesce(begun_at, ?2)
         WHERE id = ?1 AND state IN ('accepted', 'answering')",
        draft.id,
        at
    )
    .execute(db)
    .await?;
    Ok(question)
}
