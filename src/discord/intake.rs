//! From an event to an accepted turn: a message that is meant for the bot, or a slash question.

use std::panic::resume_unwind;

use serenity::model::channel::Message;
use tokio::task::JoinError;
use tracing::{error, warn};

use super::body::{self, Body};
use super::incoming::{self, Said, Verdict};
use super::screen::Destination;
use super::{Surface, error, reply};
use crate::chat::{Admission, Display, Incoming};
use crate::governor::{Call, Class};
use crate::ids::{ChannelId, GuildId, MessageId, PersonaId, UserId};
use crate::persona::{Persona, Rating};
use crate::store::{Audience, StoreError, Target, Trigger};

/// The setting that remembers that a channel has had the hint about replies without a ping.
const HINT_SETTING: &str = "hint.reply_ping";

const HINT: &str =
    "Discord does not show me what you wrote there. Mention me in your text, or write to me with `/chat`.";

/// Answers a message if it is meant for the bot.
pub(crate) async fn message(surface: &Surface, message: Message) {
    let Some(me) = surface.me() else { return };
    let outcome = match incoming::judge(&message, me.user) {
        Verdict::NotForUs => Ok(()),
        Verdict::Unreadable { pings: true } => {
            say_hint(surface, &message).await;
            Ok(())
        }
        Verdict::Unreadable { pings: false } => hint_once(surface, &message).await,
        Verdict::Addressed(said) => answer(surface, &message, said).await,
    };
    if let Err(failure) = outcome {
        error!(
            message.id = message.id.get(),
            error = &failure as &dyn std::error::Error,
            "a message was not accepted"
        );
        say_to(surface, &message, error::not_accepted()).await;
    }
}

async fn answer(surface: &Surface, message: &Message, said: Said) -> Result<(), StoreError> {
    let (channel, question) = (ChannelId::new(message.channel_id.get()), MessageId::new(message.id.get()));
    let audience = surface.audience(channel, message.guild_id.map(|guild| GuildId::new(guild.get()))).await;
    let persona = surface.engine.persona_in(&audience).await?;
    if !surface.suits(&persona, &audience) {
        // What another persona has answered before was told again by a resume.
        if surface.engine.store().knows(&Trigger::Message(question)).await? {
            return Ok(());
        }
        say_once(surface, Notice { channel, question, persona: &persona, words: unsuitable(&persona) }).await;
        return Ok(());
    }
    let incoming = Incoming {
        trigger: Trigger::Message(question),
        audience,
        speaker: said.speaker,
        text: said.text,
        replies_to: said.replies_to,
        persona: Some(persona.id.clone()),
    };
    match surface.engine.accept(incoming).await? {
        Admission::Turn(turn) => {
            let destination = Destination::Channel { channel, question, persona: persona.id.clone() };
            reply::run(surface, turn, destination).await;
        }
        Admission::Full(persona, full) if !full.told => {
            let words = error::too_many_waiting(&persona.name, full.what);
            say_once(surface, Notice { channel, question, persona: &persona, words }).await;
        }
        Admission::TooFast(persona, early) if !early.told => {
            let words = error::too_fast(&persona.name, early);
            say_once(surface, Notice { channel, question, persona: &persona, words }).await;
        }
        Admission::Full(..) | Admission::TooFast(..) | Admission::Known | Admission::Later => {}
    }
    Ok(())
}

/// Tells a channel once that replies without a ping cannot be read: many of them are meant for somebody else.
async fn hint_once(surface: &Surface, message: &Message) -> Result<(), StoreError> {
    let channel = ChannelId::new(message.channel_id.get());
    let store = surface.engine.store();
    if store.setting(Target::Channel(channel), HINT_SETTING).await?.is_some() {
        return Ok(());
    }
    let by = UserId::new(message.author.id.get());
    let now = crate::status::now_ms().cast_signed();
    store.set_setting(Target::Channel(channel), HINT_SETTING, Some("given"), by, now).await?;
    say_hint(surface, message).await;
    Ok(())
}

async fn say_hint(surface: &Surface, message: &Message) {
    say_to(surface, message, HINT).await;
}

async fn say_to(surface: &Surface, message: &Message, words: &str) {
    let persona = surface.engine.personas().default_persona();
    let (channel, question) = (ChannelId::new(message.channel_id.get()), MessageId::new(message.id.get()));
    say_once(surface, Notice { channel, question, persona: &persona, words: words.to_owned() }).await;
}

