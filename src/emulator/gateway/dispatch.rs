//! Tells sessions and watchers what happened.

use tokio::sync::broadcast;

use super::intents::Intents;
use crate::emulator::event::{Change, Event};
use crate::emulator::state::State;
use crate::emulator::wire::{self, Content};
use crate::ids::{ChannelId, GuildId};

/// An event's name and body.
type Written = Option<(&'static str, String)>;

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
    // Taken out, so that the rest of the state can be read meanwhile.
    let mut sessions = std::mem::take(&mut state.sessions);
    let guild = guild_of(state, event);
    // Most sessions have the same intents.
    let mut written: Option<(Intents, Written)> = None;
    let holding = sessions.holding;
    for session in sessions.iter_mut().filter(|session| session.terms.shard.admits(guild)) {
        let intents = session.terms.intents;
        if written.as_ref().is_none_or(|(known, _)| *known != intents) {
            written = Some((intents, write(state, event, intents)));
        }
        match &written {
            Some((_, Some((name, body)))) if holding => session.hold_back(name, body.clone()),
            Some((_, Some((name, body)))) => session.tell(name, body),
            _ => {}
        }
    }
    state.sessions = sessions;
}

fn write(state: &State, event: &Event, intents: Intents) -> Written {
    let content = if state.rules.message_content { intents.content() } else { Content::Withheld };
    let (name, audience, body) = wire::event(state, event, content)?;
    intents.admits(audience).then(|| (name, body.to_string()))
}

/// Whose shard is told; None is the first shard's.
fn guild_of(state: &State, event: &Event) -> Option<GuildId> {
    let of = |channel: ChannelId| state.world.channel(channel).and_then(|channel| channel.guild());
    match event {
        // Ephemeral messages come without a guild.
        Event::MessageCreated(message) | Event::MessageEdited(message) | Event::MessageDeleted(message) => {
            of(message.channel).filter(|_| message.only_for.is_none())
        }
        Event::ChannelCreated(channel) | Event::ChannelUpdated(channel) | Event::ChannelDeleted(channel) => {
            channel.guild()
        }
        Event::Typing { channel, .. } => of(*channel),
        Event::InteractionCreated(id) => of(state.interactions.get(*id)?.channel),
        Event::InteractionChanged { .. } | Event::CommandsRegistered => None,
    }
}
