//! What the store promises, in plain lists.

use std::collections::{BTreeMap, BTreeSet};

use super::{Outcome, TurnState, channel_of};

#[derive(Default)]
pub(super) struct Reference {
    turns: Vec<Turn>,
    entries: Vec<Entry>,
    heads: BTreeMap<Conversation, usize>,
    /// Which entry a message shows.
    shown: BTreeMap<u64, usize>,
}

/// A channel, and whether Bo speaks.
pub(super) type Conversation = (u64, bool);

struct Turn {
    message: u64,
    conversation: Conversation,
    replies_to: Option<u64>,
    state: TurnState,
    question: Option<usize>,
    reply: Option<u64>,
    attempt: u32,
    erased: bool,
    joined_into: Option<usize>,
}

impl Turn {
    fn is_open(&self) -> bool {
        matches!(self.state, TurnState::Accepted | TurnState::Joined | TurnState::Answering)
    }
}

struct Entry {
    conversation: Conversation,
    parent: Option<usize>,
    by_persona: bool,
    text: Option<String>,
    removed: bool,
}

pub(super) enum Refused {
    State,
    Erased,
}

/// History, question and attempt.
pub(super) type Begun = (Vec<String>, Option<String>, u32);

impl Reference {
    pub(super) fn state(&self, turn: usize) -> TurnState {
        self.turns[turn].state
    }

    pub(super) fn conversation(&self, turn: usize) -> Conversation {
        self.turns[turn].conversation
    }

    pub(super) fn open_turns(&self) -> Vec<(usize, TurnState, Option<u64>)> {
        let is_own = |at: &usize| self.turns[*at].is_open() && self.turns[*at].state != TurnState::Joined;
        let mut open: Vec<_> = (0..self.turns.len()).filter(is_own).collect();
        open.sort_by_key(|at| (self.turns[*at].message, *at));
        open.into_iter().map(|at| (at, self.turns[at].state, self.turns[at].reply)).collect()
    }

    /// The turn it is known as, and its text.
    pub(super) fn arrive(
        &mut self,
        message: u64,
        bo: bool,
        replies_to: Option<u64>,
    ) -> (Option<usize>, String) {
        let conversation = (channel_of(message), bo);
        let known =
            self.turns.iter().position(|turn| turn.message == message && turn.conversation == conversation);
        if known.is_none() {
            let state = TurnState::Accepted;
            let turn = Turn {
                message,
                conversation,
                replies_to,
                state,
                question: None,
                reply: None,
                attempt: 0,
                erased: false,
                joined_into: None,
            };
            self.turns.push(turn);
        }
        (known, text_of(message, bo))
    }

    pub(super) fn begin(&mut self, at: usize) -> Result<Begun, Refused> {
        let turn = &self.turns[at];
        if !turn.is_open() || turn.state == TurnState::Joined {
            return Err(Refused::State);
        }
        if turn.erased {
            return Err(Refused::Erased);
        }
        let (message, conversation) = (turn.message, turn.conversation);
        let replied = turn.replies_to.and_then(|message| self.shown.get(&message).copied());
        let replied = replied.filter(|entry| self.entries[*entry].conversation.0 == conversation.0);
        let head = self.heads.get(&conversation).copied();
        let question = match turn.question {
            Some(question) => {
                let answered = self.entries.iter().any(|entry| entry.parent == Some(question));
                if replied.is_none() && head.is_some() && !answered {
                    self.entries[question].parent = head;
                }
                question
            }
            None => {
                let joined = self.joined_to(at);
                let others = joined.iter().filter(|one| !self.turns[**one].erased);
                let mut messages: Vec<_> = others.map(|one| self.turns[*one].message).collect();
                messages.push(message);
                messages.sort_unstable();
                let lines: Vec<_> =
                    messages.into_iter().map(|message| text_of(message, conversation.1)).collect();
                let question = self.say(conversation, replied.or(head), lines.join("\n"), false);
                self.shown.entry(message).or_insert(question);
                for one in joined {
                    self.turns[one].question = Some(question);
                    self.shown.entry(self.turns[one].message).or_insert(question);
                }
                question
            }
        };
        let turn = &mut self.turns[at];
        turn.question = Some(question);
        turn.state = TurnState::Answering;
        turn.attempt += 1;
        let attempt = turn.attempt;
        Ok((self.history(question), self.entries[question].text.clone(), attempt))
    }

    /// In the order of their messages.
    fn joined_to(&self, first: usize) -> Vec<usize> {
        let mut joined: Vec<_> =
            (0..self.turns.len()).filter(|at| self.turns[*at].joined_into == Some(first)).collect();
        joined.sort_by_key(|at| self.turns[*at].message);
        joined
    }

