//! What a new session hears first: READY, then its guilds.

use serde_json::json;

use super::intents::Intents;
use super::sessions::Hold;
use crate::emulator::state::State;
use crate::emulator::wire;
use crate::emulator::world::Guild;

/// Tells a session who it is and which guilds it has. `resume_url` is where it is taken up again.
pub(super) fn greet(state: &mut State, hold: &Hold, resume_url: &str) {
    let Some(terms) = state.sessions.find_mut(&hold.session).map(|session| session.terms) else { return };
    let mine = |guild: &&Guild| terms.shard.admits(Some(guild.id));
    let guilds: Vec<_> = state.world.guilds.iter().filter(mine).collect();
    let unavailable: Vec<_> =
        guilds.iter().map(|guild| json!({ "id": guild.id, "unavailable": true })).collect();
    let ready = json!({
        "v": 10,
        "user": wire::own_user(&state.world),
        "guilds": unavailable,
        "session_id": hold.session,
        "resume_gateway_url": resume_url,
        "shard": [terms.shard.number, terms.shard.count],
        "application": { "id": state.world.application, "flags": 0 },
        "private_channels": [],
        "session_type": "normal",
        "_trace": [],
    });
    let wants_guilds = terms.intents.has(Intents::GUILDS);
    let guilds = if wants_guilds { guilds } else { Vec::new() };
    let full: Vec<_> = guilds.into_iter().map(|guild| wire::full_guild(state, guild).to_string()).collect();
    let Some(session) = state.sessions.find_mut(&hold.session) else { return };
    session.tell("READY", &ready.to_string());
    for guild in full {
        session.tell("GUILD_CREATE", &guild);
    }
}
