//! The body of a request: the same question in the words that one server and one model understand.

use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};

use super::plan::Rung;
use super::price::MaxPrice;
use super::request::{Message, Request, Role};
use super::settings::{Flavour, Settings};

/// The longest `models` list that OpenRouter takes, the first choice included.
pub(super) const MOST_MODELS: usize = 3;

/// Asks a model to go on where another one broke off. The words that it repeats show where its own begin.
const GO_ON: &str = "Your last message was cut off while you were writing it. Continue it from exactly where it stops: \
                     repeat its last three words as they stand there, then go on. Do not begin again and do not comment.";

/// How one attempt differs from the plain question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct How {
    /// How often the history is halved.
    pub(super) halvings: u32,
    /// In place of the rung's own bound.
    pub(super) max_tokens: Option<u32>,
    pub(super) resume: Option<Resume>,
}

/// How a model is brought to go on with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resume {
    /// The text is the beginning of its own answer.
    Prefill,
    /// It is told.
    Instruction,
}

impl Resume {
    /// OpenRouter passes a last message of the assistant on as a beginning. Other servers may close it.
    pub(super) fn on(flavour: Flavour) -> Self {
        match flavour {
            Flavour::OpenRouter => Self::Prefill,
            Flavour::OpenAi => Self::Instruction,
        }
    }
}

/// What a request is made of.
pub(super) struct Draft<'a> {
    pub(super) settings: &'a Settings,
    pub(super) request: &'a Request,
    pub(super) rung: &'a Rung,
    /// Further models that OpenRouter may go on to, as it knows them.
    pub(super) then: &'a [String],
    /// What a provider may charge.
    pub(super) ceiling: MaxPrice,
    pub(super) how: &'a How,
    /// What was said so far, where it is to be continued.
    pub(super) said: &'a str,
}

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    models: Option<Vec<&'a str>>,
    messages: Messages<'a>,
    stream: bool,
    max_tokens: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(flatten)]
    dialect: Dialect<'a>,
}

/// The fields that only one kind of server is sent.
#[derive(Serialize)]
#[serde(untagged)]
enum Dialect<'a> {
    OpenRouter {
        #[serde(skip_serializing_if = "Option::is_none")]
        session_id: Option<&'a str>,
        #[serde(skip_serializing_if = "Routing::is_plain")]
        provider: Routing,
    },
    OpenAi {
        stream_options: StreamOptions,
    },
}

/// Which providers OpenRouter may choose.
#[derive(Serialize)]
struct Routing {
    #[serde(skip_serializing_if = "Option::is_none")]
    data_collection: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    zdr: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_price: Option<Dollars>,
}

/// US dollars for a million tokens, and for one request.
#[derive(Serialize)]
struct Dollars {
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completion: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<f64>,
}

impl Routing {
    /// Nothing is asked for: the field is left out.
    fn is_plain(&self) -> bool {
        self.data_collection.is_none() && !self.zdr && self.max_price.is_none()
    }
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Serialize)]
struct WireMessage<'a> {
    role: &'static str,
    content: Content<'a>,
}

/// A string where that says all: not every server knows parts.
#[derive(Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Text(&'a str),
    Named(String),
    Parts(Vec<Part<'a>>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part<'a> {
    Text { text: &'a str },
    ImageUrl { image_url: ImageUrl<'a> },
}

#[derive(Serialize)]
struct ImageUrl<'a> {
    url: &'a str,
}

/// Written as they are read: nothing of a long prompt is copied.
struct Messages<'a>(&'a Draft<'a>);

impl Draft<'_> {
    /// # Errors
    /// Never in practice: everything in it can be written as JSON.
    pub(super) fn json(&self) -> serde_json::Result<Vec<u8>> {
        let request = self.request;
        serde_json::to_vec(&Body {
            model: &self.rung.model,
            models: self.models(),
            messages: Messages(self),
            stream: true,
            max_tokens: self.how.max_tokens.unwrap_or(self.rung.max_tokens),
            temperature: request.temperature.filter(|_| self.rung.takes("temperature")),
            top_p: request.top_p.filter(|_| self.rung.takes("top_p")),
            user: request.user.as_deref(),
            dialect: self.dialect(),
        })
    }

    fn models(&self) -> Option<Vec<&str>> {
        let then = self.then.iter().map(String::as_str);
        (!self.then.is_empty())
            .then(|| [self.rung.model.as_str()].into_iter().chain(then).take(MOST_MODELS).collect())
    }

    fn dialect(&self) -> Dialect<'_> {
        match self.rung.flavour {
            Flavour::OpenRouter => Dialect::OpenRouter {
                session_id: self.request.session.as_deref(),
                provider: Routing {
                    data_collection: self.settings.deny_data_collection.then_some("deny"),
                    zdr: self.settings.zdr,
                    max_price: (self.ceiling != MaxPrice::default()).then(|| dollars(self.ceiling)),
                },
            },
            Flavour::OpenAi => Dialect::OpenAi { stream_options: StreamOptions { include_usage: true } },
        }
    }

    fn message<'a>(&self, message: &'a Message) -> WireMessage<'a> {
        let content = if message.images.is_empty() {
            Content::Text(&message.content)
        } else if self.rung.sees_images() {
            Content::Parts(parts(message))
        } else {
            Content::Named(named(message))
        };
        WireMessage { role: word(message.role), content }
    }
}

impl Serialize for Messages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(draft) = self;
        let halvings = draft.how.halvings.max(draft.rung.halvings);
        let mut messages = serializer.serialize_seq(None)?;
        for message in draft.request.kept(halvings) {
            messages.serialize_element(&draft.message(message))?;
        }
        if let Some(resume) = draft.how.resume {
            // Some providers refuse a beginning that ends in white space.
            let said = Content::Text(draft.said.trim_end());
            messages.serialize_element(&WireMessage { role: word(Role::Assistant), content: said })?;
            if resume == Resume::Instruction {
                let go_on = Content::Text(GO_ON);
                messages.serialize_element(&WireMessage { role: word(Role::User), content: go_on })?;
            }
        }
        messages.end()
    }
}

#[expect(clippy::cast_precision_loss, reason = "prices have few digits")]
fn dollars(price: MaxPrice) -> Dollars {
    let of = |pico: Option<i64>, unit: f64| pico.map(|pico| pico as f64 / unit);
    Dollars {
        prompt: of(price.prompt, 1e6),
        completion: of(price.completion, 1e6),
        request: of(price.request, 1e12),
    }
}

/// Text before pictures, as providers advise.
fn parts(message: &Message) -> Vec<Part<'_>> {
    let text = (!message.content.is_empty()).then_some(Part::Text { text: &message.content });
    let images =
        message.images.iter().map(|image| Part::ImageUrl { image_url: ImageUrl { url: &image.url } });
    text.into_iter().chain(images).collect()
}

fn named(message: &Message) -> String {
    message
        .images
        .iter()
        .fold(message.content.clone(), |text, image| format!("{text}\n[image: {}]", image.name))
}

fn word(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}
