//! The history window. It stands still until the budget is full and then moves to half of it, so that the rendered
//! prefix stays identical between turns and providers can cache it.

use crate::ids::EntryId;
use crate::store::{Entry, HISTORY_MAX};

/// Tokens are estimated until a model's real ratio is known.
const CHARACTERS_PER_TOKEN: usize = 4;

/// What a message costs beside its text: role and separators.
const TOKENS_PER_ENTRY: usize = 4;

/// A path of this many entries may have lost its beginning: the next turn's would begin elsewhere.
const LONGEST: usize = HISTORY_MAX as usize;

/// The part of a conversation's path that goes into the prompt.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Window<'a> {
    pub(crate) entries: &'a [Entry],
    /// The entry at which the window begins, to be inherited by the next turn. `None`: at the root.
    pub(crate) from: Option<EntryId>,
}

/// Cuts `path` (oldest first, already starting at `from`) to `budget` tokens.
pub(crate) fn cut(path: &[Entry], from: Option<EntryId>, budget: usize) -> Window<'_> {
    let total: usize = path.iter().map(cost).sum();
    if total <= budget && path.len() < LONGEST {
        return Window { entries: path, from };
    }
    let mut left = total;
    let mut start = 0;
    while start < path.len() && (left > budget / 2 || path.len() - start > LONGEST / 2) {
        left -= cost(&path[start]);
        start += 1;
    }
    let entries = &path[start..];
    Window {
        entries,
        from: entries.first().map(|entry| entry.id).or_else(|| path.last().map(|entry| entry.id)),
    }
}

fn cost(entry: &Entry) -> usize {
    let text = entry.text.as_deref().unwrap_or_default();
    let speaker = entry.speaker.as_deref().unwrap_or_default();
    estimate(text) + estimate(speaker) + TOKENS_PER_ENTRY
}

/// An estimate of the tokens of a text.
pub(crate) fn estimate(text: &str) -> usize {
    text.chars().count().div_ceil(CHARACTERS_PER_TOKEN)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ids::{PersonaId, ScopeId};
    use crate::store::EntryRole;

    fn entry(seq: u32, characters: usize) -> Entry {
        Entry {
            id: EntryId::of(ScopeId::new(1), seq),
            role: EntryRole::Person,
            persona: PersonaId::parse("ada").unwrap(),
            speaker: None,
            author: None,
            text: Some("x".repeat(characters)),
            at: 0,
        }
    }

    #[test]
    fn a_path_within_the_budget_is_kept_whole() {
        let path = [entry(1, 40), entry(2, 40)];
        assert_eq!(cut(&path, None, 28), Window { entries: &path, from: None });
    }

    #[test]
    fn a_full_window_moves_to_half() {
        let path: Vec<_> = (1..=10).map(|seq| entry(seq, 24)).collect();
        let window = cut(&path, None, 99);
        assert_eq!(window.from, Some(path[6].id));
        assert_eq!(window.entries, &path[6..]);
    }

    #[test]
    fn many_short_lines_move_the_window_to_half_as_well() {
        let mut path: Vec<_> = (1..=399).map(|seq| entry(seq, 1)).collect();
        assert_eq!(cut(&path, None, 1_000_000).from, None);
        path.push(entry(400, 1));
        let window = cut(&path, None, 1_000_000);
        assert_eq!((window.from, window.entries.len()), (Some(path[200].id), 200));
    }

    proptest! {
        #[test]
        fn it_moves_seldom_and_always_fits(sizes in prop::collection::vec(0_usize..200, 1..200), budget in 60_usize..400) {
            let mut path = Vec::new();
            let mut from = None;
            let mut moves = 0;
            for (seq, size) in (1..).zip(&sizes) {
                path.push(entry(seq, *size));
                let kept = path.iter().position(|entry| Some(entry.id) == from).unwrap_or(0);
                let window = cut(&path[kept..], from, budget);
                prop_assert!(window.entries.iter().map(cost).sum::<usize>() <= budget);
                moves += usize::from(window.from != from);
                from = window.from;
            }
            // Each move frees half of the budget, so moves are bounded by what was ever said.
            let said: usize = path.iter().map(cost).sum();
            prop_assert!(moves <= said / (budget / 2) + 1);
        }
    }
}
