//! The whole page, and the parts of it that change with the channel.

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Deserialize;

use super::markup::without_overrides;
use super::scene::Scene;
use super::{Shared, answering, assets, avatar, message, panel, places, side};
use crate::emulator::Emulator;
use crate::emulator::world::User;
use crate::ids::{ChannelId, UserId};
use crate::persona::{Library, Persona};
use crate::web::security::Nonce;

/// How many messages of a channel are shown.
const SHOWN: usize = 100;

const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Cpath \
    fill='%23a3411d' d='M16 3 30 28H2z'/%3E%3Cpath fill='%23e2bd4a' d='M16 3 30 28H16z'/%3E%3C/svg%3E";

#[derive(Deserialize)]
pub(super) struct Asked {
    pub(super) channel: Option<ChannelId>,
    #[serde(rename = "as")]
    pub(super) viewer: Option<UserId>,
}

pub(super) async fn show(
    State(shared): State<Shared>,
    Extension(nonce): Extension<Nonce>,
    Query(asked): Query<Asked>,
) -> Response {
    match Scene::near(&shared.playground.emulator, asked.channel, asked.viewer) {
        Some(scene) => {
            let persona = answering::persona_in(&shared, scene.channel).await;
            Html(whole(&shared, &scene, persona.as_deref(), &nonce).into_string()).into_response()
        }
        None => (StatusCode::NOT_FOUND, "There is nobody here as whom one could type.").into_response(),
    }
}

fn whole(shared: &Shared, scene: &Scene, persona: Option<&Persona>, nonce: &Nonce) -> Markup {
    let facts = serde_json::to_string(&scene.facts(shared)).unwrap_or_default();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (scene.title()) " · Prism playground" }
                link rel="icon" href=(ICON);
                script nonce=(nonce) { (PreEscaped(assets::THEME)) }
                link rel="stylesheet" nonce=(nonce) href=(*assets::STYLE_ADDRESS);
                script type="module" nonce=(nonce) src=(*assets::SCRIPT_ADDRESS) {}
            }
            body data-page=(facts) {
                a.skip href="#composer" { "Skip to the message box" }
                (top(&shared.playground.model_line))
                (rail(scene))
                (conversation(shared, scene, persona))
                aside id="side" aria-label="Personas" { (side::show(&(shared.playground.personas)())) }
                (jump())
                div id="toasts" role="alert" {}
                div.unseen id="announcer" aria-live="polite" {}
            }
        }
    }
}

fn top(model_line: &str) -> Markup {
    html! {
        header.top {
            button.plain.drawer id="open-rail" type="button" aria-expanded="false" aria-controls="rail" { "Channels" }
            div.brand {
                svg viewBox="0 0 32 32" aria-hidden="true" {
                    path d="M16 3 30 28H2z" fill="#a3411d" {}
                    path d="M16 3 30 28H16z" fill="#d9822b" {}
                    path d="M16 3 23 28h-7z" fill="#e2bd4a" {}
                }
                "Prism" small { "playground" }
            }
            p.source id="source" { (model_line) }
            button.plain id="theme" type="button" title="Change between day and night colours" { "Night" }
            button.plain.drawer id="open-side" type="button" aria-expanded="false" aria-controls="side" { "Personas" }
        }
    }
}

fn rail(scene: &Scene) -> Markup {
    html! {
        div id="rail" {
            nav.places id="places" aria-label="Channels" { (places::show(scene)) }
            fieldset id="as-user" {
                legend { "Type as" }
                div.people { @for person in scene.people() { (chooser(scene, person)) } }
            }
        }
    }
}

fn chooser(scene: &Scene, person: &User) -> Markup {
    let role = if scene.manages(person.id) { "manages" } else { "member" };
    html! {
        label {
            input type="radio" name="as" value=(person.id) checked[person.id == scene.viewer] autocomplete="off";
            (avatar::person(person.display_name(), person.color))
            span { (without_overrides(person.display_name())) small { (role) } }
        }
    }
}

fn conversation(shared: &Shared, scene: &Scene, persona: Option<&Persona>) -> Markup {
    let emulator = &shared.playground.emulator;
    html! {
        main {
            header.head id="head" { (head(scene, persona, &(shared.playground.personas)())) }
            (panel::show(&shared.panel))
            div id="messages" role="log" aria-live="off" aria-label="Messages" { (messages(scene, emulator)) }
            p.away id="away" role="status" hidden {}
            p id="typing" hidden { (message::dots()) bdi id="typing-name" {} " is typing…" }
            (hints(scene))
            (foot())
        }
    }
}

pub(super) fn head(scene: &Scene, persona: Option<&Persona>, personas: &Library) -> Markup {
    let topic = scene.current().and_then(|channel| channel.topic.as_deref());
    html! {
        h1 { bdi { (without_overrides(&scene.title())) } }
        @if scene.world.is_nsfw(scene.channel) { span.aged { "18+" } }
        @if let Some(topic) = topic { p.topic { (without_overrides(topic)) } }
        @if let Some(persona) = persona { (answering::line(personas, persona)) }
    }
}

pub(super) fn messages(scene: &Scene, emulator: &Emulator) -> Markup {
    let all = emulator.messages(scene.channel, scene.viewer);
    let recent = &all[all.len().saturating_sub(SHOWN)..];
    html! {
        div.opening { (opening(scene)) }
        @for message in recent { (message::show(scene, emulator, message)) }
    }
}

fn opening(scene: &Scene) -> Markup {
    let bot = without_overrides(scene.bot_name());
    html! {
        h2 { bdi { (without_overrides(&scene.title())) } }
        @if scene.is_direct() {
            p { "Everything you write here goes to " (bot) ". No mention is needed." }
        } @else {
            p { "Mention @" (bot) ", and whoever lives here answers. Reply to an answer to go on." }
        }
    }
}

fn hints(scene: &Scene) -> Markup {
    let hello = format!("@{} hello! Who are you?", scene.bot_name());
    html! {
        div.hints id="hints" role="note" hidden {
            strong { "Three things to try:" }
            button.plain type="button" data-action="hint" data-text=(hello) { "say hello" }
            button.plain type="button" data-action="hint" data-text="/persona use " { "call somebody else" }
            button.plain type="button" data-action="answer" { "answer a reply" }
            button.close id="hints-close" type="button" aria-label="Hide these suggestions" { "×" }
        }
    }
}

fn foot() -> Markup {
    html! {
        div.foot {
            button.plain id="below" type="button" hidden { "New messages ↓" }
            ul id="palette" role="listbox" aria-label="Suggestions" hidden {}
            form id="compose" autocomplete="off" {
                div.mode id="mode" hidden {
                    span id="mode-words" dir="auto" {}
                    label id="mode-ping" { input id="ping" type="checkbox" checked; " notify" }
                    button id="mode-leave" type="button" { "Cancel" span.unseen { " answering or changing" } }
                }
                div.box {
                    div id="words" {
                        textarea id="composer" rows="1" aria-label="Message" aria-controls="palette" aria-autocomplete="list"
                            autofocus {}
                        span.count id="count" hidden {}
                        button.strong id="send" type="submit" { "Send" }
                    }
                    div id="command" hidden {}
                }
            }
        }
    }
}

fn jump() -> Markup {
    html! {
        dialog id="jump" aria-label="Go to a channel" {
            input id="jump-to" type="text" role="combobox" aria-label="Go to" aria-expanded="true" aria-controls="jump-list"
                placeholder="Go to a channel or conversation" autocomplete="off";
            ul.choices id="jump-list" role="listbox" {}
        }
    }
}
