//! One method per gateway event, each a single call. Work goes into tracked tasks, because serenity keeps no handle
//! of its own.

use serenity::all::{
    ChannelId as SerenityChannel, Context, EventHandler, GuildId as SerenityGuild, Interaction, Message,
    MessageId as SerenityMessage, Ready,
};
use serenity::async_trait;
use tracing::{error, info};

use super::{Me, Surface, buttons, intake};
use crate::ids::{ApplicationId, MessageId, UserId};
use crate::status::now_ms;
use crate::store::{StoreError, Trigger};

/// A message this young may be on its way into the journal. Only the order of writes tells then, not a look.
const ON_ITS_WAY_MS: u64 = 10_000;

/// The bot's ears.
pub(crate) struct Events {
    pub(crate) surface: Surface,
}

#[async_trait]
impl EventHandler for Events {
    async fn ready(&self, _: Context, ready: Ready) {
        let me = Me {
            user: UserId::new(ready.user.id.get()),
            application: ApplicationId::new(ready.application.id.get()),
        };
        info!(discord.user = %me.user, discord.guilds = ready.guilds.len(), "connected to Discord as {}", ready.user.name);
        self.surface.introduce(me);
    }

    async fn message(&self, _: Context, message: Message) {
        let surface = self.surface.clone();
        self.surface.shutdown.spawn(async move { intake::message(&surface, message).await });
    }

    async fn message_delete(
        &self,
        _: Context,
        _: SerenityChannel,
        message: SerenityMessage,
        _: Option<SerenityGuild>,
    ) {
        self.surface.question_deleted(MessageId::new(message.get()));
    }

    async fn message_delete_bulk(
        &self,
        _: Context,
        _: SerenityChannel,
        messages: Vec<SerenityMessage>,
        _: Option<SerenityGuild>,
    ) {
        for message in messages {
            self.surface.question_deleted(MessageId::new(message.get()));
        }
    }

    async fn interaction_create(&self, _: Context, interaction: Interaction) {
        if let Interaction::Component(press) = interaction {
            let surface = self.surface.clone();
            self.surface.shutdown.spawn(async move { buttons::press(&surface, press).await });
        }
    }
}

impl Surface {
    /// Stops the answer to a deleted question and erases the question and what was answered to it.
    fn question_deleted(&self, message: MessageId) {
        self.engine.cancel(&Trigger::Message(message));
        let surface = self.clone();
        self.shutdown.spawn(async move {
            if let Err(failure) = surface.erase_question(message).await {
                error!(error = &failure as &dyn std::error::Error, "a deleted question was not erased");
            }
        });
    }

    /// Most messages that are deleted in a server were never questions: those cost one look and no write.
    async fn erase_question(&self, message: MessageId) -> Result<(), StoreError> {
        let store = self.engine.store();
        let age_ms = now_ms().saturating_sub(message.created_at_ms());
        if age_ms < ON_ITS_WAY_MS || store.knows(&Trigger::Message(message)).await? {
            store.erase_question(message).await?;
        }
        Ok(())
    }
}
