//! Small touches that make a known line answer this person and this message.

use super::words::telling;

/// Telling enough to compare lines by, but not worth asking back.
const NO_ECHO: &[&str] = &[
    "again",
    "always",
    "another",
    "answer",
    "anything",
    "best",
    "bored",
    "describe",
    "everything",
    "explain",
    "favorite",
    "favourite",
    "feel",
    "fine",
    "funny",
    "haha",
    "hello",
    "help",
    "joke",
    "jokes",
    "love",
    "maybe",
    "need",
    "never",
    "nothing",
    "okay",
    "question",
    "someone",
    "something",
    "sure",
    "thank",
    "thanks",
    "write",
    "yeah",
];

/// The longest first sentence that a name is set into, in characters.
const LONGEST_OPENING: usize = 80;

/// Sets a name before the end of the first sentence: `Stool's free.` becomes `Stool's free, Robin.` A line that would
/// suffer from it stays as it is.
pub(super) fn address(line: &str, name: &str) -> String {
    let Some(end) = line.find(['.', '!', '?', '\n']) else {
        return line.to_owned();
    };
    let (opening, rest) = line.split_at(end);
    let next = rest.chars().nth(1);
    let is_end = !rest.starts_with('\n') && next.is_none_or(char::is_whitespace);
    let is_plain = !opening.contains(['"', '“', '*', '_', '`', ':', '(', '[', '>', '…']);
    // After `..., friend` a name is one too many.
    let is_open = opening.rsplit_once(", ").is_none_or(|(_, last)| last.contains(' '));
    let fits = is_end && is_plain && is_open && opening.chars().count() <= LONGEST_OPENING;
    if fits && !line.contains(name) { format!("{opening}, {name}{rest}") } else { line.to_owned() }
}

/// Asks back with the most telling word of a message, as people do who gain time: `Marmalade?`
pub(super) fn echo(message: &str) -> Option<String> {
    let words = telling(message);
    let plain = |word: &&String| {
        let fits = (4..=14).contains(&word.chars().count()) && word.chars().all(char::is_alphabetic);
        fits && !NO_ECHO.contains(&word.as_str())
    };
    let word = words.iter().rev().filter(plain).max_by_key(|word| word.chars().count())?;
    let mut characters = word.chars();
    let first = characters.next()?;
    Some(format!("{}{}?", first.to_uppercase(), characters.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_the_first_sentence() {
        for (line, expected) in [
            ("Stool's free. What's broken?", "Stool's free, Robin. What's broken?"),
            ("Good night!", "Good night, Robin!"),
            ("What's in the fridge? Start there.", "What's in the fridge, Robin? Start there."),
            ("\"No.\" Then stop.", "\"No.\" Then stop."),
            ("*sighs* Fine.", "*sighs* Fine."),
            ("Peace, friend. Sit.", "Peace, friend. Sit."),
            ("Well... yes.", "Well... yes."),
            ("Version 1.5 works.", "Version 1.5 works."),
            ("No end", "No end"),
            ("Robin! Was it good?", "Robin! Was it good?"),
            ("", ""),
        ] {
            assert_eq!(address(line, "Robin"), expected);
        }
    }

    #[test]
    fn the_echo_is_the_word_that_tells_most() {
        for (message, expected) in [
            ("do you like marmalade on toast?", Some("Marmalade?")),
            ("what about that", None),
            ("write me another haiku", Some("Haiku?")),
            ("<@123456789> https", Some("Https?")),
            ("über Österreich", Some("Österreich?")),
            ("🦀🦀", None),
        ] {
            assert_eq!(echo(message).as_deref(), expected, "{message}");
        }
    }
}
