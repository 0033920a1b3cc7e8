//! How alike two lines are: by the words they share, and by what they are about.

use std::collections::HashSet;

/// Words that say nothing about a subject.
const COMMON: &[&str] = &[
    "about", "also", "and", "any", "are", "because", "but", "can", "could", "did", "does", "dont", "for",
    "from", "get", "give", "going", "had", "has", "have", "her", "him", "his", "how", "into", "its", "just",
    "know", "like", "made", "make", "many", "more", "much", "must", "not", "now", "one", "our", "out",
    "please", "really", "say", "said", "should", "some", "tell", "than", "that", "the", "their", "them",
    "then", "there", "these", "they", "thing", "things", "think", "this", "today", "very", "want", "was",
    "way", "well", "were", "what", "when", "where", "which", "who", "why", "will", "with", "would", "you",
    "your",
];

/// What people talk about, and the phrases that give it away.
const THEMES: &[&[&str]] = &[
    &[
        "hi",
        "hello",
        "hey",
        "hiya",
        "yo",
        "greetings",
        "good morning",
        "good evening",
        "good afternoon",
        "hallo",
        "moin",
    ],
    &[
        "how are you",
        "how is it going",
        "how s it going",
        "hows it going",
        "whats up",
        "what s up",
        "how do you do",
    ],
    &[
        "who are you",
        "what are you",
        "your name",
        "about yourself",
        "what can you do",
        "are you real",
        "are you a bot",
    ],
    &["what are you doing", "what are you up to", "what do you do"],
    &["joke", "jokes", "funny", "make me laugh", "laugh"],
    &["bored", "boredom", "nothing to do", "entertain me"],
    &[
        "sad",
        "unhappy",
        "lonely",
        "bad day",
        "crying",
        "miserable",
        "depressed",
        "feel bad",
        "feel terrible",
        "feel down",
    ],
    &["angry", "furious", "so mad"],
    &[
        "stupid", "useless", "dumb", "shut up", "annoying", "idiot", "hate you", "you suck", "boring",
        "rubbish",
    ],
    &["thanks", "thank you", "thx", "cheers"],
    &["bye", "goodbye", "good night", "goodnight", "see you", "farewell"],
    &["i won", "i got the", "i passed", "i did it", "guess what", "good news"],
    &[
        "code",
        "python",
        "javascript",
        "rust",
        "css",
        "html",
        "script",
        "function",
        "git",
        "api",
        "bug",
        "program",
        "compiler",
    ],
    &["cook", "dinner", "lunch", "breakfast", "hungry", "recipe", "food", "eat", "pizza", "cake", "soup"],
    &["sleep", "tired", "insomnia", "awake", "cant sleep"],
    &["scared", "afraid", "nervous", "anxious", "worried", "exam", "presentation", "interview"],
    &["girlfriend", "boyfriend", "my ex", "broke up", "crush", "dating"],
    &["died", "funeral", "grief", "passed away"],
];

/// The words of a text in lower case, without marks and signs.
pub(super) fn words(text: &str) -> Vec<String> {
    let text = text.to_lowercase().replace(['\'', '’'], "");
    text.split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The words that carry a subject.
pub(super) fn telling(text: &str) -> Vec<String> {
    words(text)
        .into_iter()
        .filter(|word| word.chars().count() > 2 && !COMMON.contains(&word.as_str()))
        .collect()
}

/// How much two lines have in common; a shared theme counts as two shared words.
pub(super) fn likeness(one: &str, other: &str) -> i32 {
    let (left, right) = (telling(one), telling(other));
    let shared = left.iter().filter(|word| right.iter().any(|known| akin(word, known))).count();
    let (left, right) = (themes(one), themes(other));
    i32::try_from(shared + 2 * left.intersection(&right).count()).unwrap_or(i32::MAX)
}

/// Whether most words of `part` stand in `whole`.
pub(super) fn contains(whole: &str, part: &str) -> bool {
    let whole: HashSet<String> = words(whole).into_iter().collect();
    let part = words(part);
    let found = part.iter().filter(|word| whole.contains(*word)).count();
    !part.is_empty() && found * 5 >= part.len() * 4
}

pub(super) fn is_greeting(text: &str) -> bool {
    themes(text).contains(&0)
}

fn themes(text: &str) -> HashSet<usize> {
    let text = format!(" {} ", words(text).join(" "));
    let names = |theme: &[&str]| theme.iter().any(|phrase| text.contains(&format!(" {phrase} ")));
    THEMES.iter().enumerate().filter(|(_, theme)| names(theme)).map(|(index, _)| index).collect()
}

/// The same word, or two forms of it.
fn akin(one: &str, other: &str) -> bool {
    let common = one.chars().zip(other.chars()).take_while(|(left, right)| left == right).count();
    let (short, long) =
        (one.chars().count().min(other.chars().count()), one.chars().count().max(other.chars().count()));
    one == other || (common >= 4 && common + 1 >= short && long - short <= 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alike_is_what_shares_words_or_a_theme() {
        for (one, other) in [
            ("Why do volcanoes erupt?", "how do volcanoes work?"),
            ("hey there", "hello"),
            ("What's up?", "how are you?"),
            ("I cooked something", "what should I cook tonight?"),
            ("tell me something funny", "tell me a joke"),
        ] {
            assert!(likeness(one, other) > 0, "{one} / {other}");
        }
        for (one, other) in [
            ("what is your favourite river?", "who is that?"),
            ("", ""),
            ("🦀", "hello"),
            ("the cat", "a category"),
        ] {
            assert_eq!(likeness(one, other), 0, "{one} / {other}");
        }
    }
}
