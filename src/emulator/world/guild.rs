//! Servers, their roles and members.

use super::Permissions;
use crate::ids::{GuildId, UserId};

/// A role of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleId(u64);

impl RoleId {
    pub const fn new(raw: u64) -> Self {
        Self(raw)
    }

    pub const fn get(self) -> u64 {
        self.0
    }
}

impl std::fmt::Display for RoleId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A server.
#[derive(Clone, Debug)]
pub struct Guild {
    pub id: GuildId,
    pub name: String,
    pub owner: UserId,
    /// The first is `@everyone`, whose id is the guild's.
    pub roles: Vec<Role>,
    pub members: Vec<Member>,
}

#[derive(Clone, Debug)]
pub struct Role {
    pub id: RoleId,
    pub name: String,
    pub permissions: Permissions,
    /// Whether everybody may ping it.
    pub mentionable: bool,
    /// 0xRRGGBB, 0 for none.
    pub color: u32,
}

#[derive(Clone, Debug)]
pub struct Member {
    pub user: UserId,
    pub nick: Option<String>,
    pub roles: Vec<RoleId>,
    /// Milliseconds since 1970.
    pub joined_at: u64,
}

impl Guild {
    /// The id of the role that every member has.
    pub const fn everyone(&self) -> RoleId {
        RoleId(self.id.get())
    }

    pub fn member(&self, user: UserId) -> Option<&Member> {
        self.members.iter().find(|member| member.user == user)
    }

    pub fn role(&self, id: RoleId) -> Option<&Role> {
        self.roles.iter().find(|role| role.id == id)
    }
}
