//! Closing a turn: once, and everything that is known about it in one transaction.

use sqlx::SqliteConnection;

use super::entries::{self, EntryRole, NewEntry};
use super::error::{Result, StoreError};
use super::turn::{OpenTurn, TurnState};
use super::usage::{self, OnAccountOf, UsageRow};
use super::{Store, messages, replies, reserve, turn};
use crate::ids::{EntryId, MessageId, TurnId};

/// How a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    Done,
    /// Answered, but the answer is not whole.
    Partial,
    Failed,
    Refused,
    Cancelled,
    Abandoned,
}

impl Outcome {
    pub fn state(self) -> TurnState {
        match self {
            Self::Done => TurnState::Done,
            Self::Partial => TurnState::Partial,
            Self::Failed => TurnState::Failed,
            Self::Refused => TurnState::Refused,
            Self::Cancelled => TurnState::Cancelled,
            Self::Abandoned => TurnState::Abandoned,
        }
    }
}

/// Everything known at the end of a turn.
#[derive(Clone)]
pub struct Closing {
    pub outcome: Outcome,
    /// What the persona said, as far as it was shown.
    pub answer: Option<String>,
    /// The persona's label as history will render it for another persona.
    pub speaker: Option<String>,
    /// The messages that show it, in order.
    pub messages: Vec<MessageId>,
    /// The oldest entry its prompt showed.
    pub history_from: Option<EntryId>,
    pub usage: Vec<UsageRow>,
    /// A short code, never prose.
    pub cause: Option<String>,
    pub at: i64,
}

impl Closing {
    fn may_be_tried_again(&self) -> bool {
        self.outcome.state().may_be_tried_again(self.cause.as_deref())
    }
}

impl Store {
    /// Closes an open turn, and those that are joined to it.
    ///
    /// An answer becomes the shown child of its question and the head of the conversation, also when the question
    /// replied to an older branch: the conversation goes on where something was said last. Without an answer the head
    /// stays. When the question was erased while it was answered, the answer is not kept; usage always is. What was
    /// reserved for the turn is given back.
    ///
    /// # Errors
    /// [`StoreError::TurnState`] when the turn is closed already, or joined to another one: nothing is written then.
    /// [`StoreError::NoSuchTurn`], or a failure of the database.
    pub async fn close_turn(&self, turn: TurnId, closing: Closing) -> Result<()> {
        self.inner.writer.write(move |db| Box::pin(async move { close(db, turn, &closing).await })).await
    }
}

/// What a turn used that is left open for the next start.
#[derive(Clone)]
pub struct Leaving {
    pub usage: Vec<UsageRow>,
    pub at: i64,
}

impl Store {
    /// Writes down what a turn has used so far and gives back what was set aside for it. It stays open.
    ///
    /// # Errors
    /// [`StoreError::NoSuchTurn`], or a failure of the database: the next start counts the reserve as used then.
    pub async fn leave_turn(&self, turn: TurnId, leaving: Leaving) -> Result<()> {
        self.inner.writer.write(move |db| Box::pin(async move { leave(db, turn, &leaving).await })).await
    }
}

async fn leave(db: &mut SqliteConnection, id: TurnId, leaving: &Leaving) -> Result<()> {
    let turn = turn::find(db, id).await?.ok_or(StoreError::NoSuchTurn(id))?;
    usage::record(db, &on_account_of(&turn, leaving.at), &leaving.usage).await?;
    reserve::settle(db, id).await
}

fn on_account_of(turn: &OpenTurn, at: i64) -> OnAccountOf<'_> {
    OnAccountOf {
        turn: turn.id,
        attempt: i64::from(turn.attempt),
        user: turn.author,
        guild: turn.audience.guild(),
        persona: &turn.persona,
        at,
    }
}

