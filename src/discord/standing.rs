//! What still stands of an answer that an earlier run of the process has begun.

use serde_json::Value;

use super::error::{self, Lasting};
use super::screen::{Asked, Destination, Screen};
use super::{Me, Surface};
use crate::chat::Turn;
use crate::governor::{Call, CallError, Class};
use crate::ids::{ChannelId, MessageId};
use crate::status::now_ms;
use crate::store::{Audience, Trigger};

/// How many pages of messages behind a question are searched for its answer.
const PAGES: usize = 5;

/// Where an answer can go on.
pub(crate) enum Standing {
    /// In these messages, and in new ones.
    Open(Screen),
    /// It can be ended here, not given.
    Ended(Screen),
    /// It may stand somewhere, and cannot be found.
    Unsure(Screen),
    /// Nowhere.
    Gone(Lasting),
    /// Discord does not say: the next start asks again.
    Unknown,
}

/// What a search for an answer has found.
enum Found {
    Answer(MessageId),
    Nothing,
    /// More messages than anybody would look through.
    TooMuch,
}

/// Looks after the answer to one turn.
pub(crate) struct Look<'a> {
    pub(crate) surface: &'a Surface,
    pub(crate) me: Me,
    pub(crate) turn: &'a Turn,
    /// It is answered if it can be; otherwise it is closed, and the screen knows what stands there.
    pub(crate) is_young: bool,
}

