//! How alike two lines are: by the words they share, and by what they are about.

use std::collections::HashSet;

/// Words that say nothing about a subject.
const COMMON: &[&str] = &[
    "about", "all", "also", "and", "any", "are", "bad", "because", "big", "but", "can", "could", "day",
    "did", "does", "dont", "for", "from", "get", "give", "going", "good", "great", "had", "has", "have",
    "her", "him", "his", "how", "into", "its", "just", "know", "like", "little", "lot", "made", "make",
    "many", "more", "much", "must", "new", "not", "now", "old", "one", "our", "out", "please", "really",
    "say", "said", "should", "some", "tell", "than", "that", "the", "their", "them", "then", "there",
    "these", "they", "thing", "things", "think", "this", "time", "today", "too", "use", "very", "want",
    "was", "way", "well", "were", "what", "whats", "when", "where", "which", "who", "why", "will", "with",
    "would", "yes", "you", "your",
];

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Theme {
    Greeting,
    Wellbeing,
    Identity,
    Doing,
    Joke,
    Boredom,
    Sorrow,
    Anger,
    Insult,
    Thanks,
    Farewell,
    Triumph,
    Code,
    Food,
    Sleep,
    Fear,
    Romance,
    Death,
}

/// The phrases that give a theme away. A `$` asks for the end of the text.
const SIGNS: &[(Theme, &[&str])] = &[
    (
        Theme::Greeting,
        &["hi", "hello", "hey", "hiya", "yo", "greetings", "good morning", "good evening", "hallo", "moin"],
    ),
    (
        Theme::Wellbeing,
        &["how are you", "how is it going", "how s it going", "hows it going", "whats up", "how do you do"],
    ),
    (
        Theme::Identity,
        &[
            "who are you",
            "what are you $",
            "your name",
            "about yourself",
            "what can you do",
            "are you real",
            "are you a bot",
        ],
    ),
    (Theme::Doing, &["are you doing", "are you up to", "what do you do"]),
    (Theme::Joke, &["joke", "jokes", "funny", "make me laugh", "lol", "haha"]),
    (Theme::Boredom, &["bored", "boredom", "nothing to do", "entertain me"]),
    (
        Theme::Sorrow,
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
    ),
    (Theme::Anger, &["angry", "furious", "so mad"]),
    (
        Theme::Insult,
        &[
            "stupid", "useless", "dumb", "shut up", "annoying", "idiot", "hate you", "you suck", "boring",
            "rubbish",
        ],
    ),
    (Theme::Thanks, &["thanks", "thank you", "thx", "cheers"]),
    (Theme::Farewell, &["bye", "goodbye", "good night", "goodnight", "see you", "farewell"]),
    (Theme::Triumph, &["i won", "i got the", "i passed", "i did", "guess what", "good news"]),
    (
        Theme::Code,
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
    ),
    (
        Theme::Food,
        &["cook", "dinner", "lunch", "breakfast", "hungry", "recipe", "food", "eat", "pizza", "cake", "soup"],
    ),
    (Theme::Sleep, &["sleep", "tired", "insomnia", "awake"]),
    (
        Theme::Fear,
        &["scared", "afraid", "nervous", "anxious", "worried", "exam", "presentation", "interview"],
    ),
    (Theme::Romance, &["girlfriend", "boyfriend", "my ex", "broke up", "crush", "dating"]),
    (Theme::Death, &["died", "funeral", "grief", "passed away"]),
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
    themes(text).contains(&Theme::Greeting)
}

/// Small talk: an answer to it suits nearly anything.
pub(super) fn is_small_talk(text: &str) -> bool {
    themes(text)
        .iter()
        .any(|theme| matches!(theme, Theme::Wellbeing | Theme::Doing | Theme::Joke | Theme::Boredom))
}

/// Nothing that moves somebody, and one person's line: what is said to it can be taken up elsewhere.
pub(super) fn is_light(text: &str) -> bool {
    let subject = |theme: &Theme| matches!(theme, Theme::Greeting | Theme::Code | Theme::Food | Theme::Sleep);
    !text.trim().contains('\n') && (is_small_talk(text) || themes(text).iter().all(subject))
}

fn themes(text: &str) -> HashSet<Theme> {
    let text = format!(" {} $ ", words(text).join(" "));
    let shows = |signs: &[&str]| signs.iter().any(|sign| text.contains(&format!(" {sign} ")));
    SIGNS.iter().filter(|(_, signs)| shows(signs)).map(|(theme, _)| *theme).collect()
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
