use insta::assert_snapshot;
use serde::Deserialize;

use super::*;

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Colour {
    Red,
    Green,
    Blue,
}

/// What a person sees after writing `text`.
fn problems<T>(text: &str, read: impl FnOnce(&mut Reader<'_>) -> T) -> String {
    let result = Document::parse("prism.toml", text).map_err(|problem| vec![problem]);
    let problems = result.and_then(|document| document.read(read)).err().unwrap_or_default();
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
}

fn nothing(_: &mut Reader<'_>) {}

#[test]
fn every_problem_comes_at_once_in_the_order_of_the_file() {
    let text = r#"
prot = 8787
level = "loud"
retries = -1
colour = "grean"

[pool]
readers = "four"
extra = true
"#;
    let read = |reader: &mut Reader<'_>| {
        reader.optional::<u16>("port");
        reader.required::<String>("token");
        reader.optional::<bool>("level");
        reader.optional::<u32>("retries");
        reader.optional::<Colour>("colour");
        reader.table("pool", |pool| {
            pool.optional::<u32>("readers");
            pool.required::<String>("path");
        });
    };
    assert_snapshot!(problems(text, read), @r#"
    prism.toml:1:1: token: missing; it must be set
    prism.toml:2:1: prot: unknown key; did you mean `port`?
    prism.toml:3:9: level: expected true or false, found a string
    prism.toml:4:11: retries: expected a whole number from 0 to 4294967295, found the number -1
    prism.toml:5:10: colour: expected "red", "green" or "blue", found "grean"; did you mean "green"?
    prism.toml:7:1: pool.path: missing; it must be set
    prism.toml:8:11: pool.readers: expected a whole number from 0 to 4294967295, found a string
    prism.toml:9:1: pool.extra: unknown key; known here: readers, path
    "#);
}

#[test]
fn bounds_are_told_with_what_was_found() {
    let read = |reader: &mut Reader<'_>| {
        reader
            .checked("heat", "a number from 0 to 2", |heat: f64| (0.0..=2.0).contains(&heat).then_some(heat));
        reader.checked("wait", "a time like \"20s\"", |_: String| None::<()>);
        reader.checked("name", "1 to 3 characters", |name: String| {
            (1..=3).contains(&name.len()).then_some(name)
        });
    };
    assert_snapshot!(problems("heat = \"hot\"\nwait = \"soon\"\nname = \"\"", read), @r#"
    prism.toml:1:8: heat: expected a number from 0 to 2, found "hot"
    prism.toml:2:8: wait: expected a time like "20s", found "soon"
    prism.toml:3:8: name: expected 1 to 3 characters, found an empty string
    "#);
    assert_snapshot!(problems("heat = 2.5\nwait = 20\nname = \"abcdefghijabcdefghijabcdefghijabcdefghijabcdefghij\"", read), @r#"
    prism.toml:1:8: heat: expected a number from 0 to 2, found the number 2.5
    prism.toml:2:8: wait: expected a time like "20s", found the number 20
    prism.toml:3:8: name: expected 1 to 3 characters, found 50 characters
    "#);
    assert_snapshot!(problems("heat = true\nwait = [\"20s\"]\nname = {}", read), @r#"
    prism.toml:1:8: heat: expected a number from 0 to 2, found `true`
    prism.toml:2:8: wait: expected a time like "20s", found a list
    prism.toml:3:8: name: expected 1 to 3 characters, found a table
    "#);
}

#[test]
fn lists_blame_the_member() {
    let read = |reader: &mut Reader<'_>| {
        reader.optional::<Vec<String>>("models");
        reader.each("tags", "a lower-case word", |tag: String| (tag == tag.to_lowercase()).then_some(tag));
        reader.each("one", "a word", |word: String| Some(word));
        reader.tables("pairs", |pair| pair.required::<String>("reply"));
    };
    let text = r#"
models = [
  "a",
  5,
]
tags = ["calm", "Loud", 3]
one = "calm"
pairs = [{ reply = "yes" }, { repyl = "no" }, "maybe"]
"#;
    assert_snapshot!(problems(text, read), @r#"
    prism.toml:4:3: models: expected a string, found the number 5
    prism.toml:6:17: tags[2]: expected a lower-case word, found "Loud"
    prism.toml:6:25: tags[3]: expected a lower-case word, found the number 3
    prism.toml:7:7: one: expected a list, found "calm"
    prism.toml:8:29: pairs[2].reply: missing; it must be set
    prism.toml:8:31: pairs[2].repyl: unknown key; did you mean `reply`?
    prism.toml:8:47: pairs[3]: expected a table, found "maybe"
    "#);
    assert_snapshot!(problems("[[pairs]]\nreply = \"yes\"\n[[pairs]]\n", read), @"prism.toml:3:1: pairs[2].reply: missing; it must be set");
    assert_snapshot!(problems("pairs = 3", read), @"prism.toml:1:9: pairs: expected a list of tables, found the number 3");
}

#[test]
fn dotted_keys_are_tables_and_missing_ones_stand_at_their_header() {
    let read = |reader: &mut Reader<'_>| {
        reader.table("http", |http| {
            http.required::<String>("address");
            http.optional::<u8>("port");
        });
    };
    assert_snapshot!(problems("# a comment\nhttp.port = 300", read), @r"
    prism.toml:2:1: http.address: missing; it must be set
    prism.toml:2:13: http.port: expected a whole number from 0 to 255, found the number 300
    ");
    assert_snapshot!(problems("[http]\nport = 1", read), @"prism.toml:1:1: http.address: missing; it must be set");
    assert_snapshot!(problems("http = \"127.0.0.1\"", read), @r#"prism.toml:1:8: http: expected a table, found "127.0.0.1""#);
}

#[test]
fn other_programs_names_are_explained() {
    let read = |reader: &mut Reader<'_>| {
        reader.hint("first_mes", "here it is `greeting`");
        reader.optional::<String>("greeting");
    };
    assert_snapshot!(problems("first_mes = \"Hi\"\nworld = 1", read), @r"
    prism.toml:1:1: first_mes: unknown key; here it is `greeting`
    prism.toml:2:1: world: unknown key; known here: greeting
    ");
}

#[test]
fn syntax_errors_name_line_and_column() {
    assert_snapshot!(problems("a = 1\nb = \nc = 3", nothing), @"prism.toml:2:5: not valid TOML: expected a value: text stands in quotes, numbers, `true` and `false` do not");
    assert_snapshot!(problems("a = 1\nb = 2\na = 3", nothing), @"prism.toml:3:1: not valid TOML: duplicate key `a` in document root");
    assert_snapshot!(problems("[a]\n[b]\n[a]\n", nothing), @"prism.toml:3:1: not valid TOML: invalid table header; duplicate key `a` in document root");
    assert_snapshot!(problems("a = \"open", nothing), @"prism.toml:1:10: not valid TOML: invalid basic string");
    assert_snapshot!(problems("a = \"\"\"open\nand on", nothing), @"prism.toml:2:7: not valid TOML: invalid multiline basic string");
    assert_snapshot!(problems("just words", nothing), @"prism.toml:1:6: not valid TOML: expected `.`, `=`");
    assert_snapshot!(problems("a = 'ü' b", nothing), @"prism.toml:1:9: not valid TOML: expected newline, `#`");
    assert_snapshot!(problems("a = truth", nothing), @"prism.toml:1:5: not valid TOML: expected a value: text stands in quotes, numbers, `true` and `false` do not");
}

#[test]
fn columns_count_characters_and_a_byte_order_mark_is_none() {
    assert_snapshot!(problems("\u{feff}a = 1\r\n\t'naïve 🦀' = { b = 1 }\r\n", |reader| {
        reader.optional::<u8>("a");
        reader.table("naïve 🦀", |table| table.optional::<u8>("c"));
    }), @"prism.toml:2:16: naïve 🦀.b: unknown key; did you mean `c`?");
    assert_snapshot!(problems("\u{feff}x = { 'ü' = 1, nope = 2 }", |reader| reader.table("x", |x| x.optional::<u8>("ü"))), @"prism.toml:1:16: x.nope: unknown key; known here: ü");
}

#[test]
fn a_secret_is_not_shown() {
    let read = |reader: &mut Reader<'_>| reader.optional::<secrecy::SecretString>("token");
    let shown = problems("token = [\"hunter2\"]", read);
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn good_values_arrive() {
    let text = "\u{feff}port = 1\r\nlist = [\"a\", \"b\"]\r\ntext = \"\"\"\r\none\r\ntwo\"\"\"\r\n[pool]\r\ncolour = \"red\"\r\nheat = 1\r\n";
    let document = Document::parse("prism.toml", text).unwrap();
    let read = document.read(|reader| {
        assert!(reader.has("port") && !reader.has("ports"));
        let pool =
            reader.table("pool", |pool| (pool.optional::<Colour>("colour"), pool.required::<f64>("heat")));
        let list = reader.required::<Vec<String>>("list");
        (reader.optional::<u16>("port"), list, reader.optional::<String>("text"), pool)
    });
    let list = vec!["a".to_owned(), "b".to_owned()];
    let pool = (Some(Colour::Red), Some(1.0));
    assert_eq!(read, Ok((Some(1), Some(list), Some("one\ntwo".to_owned()), Some(pool))));
}

#[test]
fn an_empty_file_is_a_document() {
    assert_snapshot!(problems("", |reader| reader.required::<String>("name")), @"prism.toml:1:1: name: missing; it must be set");
}

#[test]
fn very_many_problems_are_counted() {
    let text: String = (0..40_000).map(|number| format!("k{number}=1\n")).collect();
    let shown = problems(&text, nothing);
    assert_eq!(shown.lines().count(), 101);
    assert!(shown.ends_with("prism.toml: and 39900 more problems"), "{shown}");
    let long = format!("{}=1", "k".repeat(100_000));
    assert!(problems(&long, nothing).len() < 200);
}

/// What TOML is made of, and what it is not.
const PIECES: &[&str] = &[
    "a = ",
    "b = ",
    "c = ",
    "a.b = ",
    "\n[b]\n",
    "\n[[c]]\n",
    "\"ü🦀\"",
    "'x'",
    "1",
    "-2.5",
    "true",
    "1979-05-27",
    "[",
    "]",
    "{ ",
    " }",
    ", ",
    "\n",
    "\r\n",
    "\t",
    "\"\"\"",
    "'''",
    "#",
    "é",
    "\\",
    "\u{feff}",
    "\u{0}",
    "\r",
];

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused_at_a_place_inside_it(
        pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..40),
    ) {
        let text = pieces.concat();
        let read = |reader: &mut Reader<'_>| {
            reader.required_checked("a", "a short text", |text: String| (text.len() < 3).then_some(text));
            reader.each("b", "a number", |number: f64| Some(number));
            reader.tables("c", |table| table.required::<Vec<String>>("a"));
            reader.table("b", |table| table.optional::<std::collections::BTreeMap<String, i64>>("a"));
        };
        let result = Document::parse("x.toml", &text).map_err(|problem| vec![problem]);
        for problem in result.and_then(|document| document.read(read)).err().unwrap_or_default() {
            let Place { line, column } = problem.place.unwrap();
            let lines: Vec<&str> = text.trim_start_matches('\u{feff}').split('\n').collect();
            proptest::prop_assert!((1..=lines.len()).contains(&line), "{problem}");
            proptest::prop_assert!((1..=lines[line - 1].chars().count() + 1).contains(&column), "{problem}");
        }
    }
}
