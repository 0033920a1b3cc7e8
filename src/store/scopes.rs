//! Audiences, and the conversations that personas have with them.

use sqlx::{SqliteConnection, SqlitePool};

use super::Store;
use super::error::{Result, StoreError};
use crate::ids::{ChannelId, ConversationId, EntryId, GuildId, PersonaId, ScopeId, UserId};

/// Who hears what is said. Two audiences that differ never see each other's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Audience {
    Guild {
        guild: GuildId,
        channel: ChannelId,
    },
    Thread {
        guild: GuildId,
        channel: ChannelId,
        parent: ChannelId,
    },
    Dm {
        channel: ChannelId,
    },
    /// One person in a channel that others read too: ephemeral answers, user-installed use.
    Private {
        guild: Option<GuildId>,
        channel: ChannelId,
        user: UserId,
    },
}

impl Audience {
    pub fn guild(&self) -> Option<GuildId> {
        match *self {
            Self::Guild { guild, .. } | Self::Thread { guild, .. } => Some(guild),
            Self::Private { guild, .. } => guild,
            Self::Dm { .. } => None,
        }
    }

    pub fn channel(&self) -> ChannelId {
        match *self {
            Self::Guild { channel, .. }
            | Self::Thread { channel, .. }
            | Self::Dm { channel }
            | Self::Private { channel, .. } => channel,
        }
    }

    pub(super) fn to_row(self) -> AudienceRow {
        let (kind, parent, private_user) = match self {
            Self::Guild { .. } => (ScopeKind::Guild, None, None),
            Self::Thread { parent, .. } => (ScopeKind::Thread, Some(parent.to_row()), None),
            Self::Dm { .. } => (ScopeKind::Dm, None, None),
            Self::Private { user, .. } => (ScopeKind::Private, None, Some(user.to_row())),
        };
        let guild = self.guild().map(GuildId::to_row);
        AudienceRow { kind, guild, channel: self.channel().to_row(), parent, private_user }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
pub(super) enum ScopeKind {
    Guild,
    Thread,
    Dm,
    Private,
}

pub(super) struct AudienceRow {
    pub(super) kind: ScopeKind,
    pub(super) guild: Option<i64>,
    pub(super) channel: i64,
    pub(super) parent: Option<i64>,
    pub(super) private_user: Option<i64>,
}

impl AudienceRow {
    pub(super) fn to_audience(&self) -> Result<Audience> {
        let channel = ChannelId::from_row(self.channel);
        let guild = self.guild.map(GuildId::from_row);
        let parent = self.parent.map(ChannelId::from_row);
        let user = self.private_user.map(UserId::from_row);
        match (self.kind, guild, parent, user) {
            (ScopeKind::Guild, Some(guild), ..) => Ok(Audience::Guild { guild, channel }),
            (ScopeKind::Thread, Some(guild), Some(parent), _) => {
                Ok(Audience::Thread { guild, channel, parent })
            }
            (ScopeKind::Dm, ..) => Ok(Audience::Dm { channel }),
            (ScopeKind::Private, guild, _, Some(user)) => Ok(Audience::Private { guild, channel, user }),
            _ => Err(StoreError::unexpected("scope.kind")),
        }
    }
}

impl Store {
    /// The conversation of a persona with an audience, if they ever talked.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn conversation(
        &self,
        audience: &Audience,
        persona: &PersonaId,
    ) -> Result<Option<ConversationId>> {
        let readers: &SqlitePool = &self.inner.readers;
        let row = audience.to_row();
        let persona = persona.as_str();
        let id = sqlx::query_scalar!(
            r#"SELECT c.id AS "id!" FROM scope s JOIN conversation c ON c.scope_id = s.id
               WHERE s.channel_id = ?1 AND s.kind = ?2 AND ifnull(s.private_user_id, 0) = ifnull(?3, 0) AND c.persona = ?4"#,
            row.channel,
            row.kind,
            row.private_user,
            persona
        )
        .fetch_optional(readers)
        .await?;
        Ok(id.map(ConversationId::new))
    }
}

/// The scope of an audience, made when it is first needed.
pub(super) async fn resolve(db: &mut SqliteConnection, audience: &Audience) -> Result<ScopeId> {
    let row = audience.to_row();
    if let Some(id) = find(db, &row).await? {
        return Ok(id);
    }
    let id = sqlx::query_scalar!(
        r#"INSERT INTO scope (kind, guild_id, channel_id, parent_id, private_user_id) VALUES (?1, ?2, ?3, ?4, ?5)
           RETURNING id AS "id!""#,
        row.kind,
        row.guild,
        row.channel,
        row.parent,
        row.private_user
    )
    .fetch_one(db)
    .await?;
    Ok(ScopeId::new(id))
}

async fn find(db: &mut SqliteConnection, row: &AudienceRow) -> Result<Option<ScopeId>> {
    let id = sqlx::query_scalar!(
        r#"SELECT id AS "id!" FROM scope
           WHERE channel_id = ?1 AND kind = ?2 AND ifnull(private_user_id, 0) = ifnull(?3, 0)"#,
        row.channel,
        row.kind,
        row.private_user
    )
    .fetch_optional(db)
    .await?;
    Ok(id.map(ScopeId::new))
}

/// The conversation of a persona in a scope, made when it is first needed.
pub(super) async fn converse(
    db: &mut SqliteConnection,
    scope: ScopeId,
    persona: &PersonaId,
) -> Result<ConversationId> {
    let (scope, persona) = (scope.get(), persona.as_str());
    let known = sqlx::query_scalar!(
        r#"SELECT id AS "id!" FROM conversation WHERE scope_id = ?1 AND persona = ?2"#,
        scope,
        persona
    )
    .fetch_optional(&mut *db)
    .await?;
    if let Some(id) = known {
        return Ok(ConversationId::new(id));
    }
    let id = sqlx::query_scalar!(
        r#"INSERT INTO conversation (scope_id, persona) VALUES (?1, ?2) RETURNING id AS "id!""#,
        scope,
        persona
    )
    .fetch_one(db)
    .await?;
    Ok(ConversationId::new(id))
}

pub(super) async fn set_head(
    db: &mut SqliteConnection,
    conversation: ConversationId,
    head: EntryId,
) -> Result<()> {
    let (conversation, head) = (conversation.get(), head.get());
    sqlx::query!("UPDATE conversation SET head_id = ?2 WHERE id = ?1", conversation, head)
        .execute(db)
        .await?;
    Ok(())
}
