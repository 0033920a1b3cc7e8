//! What an answer tells besides its text.

use super::report::{Finish, Usage};

/// The longest name of a provider that is kept, in characters.
const LONGEST_NAME: usize = 64;
/// The longest id that is kept, in bytes. A part of one would be of no use.
const LONGEST_ID: usize = 256;

#[derive(Clone, Default, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct Facts {
    pub(super) model: Option<String>,
    pub(super) provider: Option<String>,
    pub(super) id: Option<String>,
    pub(super) usage: Option<Usage>,
    pub(super) finish: Option<Finish>,
    /// How many providers the server itself has asked for this answer. `None`: it does not say.
    pub(super) upstream_attempts: Option<u32>,
}

/// A provider's name as a log may show it: short, and in one line.
pub(super) fn name(told: &str) -> Option<String> {
    let shown = told.chars().filter(|character| !character.is_control()).take(LONGEST_NAME);
    let shown = shown.collect::<String>().trim().to_owned();
    (!shown.is_empty()).then_some(shown)
}

/// The id of a model or a generation, if it can be one.
pub(super) fn id(told: &str) -> Option<String> {
    let fits = !told.is_empty() && told.len() <= LONGEST_ID && !told.chars().any(char::is_control);
    fits.then(|| told.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cleaned() {
        assert_eq!(name(" Google\n\u{7} AI ").as_deref(), Some("Google AI"));
        assert_eq!(name(&"é".repeat(100)).map(|name| name.chars().count()), Some(64));
        assert_eq!((name(""), name("\n \t")), (None, None));
    }

    #[test]
    fn ids_are_whole_or_absent() {
        assert_eq!(id("gen-1").as_deref(), Some("gen-1"));
        assert!(id(&"x".repeat(256)).is_some());
        for told in ["", "a\nb", &"x".repeat(257)] {
            assert_eq!(id(told), None, "{told:?}");
        }
    }
}
