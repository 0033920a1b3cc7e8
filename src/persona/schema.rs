//! A persona's file, version 1. Six lines make one:
//!
//! ```toml
//! name = "Ada"
//! tagline = "Counts everything, twice"
//! system = """
//! You are Ada, a retired tide-table clerk. You answer briefly and give a number wherever one can be had.
//! """
//! ```
//!
//! The file's name is the persona's id (`personas/ada.toml` is `ada`). Anything that is not in this table is an error.
//! Texts are trimmed; lengths count characters, not bytes, except for `system`.
//!
//! | key | what it is | bounds |
//! |---|---|---|
//! | `version` | the format of the file | 1, which is also the default |
//! | `name` | how the character is called; **required** | 1 to 80 characters on one line, unique in its folder |
//! | `tagline` | one line for lists and help | up to 100 characters on one line |
//! | `system` | who the character is, told to the model before everything else; **required** | up to 32 KiB |
//! | `greeting` | the answer to being called without a word; `Yes?` where there is none | up to 2000 characters |
//! | `thinking` | one line shown while the model is still silent | up to 200 characters on one line |
//! | `failure` | the character's own words when no model answers | up to 300 characters |
//! | `models` | model ids to try in this order instead of the configured ones | up to 10, without spaces |
//! | `rating` | who may meet the character | `"everyone"` (default), or `"mature"`: age-restricted channels only |
//! | `tags` | words to find it by | up to 20 of 1 to 30 lower-case letters, digits and `-` |
//! | `default` | the persona of channels that chose none | `true` in one file of a folder; else the first id |
//! | `[sampling]` `temperature` | how daring the choice of words is | 0 to 2 |
//! | `[sampling]` `top_p` | how far down the list of likely words it may go | 0 to 1 |
//! | `[sampling]` `max_tokens` | the longest answer | 16 to 8192 |
//! | `[[examples]]` `user`, `reply` | a line somebody says and the answer; both **required** | up to 40 pairs, 4000 characters each |
//!
//! For people who come from character cards: `system_prompt`, `description`, `personality` and `scenario` are told in
//! `system`, `first_mes` is `greeting`, each exchange of `mes_example` is one `[[examples]]`; `name` and `tags` are
//! the same.

use serde::Deserialize;

use super::{Example, Persona, Sampling};
use crate::document::{Document, Place, Problem, Reader};
use crate::ids::PersonaId;

/// Fits everybody: nobody who calls a persona may be left without an answer.
const PLAIN_GREETING: &str = "Yes?";

const NAME_MAX: usize = 80;
const TAGLINE_MAX: usize = 100;
const SYSTEM_MAX_BYTES: usize = 32 * 1024;
const GREETING_MAX: usize = 2000;
const THINKING_MAX: usize = 200;
const FAILURE_MAX: usize = 300;
const EXAMPLES_MAX: usize = 40;
const EXAMPLE_MAX: usize = 4000;
const MODELS_MAX: usize = 10;
const TAGS_MAX: usize = 20;
const TAG_MAX: usize = 30;

/// Who may meet a character.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Rating {
    #[default]
    Everyone,
    /// Age-restricted channels only.
    Mature,
}

/// A persona's file that was read: the character, and what the file says about its place among the others.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) persona: Persona,
    /// Where `name` stands.
    pub(super) name_place: Place,
    /// Where `default = true` stands.
    pub(super) default_place: Option<Place>,
}

/// Reads a persona's file. `source` is how problems name it.
pub(super) fn read(id: PersonaId, source: &str, text: &str) -> Result<Entry, Vec<Problem>> {
    let document = Document::parse(source, text).map_err(|problem| vec![problem])?;
    document.read(|reader| {
        version(reader);
        card_names(reader);
        let is_default = reader.optional::<bool>("default").unwrap_or_default();
        let default_place = is_default.then(|| reader.place("default"));
        Entry { persona: persona(reader, id), name_place: reader.place("name"), default_place }
    })
}

