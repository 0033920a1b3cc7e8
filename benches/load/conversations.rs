//! Many conversations at once, each in a place of its own: who was asked what, and what people see grow.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use prism::emulator::model::{Answer, ModelServer, Received, tokens};
use prism::emulator::playground::KIM;
use prism::emulator::{ButtonAction, Change, Emulator, MessageView};
use prism::ids::ChannelId;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::MODEL;

pub(crate) const TOKENS: usize = 200;
pub(crate) const STREAMED: Duration = Duration::from_secs(10);
/// From the last question to the last answer. Nothing takes as long.
const PATIENCE: Duration = Duration::from_secs(120);
const STOP: &str = "v1:stop:";

/// Conversations whose answers are awaited.
pub(crate) struct Conversations<'a> {
    discord: &'a Emulator,
    changes: Receiver<Change>,
    all: Vec<Conversation>,
    by_channel: HashMap<ChannelId, usize>,
    /// What may be said.
    texts: HashSet<String>,
}

/// One question and what came of it.
pub(crate) struct Conversation {
    pub(crate) channel: ChannelId,
    pub(crate) asked: Instant,
    /// When there was a first word to read.
    pub(crate) visible: Option<Instant>,
    /// When there was everything to read, and nothing said that there is more.
    pub(crate) complete: Option<Instant>,
    pub(crate) edits: u32,
    shown: String,
    /// What the bot puts before its answer.
    quote: String,
}

/// The text of each answer that was scripted, in the order in which they are taken.
pub(crate) fn script(model: &ModelServer, count: usize) -> Vec<String> {
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let pace = TOKENS as f64 / STREAMED.as_secs_f64();
    let texts: Vec<String> = (0..count).map(text).collect();
    for text in &texts {
        model.script_for(MODEL, Answer::text(text).paced(pace));
    }
    texts
}

/// A text of its own for each, so that none can be taken for another's.
fn text(number: usize) -> String {
    const WORDS: [&str; 9] =
        ["the", "harbour", "lights", "came", "on", "while", "nobody", "said", "anything"];
    let words = (0..TOKENS - 1).map(|index| WORDS[(index * (number % 7 + 1) + number) % WORDS.len()]);
    let text = format!("{} {number}.", words.collect::<Vec<_>>().join(" "));
    debug_assert_eq!(tokens(&text).len(), TOKENS);
    text
}

impl<'a> Conversations<'a> {
    pub(crate) fn new(discord: &'a Emulator, texts: &[String]) -> Self {
        let texts = texts.iter().cloned().collect();
        Self { discord, changes: discord.changes(), all: Vec::new(), by_channel: HashMap::new(), texts }
    }

    /// Begins to look at a channel in which something is being asked. `quote`: what the bot puts before its answer.
    pub(crate) fn begin(&mut self, channel: ChannelId, asked: Instant, quote: String) {
        self.by_channel.insert(channel, self.all.len());
        self.all.push(Conversation {
            channel,
            asked,
            visible: None,
            complete: None,
            edits: 0,
            shown: String::new(),
            quote,
        });
    }

    /// Looks until every answer is complete, or for as long as anybody would.
    pub(crate) async fn read(mut self) -> Result<Vec<Conversation>> {
        let mut open = self.all.len();
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while open > 0 {
            let change = match tokio::time::timeout_at(deadline, self.changes.recv()).await {
                Ok(Ok(change)) => change,
                Ok(Err(RecvError::Lagged(missed))) => bail!("{missed} changes were not looked at"),
                Ok(Err(RecvError::Closed)) => bail!("the emulator has ended"),
                // What is missing is told by the figures.
                Err(_) => break,
            };
            open -= usize::from(self.look(change));
        }
        Ok(self.all)
    }

    /// Whether an answer became complete by this.
    fn look(&mut self, change: Change) -> bool {
        let now = Instant::now();
        let (Change::MessageCreated { channel, message } | Change::MessageEdited { channel, message }) =
            change
        else {
            return false;
        };
        let Some(&index) = self.by_channel.get(&channel) else { return false };
        let Some(message) = self.discord.message(message) else { return false };
        if message.author.id != self.discord.bot() || message.pending || message.content.is_empty() {
            return false;
        }
        let conversation = &mut self.all[index];
        let was_complete = conversation.complete.is_some();
        conversation.show(&message, now, &self.texts);
        !was_complete && conversation.complete.is_some()
    }
}

impl Conversation {
    fn show(&mut self, message: &MessageView, now: Instant, texts: &HashSet<String>) {
        self.edits = message.edits;
        let text = message.content.strip_prefix(&self.quote).unwrap_or_default();
        if !text.is_empty() {
            self.visible.get_or_insert(now);
        }
        text.clone_into(&mut self.shown);
        if texts.contains(text) && !grows(message) {
            self.complete.get_or_insert(now);
        }
    }

    /// Whether the text is this, and it is all that the bot said.
    pub(crate) fn is_exactly(&self, discord: &Emulator, text: &str) -> bool {
        let bot = discord.bot();
        let said = discord.messages(self.channel, KIM).into_iter().filter(|message| message.author.id == bot);
        self.shown == text && self.complete.is_some() && said.count() == 1
    }
}

/// Whether a message offers to be stopped.
fn grows(message: &MessageView) -> bool {
    let buttons = message.components.iter().flatten();
    buttons
        .into_iter()
        .any(|button| matches!(&button.action, ButtonAction::Press(id) if id.starts_with(STOP)))
}

/// The number of a question, which it ends with.
pub(crate) fn question(number: usize) -> String {
    format!("go on (#{number})")
}

/// Which question a request is about.
pub(crate) fn asked_in(request: &Received) -> Option<usize> {
    let said = request.body["messages"].as_array()?.last()?["content"].to_string();
    let (_, number) = said.rsplit_once("(#")?;
    number.split_once(')')?.0.parse().ok()
}
