//! Who answers here, and whether anybody can.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use maud::{Markup, html};

use super::{Shared, side};
use crate::ids::ChannelId;
use crate::persona::{Library, Persona};

/// Looks up who answers in a channel; `None` where that is not known.
pub type PersonaOf = Arc<dyn Fn(ChannelId) -> BoxFuture<'static, Option<Arc<Persona>>> + Send + Sync>;

pub(super) async fn persona_in(shared: &Shared, channel: ChannelId) -> Option<Arc<Persona>> {
    (shared.playground.persona_of)(channel).await
}

/// Stands in the head of the conversation. The script marks the persona's card by it.
pub(super) fn line(personas: &Library, persona: &Persona) -> Markup {
    html! {
        p.answering data-persona-id=(persona.id) { (side::portrait(personas, persona)) span { strong { (persona.name) } " answers here" } }
    }
}

/// Why nobody would answer now, in words; `None` while the bot is connected.
pub(super) fn absence(shared: &Shared, bot: &str) -> Option<String> {
    let emulator = &shared.playground.emulator;
    if emulator.sessions() > 0 {
        return None;
    }
    let is_known = emulator.waiting_sessions() > 0 && !shared.panel.is_between_two();
    Some(match emulator.identifies() {
        _ if is_known => format!("{bot} lost its connection and is coming back. It answers what it missed."),
        0 => format!("{bot} is still connecting. It does not see what is written before it is here."),
        _ => format!("{bot} is coming back. It does not see what is written before it is here."),
    })
}
