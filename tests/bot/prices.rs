//! Prices that are easy to add up, and the books.

use std::sync::atomic::{AtomicU64, Ordering};

use prism::chat::{Budget, Budgets};
use prism::emulator::model::{Answer, Listed};
use prism::emulator::playground::{GENERAL, KIM};
use prism::emulator::{Invocation, MessageView, Settings};
use prism::ids::{ChannelId, MessageId, PersonaId, UserId};
use prism::status::now_ms;
use prism::store::{Accepted, Audience, Closing, NewTurn, Outcome, Payer, Spent, Trigger, UsageRow};

use crate::harness::{MODEL, Setting, Stage, within};

/// A thousandth of a dollar in nano-dollars.
pub(crate) const MILLI: i64 = 1_000_000;

/// What the model server's account holds at the beginning, in nano-dollars.
const CREDIT: i64 = 1_000_000 * MILLI;

pub(crate) const UNBOUND: Budget = Budget { day: None, month: None };
pub(crate) const UNBOUNDED: Budgets = Budgets { user: UNBOUND, guild: UNBOUND, bot: UNBOUND };

/// A model that costs this much for a request, in dollars, and nothing else.
pub(crate) fn flat(model: &str, dollars: &str) -> Listed {
    Listed::new(model).free().request_price(dollars)
}

/// A model that costs a millionth of a dollar for each token of a reply, and nothing else.
pub(crate) fn by_token(model: &str) -> Listed {
    Listed::new(model).free().priced("0", "0.000001")
}

/// Milliseconds since 1970.
pub(crate) fn now() -> i64 {
    now_ms().cast_signed()
}

impl Stage {
    /// A stage that is not started yet, without Discord's rate limits, whose ladder has these models.
    pub(crate) async fn selling(models: Vec<Listed>, budgets: Budgets) -> Self {
        let emulator = Settings { limits: false, ..Settings::default() };
        Self::selling_in(Setting { emulator, ..Setting::default() }, models, budgets).await
    }

    pub(crate) async fn selling_in(setting: Setting, models: Vec<Listed>, budgets: Budgets) -> Self {
        let mut stage = Self::set(setting).await;
        stage.config.model.models = models.iter().map(|model| model.id.clone()).collect();
        stage.config.chat.budgets = budgets;
        stage.model.list(models);
        stage.model.set_credit(Some(CREDIT));
        stage
    }

    /// Starts the bot and waits until it knows the models.
    pub(crate) async fn open_shop(&mut self) {
        self.start().await;
        within("the list of models", self.listed()).await;
    }

    async fn listed(&self) {
        while self.suggested(KIM, GENERAL, ("model show", "")).await.is_empty() {}
    }

    /// The models that are suggested while somebody types.
    pub(crate) async fn suggested(
        &self,
        person: UserId,
        channel: ChannelId,
        (command, typed): (&str, &str),
    ) -> Vec<(String, String)> {
        let invocation = Invocation::new(command).with("model", typed);
        let choices = self.discord.autocomplete(person, channel, &invocation, "model").await.unwrap();
        let value = |value: serde_json::Value| value.as_str().unwrap().to_owned();
        choices.into_iter().map(|choice| (choice.name, value(choice.value))).collect()
    }

    /// Somebody asks, and some model answers "Yes.".
    pub(crate) async fn answers(&self, person: UserId, channel: ChannelId) -> MessageView {
        self.model.script(Answer::text("Yes."));
        self.asks(person, channel, |message| message.content.starts_with("Yes.")).await
    }

    /// Somebody asks and reads something that fits.
    pub(crate) async fn asks(
        &self,
        person: UserId,
        channel: ChannelId,
        fits: impl Fn(&MessageView) -> bool,
    ) -> MessageView {
        let question = self.mention_in(channel, person, "well?");
        self.sees(channel, person, |message| message.reply_to == Some(question) && fits(message)).await
    }

    /// What somebody is told by a command, and nobody else.
    pub(crate) async fn whispered(
        &self,
        person: UserId,
        channel: ChannelId,
        invocation: &Invocation,
    ) -> String {
        let asked = self.discord.invoke(person, channel, invocation).unwrap();
        let told = self.replied(asked, |_| true).await;
        assert_eq!(told.only_for, Some(person), "{told:#?}");
        told.content
    }

    /// What the model server has charged by now, in nano-dollars.
    pub(crate) fn charged(&self) -> i64 {
        CREDIT - self.model.credit().unwrap()
    }

    /// The models that were asked by now.
    pub(crate) fn asked_models(&self) -> Vec<String> {
        self.model.requests().into_iter().map(|request| request.model).collect()
    }

    /// Writes down, beside a bot that does not run, that somebody has spent this much.
    pub(crate) async fn has_spent(&self, author: UserId, audience: Audience, nano_usd: i64) {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let store = self.store().await;
        let turn = NewTurn {
            trigger: Trigger::Message(MessageId::new(NEXT.fetch_add(1, Ordering::Relaxed))),
            persona: PersonaId::parse("odile").unwrap(),
            audience,
            author,
            speaker: "somebody".to_owned(),
            text: "earlier".to_owned(),
            replies_to: None,
            only_one: true,
            at: now(),
        };
        let Accepted::New(turn, ..) = store.accept_turn(turn).await.unwrap() else { panic!("known") };
        let used = UsageRow { model: MODEL.to_owned(), cost_nano_usd: Some(nano_usd), ..UsageRow::default() };
        let closing = Closing {
            outcome: Outcome::Done,
            answer: None,
            speaker: None,
            messages: Vec::new(),
            history_from: None,
            usage: vec![used],
            cause: None,
            at: now(),
        };
        store.close_turn(turn, closing).await.unwrap();
        store.close().await;
    }

    /// The books of a bot that does not run.
    pub(crate) async fn spent(&self, payer: Payer) -> Spent {
        let store = self.store().await;
        let spent = store.spent(payer, now()).await.unwrap();
        store.close().await;
        spent
    }
}
