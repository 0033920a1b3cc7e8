//! Tells sessions and watchers what happened.

use serde_json::Value;
use tokio::sync::broadcast;

use super::intents::Intents;
use super::session::Session;
use crate::emulator::event::{Change, Event};
use crate::emulator::state::State;
use crate::emulator::wire::{self, Content};

/// Empties the outbox. Nobody waits: sessions have buffers, watchers a bounded channel.
pub(in crate::emulator) fn deliver(state: &mut State, watchers: &broadcast::Sender<Change>) {
    for event in std::mem::take(&mut state.outbox) {
        tell_sessions(state, &event);
        if let Some(change) = event.change() {
            // Nobody may be watching.
            let _ = watchers.send(change);
        }
    }
}

fn tell_sessions(state: &mut State, event: &Event) {
    let intents = state.sessions.intents();
    let written: Vec<_> = intents.into_iter().map(|intents| payload(state, event, intents)).collect();
    for (session, written) in state.sessions.iter_mut().zip(written) {
        if let Some((name, body)) = written {
            dispatch(session, name, &body);
        }
    }
}

fn payload(state: &State, event: &Event, intents: Intents) -> Option<(&'static str, Value)> {
    let content = if state.rules.message_content { intents.content() } else { Content::Withheld };
    let (name, audience, body) = wire::event(state, event, content)?;
    intents.admits(audience).then_some((name, body))
}

/// Puts one event into a session's buffer.
pub(super) fn dispatch(session: &mut Session, name: &'static str, body: &Value) {
    session.push(|seq| format!(r#"{{"op":0,"t":"{name}","s":{seq},"d":{body}}}"#));
}
