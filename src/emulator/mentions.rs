//! Who a message pings. Pure: text, the sender's rights and the sender's wish go in, lists come out.

use super::world::{Guild, Permissions, RoleId, World};
use crate::ids::{ChannelId, UserId};

/// The people and roles a message pings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mentions {
    /// Named in the text.
    pub(super) users: Vec<UserId>,
    pub(super) roles: Vec<RoleId>,
    pub(super) everyone: bool,
    /// The author of the message replied to, when the reply pings.
    pub(super) replied: Option<UserId>,
}

impl Mentions {
    /// Everybody in Discord's `mentions` list, each once.
    pub(super) fn all_users(&self) -> Vec<UserId> {
        let replied = self.replied.filter(|user| !self.users.contains(user));
        self.users.iter().copied().chain(replied).collect()
    }
}

/// What a sender allows to be parsed: Discord's `allowed_mentions`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Allowed {
    pub(super) users: Choice<UserId>,
    pub(super) roles: Choice<RoleId>,
    pub(super) everyone: bool,
    pub(super) replied_user: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Choice<T> {
    All,
    Only(Vec<T>),
}

impl<T: PartialEq> Choice<T> {
    pub(super) const NONE: Self = Self::Only(Vec::new());

    fn admits(&self, id: &T) -> bool {
        match self {
            Self::All => true,
            Self::Only(list) => list.contains(id),
        }
    }
}

impl Allowed {
    /// What holds in an ordinary message that says nothing.
    pub(super) const fn everything() -> Self {
        Self { users: Choice::All, roles: Choice::All, everyone: true, replied_user: true }
    }

    /// What holds in an answer to an interaction that says nothing.
    pub(super) const fn users_only() -> Self {
        Self { users: Choice::All, roles: Choice::NONE, everyone: false, replied_user: true }
    }
}

/// Finds the mentions that count: allowed by the sender, permitted to `author`, and naming somebody who exists.
pub(super) fn find(
    world: &World,
    channel: ChannelId,
    author: Option<UserId>,
    text: &str,
    allowed: &Allowed,
) -> Mentions {
    let guild = world.channel(channel).and_then(|channel| channel.guild()).and_then(|id| world.guild(id));
    let may_ping_all = author
        .is_some_and(|author| world.permissions(author, channel).contains(Permissions::MENTION_EVERYONE));
    let mut found = Mentions::default();
    for piece in outside_code(text) {
        for tag in tags(piece) {
            match tag {
                Tag::User(id) => add_user(&mut found, world, guild, allowed, id),
                Tag::Role(id) => add_role(&mut found, guild, allowed, id, may_ping_all),
            }
        }
        found.everyone |= guild.is_some()
            && may_ping_all
            && allowed.everyone
            && (piece.contains("@everyone") || piece.contains("@here"));
    }
    found
}

fn add_user(found: &mut Mentions, world: &World, guild: Option<&Guild>, allowed: &Allowed, id: UserId) {
    let known = match guild {
        Some(guild) => guild.member(id).is_some(),
        None => world.user(id).is_some(),
    };
    if known && allowed.users.admits(&id) && !found.users.contains(&id) {
        found.users.push(id);
    }
}

fn add_role(found: &mut Mentions, guild: Option<&Guild>, allowed: &Allowed, id: RoleId, may_ping_all: bool) {
    let pingable =
        guild.and_then(|guild| guild.role(id)).is_some_and(|role| role.mentionable || may_ping_all);
    if pingable && allowed.roles.admits(&id) && !found.roles.contains(&id) {
        found.roles.push(id);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tag {
    User(UserId),
    Role(RoleId),
}

/// The `<@1>`, `<@!1>` and `<@&1>` of a text.
fn tags(text: &str) -> impl Iterator<Item = Tag> {
    text.split("<@").skip(1).filter_map(|rest| {
        let (inside, _) = rest.split_once('>')?;
        match inside.strip_prefix('&') {
            Some(role) => role.parse().ok().map(|id| Tag::Role(RoleId::new(id))),
            None => inside.strip_prefix('!').unwrap_or(inside).parse().ok().map(Tag::User),
        }
    })
}

/// The parts of a text that are not inside a closed code span or block: mentions in code ping nobody.
fn outside_code(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('`') {
        let fence = rest[start..].bytes().take_while(|byte| *byte == b'`').count();
        let inside = start + fence;
        match closing(&rest[inside..], fence) {
            Some(end) => {
                pieces.push(&rest[..start]);
                rest = &rest[inside + end..];
            }
            None => {
                pieces.push(&rest[..inside]);
                rest = &rest[inside..];
            }
        }
    }
    pieces.push(rest);
    pieces
}

/// The end of the next run of exactly `fence` backticks.
fn closing(text: &str, fence: usize) -> Option<usize> {
    let mut from = 0;
    while let Some(start) = text[from..].find('`').map(|at| from + at) {
        let run = text[start..].bytes().take_while(|byte| *byte == b'`').count();
        if run == fence {
            return Some(start + run);
        }
        from = start + run;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::world::playground::{BOT, GENERAL, HELPERS, KIM, KIM_DM, MANAGERS, OWNER, ROBIN};

    fn found(author: UserId, text: &str, allowed: &Allowed) -> Mentions {
        find(&World::playground(), GENERAL, Some(author), text, allowed)
    }

    #[test]
    fn people_are_found_once_in_both_spellings() {
        let text = format!("<@{KIM}> and <@!{KIM}> and <@{ROBIN}> and <@42>");
        assert_eq!(found(BOT, &text, &Allowed::everything()).users, [KIM, ROBIN]);
    }

    #[test]
    fn only_what_is_allowed_counts() {
        let text = format!("<@{KIM}> <@{ROBIN}> <@&{HELPERS}>");
        let silent =
            Allowed { users: Choice::NONE, roles: Choice::NONE, everyone: false, replied_user: false };
        assert_eq!(found(BOT, &text, &silent), Mentions::default());
        let one = Allowed { users: Choice::Only(vec![ROBIN]), ..silent };
        assert_eq!(found(BOT, &text, &one).users, [ROBIN]);
    }

    #[test]
    fn a_role_pings_when_everybody_may_ping_it() {
        let text = format!("<@&{HELPERS}> <@&{MANAGERS}>");
        assert_eq!(found(KIM, &text, &Allowed::everything()).roles, [HELPERS]);
        assert_eq!(found(OWNER, &text, &Allowed::everything()).roles, [HELPERS, MANAGERS]);
    }

    #[test]
    fn everyone_needs_the_permission_and_a_server() {
        assert!(!found(KIM, "@everyone", &Allowed::everything()).everyone);
        assert!(found(OWNER, "hello @here", &Allowed::everything()).everyone);
        assert!(!found(OWNER, "@everyone", &Allowed::users_only()).everyone);
        let direct = find(&World::playground(), KIM_DM, Some(BOT), "@everyone", &Allowed::everything());
        assert!(!direct.everyone);
    }

    #[test]
    fn code_pings_nobody() {
        for text in [format!("`<@{KIM}>`"), format!("```\n<@{KIM}>\n```"), format!("``a ` <@{KIM}>``")] {
            assert_eq!(found(ROBIN, &text, &Allowed::everything()).users, [], "{text}");
        }
        assert_eq!(found(ROBIN, &format!("`open <@{KIM}>"), &Allowed::everything()).users, [KIM]);
    }
}