/// What is missing or bad is filled with nothing: the reader drops the persona if there was any problem.
fn persona(reader: &mut Reader<'_>, id: PersonaId) -> Persona {
    let name =
        reader.required_checked("name", &one_line_expected(1, NAME_MAX), |text| one_line(text, 1, NAME_MAX));
    let tagline = optional_line(reader, "tagline", TAGLINE_MAX);
    let system = reader.required_checked("system", "1 byte to 32 KiB of text", system);
    let greeting = optional_text(reader, "greeting", GREETING_MAX);
    Persona {
        id,
        name: name.unwrap_or_default(),
        tagline: tagline.unwrap_or_default(),
        system: system.unwrap_or_default(),
        greeting: greeting.unwrap_or_else(|| PLAIN_GREETING.to_owned()),
        thinking: optional_line(reader, "thinking", THINKING_MAX),
        failure: optional_text(reader, "failure", FAILURE_MAX),
        models: models(reader),
        rating: reader.optional("rating").unwrap_or_default(),
        tags: tags(reader),
        sampling: reader.table("sampling", sampling).unwrap_or_default(),
        examples: examples(reader),
    }
}

fn version(reader: &mut Reader<'_>) {
    let expected = "1 (a newer file needs a newer Prism)";
    reader.checked("version", expected, |version: i64| (version == 1).then_some(()));
}

fn card_names(reader: &mut Reader<'_>) {
    for key in ["system_prompt", "description", "personality", "scenario"] {
        reader.hint(key, "in a persona's file this is told in `system`");
    }
    reader.hint("first_mes", "in a persona's file this is `greeting`");
    reader.hint(
        "mes_example",
        "in a persona's file each exchange is one `[[examples]]` with `user` and `reply`",
    );
    for key in ["temperature", "top_p", "max_tokens"] {
        reader.hint(key, "it belongs into the table `[sampling]`");
    }
    reader.hint("model", "write `models = [\"...\"]`");
}

/// What follows a table's header belongs to the table, which surprises people.
fn top_names(reader: &mut Reader<'_>) {
    for key in [
        "name", "tagline", "system", "greeting", "thinking", "failure", "models", "rating", "tags", "default",
    ] {
        reader.hint(key, "it belongs to the top of the file, above the first line in [brackets]");
    }
}

fn sampling(reader: &mut Reader<'_>) -> Sampling {
    let within = |most: f64| move |number: f64| (0.0..=most).contains(&number).then_some(number);
    top_names(reader);
    let tokens = |count: u32| (16..=8192).contains(&count).then_some(count);
    Sampling {
        temperature: reader.checked("temperature", "a number from 0 to 2", within(2.0)),
        top_p: reader.checked("top_p", "a number from 0 to 1", within(1.0)),
        max_tokens: reader.checked("max_tokens", "a whole number from 16 to 8192", tokens),
    }
}

fn examples(reader: &mut Reader<'_>) -> Vec<Example> {
    let expected = text_expected(1, EXAMPLE_MAX);
    let examples = reader.tables("examples", |pair| {
        top_names(pair);
        let mut line = |key| pair.required_checked(key, &expected, |line| text(line, 1, EXAMPLE_MAX));
        Example { user: line("user").unwrap_or_default(), reply: line("reply").unwrap_or_default() }
    });
    at_most(reader, "examples", examples, EXAMPLES_MAX)
}

fn models(reader: &mut Reader<'_>) -> Vec<String> {
    let models = reader.each("models", "a model id without spaces", |id: String| {
        let fits = !id.is_empty() && !id.contains(|c: char| c.is_whitespace() || c.is_control());
        fits.then_some(id)
    });
    at_most(reader, "models", models, MODELS_MAX)
}

fn tags(reader: &mut Reader<'_>) -> Vec<String> {
    let expected = format!("1 to {TAG_MAX} lower-case letters, digits and -");
    let tags = reader.each("tags", &expected, |tag: String| {
        let fits = |c: char| (c.is_alphanumeric() && !c.is_uppercase()) || c == '-';
        ((1..=TAG_MAX).contains(&tag.chars().count()) && tag.chars().all(fits)).then_some(tag)
    });
    at_most(reader, "tags", tags, TAGS_MAX)
}