/// A short answer that is no turn.
struct Notice<'a> {
    channel: ChannelId,
    question: MessageId,
    persona: &'a Persona,
    words: String,
}

async fn say_once(surface: &Surface, notice: Notice<'_>) {
    let nonce = body::nonce(notice.question, &notice.persona.id, 0);
    let body = Body::new(notice.words).without_previews().once(nonce).replying_to(notice.question);
    if let Err(failure) =
        surface.governor.call(Call::CreateMessage(notice.channel), Class::Other, &body).await
    {
        warn!(channel.id = %notice.channel, error = &failure as &dyn std::error::Error, "a notice was not shown");
    }
}

/// For a persona that is rated for adults, outside an age-restricted channel.
pub(crate) fn unsuitable(persona: &Persona) -> String {
    format!("{} is rated for adults and answers only in age-restricted channels.", persona.name)
}

impl Surface {
    /// The audience of a channel. A guild channel that no event has told of yet is taken for an ordinary one.
    pub(crate) async fn audience(&self, channel: ChannelId, guild: Option<GuildId>) -> Audience {
        let Some(guild) = guild else { return Audience::Dm { channel } };
        if self.gateway.channels().standing(channel).is_none() {
            self.ask_for_channel(channel).await;
        }
        match self.gateway.channels().standing(channel).and_then(|standing| standing.parent) {
            Some(parent) => Audience::Thread { guild, channel, parent },
            None => Audience::Guild { guild, channel },
        }
    }

    /// Personas rated for adults answer only where Discord has checked the age.
    pub(crate) fn suits(&self, persona: &Persona, audience: &Audience) -> bool {
        let is_restricted = || {
            let standing = self.gateway.channels().standing(audience.channel());
            standing.is_some_and(|standing| standing.age_restricted)
        };
        persona.rating == Rating::Everyone || (!matches!(audience, Audience::Dm { .. }) && is_restricted())
    }
}

/// A slash question on its way to an answer.
pub(crate) struct SlashQuestion {
    pub(crate) incoming: Incoming,
    pub(crate) destination: Destination,
    pub(crate) callback: Call,
    pub(crate) ephemeral: bool,
}

/// Accepts a slash question and acknowledges it, then answers it in a task of its own. The caller's task is not one
/// that a stop waits for, so none of this happens in it.
pub(crate) async fn slash(surface: &Surface, question: SlashQuestion) -> Result<(), super::commands::Error> {
    let own = surface.clone();
    let accepted = surface.shutdown.spawn(async move { accept_slash(&own, question).await }).await;
    match accepted.map_err(JoinError::try_into_panic) {
        Ok(outcome) => outcome,
        // The framework tells the person.
        Err(Ok(panic)) => resume_unwind(panic),
        // The runtime is gone, and nobody can be told.
        Err(Err(_)) => Ok(()),
    }
}

async fn accept_slash(surface: &Surface, question: SlashQuestion) -> Result<(), super::commands::Error> {
    let admission = surface.engine.accept(question.incoming).await?;
    let callback = match &admission {
        Admission::Turn(_) | Admission::Later => body::Callback::thinking(question.ephemeral),
        Admission::Full(persona, full) => {
            body::Callback::whisper(&error::too_many_waiting(&persona.name, full.what))
        }
        Admission::TooFast(persona, early) => {
            body::Callback::whisper(&error::too_fast(&persona.name, *early))
        }
        Admission::Known => return Ok(()),
    };
    let acknowledged = surface.governor.call(question.callback, Class::Callback, &callback).await;
    match (admission, acknowledged) {
        (Admission::Turn(turn), Ok(_)) => {
            let (surface, destination) = (surface.clone(), question.destination);
            surface.shutdown.clone().spawn(async move { reply::run(&surface, turn, destination).await });
            Ok(())
        }
        (Admission::Turn(turn), Err(failure)) => {
            reply::give_up(*turn, Display::Failed("not_acknowledged")).await;
            Err(failure.into())
        }
        (_, acknowledged) => acknowledged.map(drop).map_err(Into::into),
    }
}

/// The persona that somebody named, if there is one.
pub(crate) fn named(
    surface: &Surface,
    name: Option<&str>,
) -> Result<Option<PersonaId>, super::commands::Error> {
    let Some(name) = name else { return Ok(None) };
    match surface.engine.personas().find(name) {
        Some(persona) => Ok(Some(persona.id.clone())),
        None => Err(super::commands::Error::unknown_persona(name)),
    }
}
