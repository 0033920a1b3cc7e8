//! `/forget`: what the bot remembers can be erased. It asks first.

use serenity::all::{ButtonStyle, CreateActionRow, CreateButton};

use super::{Context, Error, place, whisper_with};
use crate::ids::PersonaId;
use crate::persona::Persona;

/// What is to be forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, poise::ChoiceParameter)]
pub(super) enum What {
    #[name = "this conversation with the persona"]
    Conversation,
    #[name = "everything I ever said, anywhere"]
    Me,
    #[name = "everything in this channel (needs Manage Messages)"]
    Channel,
}

/// What a button forgets: what was asked about, whatever is chosen in the channel meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Conversation(PersonaId),
    Me,
    Channel,
}

impl Scope {
    /// From the words that stand in a button's id.
    pub(crate) fn parse(word: &str, persona: Option<&str>) -> Option<Self> {
        match (word, persona) {
            ("conversation", Some(persona)) => PersonaId::parse(persona).ok().map(Self::Conversation),
            ("me", None) => Some(Self::Me),
            ("channel", None) => Some(Self::Channel),
            _ => None,
        }
    }

    /// At most 55 characters; Discord takes 100.
    fn button_id(&self) -> String {
        match self {
            Self::Conversation(persona) => format!("v1:forget:conversation:{persona}"),
            Self::Me => "v1:forget:me".to_owned(),
            Self::Channel => "v1:forget:channel".to_owned(),
        }
    }
}

fn question(what: What, persona: &Persona) -> String {
    match what {
        What::Conversation => {
            let name = &persona.name;
            format!("Forget this conversation with **{name}**? {name} will remember nothing of it.")
        }
        What::Me => {
            "Forget everything you ever said to me, in every server and direct message, and my answers to it?"
                .to_owned()
        }
        What::Channel => {
            "Forget everything that was said to any persona in this channel, by everybody?".to_owned()
        }
    }
}

/// Erase what I remember
#[poise::command(slash_command, install_context = "Guild", interaction_context = "Guild|BotDm")]
pub(crate) async fn forget(
    ctx: Context<'_>,
    #[description = "What to forget (otherwise this conversation)"] what: Option<What>,
) -> Result<(), Error> {
    let what = what.unwrap_or(What::Conversation);
    let persona = ctx.data().engine.persona_in(&place(ctx).await).await?;
    let scope = match what {
        What::Conversation => Scope::Conversation(persona.id.clone()),
        What::Me => Scope::Me,
        What::Channel => Scope::Channel,
    };
    let yes = CreateButton::new(scope.button_id()).label("Forget it").style(ButtonStyle::Danger);
    let no = CreateButton::new("v1:keep").label("Keep it").style(ButtonStyle::Secondary);
    let question = format!("{} This cannot be undone.", question(what, &persona));
    ctx.send(whisper_with(question, vec![CreateActionRow::Buttons(vec![yes, no])])).await?;
    Ok(())
}