fn at_most<T>(reader: &mut Reader<'_>, key: &str, members: Vec<T>, most: usize) -> Vec<T> {
    if members.len() > most {
        reader.problem(key, format!("expected up to {most}, found {}", members.len()));
    }
    members
}

fn optional_line(reader: &mut Reader<'_>, key: &str, most: usize) -> Option<String> {
    let line = reader.checked(key, &one_line_expected(0, most), |text| one_line(text, 0, most));
    line.filter(|line| !line.is_empty())
}

fn optional_text(reader: &mut Reader<'_>, key: &str, most: usize) -> Option<String> {
    let read = reader.checked(key, &text_expected(0, most), |written| text(written, 0, most));
    read.filter(|read| !read.is_empty())
}

fn text_expected(least: usize, most: usize) -> String {
    if least == 0 { format!("up to {most} characters") } else { format!("{least} to {most} characters") }
}

fn one_line_expected(least: usize, most: usize) -> String {
    format!("{} on one line", text_expected(least, most))
}

fn text(text: String, least: usize, most: usize) -> Option<String> {
    let text = text.trim();
    (least..=most).contains(&text.chars().count()).then(|| text.to_owned())
}

fn one_line(line: String, least: usize, most: usize) -> Option<String> {
    text(line, least, most).filter(|line| !line.contains(char::is_control))
}

