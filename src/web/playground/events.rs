//! One stream of events per page: what changed is drawn anew and sent.
//!
//! A stream begins with the whole channel and with what was never answered in it, so a page that lost its connection
//! only has to connect again.

use std::collections::{BTreeSet, VecDeque};
use std::convert::Infallible;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use serde::Serialize;
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use super::page::{self, Asked};
use super::panel::Gauge;
use super::scene::{Facts, Scene};
use super::{Shared, answering, commands, message, places};
use crate::emulator::{Change, Emulator, InteractionState, InteractionView};
use crate::ids::{ChannelId, InteractionId, MessageId, PersonaId, UserId};

/// 503 when too many pages watch already: the page tries again by itself.
pub(super) async fn stream(State(shared): State<Shared>, Query(asked): Query<Asked>) -> Response {
    let Ok(place) = shared.streams.clone().try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many pages are open").into_response();
    };
    let Some(feed) = Feed::begin(shared, &asked, place).await else {
        return (StatusCode::NOT_FOUND, "there is nothing to watch").into_response();
    };
    let events = unfold(feed, |mut feed| async { Some((Ok::<_, Infallible>(feed.next().await?), feed)) });
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}

struct Feed {
    shared: Shared,
    viewer: UserId,
    channel: ChannelId,
    changes: Receiver<Change>,
    gauge: Gauge,
    /// Who answered here when the head was last drawn.
    persona: Option<PersonaId>,
    ready: VecDeque<Event>,
    _place: OwnedSemaphorePermit,
}

/// How much of what was never answered is told again.
const UNANSWERED: usize = 20;

/// What happened since the last look. A reply that grew ten times is drawn once.
#[derive(Default)]
struct News {
    everything: bool,
    places: bool,
    commands: bool,
    typing: bool,
    /// Somebody may answer now who did not before.
    head: bool,
    presence: bool,
    messages: BTreeSet<MessageId>,
    unanswered: Vec<InteractionId>,
    answered: Vec<InteractionId>,
    elsewhere: BTreeSet<ChannelId>,
}

#[derive(Serialize)]
struct Whole {
    page: Facts,
    head: String,
    places: String,
    messages: String,
}

