//! Buttons. Their ids are `v1:<action>:<argument>`: nothing is kept in memory, so they outlive a restart.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serenity::all::{ComponentInteraction, Permissions};
use tokio::time::timeout;
use tracing::{debug, error};

use super::body::{Body, Callback};
use super::commands::forget::Scope;
use super::screen::{Asked, Destination};
use super::{Surface, error, reply};
use crate::chat::{Admission, Stopped};
use crate::governor::{Call, CallError, Class};
use crate::ids::{ApplicationId, ChannelId, GuildId, InteractionId, MessageId, TurnId, UserId};
use crate::status::now_ms;
use crate::store::{Audience, OpenTurn, StoreError, Trigger};

/// How long an early press waits for the end of its turn: well within Discord's 3 s.
const CLOSING_PATIENCE: Duration = Duration::from_secs(1);

/// What a button asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Action {
    Retry(TurnId),
    Stop(TurnId),
    Forget(Scope),
    Keep,
}

#[derive(Debug, thiserror::Error)]
enum PressError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Discord(#[from] CallError),
}

/// The presses that are being answered, so that one that Discord tells of twice cannot be answered beside itself.
#[derive(Default)]
pub(crate) struct Presses {
    answering: Mutex<HashSet<InteractionId>>,
}

impl Presses {
    /// `false`: it is among them already.
    fn begin(&self, press: InteractionId) -> bool {
        self.lock().insert(press)
    }

