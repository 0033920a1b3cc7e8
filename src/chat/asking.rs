//! From a beginning to a request: everything that is worked out between what the store has read of a turn and what it
//! sets aside for it. It runs inside the store's transaction, so it waits for nothing.

use std::sync::Arc;

use super::budget::{self, Account};
use super::turn::Question;
use super::{Engine, identity, prompt, window};
use crate::ids::{ConversationId, EntryId};
use crate::llm;
use crate::persona::Persona;
use crate::store::{Begun, Reservation};

/// What is known of a request before its question is read.
pub(crate) struct Asking {
    pub(crate) engine: Engine,
    pub(crate) persona: Arc<Persona>,
    pub(crate) conversation: ConversationId,
    pub(crate) account: Account,
    /// The model that the server has chosen.
    pub(crate) chosen: Option<String>,
    pub(crate) at: i64,
}

/// A turn that was begun.
pub(crate) enum Asked {
    /// The question was erased.
    Nothing,
    /// Somebody called the persona and said nothing.
    Called(Question),
    Model(Question, Box<Request>),
}

/// What a model is asked, and which ones may be.
pub(crate) struct Request {
    pub(crate) request: llm::Request,
    pub(crate) plan: llm::Plan,
    /// The oldest entry it shows.
    pub(crate) history_from: Option<EntryId>,
}

impl Asking {
    pub(crate) fn prepare(self, begun: &Begun) -> (Asked, Option<Reservation>) {
        let Some(text) = begun.question.text.clone() else { return (Asked::Nothing, None) };
        let only_called = text.trim().is_empty();
        let question = Question { speaker: begun.question.speaker.clone().unwrap_or_default(), text };
        if only_called {
            return (Asked::Called(question), None);
        }
        let request = self.request(begun);
        let limits = self.engine.inner.settings.budgets.limits();
        let reservation = budget::reservation(self.account, &request.plan, limits, self.at);
        (Asked::Model(question, Box::new(request)), reservation)
    }

    fn request(&self, begun: &Begun) -> Request {
        let (engine, persona) = (&self.engine, &self.persona);
        let tokens = engine.inner.settings.history_tokens;
        let window = window::cut(&begun.history, begun.history_from, tokens);
        let secret = engine.store().secret();
        let prompt = prompt::prompt(persona, window.entries, &begun.question);
        let request = llm::Request {
            messages: prompt.messages,
            history: prompt.history,
            models: engine.wanted(self.chosen.clone(), persona),
            max_tokens: persona.sampling.max_tokens,
            temperature: persona.sampling.temperature,
            top_p: persona.sampling.top_p,
            user: self.account.user.map(|author| identity::of_user(secret, author)),
            session: Some(identity::of_conversation(secret, self.conversation)),
        };
        let plan = engine.inner.parts.ladder.plan(&request);
        Request { request, plan, history_from: window.from }
    }
}
