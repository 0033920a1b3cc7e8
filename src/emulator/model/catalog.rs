//! What `GET /models` lists, and what models cost.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::answer::Answer;
use super::dialect::Dialect;
use super::listed::Listed;

/// Listed where every model exists and nothing was asked for yet.
const SOME_MODELS: [&str; 3] =
    ["google/gemini-2.5-flash", "google/gemini-2.5-flash-lite", "~google/gemini-flash-latest"];
/// The longest list, and how many ids that were asked for are remembered.
const MOST: usize = 1_000;

/// The list of models. Clones are one list. The lock is never held over a wait.
#[derive(Clone, Debug)]
pub(super) struct Catalog {
    shelf: Arc<Mutex<Shelf>>,
}

#[derive(Debug)]
struct Shelf {
    /// The only models that exist; empty: every one.
    only: Vec<String>,
    /// `None`: what exists, as far as it is known.
    listed: Option<Vec<Listed>>,
    /// Ids that were asked for and are not among the others.
    asked: VecDeque<String>,
    fault: Option<Answer>,
    requests: u64,
}

impl Catalog {
    pub(super) fn new(only: Vec<String>) -> Self {
        let shelf = Shelf { only, listed: None, asked: VecDeque::new(), fault: None, requests: 0 };
        Self { shelf: Arc::new(Mutex::new(shelf)) }
    }

    /// The newest thousand of a longer list.
    pub(super) fn list(&self, mut listed: Vec<Listed>) {
        listed.drain(..listed.len().saturating_sub(MOST));
        self.lock().listed = Some(listed);
    }

    pub(super) fn set_fault(&self, fault: Option<Answer>) {
        self.lock().fault = fault;
    }

    pub(super) fn requests(&self) -> u64 {
        self.lock().requests
    }

    /// Counts a request for the list, and gives what is to be answered instead of it.
    pub(super) fn ask(&self) -> Option<Answer> {
        let mut shelf = self.lock();
        shelf.requests += 1;
        shelf.fault.clone()
    }

    pub(super) fn exists(&self, model: &str) -> bool {
        let shelf = self.lock();
        shelf.only.is_empty() || shelf.only.iter().any(|known| known == model)
    }

    /// The model's entry; one with the usual price where it is not listed.
    pub(super) fn facts(&self, model: &str) -> Listed {
        let shelf = self.lock();
        let listed = shelf.listed.iter().flatten().find(|listed| listed.id == model);
        listed.cloned().unwrap_or_else(|| Listed::new(model))
    }

    /// A model that was asked for exists where every model does.
    pub(super) fn note(&self, model: &str) {
        let mut shelf = self.lock();
        if model.is_empty() || SOME_MODELS.contains(&model) || shelf.asked.iter().any(|known| known == model)
        {
            return;
        }
        if shelf.asked.len() == MOST {
            shelf.asked.pop_front();
        }
        shelf.asked.push_back(model.to_owned());
    }

    /// The answer to `GET /models`.
    pub(super) fn body(&self, dialect: Dialect) -> Value {
        let entries = self.lock().entries();
        if dialect == Dialect::OpenRouter {
            let data: Vec<Value> = entries.iter().map(Listed::entry).collect();
            json!({"total_count": data.len(), "links": {"next": null}, "data": data})
        } else {
            let data: Vec<Value> = entries.iter().map(Listed::plain_entry).collect();
            json!({"object": "list", "data": data})
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    fn entries(&self) -> Vec<Listed> {
        match &self.listed {
            Some(listed) => listed.clone(),
            None if self.only.is_empty() => {
                let asked = self.asked.iter().map(String::as_str);
                SOME_MODELS.into_iter().chain(asked).map(Listed::new).collect()
            }
            None => self.only.iter().map(Listed::new).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_thousand_ids_are_remembered() {
        let catalog = Catalog::new(Vec::new());
        for number in 0..=MOST {
            catalog.note(&format!("m/{number}"));
            catalog.note("google/gemini-2.5-flash");
        }
        let ids: Vec<_> = catalog.lock().entries().into_iter().map(|listed| listed.id).collect();
        assert_eq!(ids.len(), SOME_MODELS.len() + MOST);
        assert_eq!((ids[3].as_str(), ids.last().unwrap().as_str()), ("m/1", "m/1000"));
        catalog.list((0..=MOST).map(|number| Listed::new(number.to_string())).collect());
        assert_eq!(catalog.lock().entries().len(), MOST);
        assert_eq!(catalog.lock().entries()[0].id, "1");
    }
}
