//! Whether a session may begin, and its beginning.

use super::frame::{Close, Identify};
use super::greeting::greet;
use super::lines::Line;
use super::session::Terms;
use super::sessions::Hold;
use super::shard::Shard;
use super::starts::Start;
use crate::emulator::state::State;

/// Guilds that one shard may have.
const MOST_GUILDS: usize = 2_500;

/// What an IDENTIFY leads to, when it is not refused by a close code.
pub(super) enum Beginning {
    Begun(Hold),
    /// The client has to wait and try again.
    TooSoon,
}

/// Why the connection is closed: a code, and what it means.
pub(super) type Refused = (u16, &'static str);

/// Takes one of the session starts that remain, and begins a session. `resume_url` is where it is taken up again.
pub(super) fn identify(
    state: &mut State,
    identify: &Identify,
    line: &Line,
    resume_url: &str,
) -> Result<Beginning, Refused> {
    state.sessions.identifies += 1;
    if let Some(code) = state.sessions.refusal {
        return Err((code, "Refused."));
    }
    let terms = terms(state, identify).map_err(Close::code_and_reason)?;
    let (now, limits) = (state.now(), state.limits.are_enabled());
    match state.sessions.budget.take(now, limits) {
        Start::Granted => {}
        Start::TooSoon => return Ok(Beginning::TooSoon),
        Start::Spent => {
            state.journal.unexpected("IDENTIFY without a session start left: the token is reset".to_owned());
            return Err(Close::AuthenticationFailed.code_and_reason());
        }
    }
    let id = format!("{:032x}", rand::random::<u128>());
    let hold = state.sessions.begin(id, terms, line);
    greet(state, &hold, resume_url);
    Ok(Beginning::Begun(hold))
}

fn terms(state: &State, identify: &Identify) -> Result<Terms, Close> {
    let shard = identify.shard()?;
    let intents = identify.intents(state.rules.message_content)?;
    // Discord permits several counts side by side, for a bot that changes its count while it runs. Ours never does.
    if state.sessions.shards().any(|other| other.count != shard.count) {
        return Err(Close::InvalidShard);
    }
    if guilds_of(state, shard) > MOST_GUILDS {
        return Err(Close::ShardingRequired);
    }
    Ok(Terms { intents, shard, packed: identify.compress })
}

fn guilds_of(state: &State, shard: Shard) -> usize {
    state.world.guilds.iter().filter(|guild| shard.admits(Some(guild.id))).count()
}