    fn end(&self, press: InteractionId) {
        self.lock().remove(&press);
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<InteractionId>> {
        // Single set operations cannot leave the set half changed.
        self.answering.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does what a pressed button asks for, once.
pub(crate) async fn press(surface: &Surface, press: ComponentInteraction) {
    let id = InteractionId::new(press.id.get());
    if surface.presses.begin(id) {
        act(surface, press).await;
        surface.presses.end(id);
    }
}

/// Buttons of other versions are answered in words.
async fn act(surface: &Surface, press: ComponentInteraction) {
    let outcome = match parse(&press.data.custom_id) {
        Some(Action::Retry(turn)) => retry(surface, &press, turn).await,
        Some(Action::Stop(turn)) => stop(surface, &press, turn).await,
        Some(Action::Forget(scope)) => forget(surface, &press, scope).await,
        Some(Action::Keep) => replace(surface, &press, "Nothing was forgotten.").await,
        None => {
            whisper(surface, &press, "This button is from an older version of me and does nothing any more.")
                .await
        }
    };
    if let Err(failure) = outcome {
        explain(surface, &press, &failure).await;
    }
}

async fn explain(surface: &Surface, press: &ComponentInteraction, failure: &PressError) {
    if matches!(failure, PressError::Discord(failure) if failure.code() == Some(error::ALREADY_ACKNOWLEDGED))
    {
        debug!(interaction.id = press.id.get(), "Discord told of a press twice");
        return;
    }
    error!(
        interaction.id = press.id.get(),
        error = failure as &dyn std::error::Error,
        "a button did not work"
    );
    if matches!(failure, PressError::Store(_)) {
        // Best effort: the failure is in the log, and Discord itself tells the person when this fails too.
        let _ = whisper(surface, press, error::not_accepted()).await;
    }
}

fn parse(custom_id: &str) -> Option<Action> {
    let mut words = custom_id.split(':');
    if words.next() != Some("v1") {
        return None;
    }
    match [words.next(), words.next(), words.next(), words.next()] {
        [Some("retry"), Some(turn), None, _] => Some(Action::Retry(turn.parse().ok()?)),
        [Some("stop"), Some(turn), None, _] => Some(Action::Stop(turn.parse().ok()?)),
        [Some("forget"), Some(what), persona, None] => Some(Action::Forget(Scope::parse(what, persona)?)),
        [Some("keep"), None, ..] => Some(Action::Keep),
        _ => None,
    }
}

/// Runs a failed turn again in the message that said so.
async fn retry(surface: &Surface, press: &ComponentInteraction, turn: TurnId) -> Result<(), PressError> {
    // Without an author the person or the question was erased.
    let Some(author) = surface.engine.store().turn(turn).await?.and_then(|open| open.author) else {
        return whisper(surface, press, "I have forgotten what this was about.").await;
    };
    if author.get() != press.user.id.get() {
        return whisper(surface, press, "Only the person who asked can try again.").await;
    }
    match reopened(surface, turn).await? {
        Some(open) => run_again(surface, press, open).await,
        None => whisper(surface, press, "This is being answered already.").await,
    }
}

/// The turn, open again and as its end has left it. The button can be seen a moment before its turn is closed.
async fn reopened(surface: &Surface, turn: TurnId) -> Result<Option<OpenTurn>, StoreError> {
    if timeout(CLOSING_PATIENCE, surface.engine.left(turn)).await.is_err() {
        return Ok(None);
    }
    let store = surface.engine.store();
    if store.reopen_turn(turn, now_ms().cast_signed()).await? { store.turn(turn).await } else { Ok(None) }
}

async fn run_again(
    surface: &Surface,
    press: &ComponentInteraction,
    open: OpenTurn,
) -> Result<(), PressError> {
    let destination = destination(&open, press, ApplicationId::new(press.application_id.get()));
    match surface.engine.retry(open).await? {
        Admission::Turn(turn) => {
            // Discord's "interaction failed" under the button is no reason to keep the answer back.
            let told = answer(surface, press, &Callback::updating()).await;
            reply::run_again(surface, turn, destination, MessageId::new(press.message.id.get())).await;
            told
        }
        Admission::Full(persona, full) => {
            whisper(surface, press, &error::too_many_waiting(&persona.name, full.what)).await
        }
        Admission::TooFast(persona, early) => {
            whisper(surface, press, &error::too_fast(&persona.name, early)).await
        }
        Admission::Later | Admission::Known => whisper(surface, press, error::stopping()).await,
    }
}

/// Ends an answer. It is over before Discord knows of it: only the message under the button changes a moment later.
async fn stop(surface: &Surface, press: &ComponentInteraction, turn: TurnId) -> Result<(), PressError> {
    let mut stopped = surface.engine.stop(turn, UserId::new(press.user.id.get()));
    if stopped == Stopped::NotYours && may(press, Permissions::MANAGE_MESSAGES) {
        // What somebody may elsewhere is not known here.
        stopped = surface.engine.stop_anyones(turn, ChannelId::new(press.channel_id.get()));
    }
    match stopped {
        Stopped::Now => answer(surface, press, &Callback::updating()).await,
        Stopped::NotYours => whisper(surface, press, error::not_yours_to_stop()).await,
        Stopped::NotRunning => whisper(surface, press, error::nothing_to_stop()).await,
    }
}

/// An answer in a channel is edited there; one to a slash question through the fresh token of the press, whose message
/// must be all that stands of it.
fn destination(open: &OpenTurn, press: &ComponentInteraction, application: ApplicationId) -> Destination {
    let in_channel = |question| Destination::Channel {
        channel: ChannelId::new(press.channel_id.get()),
        question,
        persona: open.persona.clone(),
    };
    let is_private = matches!(open.audience, Audience::Private { .. });
    let pressed = MessageId::new(press.message.id.get());
    match &open.trigger {
        Trigger::Message(question) => in_channel(open.replied_to().unwrap_or(*question)),
        // The nonces of its messages are made from the interaction: no message has the same id.
        Trigger::Interaction { id, .. } if !is_private && open.messages.iter().any(|one| *one != pressed) => {
            in_channel(MessageId::new(id.get()))
        }
        Trigger::Interaction { .. } => Destination::Interaction(Asked {
            id: InteractionId::new(press.id.get()),
            application,
            token: press.token.clone(),
            ephemeral: is_private,
            channel: ChannelId::new(press.channel_id.get()),
            persona: open.persona.clone(),
        }),
    }
}

/// Acknowledges the press first: to erase much may take longer than Discord waits.
async fn forget(surface: &Surface, press: &ComponentInteraction, scope: Scope) -> Result<(), PressError> {
    if scope == Scope::Channel && press.guild_id.is_some() && !may(press, Permissions::MANAGE_MESSAGES) {
        return replace(
            surface,
            press,
            "Only people who may manage messages here can do that. Nothing was forgotten.",
        )
        .await;
    }
    answer(surface, press, &Callback::updating()).await?;
    let words = match erase(surface, press, &scope).await {
        Ok(entries) => done(entries),
        Err(failure) => {
            error!(error = &failure as &dyn std::error::Error, "what was to be forgotten was not");
            error::not_forgotten().to_owned()
        }
    };
    let original = Call::EditOriginal(ApplicationId::new(press.application_id.get()), press.token.clone());
    surface.governor.call(original, Class::FinalEdit, &Body::new(words)).await?;
    Ok(())
}

/// How many entries are gone.
async fn erase(surface: &Surface, press: &ComponentInteraction, scope: &Scope) -> Result<u64, StoreError> {
    let channel = ChannelId::new(press.channel_id.get());
    let user = UserId::new(press.user.id.get());
    let store = surface.engine.store();
    let persona = match scope {
        Scope::Conversation(persona) => persona,
        Scope::Me => return Ok(store.forget_person(user).await?.entries),
        Scope::Channel => return Ok(store.forget_channel(channel).await?.entries),
    };
    let guild = press.guild_id.map(|guild| GuildId::new(guild.get()));
    let private = Audience::Private { guild, channel, user };
    let alone = store.forget_conversation(&private, persona).await?;
    let audience = surface.audience(channel, guild).await;
    Ok(alone.entries + store.forget_conversation(&audience, persona).await?.entries)
}

fn done(entries: u64) -> String {
    match entries {
        0 => "There was nothing to forget.".to_owned(),
        1 => "Done: one remembered message is gone from my memory. What stands in Discord stays there."
            .to_owned(),
        entries => {
            format!(
                "Done: {entries} remembered messages are gone from my memory. What stands in Discord stays there."
            )
        }
    }
}

fn may(press: &ComponentInteraction, permission: Permissions) -> bool {
    let permissions = press.member.as_ref().and_then(|member| member.permissions).unwrap_or_default();
    permissions.administrator() || permissions.contains(permission)
}

async fn whisper(surface: &Surface, press: &ComponentInteraction, words: &str) -> Result<(), PressError> {
    answer(surface, press, &Callback::whisper(words)).await
}

async fn replace(surface: &Surface, press: &ComponentInteraction, words: &str) -> Result<(), PressError> {
    answer(surface, press, &Callback::replacing(Body::new(words))).await
}

async fn answer(surface: &Surface, press: &ComponentInteraction, body: &Callback) -> Result<(), PressError> {
    surface.governor.call(callback(press), Class::Callback, body).await?;
    Ok(())
}

fn callback(press: &ComponentInteraction) -> Call {
    Call::Callback(InteractionId::new(press.id.get()), press.token.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::PersonaId;

    #[test]
    fn ids_of_this_version_are_understood_and_no_others() {
        assert_eq!(parse("v1:retry:77"), Some(Action::Retry(TurnId::new(77))));
        assert_eq!(parse("v1:stop:77"), Some(Action::Stop(TurnId::new(77))));
        assert_eq!(parse("v1:forget:me"), Some(Action::Forget(Scope::Me)));
        let ada = PersonaId::parse("ada").unwrap();
        assert_eq!(parse("v1:forget:conversation:ada"), Some(Action::Forget(Scope::Conversation(ada))));
        assert_eq!(parse("v1:keep"), Some(Action::Keep));
        for other in [
            "",
            "v1",
            "v2:retry:77",
            "v1:retry",
            "v1:retry:x",
            "v1:retry:1:2",
            "v1:stop",
            "v1:stop:1:2",
            "v1:forget:all",
            "v1:forget:me:ada",
            "v1:forget:conversation",
            "v1:forget:conversation:ada:1",
        ] {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}
