//! The shape of the code itself: which part names which, where outside vocabularies live, how long files are.

mod rules;
mod source;

use std::fs;
use std::path::{Path, PathBuf};

use rules::{breaches, stale_exceptions};

/// The longest file, in lines.
const LONGEST: usize = 400;
const LONGEST_MAIN: usize = 60;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every source file: its path from the root with `/`, and its text.
fn files() -> Vec<(String, String)> {
    let mut folders = vec![root().join("src")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        let (inner, found): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
        folders.extend(inner);
        let code = found.into_iter().filter(|path| path.extension().is_some_and(|end| end == "rs"));
        files.extend(code.map(|path| (name(&path), fs::read_to_string(path).unwrap())));
    }
    files.sort();
    files
}

fn name(path: &Path) -> String {
    let inside = path.strip_prefix(root()).unwrap();
    inside.components().map(|part| part.as_os_str().to_str().unwrap()).collect::<Vec<_>>().join("/")
}

fn is_test(file: &str) -> bool {
    file.split('/').any(|part| part == "tests" || part == "tests.rs")
}

#[test]
fn every_part_names_only_what_lies_below_it() {
    let files = files();
    assert!(files.len() > 100, "the scan found only {} files", files.len());
    let code = files.iter().filter(|(file, _)| !is_test(file));
    let found: Vec<_> =
        code.flat_map(|(file, text)| breaches(file, text)).map(|breach| breach.to_string()).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_exception_outlives_its_reason() {
    let read = |file: &str| fs::read_to_string(root().join(PathBuf::from(file))).ok();
    assert_eq!(stale_exceptions(read), [""; 0]);
}

#[test]
fn no_file_is_too_long() {
    let too_long = |(file, text): &(String, String)| {
        let most = if file == "src/main.rs" { LONGEST_MAIN } else { LONGEST };
        let lines = text.lines().count();
        (lines > most).then(|| format!("{file} has {lines} lines; {most} are the most"))
    };
    let found: Vec<_> = files().iter().filter_map(too_long).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The breaches of a made-up file, one a line.
fn found(file: &str, text: &str) -> String {
    breaches(file, text).iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_scan_sees_names_however_they_are_written() {
    let text = "
use crate::discord::Bot;
use crate::{ids::UserId, llm::{self, Ladder}, store};
use super::super::governor::Governor;
fn f(x: Vec<crate::web::Pages>) -> super::Turn { crate::app::run::<super::super::cli::X>() }
mod inner { use super::super::super::emulator as e; }
use crate::*;
use crate as root;
";
    insta::assert_snapshot!(found("src/chat/turn.rs", text), @r"
    src/chat/turn.rs:2: chat names discord; besides the leaves (document, ids, shutdown, status) it may name persona, store, llm
    src/chat/turn.rs:4: chat names governor; besides the leaves (document, ids, shutdown, status) it may name persona, store, llm
    src/chat/turn.rs:5: chat names web; besides the leaves (document, ids, shutdown, status) it may name persona, store, llm
    src/chat/turn.rs:5: chat names app; besides the leaves (document, ids, shutdown, status) it may name persona, store, llm
    src/chat/turn.rs:5: chat names cli; besides the leaves (document, ids, shutdown, status) it may name persona, store, llm
    src/chat/turn.rs:6: chat names emulator; besides the leaves (document, ids, shutdown, status) it may name persona, store, llm
    src/chat/turn.rs:7: names the whole crate: name the part that is meant
    src/chat/turn.rs:8: names the whole crate: name the part that is meant
    ");
}

#[test]
fn the_scan_passes_over_comments_texts_tests_and_lawful_names() {
    let text = r##"
//! See crate::discord.
/* crate::web /* nested crate::web */ crate::web */
use crate::{persona, store::Store};
pub(crate) fn f<'a>(c: char) -> &'a str { if c == '"' || c == '\'' { "crate::web" } else { r#"use "crate::web""# } }
#[cfg(test)]
use crate::discord::{Bot, Parts};
#[cfg(test)]
mod tests { use crate::discord::Bot; fn f() { {} } }
pub(super) mod outer { pub(super) fn g() { super::h(); super::super::neighbour() } }
"##;
    assert_eq!(found("src/chat/turn.rs", text), "");
}

#[test]
fn the_scan_knows_the_home_of_each_vocabulary() {
    let text = "
use serenity::all::Message;
use poise;
fn f() { sqlx::query!(\"\"); std::env::var(\"X\"); env!(\"X\"); }
use std::{env, fs};
use axum::Router;
use reqwest::Client;
";
    insta::assert_snapshot!(found("src/llm/client.rs", text), @r"
    src/llm/client.rs:2: serenity::all::Message stands outside its home: discord
    src/llm/client.rs:3: poise stands outside its home: discord
    src/llm/client.rs:4: sqlx::query stands outside its home: store
    src/llm/client.rs:4: std::env is read in config only
    src/llm/client.rs:5: std::env is read in config only
    src/llm/client.rs:6: axum::Router stands outside its home: web, emulator, governor
    ");
    assert_eq!(found("src/discord/mod.rs", "pub client: reqwest::Client"), "");
    assert_eq!(
        found("src/discord/mod.rs", "reqwest::get(x)"),
        "src/discord/mod.rs:1: reqwest::get stands outside its home: llm, governor, app"
    );
}

#[test]
fn the_scan_lets_config_name_settings_and_main_the_upper_parts() {
    let config = "use crate::chat::{self, Engine}; use crate::telemetry::Format;
const X: chat::Settings = store::open(std::env::vars());";
    insta::assert_snapshot!(found("src/config/layers.rs", config), @r"
    src/config/layers.rs:1: config names chat::Engine; of other parts it may name the settings only
    src/config/layers.rs:2: config names store::open; of other parts it may name the settings only
    ");
    insta::assert_snapshot!(found("src/main.rs", "use prism::cli; use prism::store::Store;"), @"src/main.rs:1: main names store; besides the leaves (document, ids, shutdown, status) it may name app, cli, config, telemetry");
}