impl Feed {
    async fn begin(shared: Shared, asked: &Asked, place: OwnedSemaphorePermit) -> Option<Self> {
        let emulator = &shared.playground.emulator;
        // Watched first, drawn afterwards: what happens in between is only drawn twice.
        let changes = emulator.changes();
        let scene = Scene::near(emulator, asked.channel, asked.viewer)?;
        let (viewer, channel) = (scene.viewer, scene.channel);
        let (gauge, ready) = (Gauge::of(&shared.panel), VecDeque::new());
        let mut feed = Self { shared, viewer, channel, changes, gauge, persona: None, ready, _place: place };
        feed.draw_whole(&scene).await;
        feed.draw_panel();
        Some(feed)
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            let shutdown = self.shared.shutdown.clone();
            let news = shutdown.unless_begun(self.news()).await??;
            self.draw(&news).await;
            self.draw_panel();
        }
    }

    /// Waits for a change and takes what else came with it.
    async fn news(&mut self) -> Option<News> {
        let mut news = News::default();
        let change = tokio::select! {
            change = self.changes.recv() => Some(change),
            is_presence = self.gauge.moved() => {
                news.presence = is_presence;
                None
            }
        };
        match change {
            Some(Ok(change)) => self.note(&mut news, change),
            Some(Err(RecvError::Lagged(_))) => news.everything = true,
            Some(Err(RecvError::Closed)) => return None,
            None => {}
        }
        loop {
            match self.changes.try_recv() {
                Ok(change) => self.note(&mut news, change),
                Err(TryRecvError::Lagged(_)) => news.everything = true,
                Err(TryRecvError::Empty | TryRecvError::Closed) => return Some(news),
            }
        }
    }

    fn note(&self, news: &mut News, change: Change) {
        match change {
            Change::MessageCreated { channel, message } if channel != self.channel => {
                if self.is_news_to_viewer(message) {
                    news.elsewhere.insert(channel);
                }
            }
            Change::MessageCreated { channel, message }
            | Change::MessageEdited { channel, message }
            | Change::MessageDeleted { channel, message } => {
                if channel == self.channel {
                    news.messages.insert(message);
                }
            }
            Change::Channel { .. } => news.places = true,
            Change::CommandsRegistered => news.commands = true,
            Change::Typing { channel, user } => news.typing |= channel == self.channel && user != self.viewer,
            Change::Interaction { id, channel, user, state: InteractionState::DidNotRespond } => {
                if channel == self.channel && user == self.viewer {
                    news.unanswered.push(id);
                }
            }
            Change::Interaction { id, channel, user, state: InteractionState::Answered } => {
                // A command may have chosen another persona, for a thread also in its parent.
                news.head = true;
                if channel == self.channel && user == self.viewer {
                    news.answered.push(id);
                }
            }
            Change::Interaction { .. } | Change::MembersRequested | Change::RequestFailed => {}
            Change::BotConnected | Change::BotResumed | Change::BotDisconnected => news.presence = true,
        }
    }

    fn is_news_to_viewer(&self, message: MessageId) -> bool {
        let message = self.shared.playground.emulator.message(message);
        message.is_some_and(|message| {
            message.author.id != self.viewer && message.only_for.is_none_or(|only| only == self.viewer)
        })
    }

    async fn draw(&mut self, news: &News) {
        let emulator = self.shared.playground.emulator.clone();
        let Some(scene) = Scene::near(&emulator, Some(self.channel), Some(self.viewer)) else { return };
        if news.everything || scene.channel != self.channel {
            self.channel = scene.channel;
            return self.draw_whole(&scene).await;
        }
        if news.head {
            self.draw_head(&scene).await;
        }
        self.draw_surroundings(&scene, news);
        self.ready.extend(news.messages.iter().filter_map(|id| changed(&scene, &emulator, *id)));
        let late = news.unanswered.iter().filter_map(|id| emulator.interaction(*id));
        self.ready.extend(late.map(|interaction| unanswered(&scene, &interaction)));
        self.ready.extend(news.answered.iter().filter_map(|id| answered(&emulator, *id)));
        let visible = news.elsewhere.iter().filter(|channel| scene.world.can_view(self.viewer, **channel));
        self.ready.extend(visible.map(|channel| event("unread", &json!({ "channel": channel }))));
    }

    fn draw_surroundings(&mut self, scene: &Scene, news: &News) {
        let emulator = &self.shared.playground.emulator;
        if news.places {
            self.ready.push_back(event("places", &json!({ "html": places::show(scene).into_string() })));
        }
        if news.commands {
            let commands = commands::flatten(&emulator.commands());
            self.ready.push_back(event("commands", &json!({ "commands": commands })));
        }
        if news.presence {
            let absence = answering::absence(&self.shared, scene.bot_name());
            self.ready.push_back(event("presence", &json!({ "absence": absence })));
        }
        if news.typing {
            self.ready.push_back(event("typing", &json!({ "name": scene.bot_name() })));
        }
    }

    async fn draw_whole(&mut self, scene: &Scene) {
        let persona = answering::persona_in(&self.shared, self.channel).await;
        self.persona = persona.as_ref().map(|persona| persona.id.clone());
        let emulator = &self.shared.playground.emulator;
        let personas = (self.shared.playground.personas)();
        let whole = Whole {
            page: scene.facts(&self.shared),
            head: page::head(scene, persona.as_deref(), &personas).into_string(),
            places: places::show(scene).into_string(),
            messages: page::messages(scene, emulator).into_string(),
        };
        self.ready.push_back(event("channel", &whole));
        let old = emulator.unanswered(self.channel, self.viewer);
        let recent = &old[old.len().saturating_sub(UNANSWERED)..];
        self.ready.extend(recent.iter().map(|interaction| unanswered(scene, interaction)));
    }

    /// What was done to the bot, and what came of it.
    fn draw_panel(&mut self) {
        self.ready.extend(self.gauge.read().map(|reading| event("panel", reading)));
    }

    async fn draw_head(&mut self, scene: &Scene) {
        let persona = answering::persona_in(&self.shared, self.channel).await;
        let id = persona.as_ref().map(|persona| persona.id.clone());
        if id == self.persona {
            return;
        }
        self.persona = id;
        let personas = (self.shared.playground.personas)();
        let head = page::head(scene, persona.as_deref(), &personas).into_string();
        self.ready.push_back(event("head", &json!({ "html": head })));
    }
}

fn changed(scene: &Scene, emulator: &Emulator, id: MessageId) -> Option<Event> {
    let Some(message) = emulator.message(id) else { return Some(event("gone", &json!({ "id": id }))) };
    let visible = message.only_for.is_none_or(|only| only == scene.viewer);
    let html = || message::show(scene, emulator, &message).into_string();
    visible.then(|| event("put", &json!({ "id": id, "html": html() })))
}

/// The page shows it only when it asked, and once.
fn unanswered(scene: &Scene, interaction: &InteractionView) -> Event {
    let html = message::unanswered(scene, interaction).into_string();
    event("unanswered", &json!({ "id": interaction.id, "html": html }))
}

/// Nobody waits any longer; the answer itself may stand anywhere.
fn answered(emulator: &Emulator, id: InteractionId) -> Option<Event> {
    let pressed = emulator.interaction(id)?.pressed;
    Some(event("answered", &json!({ "id": id, "pressed": pressed })))
}

fn event(kind: &str, data: &impl Serialize) -> Event {
    Event::default().event(kind).json_data(data).unwrap_or_default()
}