impl Look<'_> {
    pub(crate) async fn standing(&self) -> Standing {
        let channel = self.turn.audience().channel();
        match self.turn.trigger() {
            Trigger::Message(question) => {
                self.in_channel(channel, self.turn.replies_to().unwrap_or(*question)).await
            }
            Trigger::Interaction { id, token } => {
                let asked = Asked {
                    id: *id,
                    application: self.me.application,
                    token: token.clone(),
                    ephemeral: matches!(self.turn.audience(), Audience::Private { .. }),
                    channel,
                    persona: self.turn.persona().id.clone(),
                };
                self.of_interaction(asked).await
            }
        }
    }

    async fn in_channel(&self, channel: ChannelId, question: MessageId) -> Standing {
        let persona = self.turn.persona().id.clone();
        let destination = Destination::Channel { channel, question, persona };
        let mut known = self.turn.messages().to_vec();
        if known.is_empty() && self.must_search(question) {
            match self.search(channel, question).await {
                Ok(Found::Answer(answer)) => known.push(self.remembered(answer).await),
                Ok(Found::Nothing) => {}
                Ok(Found::TooMuch) => return Standing::Unsure(self.screen(destination, &[])),
                Err(failure) => return self.unseen(destination, &failure),
            }
        }
        match self.read(channel, &known).await {
            Ok(contents) => self.open(destination, &known, contents),
            Err(failure) => match Lasting::of(&failure) {
                // It may write where it may not read.
                Some(Lasting::MissingPermission) if self.is_young => {
                    self.open(destination, &known, Vec::new())
                }
                Some(lasting) => Standing::Gone(lasting),
                None => Standing::Unknown,
            },
        }
    }

    /// As long as Discord remembers its nonce, an answer cannot stand there twice.
    fn must_search(&self, question: MessageId) -> bool {
        let age = now_ms().saturating_sub(question.created_at_ms());
        !self.is_young || u128::from(age) >= self.surface.settings.nonce_memory.as_millis()
    }

    /// The first of our messages that replies to the question.
    async fn search(&self, channel: ChannelId, question: MessageId) -> Result<Found, CallError> {
        let mut after = question;
        for _ in 0..PAGES {
            let call = Call::ListMessages(channel, after);
            let page = self.surface.governor.call(call, Class::FirstWords, &()).await?;
            // The newest comes first.
            let messages = page.body.as_array().map(Vec::as_slice).unwrap_or_default();
            let answer = messages.iter().rev().find(|message| self.replies(message, question));
            if let Some(id) = answer.and_then(id_of) {
                return Ok(Found::Answer(id));
            }
            match messages.first().and_then(id_of) {
                Some(newest) if messages.len() >= Call::PAGE => after = newest,
                _ => return Ok(Found::Nothing),
            }
        }
        Ok(Found::TooMuch)
    }

    fn replies(&self, message: &Value, question: MessageId) -> bool {
        let is = |id: &Value, wanted: u64| id.as_str().and_then(|id| id.parse().ok()) == Some(wanted);
        is(&message["author"]["id"], self.me.user.get())
            && is(&message["message_reference"]["message_id"], question.get())
    }

    /// Writes down what was found, so that nobody has to search again.
    async fn remembered(&self, answer: MessageId) -> MessageId {
        if let Err(failure) = self.surface.engine.sent(self.turn.id(), answer, 0).await {
            tracing::error!(turn.id = %self.turn.id(), error = &failure as &dyn std::error::Error, "the id of a reply was not written");
        }
        answer
    }

    /// The search failed: whether an answer stands there is not known.
    fn unseen(&self, destination: Destination, failure: &CallError) -> Standing {
        match Lasting::of(failure) {
            Some(Lasting::ChannelGone) => Standing::Gone(Lasting::ChannelGone),
            Some(Lasting::Unreachable) | None => Standing::Unknown,
            Some(_) => Standing::Unsure(self.screen(destination, &[])),
        }
    }

    async fn of_interaction(&self, asked: Asked) -> Standing {
        let (is_public, application) = (!asked.ephemeral, asked.application);
        let (known, token) = (self.turn.messages(), || asked.token.clone());
        let original = [Call::GetOriginal(application, token())];
        let follow_ups = known.iter().skip(1).map(|id| Call::GetFollowUp(application, token(), *id));
        let (contents, has_moved) = match self.read_all(original.into_iter()).await {
            Ok(first) => (self.read_all(follow_ups).await.map(|more| [first, more].concat()), true),
            Err(failure) => (Err(failure), false),
        };
        match contents {
            Ok(contents) => self.open(Destination::Interaction(asked), known, contents),
            Err(failure) if !Lasting::ends_token(&failure) => Standing::Unknown,
            Err(_) if is_public && !known.is_empty() => self.after_token(asked, has_moved).await,
            Err(failure) => Standing::Gone(Lasting::of(&failure).unwrap_or(Lasting::TokenExpired)),
        }
    }

    /// The token has ended, or the answer has left it behind: its messages can be edited like any other.
    async fn after_token(&self, asked: Asked, has_moved: bool) -> Standing {
        let (channel, known) = (asked.channel, self.turn.messages());
        match self.read(channel, known).await {
            Ok(contents) if self.is_young && (has_moved || is_lead(&contents)) => {
                let question = MessageId::new(asked.id.get());
                let destination = Destination::Channel { channel, question, persona: asked.persona };
                let mut screen = self.screen(destination, known);
                if is_lead(&contents) {
                    screen.recall_lead(error::goes_on_below().to_owned());
                }
                Standing::Open(screen)
            }
            Ok(contents) => {
                let mut screen = self.screen(Destination::Ended { channel }, known);
                screen.recall(contents);
                Standing::Ended(screen)
            }
            Err(failure) => Lasting::of(&failure).map_or(Standing::Unknown, Standing::Gone),
        }
    }

    async fn read(&self, channel: ChannelId, known: &[MessageId]) -> Result<Vec<String>, CallError> {
        self.read_all(known.iter().map(|id| Call::GetMessage(channel, *id))).await
    }

    async fn read_all(&self, calls: impl Iterator<Item = Call>) -> Result<Vec<String>, CallError> {
        let mut contents = Vec::new();
        for call in calls {
            let found = self.surface.governor.call(call, Class::FirstWords, &()).await?;
            contents.push(found.body["content"].as_str().unwrap_or_default().to_owned());
        }
        Ok(contents)
    }

    fn open(&self, destination: Destination, known: &[MessageId], contents: Vec<String>) -> Standing {
        let mut screen = self.screen(destination, known);
        if !self.is_young {
            screen.recall(contents);
        }
        Standing::Open(screen)
    }

    fn screen(&self, destination: Destination, known: &[MessageId]) -> Screen {
        Screen::new(self.surface.governor.clone(), destination, known)
    }
}

/// The first message says that the answer stands below it.
fn is_lead(contents: &[String]) -> bool {
    contents.first().is_some_and(|first| first == error::goes_on_below())
}

fn id_of(message: &Value) -> Option<MessageId> {
    message["id"].as_str()?.parse().ok()
}
