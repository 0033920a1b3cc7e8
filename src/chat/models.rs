//! Which models a turn asks: a server's choice before the persona's, and that before the operator's. The operator's
//! bounds hold for all of them.

use super::{Engine, now};
use crate::ids::{GuildId, UserId};
use crate::llm;
use crate::persona::Persona;
use crate::store::{Audience, StoreError, Target};

/// The name of the setting that holds a server's model.
const MODEL_SETTING: &str = "model";

/// A model as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// As it is chosen.
    pub name: String,
    /// As its maker calls it.
    pub title: String,
    /// Tokens that it can read at once.
    pub context: Option<u32>,
    /// `None`: not listed.
    pub price: Option<ModelPrice>,
    pub sees_images: bool,
    /// The day from which on it is not served any more, `YYYY-MM-DD`.
    pub expires: Option<String>,
    /// Why it may not be chosen.
    pub excluded: Option<Excluded>,
}

/// What a model costs, in pico-dollars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelPrice {
    /// A token of the prompt.
    pub prompt: i64,
    /// A token of the reply.
    pub completion: i64,
    /// A request, whatever is in it.
    pub request: i64,
}

/// Which bound of the operator's a model does not keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excluded {
    NotAllowed,
    TooDear,
    /// Nobody says what it costs.
    Unpriced,
}

/// Whose choice the first model is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChosenBy {
    Server,
    Persona,
    Operator,
}

/// The ladder that holds in a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelsHere {
    /// The first choice first, as far as the operator's bounds allow them.
    pub ladder: Vec<String>,
    pub chosen_by: ChosenBy,
}

/// What became of somebody's choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    Done(Model),
    /// The usual models answer again.
    Reset,
    /// It stands outside the operator's bounds.
    Excluded(Model, Excluded),
    /// No server has it.
    Unknown,
    /// It cannot be looked up at the moment: its server has not told what it has.
    Unchecked,
}

/// Who chooses which model for which server. `None`: back to what holds without a choice.
#[derive(Clone, Debug)]
pub struct ModelChoice {
    pub guild: GuildId,
    pub model: Option<String>,
    pub by: UserId,
}

impl Engine {
    /// Every model that is known by now.
    pub fn models(&self) -> Vec<Model> {
        self.inner.parts.ladder.offers().into_iter().map(Model::of).collect()
    }

    /// One model. `None`: no server lists it.
    pub fn model(&self, name: &str) -> Option<Model> {
        self.inner.parts.ladder.offer_of(name).map(Model::of)
    }

    /// The models that answer for a persona in a place.
    ///
    /// # Errors
    /// When the settings cannot be read.
    pub async fn models_in(&self, audience: &Audience, persona: &Persona) -> Result<ModelsHere, StoreError> {
        let chosen = self.model_of(audience.guild()).await?;
        let request =
            llm::Request { models: self.wanted(chosen.clone(), persona), ..llm::Request::default() };
        let ladder: Vec<_> = self.inner.parts.ladder.plan(&request).models().map(str::to_owned).collect();
        // A choice may have left the operator's bounds since it was made.
        let is_asked = |model: &String| ladder.contains(model);
        let chosen_by = match chosen {
            Some(model) if is_asked(&model) => ChosenBy::Server,
            _ if persona.models.iter().any(is_asked) => ChosenBy::Persona,
            _ => ChosenBy::Operator,
        };
        Ok(ModelsHere { ladder, chosen_by })
    }

    /// Chooses the model of a server.
    ///
    /// # Errors
    /// When the settings cannot be written.
    pub async fn use_model(&self, choice: ModelChoice) -> Result<Chosen, StoreError> {
        let target = Target::Guild(choice.guild);
        let Some(name) = choice.model else {
            self.store().set_setting(target, MODEL_SETTING, None, choice.by, now()).await?;
            return Ok(Chosen::Reset);
        };
        let Some(model) = self.model(&name) else {
            let known = self.inner.parts.ladder.knows_server_of(&name);
            return Ok(if known { Chosen::Unknown } else { Chosen::Unchecked });
        };
        if let Some(why) = model.excluded {
            return Ok(Chosen::Excluded(model, why));
        }
        self.store().set_setting(target, MODEL_SETTING, Some(&name), choice.by, now()).await?;
        Ok(Chosen::Done(model))
    }

    /// What a server has chosen.
    ///
    /// # Errors
    /// When the settings cannot be read.
    pub async fn model_of(&self, guild: Option<GuildId>) -> Result<Option<String>, StoreError> {
        match guild {
            Some(guild) => self.store().setting(Target::Guild(guild), MODEL_SETTING).await,
            None => Ok(None),
        }
    }

    /// The ladder before the operator's bounds. Behind a server's choice stands what would hold without it.
    pub(super) fn wanted(&self, chosen: Option<String>, persona: &Persona) -> Vec<String> {
        let own = &self.inner.parts.ladder.settings().models;
        let usual = if persona.models.is_empty() { own } else { &persona.models };
        let behind = usual.iter().filter(|model| Some(*model) != chosen.as_ref()).cloned();
        chosen.clone().into_iter().chain(behind).collect()
    }
}

impl Model {
    fn of(offer: llm::Offer) -> Self {
        let facts = &offer.facts;
        Self {
            title: facts.name.clone(),
            context: facts.context_length,
            price: facts.price.map(|llm::Price { prompt, completion, request, .. }| ModelPrice {
                prompt,
                completion,
                request,
            }),
            sees_images: facts.images.unwrap_or(false),
            expires: facts.expires.clone(),
            excluded: offer.excluded.map(|why| match why {
                llm::Excluded::NotAllowed => Excluded::NotAllowed,
                llm::Excluded::Unpriced => Excluded::Unpriced,
                llm::Excluded::TooDear | llm::Excluded::DearerThanAbove => Excluded::TooDear,
            }),
            name: offer.name,
        }
    }
}