fn system(text: String) -> Option<String> {
    let text = text.trim();
    (1..=SYSTEM_MAX_BYTES).contains(&text.len()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn read_text(text: &str) -> Result<Entry, Vec<Problem>> {
        read(PersonaId::parse("ada").unwrap(), "personas/ada.toml", text)
    }

    fn problems(text: &str) -> String {
        let problems = read_text(text).unwrap_err();
        problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn two_lines_make_a_persona() {
        let entry = read_text("name = ' Ada '\nsystem = '''\nYou are Ada.\n'''").unwrap();
        let expected = Persona {
            id: PersonaId::parse("ada").unwrap(),
            name: "Ada".to_owned(),
            tagline: String::new(),
            system: "You are Ada.".to_owned(),
            greeting: "Yes?".to_owned(),
            thinking: None,
            failure: None,
            examples: Vec::new(),
            models: Vec::new(),
            sampling: Sampling::default(),
            rating: Rating::Everyone,
            tags: Vec::new(),
        };
        assert_eq!(entry.persona, expected);
        assert_eq!(entry.default_place, None);
    }

    #[test]
    fn every_key_arrives() {
        let text = r#"
version = 1
name = "Ada"
tagline = "Counts"
system = "You count."
greeting = "One."
thinking = "Counting."
failure = "Lost count."
models = ["a/b", "c/d:free"]
rating = "mature"
tags = ["calm", "numbers"]
default = true
[sampling]
temperature = 1
top_p = 0.5
max_tokens = 300
[[examples]]
user = "Two?"
reply = "Two."
"#;
        let Entry { persona, default_place, .. } = read_text(text).unwrap();
        assert_eq!(default_place, Some(Place { line: 12, column: 11 }));
        assert_eq!(persona.greeting, "One.");
        assert_eq!(
            (persona.thinking.as_deref(), persona.failure.as_deref()),
            (Some("Counting."), Some("Lost count."))
        );
        assert_eq!(persona.models, ["a/b", "c/d:free"]);
        assert_eq!(persona.rating, Rating::Mature);
        assert_eq!(persona.tags, ["calm", "numbers"]);
        let sampling = Sampling { temperature: Some(1.0), top_p: Some(0.5), max_tokens: Some(300) };
        assert_eq!(persona.sampling, sampling);
        assert_eq!(persona.examples, [Example { user: "Two?".to_owned(), reply: "Two.".to_owned() }]);
    }

    #[test]
    fn a_bad_file_is_told_whole() {
        let text = r#"
version = 2
name = "Ada\nLovely"
taglin = "x"
system = " "
models = ["a b", ""]
rating = "adult"
tags = ["Loud", "two words"]
default = "yes"
first_mes = "Hi"
temperature = 1.0
[sampling]
temperature = 3
top_p = "high"
max_tokens = 8
[[examples]]
user = "Hi"
[[examples]]
user = ""
reply = 5
greeting = "Hello"
"#;
        assert_snapshot!(problems(text), @r#"
        personas/ada.toml:2:11: version: expected 1 (a newer file needs a newer Prism), found the number 2
        personas/ada.toml:3:8: name: expected 1 to 80 characters on one line, found "Ada\nLovely"
        personas/ada.toml:4:1: taglin: unknown key; did you mean `tagline`?
        personas/ada.toml:5:10: system: expected 1 byte to 32 KiB of text, found " "
        personas/ada.toml:6:11: models[1]: expected a model id without spaces, found "a b"
        personas/ada.toml:6:18: models[2]: expected a model id without spaces, found an empty string
        personas/ada.toml:7:10: rating: expected "everyone" or "mature", found "adult"
        personas/ada.toml:8:9: tags[1]: expected 1 to 30 lower-case letters, digits and -, found "Loud"
        personas/ada.toml:8:17: tags[2]: expected 1 to 30 lower-case letters, digits and -, found "two words"
        personas/ada.toml:9:11: default: expected true or false, found a string
        personas/ada.toml:10:1: first_mes: unknown key; in a persona's file this is `greeting`
        personas/ada.toml:11:1: temperature: unknown key; it belongs into the table `[sampling]`
        personas/ada.toml:13:15: sampling.temperature: expected a number from 0 to 2, found the number 3
        personas/ada.toml:14:9: sampling.top_p: expected a number from 0 to 1, found "high"
        personas/ada.toml:15:14: sampling.max_tokens: expected a whole number from 16 to 8192, found the number 8
        personas/ada.toml:16:1: examples[1].reply: missing; it must be set
        personas/ada.toml:19:8: examples[2].user: expected 1 to 4000 characters, found an empty string
        personas/ada.toml:20:9: examples[2].reply: expected 1 to 4000 characters, found the number 5
        personas/ada.toml:21:1: examples[2].greeting: unknown key; it belongs to the top of the file, above the first line in [brackets]
        "#);
    }

    #[test]
    fn too_much_is_refused() {
        let text = format!(
            "name = '{}'\ntagline = '{}'\nsystem = '{}'\ngreeting = '{}'\nthinking = '{}'\nfailure = '{}'\n\
             tags = [{}]\nmodels = [{}]\n{}",
            "n".repeat(81),
            "t".repeat(101),
            "s".repeat(32 * 1024 + 1),
            "ü".repeat(2001),
            "t".repeat(201),
            "f".repeat(301),
            "'a',".repeat(21),
            "'m',".repeat(11),
            "[[examples]]\nuser = 'a'\nreply = 'b'\n".repeat(41),
        );
        assert_snapshot!(problems(&text), @r"
        personas/ada.toml:1:8: name: expected 1 to 80 characters on one line, found 81 characters
        personas/ada.toml:2:11: tagline: expected up to 100 characters on one line, found 101 characters
        personas/ada.toml:3:10: system: expected 1 byte to 32 KiB of text, found 32769 characters
        personas/ada.toml:4:12: greeting: expected up to 2000 characters, found 2001 characters
        personas/ada.toml:5:12: thinking: expected up to 200 characters on one line, found 201 characters
        personas/ada.toml:6:11: failure: expected up to 300 characters, found 301 characters
        personas/ada.toml:7:8: tags: expected up to 20, found 21
        personas/ada.toml:8:10: models: expected up to 10, found 11
        personas/ada.toml:9:1: examples: expected up to 40, found 41
        ");
    }

    #[test]
    fn the_bounds_themselves_are_fine() {
        let text = format!("name = '{}'\nsystem = 's'\ngreeting = '{}'", "ü".repeat(80), "ü".repeat(2000));
        assert!(read_text(&text).is_ok());
    }

    #[test]
    fn an_empty_file_says_what_it_needs() {
        assert_snapshot!(problems(""), @r"
        personas/ada.toml:1:1: name: missing; it must be set
        personas/ada.toml:1:1: system: missing; it must be set
        ");
    }
}
