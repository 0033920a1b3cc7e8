//! Turns in a row on one stage: what is read, who is asked, what is stored.

use prism::chat::{Budget, Budgets};
use prism::emulator::model::ModelServer;
use prism::emulator::playground::{GENERAL, KIM};
use prism::emulator::{Invocation, MessageView, Settings};
use prism::ids::{MessageId, TurnId};
use prism::llm;
use prism::persona::Library;
use prism::store::{TurnState, UsageRow};

use crate::harness::{Setting, Stage, within};

pub(crate) const OPERATOR: &str = "I cannot reach a language model: whoever runs me has to look at its key, credit or name. Your message is safe.";
pub(crate) const MODERATED: &str =
    "The model's provider would not take this message. Please say it another way.";
pub(crate) const TOO_LONG: &str = "This is more than my model can read at once. A shorter message will work.";
pub(crate) const BUSY: &str = "All my models are busy. Please try again in a minute.";
pub(crate) const BROKE_OFF: &str = "-# (the model broke off here)";
pub(crate) const BY_LIGHTER: &str = "-# written by `lighter/model`";
pub(crate) const IN_TURNS: &str = "-# begun by `first/model`, continued by `lighter/model`";

/// A request as it is stored: the model that was asked, and why it did not answer.
pub(crate) type Row<'a> = (&'a str, Option<&'a str>);

/// A conversation of one person with a bot whose models play up.
pub(crate) struct Play {
    pub(crate) stage: Stage,
    turns: i64,
    /// Requests that were looked at.
    seen: usize,
    /// What was read, to be the same at the end.
    shown: Vec<(MessageId, String)>,
    stored: Vec<Stored>,
    has_stopped: bool,
}

/// What is to be stored of a turn.
struct Stored {
    turn: i64,
    case: String,
    rows: Vec<(String, Option<String>)>,
}

impl Play {
    /// A bot that walks its ladder by itself, remembers no failure and has no budget: every turn is like the first one.
    pub(crate) async fn open(adjust: impl FnOnce(&mut llm::Settings)) -> Self {
        let mut stage = Self::stage().await;
        adjust(&mut stage.config.model);
        Self::on(stage).await
    }

    /// The stage of such a bot, not started yet.
    pub(crate) async fn stage() -> Stage {
        let emulator = Settings { limits: false, ..Settings::default() };
        let mut stage = Stage::set(Setting { emulator, ..Setting::default() }).await;
        let without = Budget { day: None, month: None };
        stage.config.chat.budgets = Budgets { user: without, guild: without, bot: without };
        let model = &mut stage.config.model;
        model.server_fallback = false;
        model.breaker.threshold = u32::MAX;
        stage
    }

    pub(crate) async fn on(mut stage: Stage) -> Self {
        stage.start().await;
        let (shown, stored) = (Vec::new(), Vec::new());
        Self { stage, turns: 0, seen: 0, shown, stored, has_stopped: false }
    }

    pub(crate) fn model(&self) -> &ModelServer {
        &self.stage.model
    }

    /// Kim asks something.
    pub(crate) fn asks(&mut self, question: &str) -> MessageId {
        self.turns += 1;
        self.stage.mention(question)
    }

    /// Kim asks something and reads exactly this at last.
    pub(crate) async fn reads(&mut self, question: &str, text: &str) -> MessageView {
        let question = self.asks(question);
        let answer = self.stage.answered(question, text).await;
        self.shown.push((answer.id, answer.content.clone()));
        answer
    }

    /// Kim asks something and is told why there is no answer.
    pub(crate) async fn is_told(&mut self, question: &str, words: &str) -> MessageView {
        let question = self.asks(question);
        let told = |message: &MessageView| {
            let rest = message.content.strip_prefix(words).and_then(|rest| rest.strip_prefix("\n-# "));
            message.reply_to == Some(question) && rest.is_some_and(|rest| rest.starts_with("reference "))
        };
        let answer = self.stage.sees(GENERAL, KIM, told).await;
        self.shown.push((answer.id, answer.content.clone()));
        answer
    }

    /// The models that were asked since the last look, in order.
    pub(crate) fn asked(&mut self) -> Vec<String> {
        let requests = self.stage.model.requests();
        let new = requests[self.seen..].iter().map(|request| request.model.clone()).collect();
        self.seen = requests.len();
        new
    }

    /// Says what is to be stored of the last turn.
    pub(crate) fn stores(&mut self, case: &str, rows: &[Row<'_>]) {
        let rows = rows.iter().map(|(model, failure)| ((*model).to_owned(), failure.map(str::to_owned)));
        self.stored.push(Stored { turn: self.turns, case: case.to_owned(), rows: rows.collect() });
    }

    /// Waits until the bot knows that its server lists this model.
    pub(crate) async fn knows(&self, model: &str) {
        let typed = Invocation::new("model show").with("model", model);
        let offered = async {
            loop {
                let choices = self.stage.discord.autocomplete(KIM, GENERAL, &typed, "model").await.unwrap();
                if choices.iter().any(|choice| choice.value == model) {
                    return;
                }
            }
        };
        within("the list of models is read", offered).await;
    }

    async fn stop(&mut self) {
        if !self.has_stopped {
            self.stage.stop().await;
            self.has_stopped = true;
        }
    }

    /// Stops the bot and gives the requests of a turn as they are stored, and how it was closed. Turns count from 1.
    pub(crate) async fn stored_of(&mut self, turn: i64) -> (Vec<UsageRow>, TurnState) {
        self.stop().await;
        let store = self.stage.store().await;
        let rows = store.usage_of_turn(TurnId::new(turn)).await.unwrap();
        let state = store.turn(TurnId::new(turn)).await.unwrap().unwrap().state;
        store.close().await;
        (rows, state)
    }

    /// Stops the bot and fails on anything that is not as it was said to be.
    pub(crate) async fn finish(mut self) {
        self.stop().await;
        for (message, text) in &self.shown {
            assert_eq!(&self.stage.discord.message(*message).unwrap().content, text, "it changed later");
        }
        let store = self.stage.store().await;
        for Stored { turn, case, rows } in &self.stored {
            let used = store.usage_of_turn(TurnId::new(*turn)).await.unwrap();
            let used: Vec<_> = used.into_iter().map(|row| (row.model, row.failure)).collect();
            assert_eq!(&used, rows, "{case}");
        }
        store.close().await;
        self.stage.finish().await;
    }
}

/// What the default persona says when no model answers.
pub(crate) fn own_words() -> String {
    Library::embedded().default_persona().failure.clone().unwrap()
}

/// The same model so many times.
pub(crate) fn times(model: &str, count: usize) -> Vec<String> {
    vec![model.to_owned(); count]
}
