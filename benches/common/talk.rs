//! One person mentions the bot and reads the answer; every moment is written down.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use prism::emulator::model::{Answer, ModelServer};
use prism::emulator::playground::{GENERAL, KIM};
use prism::emulator::{Change, Emulator};
use prism::ids::MessageId;

/// At this pace an answer takes about a second.
pub(crate) const TOKENS_PER_SECOND: f64 = 60.0;

const ANSWER: &str = "The harbour lights came on one after the other while we stood at the rail, and nobody said a word \
until the ferry had turned; then somebody laughed, the gulls went up all at once, and the whole grey evening seemed \
to remember that it had somewhere warmer to be before the last of the shops pulled down its shutters.";

const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Talk<'a> {
    pub(crate) discord: &'a Emulator,
    pub(crate) model: &'a ModelServer,
    /// The model whose requests are looked at.
    pub(crate) speaker: &'a str,
    /// What stands under each answer.
    pub(crate) footer: &'a str,
}

/// The moments of one turn.
pub(crate) struct Turn {
    dispatched: Instant,
    requested: Instant,
    first_token: Instant,
    last_token: Instant,
    visible: Instant,
    complete: Instant,
}

impl Talk<'_> {
    /// One turn. `pace`: tokens a second; all at once without.
    pub(crate) async fn turn(&self, number: usize, pace: Option<f64>) -> Result<Turn> {
        let text = format!("{ANSWER} ({number})");
        let answer = Answer::text(&text);
        let answer = match pace {
            Some(pace) => answer.paced(pace),
            None => answer,
        };
        self.model.script_for(self.speaker, answer);
        let whole = format!("{text}{}", self.footer);
        let mut changes = self.discord.changes();
        // Before the event is made: its way to the bot counts.
        let dispatched = Instant::now();
        let question =
            self.discord.say(KIM, GENERAL, &format!("<@{}> go on ({number})", self.discord.bot()))?;
        let (mut visible, mut shown) = (None, String::new());
        let complete = loop {
            let change = within(changes.recv()).await;
            let change = change.with_context(|| format!("answer {number} is not complete: {shown:?}"))??;
            let now = Instant::now();
            let Some(newest) = self.answer_in(change, question) else { continue };
            shown = newest;
            visible.get_or_insert(now);
            if shown == whole {
                break now;
            }
        };
        let request = loop {
            let request = within(self.model.wait_for_request()).await?;
            if request.model == self.speaker {
                break request;
            }
        };
        let request = within(self.model.wait_for_end(request.number)).await?.context("a request is gone")?;
        let (Some(visible), Some(first_token), Some(last_token)) =
            (visible, request.first_token_at, request.last_token_at)
        else {
            bail!("an answer without tokens");
        };
        Ok(Turn { dispatched, requested: request.at, first_token, last_token, visible, complete })
    }

    /// The text of the answer, when this change is about it.
    fn answer_in(&self, change: Change, question: MessageId) -> Option<String> {
        let (Change::MessageCreated { message, .. } | Change::MessageEdited { message, .. }) = change else {
            return None;
        };
        let message = self.discord.message(message)?;
        (message.reply_to == Some(question) && !message.content.is_empty()).then_some(message.content)
    }
}

impl Turn {
    pub(crate) fn to_request(&self) -> Duration {
        self.requested - self.dispatched
    }

    pub(crate) fn to_visible(&self) -> Duration {
        self.visible - self.first_token
    }

    pub(crate) fn to_complete(&self) -> Duration {
        self.complete - self.last_token
    }

    pub(crate) fn total(&self) -> Duration {
        self.complete - self.dispatched
    }
}

/// Waits, but not for ever.
pub(crate) async fn within<T>(coming: impl Future<Output = T>) -> Result<T> {
    tokio::time::timeout(PATIENCE, coming).await.context("waited in vain")
}