    pub(super) fn join(&mut self, first: usize, other: usize) {
        let waits =
            |at: usize| self.turns[at].state == TurnState::Accepted && self.turns[at].question.is_none();
        let together = self.turns[first].conversation == self.turns[other].conversation;
        if first != other && waits(first) && waits(other) && together && self.joined_to(other).is_empty() {
            self.turns[other].state = TurnState::Joined;
            self.turns[other].joined_into = Some(first);
        }
    }

    fn say(
        &mut self,
        conversation: Conversation,
        parent: Option<usize>,
        text: String,
        by_persona: bool,
    ) -> usize {
        self.entries.push(Entry { conversation, parent, by_persona, text: Some(text), removed: false });
        self.entries.len() - 1
    }

    fn history(&self, question: usize) -> Vec<String> {
        let mut texts = Vec::new();
        let mut next = self.entries[question].parent;
        while let Some(at) = next {
            texts.push(self.entries[at].text.clone().unwrap_or_else(|| "-".to_owned()));
            next = self.entries[at].parent;
        }
        texts.reverse();
        texts
    }

    pub(super) fn reply_sent(&mut self, at: usize) -> u64 {
        let message = self.answer_of(at).1;
        if self.turns[at].is_open() {
            self.turns[at].reply = Some(message);
        }
        message
    }

    /// What the persona says this time, and by which message.
    pub(super) fn answer_of(&self, at: usize) -> (String, u64) {
        let attempt = self.turns[at].attempt;
        (format!("answer {at}.{attempt}"), 1_000 + at as u64 * 100 + u64::from(attempt))
    }

    pub(super) fn close(&mut self, at: usize, outcome: Outcome, with_answer: bool) -> bool {
        let (answer, message) = self.answer_of(at);
        if !self.turns[at].is_open() || self.turns[at].state == TurnState::Joined {
            return false;
        }
        for one in self.joined_to(at) {
            // One that was erased before it failed did not come back when the others were tried again.
            if self.turns[one].is_open() {
                self.turns[one].state = outcome.state();
            }
        }
        let turn = &mut self.turns[at];
        turn.state = outcome.state();
        let conversation = turn.conversation;
        if let (Some(question), false, true) = (turn.question, turn.erased, with_answer) {
            let answer = self.say(conversation, Some(question), answer, true);
            self.heads.insert(conversation, answer);
            self.shown.insert(message, answer);
        }
        true
    }

    pub(super) fn reopen(&mut self, at: usize) -> bool {
        let turn = &mut self.turns[at];
        let failed = matches!(turn.state, TurnState::Failed | TurnState::Abandoned);
        if !failed || turn.erased || turn.joined_into.is_some() {
            return false;
        }
        turn.state = TurnState::Accepted;
        for one in self.joined_to(at) {
            if !self.turns[one].erased {
                self.turns[one].state = TurnState::Joined;
            }
        }
        true
    }

    /// How many entries are erased by it.
    pub(super) fn delete(&mut self, message: u64) -> u64 {
        let mut doomed: BTreeSet<usize> = self.shown.get(&message).copied().into_iter().collect();
        let named = (0..self.turns.len()).filter(|at| self.turns[*at].message == message);
        let first_of = |at: usize| self.turns[at].joined_into.unwrap_or(at);
        for first in named.map(first_of).collect::<Vec<_>>() {
            for at in self.joined_to(first).into_iter().chain([first]) {
                doomed.extend(self.turns[at].question.filter(|_| self.turns[at].message == message));
                self.turns[at].erased = true;
            }
        }
        while let Some(next) = self.follower(&doomed) {
            doomed.insert(next);
        }
        self.shown.retain(|_, entry| !doomed.contains(entry));
        let erased = doomed.iter().filter(|at| self.entries[**at].text.take().is_some()).count();
        erased as u64
    }

    /// Something a persona said because of one of these.
    fn follower(&self, doomed: &BTreeSet<usize>) -> Option<usize> {
        (0..self.entries.len()).find(|at| {
            let entry = &self.entries[*at];
            let follows = entry.parent.is_some_and(|parent| doomed.contains(&parent));
            entry.by_persona && follows && !entry.removed && !doomed.contains(at)
        })
    }

    pub(super) fn forget(&mut self, conversation: Conversation) -> u64 {
        let gone: BTreeSet<usize> = (0..self.entries.len())
            .filter(|at| self.entries[*at].conversation == conversation && !self.entries[*at].removed)
            .collect();
        for entry in &mut self.entries {
            entry.parent = entry.parent.filter(|parent| !gone.contains(parent));
        }
        for at in &gone {
            self.entries[*at].removed = true;
        }
        self.heads.remove(&conversation);
        self.shown.retain(|_, entry| !gone.contains(entry));
        for turn in self.turns.iter_mut().filter(|turn| turn.conversation == conversation) {
            turn.erased |= !turn.is_open() || turn.question.is_some();
            turn.question = None;
        }
        gone.len() as u64
    }
}

fn text_of(message: u64, bo: bool) -> String {
    format!("question {message} to {}", if bo { "bo" } else { "ada" })
}
