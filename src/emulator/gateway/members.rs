//! Members of a guild, asked for over the gateway.

use serde_json::{Value, json};

use super::frame::{MembersWanted, OneOrMany};
use crate::emulator::wire;
use crate::emulator::world::{Guild, Member, World};
use crate::ids::UserId;

/// Members that one request names.
const MOST_NAMED: usize = 100;

/// The body of `GUILD_MEMBERS_CHUNK`; None where Discord would not answer.
pub(super) fn chunk(world: &World, wanted: &MembersWanted) -> Option<Value> {
    let guild = world.guild(wanted.guild_id)?;
    let named = match &wanted.user_ids {
        Some(OneOrMany::One(user)) => std::slice::from_ref(user),
        Some(OneOrMany::Many(users)) if users.len() <= MOST_NAMED => users,
        Some(OneOrMany::Many(_)) => return None,
        None => &[],
    };
    let found: Vec<_> = match wanted.user_ids {
        Some(_) => named.iter().filter_map(|user| guild.member(*user)).collect(),
        None => beginning_with(world, guild, wanted),
    };
    let missing: Vec<UserId> = named.iter().copied().filter(|user| guild.member(*user).is_none()).collect();
    let members: Vec<_> = found.into_iter().map(|own| wire::member(world, own)).collect();
    Some(json!({
        "guild_id": guild.id,
        "members": members,
        "chunk_index": 0,
        "chunk_count": 1,
        "not_found": missing,
        "nonce": wanted.nonce,
    }))
}

fn beginning_with<'a>(world: &World, guild: &'a Guild, wanted: &MembersWanted) -> Vec<&'a Member> {
    let query = wanted.query.as_deref().unwrap_or_default();
    let fits = |member: &&Member| world.user(member.user).is_some_and(|user| user.name.starts_with(query));
    let most = if wanted.limit == 0 { usize::MAX } else { wanted.limit };
    guild.members.iter().filter(fits).take(most).collect()
}
