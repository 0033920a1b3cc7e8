//! Beginning to answer: the question becomes an entry of the tree, once, and its history is read.

use sqlx::SqliteConnection;

use super::entries::{self, Entry, EntryRole, HISTORY_MAX, NewEntry, Path};
use super::error::{Result, StoreError};
use super::turn::{OpenTurn, Trigger, TurnState};
use super::{Store, messages, turn};
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
        // Long paths are read beside the writer, so that they hold up nobody's write.
        let mut db = self.inner.readers.acquire().await?;
        let path = entries::path(&mut db, asked.scope, Some(asked.question), HISTORY_MAX + 1).await?;
        let Path { entries: mut history, history_from } = path;
        let question = history.pop().ok_or(StoreError::TurnErased(turn))?;
        Ok(Begun { question, history, history_from, attempt: asked.attempt })
    }
}

/// A turn whose question is an entry.
struct Asked {
    scope: ScopeId,
    question: EntryId,
    attempt: u32,
}

/// What a turn holds before its question is an entry, and where it stands afterwards.
struct Draft {
    head: Option<EntryId>,
    question: Option<EntryId>,
    speaker: Option<String>,
    text: Option<String>,
    erased: bool,
}

async fn begin(db: &mut SqliteConnection, id: TurnId, at: i64) -> Result<Asked> {
    let turn = turn::find(db, id).await?.ok_or(StoreError::NoSuchTurn(id))?;
    if !matches!(turn.state, TurnState::Accepted | TurnState::Answering) {
        return Err(StoreError::TurnState { turn: id, state: turn.state });
    }
    let mut draft = read_draft(db, id).await?;
    if draft.erased {
        return Err(StoreError::TurnErased(id));
    }
    let question = match draft.question {
        Some(question) => ask_again(db, &turn, question, draft.head).await?,
        None => ask(db, &turn, &mut draft).await?,
    };
    mark_answering(db, id, question, at).await?;
    Ok(Asked { scope: turn.scope, question, attempt: turn.attempt + 1 })
}

async fn read_draft(db: &mut SqliteConnection, turn: TurnId) -> Result<Draft> {
    let turn = turn.get();
    let row = sqlx::query!(
        r#"SELECT c.head_id AS "head?", t.question_id AS "question?", t.speaker AS "speaker?", t.text AS "text?",
                  t.erased_at AS "erased_at?"
           FROM turn t JOIN conversation c ON c.id = t.conversation_id WHERE t.id = ?1"#,
        turn
    )
    .fetch_one(db)
    .await?;
    Ok(Draft {
        head: row.head.map(EntryId::new),
        question: row.question.map(EntryId::new),
        speaker: row.speaker,
        text: row.text,
        erased: row.erased_at.is_some(),
    })
}

async fn ask(db: &mut SqliteConnection, turn: &OpenTurn, draft: &mut Draft) -> Result<EntryId> {
    let erased = StoreError::TurnErased(turn.id);
    let (Some(speaker), Some(text)) = (draft.speaker.take(), draft.text.take()) else {
        return Err(erased);
    };
    let parent = replied_to(db, turn).await?.or(draft.head);
    let new = NewEntry {
        scope: turn.scope,
        conversation: turn.conversation,
        parent,
        role: EntryRole::Person,
        author: turn.author,
        speaker: Some(&speaker),
        text: &text,
        at: turn.accepted_at,
        history_from: None,
        turn: turn.id,
    };
    let question = entries::insert(db, new).await?;
    if let Trigger::Message(message) = turn.trigger {
        messages::link_question(db, message, question).await?;
    }
    Ok(question)
}

async fn ask_again(
    db: &mut SqliteConnection,
    turn: &OpenTurn,
    question: EntryId,
    head: Option<EntryId>,
) -> Result<EntryId> {
    if let Some(head) = head
        && replied_to(db, turn).await?.is_none()
    {
        entries::follow(db, question, head).await?;
    }
    Ok(question)
}

async fn replied_to(db: &mut SqliteConnection, turn: &OpenTurn) -> Result<Option<EntryId>> {
    match turn.replies_to {
        Some(message) => messages::entry_of(db, turn.scope, message).await,
        None => Ok(None),
    }
}

async fn mark_answering(db: &mut SqliteConnection, turn: TurnId, question: EntryId, at: i64) -> Result<()> {
    let (raw, question) = (turn.get(), question.get());
    sqlx::query!(
        "UPDATE turn SET state = 'answering', attempt = attempt + 1, begun_at = coalesce(begun_at, ?3),
                         question_id = ?2, speaker = NULL, text = NULL
         WHERE id = ?1 AND state IN ('accepted', 'answering')",
        raw,
        question,
        at
    )
    .execute(db)
    .await?;
    Ok(())
}
