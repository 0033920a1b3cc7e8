//! Audiences, and the conversations that personas have with them.

use sqlx::{SqliteConnection, SqlitePool};

use super::Store;
use super::error::{Result, StoreError};
use super::turn::{NewTurn, TriggerRow};
use crate::ids::{ChannelId, ConversationId, GuildId, PersonaId, ScopeId, TurnId, UserId};

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

/// What the journal has of a trigger, and of the place where it was said.
pub(super) struct Known {
    pub(super) turn: Option<TurnId>,
    scope: Option<ScopeId>,
    conversation: Option<ConversationId>,
}

/// One look for everything, because each way to the database and back takes its time.
pub(super) async fn known(db: &mut SqliteConnection, trigger: &TriggerRow, turn: &NewTurn) -> Result<Known> {
    let row = turn.audience.to_row();
    let persona = turn.persona.as_str();
    let known = sqlx::query!(
        r#"WITH place AS (
               SELECT id FROM scope WHERE channel_id = ?1 AND kind = ?2 AND ifnull(private_user_id, 0) = ifnull(?3, 0)
           )
           SELECT (SELECT id FROM turn
                   WHERE trigger_id = ?4 AND (persona = ?5 OR ?7) AND trigger_kind = ?6 LIMIT 1) AS "turn?: i64",
                  (SELECT id FROM place) AS "scope?: i64",
                  (SELECT c.id FROM place JOIN conversation c ON c.scope_id = place.id AND c.persona = ?5)
                      AS "conversation?: i64""#,
        row.channel,
        row.kind,
        row.private_user,
        trigger.id,
        persona,
        trigger.kind,
        turn.only_one
    )
    .fetch_one(db)
    .await?;
    Ok(Known {
        turn: known.turn.map(TurnId::new),
        scope: known.scope.map(ScopeId::new),
        conversation: known.conversation.map(ConversationId::new),
    })
}

/// Makes the scope of a turn's audience and its persona's conversation there, as far as they are not known.
pub(super) async fn place(db: &mut SqliteConnection, turn: &NewTurn, known: &Known) -> Result<()> {
    let scope = match known.scope {
        Some(scope) => scope,
        None => make(db, &turn.audience).await?,
    };
    if known.conversation.is_none() {
        converse(db, scope, &turn.persona).await?;
    }
    Ok(())
}

async fn make(db: &mut SqliteConnection, audience: &Audience) -> Result<ScopeId> {
    let row = audience.to_row();
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

async fn converse(db: &mut SqliteConnection, scope: ScopeId, persona: &PersonaId) -> Result<()> {
    let (scope, persona) = (scope.get(), persona.as_str());
    sqlx::query!("INSERT INTO conversation (scope_id, persona) VALUES (?1, ?2)", scope, persona)
        .execute(db)
        .await?;
    Ok(())
}
