//! The file and what may have become of it.

use std::fs;
use std::path::Path;

use super::super::disk::{self, Useless};
use super::super::fetch::List;
use super::{NOW, facts, listed};
use crate::llm::catalog::listing::Listed;
use crate::llm::catalog::{ModelFacts, Snapshot};
use crate::llm::price::Price;

const SOURCE: &str = "https://openrouter.ai/api/v1 openrouter=true free=false";

fn full() -> Snapshot {
    let model = ModelFacts {
        canonical_slug: Some("a/b-1".to_owned()),
        context_length: Some(8192),
        max_completion_tokens: Some(100),
        price: Some(Price { prompt: 300_000, completion: 37_500, request: 1, image: 2 }),
        images: Some(false),
        parameters: Some(vec!["stop".to_owned()]),
        expires: Some("2026-12-01".to_owned()),
        alias_target: Some("a/c".to_owned()),
        ..facts("a/b")
    };
    let models = vec![Listed { created: Some(5), ..listed(model) }, listed(facts("z"))];
    Snapshot::new(List { models, is_complete: false }, NOW)
}

#[test]
fn what_is_kept_comes_back_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = disk::path(folder.path(), "");
    assert!(disk::read(&path, SOURCE).unwrap().is_none(), "nothing is there yet");
    for _ in 0..2 {
        disk::write(&path, SOURCE, &full()).unwrap();
        let back = disk::read(&path, SOURCE).unwrap().unwrap();
        assert_eq!(back.list(), full().list());
        assert!(back.dated().eq(full().dated()));
        assert_eq!((back.fetched_at(), back.is_complete()), (Some(NOW), false));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
    assert!(disk::read(&path, "https://elsewhere").unwrap().is_none());
}

#[test]
fn a_file_that_is_broken_or_newer_is_of_no_use() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("models.json");
    disk::write(&path, SOURCE, &full()).unwrap();
    let whole = fs::read_to_string(&path).unwrap();
    for broken in
        ["", "{}", "[]", "\0\0\0", &whole[..whole.len() - 1], r#"{"version":1}"#, r#"{"version":"1"}"#]
    {
        fs::write(&path, broken).unwrap();
        assert!(matches!(disk::read(&path, SOURCE), Err(Useless::Broken)), "{broken}");
    }
    fs::write(&path, r#"{"version":2,"models":"elsewhere"}"#).unwrap();
    assert!(matches!(disk::read(&path, SOURCE), Err(Useless::Newer(2))));
    fs::File::create(&path).unwrap().set_len(32 * 1024 * 1024 + 1).unwrap();
    assert!(matches!(disk::read(&path, SOURCE), Err(Useless::TooLarge)));
    assert!(matches!(disk::read(folder.path(), SOURCE), Err(Useless::Unreadable(_))));
}

#[test]
fn a_price_below_zero_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("models.json");
    disk::write(&path, SOURCE, &full()).unwrap();
    let edited = fs::read_to_string(&path).unwrap().replace("37500", "-37500");
    fs::write(&path, edited).unwrap();
    assert_eq!(disk::read(&path, SOURCE).unwrap().unwrap().get("a/b").unwrap().price, None);
}

#[test]
fn a_draft_that_cannot_take_its_place_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("models.json");
    // A folder with something in it cannot be replaced by a file.
    fs::create_dir_all(path.join("x")).unwrap();
    assert!(disk::write(&path, SOURCE, &full()).is_err());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn each_server_has_a_file_of_its_own_whatever_it_is_called() {
    let name = |server| disk::path(Path::new("d"), server).file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!(name(""), "models.json");
    assert_eq!(name("local-2"), "models-local-2.json");
    assert_eq!(name("../Up"), "models-%2e%2e%2f%55p.json");
}
