//! What the playground's page needs of the bot it shows.

use std::sync::Arc;

use tracing::warn;

use super::current::Current;
use crate::emulator::Emulator;
use crate::emulator::world::{Channel, ChannelKind};
use crate::store::{Audience, StoreError, UsageRow};
use crate::web::{Access, Figures, FirstModel, Pages, PersonaOf, Playground, Power, ReplyFigures};

/// The playground's page, and who may see it.
pub struct Front {
    pub access: Access,
    /// Host names besides loopback ones under which browsers may ask.
    pub hosts: Vec<String>,
    /// The Discord whose people talk to the bot on the page.
    pub emulator: Emulator,
    /// One sentence on where the replies come from.
    pub model_line: String,
    /// What can be broken of the models, where they are embedded.
    pub first_model: Option<FirstModel>,
}

impl Front {
    pub(super) fn pages(self, current: Current, power: Power) -> Pages {
        let Self { access, hosts, emulator, model_line, first_model } = self;
        let (signs, personas, tally) = (current.clone(), current.clone(), current.clone());
        let playground = Playground {
            personas: Arc::new(move || personas.personas()),
            figures: figures(current.clone()),
            persona_of: persona_of(current, emulator.clone()),
            tally: Arc::new(move || tally.tally()),
            emulator,
            model_line,
            first_model,
            power,
        };
        Pages { signs: Arc::new(move || signs.signs()), access, hosts, playground: Some(playground) }
    }
}

/// What the store knows of a finished reply.
fn figures(current: Current) -> Figures {
    Arc::new(move |message| {
        let engine = current.engine();
        Box::pin(async move {
            let row = engine?.store().usage_of_message(message).await;
            row.unwrap_or_else(|failure| unknown(&failure, "the figures of a reply")).map(reply_figures)
        })
    })
}

/// Who answers in a channel now.
fn persona_of(current: Current, emulator: Emulator) -> PersonaOf {
    Arc::new(move |channel| {
        let audience = emulator.world().channel(channel).map(audience);
        let engine = current.engine();
        Box::pin(async move {
            let persona = engine?.persona_in(&audience?).await.map(Some);
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
