//! The models of a server as they were listed at one moment.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::facts::ModelFacts;
use super::fetch::List;
use super::listing::{self, Listed};
use super::naming;

/// What a server listed, looked up by id. Empty and not known before anything was loaded.
#[derive(Debug, Default)]
pub(in crate::llm) struct Snapshot {
    /// Sorted by id.
    models: Vec<Arc<ModelFacts>>,
    /// Of each model: seconds since 1970.
    created: Vec<Option<u64>>,
    /// Of each model: the same without its price, made when it is asked for.
    unpriced: Vec<OnceLock<Arc<ModelFacts>>>,
    /// Places by canonical slug.
    slugs: HashMap<String, usize>,
    /// Milliseconds since 1970.
    fetched_at: Option<u64>,
    is_complete: bool,
    takes_any_name: bool,
}

impl Snapshot {
    /// `fetched_at`: milliseconds since 1970.
    pub(super) fn new(list: List, fetched_at: u64) -> Self {
        let models = listing::in_order(list.models);
        let takes_any_name = matches!(models.as_slice(), [only] if only.takes_any_name);
        let (models, created): (Vec<_>, Vec<_>) =
            models.into_iter().map(|model| (Arc::new(model.facts), model.created)).unzip();
        Self {
            slugs: slugs(&models),
            unpriced: models.iter().map(|_| OnceLock::new()).collect(),
            models,
            created,
            fetched_at: Some(fetched_at),
            is_complete: list.is_complete,
            takes_any_name,
        }
    }

    /// Finds a model by its id, or its canonical slug. A variant (`model:nitro`) that is not listed is the model itself,
    /// without a price where the variant changes it.
    pub(in crate::llm) fn get(&self, id: &str) -> Option<&Arc<ModelFacts>> {
        if let Some(place) = self.place(id) {
            return self.models.get(place);
        }
        if self.takes_any_name {
            return self.models.first();
        }
        let (base, suffix) = naming::variant(id)?;
        let place = self.exact(base)?;
        if naming::keeps_price(suffix) { self.models.get(place) } else { Some(self.without_price(place)) }
    }

    /// All models, sorted by id.
    pub(in crate::llm) fn list(&self) -> &[Arc<ModelFacts>] {
        &self.models
    }

    /// Whether a list was ever loaded.
    pub(in crate::llm) fn is_known(&self) -> bool {
        self.fetched_at.is_some()
    }

    /// Whether a request for `asked` can be called answered by the model it asked for, as the server names it. What a
    /// router chose is what was asked for.
    pub(in crate::llm) fn same_model(&self, asked: &str, answered: &str) -> bool {
        if self.takes_any_name || naming::is_router(asked) || asked == answered {
            return true;
        }
        let mut forms = self.forms(asked);
        let target = self.get(asked).and_then(|facts| facts.alias_target.as_deref());
        match target {
            Some(target) => forms.extend(self.forms(target)),
            // Nobody says what it stands for today.
            None if naming::is_alias(asked) => return naming::author(asked) == naming::author(answered),
            None => {}
        }
        forms.iter().any(|form| naming::is_form_of(answered, form))
    }

    /// The names of one model.
    fn forms<'a>(&'a self, id: &'a str) -> Vec<&'a str> {
        let facts = self.get(id);
        let listed = facts.map(|facts| facts.id.as_str());
        let slug = facts.and_then(|facts| facts.canonical_slug.as_deref());
        [Some(id), listed, slug].into_iter().flatten().collect()
    }

    /// Whether a request for it finds a model. A variant that is a way of routing needs the model only.
    pub(super) fn holds(&self, id: &str) -> bool {
        let is_routed =
            |(base, suffix): (&str, &str)| naming::is_routing(suffix) && self.exact(base).is_some();
        self.takes_any_name
            || self.place(id).is_some()
            || naming::variant(id).is_some_and(is_routed)
            // Made by its owner, listed nowhere.
            || naming::is_preset(id)
    }

    /// Each model with the time of its making, in seconds since 1970.
    pub(super) fn dated(&self) -> impl Iterator<Item = (&ModelFacts, Option<u64>)> {
        self.models.iter().map(Arc::as_ref).zip(self.created.iter().copied())
    }

    /// Whether nothing was left out of the list.
    pub(super) fn is_complete(&self) -> bool {
        self.is_complete
    }

    pub(super) fn takes_any_name(&self) -> bool {
        self.takes_any_name
    }

    /// Milliseconds since 1970.
    pub(super) fn fetched_at(&self) -> Option<u64> {
        self.fetched_at
    }

    /// Whether it is at least as old as `age`. A list from the future is: the clock was set back.
    pub(super) fn is_older(&self, now_ms: u64, age: Duration) -> bool {
        let since = self.fetched_at.and_then(|fetched| now_ms.checked_sub(fetched));
        since.is_none_or(|since| u128::from(since) >= age.as_millis())
    }

    fn place(&self, id: &str) -> Option<usize> {
        // Ollama lists tags and takes their absence for this one.
        let tagged = || (!id.contains(':')).then(|| self.by_id(&format!("{id}:latest"))).flatten();
        self.exact(id).or_else(tagged)
    }

    fn exact(&self, id: &str) -> Option<usize> {
        self.by_id(id).or_else(|| self.slugs.get(id).copied())
    }

    fn by_id(&self, id: &str) -> Option<usize> {
        self.models.binary_search_by(|model| model.id.as_str().cmp(id)).ok()
    }

    fn without_price(&self, place: usize) -> &Arc<ModelFacts> {
        let facts = &self.models[place];
        self.unpriced[place].get_or_init(|| Arc::new(ModelFacts { price: None, ..ModelFacts::clone(facts) }))
    }
}

/// Variants and aliases share the slug of their model, which it stands for first.
fn slugs(models: &[Arc<ModelFacts>]) -> HashMap<String, usize> {
    let is_plain = |id: &str| naming::variant(id).is_none() && !naming::is_alias(id);
    let mut slugs = HashMap::new();
    for plain in [false, true] {
        let chosen = models.iter().enumerate().filter(|(_, model)| is_plain(&model.id) == plain);
        slugs.extend(chosen.filter_map(|(place, model)| Some((model.canonical_slug.clone()?, place))));
    }
    slugs
}

impl From<Vec<ModelFacts>> for Snapshot {
    /// A complete list that was just read.
    fn from(models: Vec<ModelFacts>) -> Self {
        let models = models.into_iter().map(|facts| Listed { facts, ..Listed::default() }).collect();
        Self::new(List { models, is_complete: true }, crate::status::now_ms())
    }
}
