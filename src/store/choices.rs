//! What the settings of servers and channels were when they were last read: every turn asks for some, and they seldom
//! change. This process is the only one that writes, so it knows when.
//!
//! Required: after a write was answered, nobody reads what was there before.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::settings::Target;

/// Servers and channels that are remembered. When there are more, all are forgotten.
const MOST: usize = 4_096;

/// Names that are remembered of each.
const MOST_NAMES: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Choices {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// How often something was changed.
    changes: u64,
    known: HashMap<Target, HashMap<String, Option<String>>>,
}

/// Either what is chosen, or the right to remember what is read now.
pub(super) enum Look {
    Known(Option<String>),
    Unknown(Since),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Since(u64);

impl Choices {
    pub(super) fn look(&self, target: Target, name: &str) -> Look {
        let state = self.lock();
        match state.known.get(&target).and_then(|names| names.get(name)) {
            Some(value) => Look::Known(value.clone()),
            None => Look::Unknown(Since(state.changes)),
        }
    }

    /// Nothing is remembered when something has changed since the look. People's own choices are not: they go when a
    /// person is forgotten.
    pub(super) fn remember(&self, since: Since, target: Target, (name, value): (&str, Option<&str>)) {
        let mut state = self.lock();
        if state.changes != since.0 || matches!(target, Target::User(_)) {
            return;
        }
        if state.known.len() >= MOST && !state.known.contains_key(&target) {
            state.known.clear();
        }
        let names = state.known.entry(target).or_default();
        if names.len() < MOST_NAMES {
            names.insert(name.to_owned(), value.map(str::to_owned));
        }
    }

    /// To be called between a commit and its answer.
    pub(super) fn changed(&self, target: Target) {
        let mut state = self.lock();
        state.changes += 1;
        state.known.remove(&target);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ChannelId, UserId};

    fn channel(number: u64) -> Target {
        Target::Channel(ChannelId::new(number))
    }

    fn learn(choices: &Choices, target: Target, value: &str) {
        let Look::Unknown(since) = choices.look(target, "persona") else { panic!("known") };
        choices.remember(since, target, ("persona", Some(value)));
    }

    fn known(choices: &Choices, target: Target) -> Option<String> {
        match choices.look(target, "persona") {
            Look::Known(value) => value,
            Look::Unknown(_) => None,
        }
    }

    #[test]
    fn what_was_read_before_a_change_is_not_remembered_after_it() {
        let choices = Choices::default();
        learn(&choices, channel(1), "ada");
        assert_eq!(known(&choices, channel(1)).as_deref(), Some("ada"));
        let Look::Unknown(before) = choices.look(channel(2), "persona") else { panic!("known") };
        choices.changed(channel(1));
        choices.changed(channel(2));
        choices.remember(before, channel(2), ("persona", Some("old")));
        assert_eq!((known(&choices, channel(1)), known(&choices, channel(2))), (None, None));
    }

    #[test]
    fn it_remembers_a_bounded_number_and_nobody() {
        let choices = Choices::default();
        for number in 1..=10_000 {
            learn(&choices, channel(number), "ada");
            assert!(choices.lock().known.len() <= MOST);
        }
        assert_eq!(known(&choices, channel(10_000)).as_deref(), Some("ada"));
        for name in 0..100 {
            let name = name.to_string();
            let Look::Unknown(since) = choices.look(channel(10_000), &name) else { panic!("known") };
            choices.remember(since, channel(10_000), (&name, None));
        }
        assert_eq!(choices.lock().known[&channel(10_000)].len(), MOST_NAMES);
        let person = Target::User(UserId::new(1));
        learn(&choices, person, "ada");
        assert_eq!(known(&choices, person), None);
    }
}