async fn close(db: &mut SqliteConnection, id: TurnId, closing: &Closing) -> Result<()> {
    let turn = turn::find(db, id).await?.ok_or(StoreError::NoSuchTurn(id))?;
    if turn.state == TurnState::Joined {
        return Err(StoreError::TurnState { turn: id, state: turn.state });
    }
    let Some(ended) = end(db, id, closing).await? else {
        return Err(StoreError::TurnState { turn: id, state: turn.state });
    };
    usage::record(db, &on_account_of(&turn, closing.at), &closing.usage).await?;
    reserve::settle(db, id).await?;
    if ended.is_erased || !closing.may_be_tried_again() {
        replies::cut(db, id, 0).await?;
    }
    match (ended.question, closing.answer.as_deref()) {
        (Some(question), Some(answer)) if !ended.is_erased => {
            keep(db, &turn, question, (answer, closing)).await
        }
        _ => Ok(()),
    }
}

/// A turn that was closed just now.
struct Ended {
    /// `None`: it never began.
    question: Option<EntryId>,
    is_erased: bool,
}

/// Ends the turn and those that are joined to it. `None`: it was closed before. A turn that never began and may be
/// retried keeps its text, because that is nowhere else yet.
async fn end(db: &mut SqliteConnection, turn: TurnId, closing: &Closing) -> Result<Option<Ended>> {
    let turn = turn.get();
    let state = closing.outcome.state();
    let (cause, keeps_text) = (closing.cause.as_deref().map(usage::code), closing.may_be_tried_again());
    let ended = sqlx::query!(
        r#"UPDATE turn
           SET state = ?2, cause = ?3, closed_at = ?4, interaction_token = NULL,
               speaker = iif(?5, speaker, NULL), text = iif(?5, text, NULL),
               author_id = iif(erased_at IS NULL, author_id, NULL)
           WHERE id IN (SELECT ?1 UNION ALL SELECT id FROM turn WHERE joined_into = ?1) AND closed_at IS NULL
           RETURNING id AS "id!", question_id AS "question_id?", erased_at AS "erased_at?""#,
        turn,
        state,
        cause,
        closing.at,
        keeps_text
    )
    .fetch_all(db)
    .await?;
    Ok(ended
        .into_iter()
        .find(|row| row.id == turn)
        .map(|row| Ended { question: row.question_id.map(EntryId::new), is_erased: row.erased_at.is_some() }))
}

async fn keep(
    db: &mut SqliteConnection,
    turn: &OpenTurn,
    question: EntryId,
    (text, closing): (&str, &Closing),
) -> Result<()> {
    let new = NewEntry {
        scope: turn.scope,
        conversation: turn.conversation,
        parent: Some(question),
        role: EntryRole::Persona,
        author: None,
        speaker: closing.speaker.as_deref(),
        text,
        at: closing.at,
        history_from: closing.history_from,
        turn: turn.id,
    };
    let answer = entries::insert(db, new).await?;
    messages::link_answer(db, &closing.messages, answer).await?;
    lead_to(db, turn, (question, answer)).await
}

/// Both become the shown ones among their siblings, and the conversation goes on behind the answer: four statements on
/// one way to the database and back. A parent in another conversation shows its own children.
async fn lead_to(
    db: &mut SqliteConnection,
    turn: &OpenTurn,
    (question, answer): (EntryId, EntryId),
) -> Result<()> {
    let (id, conversation) = (turn.id.get(), turn.conversation.get());
    let (question, answer) = (question.get(), answer.get());
    sqlx::query!(
        "UPDATE entry SET active_child_id = child.id
         FROM (SELECT id, parent_id, conversation_id FROM entry WHERE id = ?) AS child
         WHERE entry.id = child.parent_id AND entry.conversation_id = child.conversation_id;
         UPDATE entry SET active_child_id = child.id
         FROM (SELECT id, parent_id, conversation_id FROM entry WHERE id = ?) AS child
         WHERE entry.id = child.parent_id AND entry.conversation_id = child.conversation_id;
         UPDATE conversation SET head_id = ? WHERE id = ?;
         UPDATE turn SET answer_id = ? WHERE id = ?",
        answer,
        question,
        answer,
        conversation,
        answer,
        id
    )
    .execute(db)
    .await?;
    Ok(())
}
