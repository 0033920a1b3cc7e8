//! What the playground's page needs of the bot it shows.

use std::sync::Arc;

use tracing::warn;

use super::App;
use crate::chat::Engine;
use crate::emulator::Emulator;
use crate::emulator::world::{Channel, ChannelKind};
use crate::store::{Audience, Store, StoreError, UsageRow};
use crate::web::{Access, Figures, PersonaOf, Playground, ReplyFigures};

/// The playground's page, and who may see it.
pub struct Front {
    pub access: Access,
    /// Host names besides loopback ones under which browsers may ask.
    pub hosts: Vec<String>,
    pub playground: Playground,
}

impl App {
    /// The page on which people of this embedded Discord talk to the bot.
    ///
    /// `model_line` says in one sentence where the replies come from.
    pub fn playground(&self, emulator: Emulator, model_line: String) -> Playground {
        let engine = self.engine();
        Playground {
            personas: engine.personas().clone(),
            figures: figures(engine.store().clone()),
            persona_of: persona_of(engine.clone(), emulator.clone()),
            emulator,
            model_line,
        }
    }
}

/// What the store knows of a finished reply.
fn figures(store: Store) -> Figures {
    Arc::new(move |message| {
        let store = store.clone();
        Box::pin(async move {
            let row = store.usage_of_message(message).await;
            row.unwrap_or_else(|failure| unknown(&failure, "the figures of a reply")).map(reply_figures)
        })
    })
}

/// Who answers in a channel now.
fn persona_of(engine: Engine, emulator: Emulator) -> PersonaOf {
    Arc::new(move |channel| {
        let audience = emulator.world().channel(channel).map(audience);
        let engine = engine.clone();
        Box::pin(async move {
            let persona = engine.persona_in(&audience?).await.map(Some);
            persona.unwrap_or_else(|failure| unknown(&failure, "the persona of a channel"))
        })
    })
}

fn unknown<T>(failure: &StoreError, what: &str) -> Option<T> {
    warn!(error = failure as &dyn std::error::Error, "{what} could not be read");
    None
}

fn audience(place: &Channel) -> Audience {
    let channel = place.id;
    match place.kind {
        ChannelKind::Text { guild } => Audience::Guild { guild, channel },
        ChannelKind::Thread(thread) => {
            Audience::Thread { guild: thread.guild, channel, parent: thread.parent }
        }
        ChannelKind::Direct { .. } => Audience::Dm { channel },
    }
}

fn reply_figures(row: UsageRow) -> ReplyFigures {
    ReplyFigures {
        model: row.model_answered.unwrap_or(row.model),
        first_token_ms: row.first_token_ms.and_then(|ms| ms.try_into().ok()),
        tokens: row.completion_tokens.and_then(|tokens| tokens.try_into().ok()),
    }
}
