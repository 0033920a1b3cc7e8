//! Choices of people: the persona of a channel, a server's manners, a person's preferences.

use std::sync::Arc;

use sqlx::SqliteConnection;

use super::Store;
use super::choices::Look;
use super::error::Result;
use crate::ids::{ChannelId, GuildId, UserId};

/// What a choice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    Guild(GuildId),
    Channel(ChannelId),
    User(UserId),
}

impl Target {
    fn to_row(self) -> (&'static str, i64) {
        match self {
            Self::Guild(guild) => ("guild", guild.to_row()),
            Self::Channel(channel) => ("channel", channel.to_row()),
            Self::User(user) => ("user", user.to_row()),
        }
    }
}

impl Store {
    /// # Errors
    /// [`super::StoreError`] when the database fails.
    pub async fn setting(&self, target: Target, name: &str) -> Result<Option<String>> {
        let since = match self.inner.choices.look(target, name) {
            Look::Known(value) => return Ok(value),
            Look::Unknown(since) => since,
        };
        let (kind, id) = target.to_row();
        let value = sqlx::query_scalar!(
            "SELECT value FROM setting WHERE target_kind = ?1 AND target_id = ?2 AND name = ?3",
            kind,
            id,
            name
        )
        .fetch_optional(&self.inner.readers)
        .await?;
        self.inner.choices.remember(since, target, (name, value.as_deref()));
        Ok(value)
    }

    /// `None` removes the choice.
    ///
    /// # Errors
    /// [`super::StoreError`] when the database fails.
    #[expect(clippy::too_many_arguments, reason = "five and the receiver")]
    pub async fn set_setting(
        &self,
        target: Target,
        name: &str,
        value: Option<&str>,
        by: UserId,
        at: i64,
    ) -> Result<()> {
        let name = name.to_owned();
        let choice = value.map(|value| Choice { value: value.to_owned(), by, at });
        let choices = Arc::clone(&self.inner.choices);
        self.inner
            .writer
            .write_then(
                move |db| Box::pin(async move { choose(db, target, &name, choice).await }),
                move || choices.changed(target),
            )
            .await
    }
}

struct Choice {
    value: String,
    by: UserId,
    at: i64,
}

async fn choose(db: &mut SqliteConnection, target: Target, name: &str, choice: Option<Choice>) -> Result<()> {
    match choice {
        Some(choice) => set(db, target, name, &choice).await,
        None => remove(db, target, name).await,
    }
}

async fn set(db: &mut SqliteConnection, target: Target, name: &str, choice: &Choice) -> Result<()> {
    let (kind, id) = target.to_row();
    let by = choice.by.to_row();
    sqlx::query!(
        "INSERT INTO setting (target_kind, target_id, name, value, set_by, set_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (target_kind, target_id, name)
         DO UPDATE SET value = excluded.value, set_by = excluded.set_by, set_at = excluded.set_at",
        kind,
        id,
        name,
        choice.value,
        by,
        choice.at
    )
    .execute(db)
    .await?;
    Ok(())
}

async fn remove(db: &mut SqliteConnection, target: Target, name: &str) -> Result<()> {
    let (kind, id) = target.to_row();
    sqlx::query!(
        "DELETE FROM setting WHERE target_kind = ?1 AND target_id = ?2 AND name = ?3",
        kind,
        id,
        name
    )
    .execute(db)
    .await?;
    Ok(())
}
