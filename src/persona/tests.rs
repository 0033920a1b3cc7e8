//! Folders as people fill them.

use std::fs;
use std::path::Path;

use insta::assert_snapshot;
use tempfile::TempDir;

use super::*;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn persona(name: &str) -> String {
    format!("name = '{name}'\nsystem = 'You are {name}.'\n")
}

/// The problems, without the folder that changes from run to run.
fn shown(folder: &Path, problems: &[crate::document::Problem]) -> String {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    lines.join("\n").replace(folder.to_str().unwrap(), "personas").replace('\\', "/")
}

fn names(library: &Library) -> Vec<String> {
    library.list().iter().map(|persona| persona.name.clone()).collect()
}

#[test]
fn a_bad_persona_is_named_and_the_others_load() {
    let good = persona("Bob");
    let folder =
        folder(&[("bob.toml", &good), ("ada.toml", "name = 'Ada'\nsistem = 'x'"), ("cid.toml", "name =")]);
    let (library, problems) = Library::load(folder.path()).unwrap();
    assert_eq!(names(&library), ["Bob"]);
    assert_snapshot!(shown(folder.path(), &problems), @r"
    personas/ada.toml:1:1: system: missing; it must be set
    personas/ada.toml:2:1: sistem: unknown key; did you mean `system`?
    personas/cid.toml:1:7: not valid TOML: expected a value: text stands in quotes, numbers, `true` and `false` do not
    ");
    assert_eq!(library.problems(), problems);
}

#[test]
fn names_and_defaults_that_clash_are_named() {
    let marked = |name| persona(name) + "default = true\n";
    let folder = folder(&[
        ("a.toml", &marked("Ada")),
        ("b.toml", &marked("Bob")),
        ("c.toml", &persona("ADA")),
        ("d.toml", &persona("Dan")),
    ]);
    let (library, problems) = Library::load(folder.path()).unwrap();
    assert_eq!(names(&library), ["Ada", "Bob", "Dan"]);
    assert_eq!(library.default_persona().name, "Ada");
    assert_snapshot!(shown(folder.path(), &problems), @r"
    personas/b.toml:3:11: default: personas/a.toml already is the default, and stays it; only one may be
    personas/c.toml:1:8: name: personas/a.toml has the same name; give one of the two another
    ");
}

#[test]
fn files_that_cannot_be_personas_are_named_or_passed_over() {
    let folder = folder(&[
        ("ada.toml", &persona("Ada")),
        ("Bad Name.toml", &persona("Bad")),
        ("_base.toml", "rules = 1"),
        (".hidden.toml", "x"),
        ("notes.md", "x"),
        ("big.toml", &"#".repeat(256 * 1024 + 1)),
        ("full.toml", &(persona("Full") + &"#".repeat(256 * 1024 - persona("Full").len()))),
    ]);
    fs::create_dir(folder.path().join("dir.toml")).unwrap();
    fs::write(folder.path().join("latin.toml"), b"name = 'A'\nsystem = 'caf\xe9'").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("/dev/zero", folder.path().join("link.toml")).unwrap();
    let (library, problems) = Library::load(folder.path()).unwrap();
    assert_eq!(names(&library), ["Ada", "Full"]);
    assert_snapshot!(shown(folder.path(), &problems), @r"
    personas/Bad Name.toml: a persona's file is named by its id, and a persona id is 1 to 32 characters of a-z, 0-9, - and _; rename the file
    personas/big.toml: larger than 256 KiB; make it shorter
    personas/latin.toml:2:14: not UTF-8 at byte 24; save the file as UTF-8
    ");
}

#[test]
fn a_folder_without_a_persona_says_the_cure() {
    let shown = |folder: &Path| {
        Library::load(folder).unwrap_err().to_string().replace(folder.to_str().unwrap(), "personas")
    };
    let empty = folder(&[]);
    assert_snapshot!(shown(empty.path()), @"the persona folder personas holds no persona: put a file such as ada.toml there (symbolic links and names that start with _ or . are passed over), or unset PRISM_PERSONAS to use the built-in personas");
    let bad = folder(&[("ada.toml", "")]);
    assert_snapshot!(shown(bad.path()), @"no persona in personas can be used: mend at least one file");
    let Err(LoadError::NoneGood { problems, .. }) = Library::load(bad.path()) else { panic!("it loaded") };
    assert_eq!(problems.len(), 2);
    assert_snapshot!(shown(&bad.path().join("nowhere")), @"the persona folder personas does not exist: create it, or unset PRISM_PERSONAS to use the built-in personas");
    assert!(matches!(Library::load(&bad.path().join("ada.toml")), Err(LoadError::Unreadable { .. })));
}

#[test]
fn a_persona_is_found_by_id_and_by_name_whatever_the_case() {
    let folder = folder(&[("ada.toml", &persona("Bob")), ("bob.toml", &persona("Émile du Pré"))]);
    let (library, _) = Library::load(folder.path()).unwrap();
    let found = |text: &str| library.find(text).map(|persona| persona.id.to_string());
    assert_eq!(found("BOB").as_deref(), Some("bob"));
    assert_eq!(found(" émile DU pré ").as_deref(), Some("bob"));
    assert_eq!(found("Ada").as_deref(), Some("ada"));
    assert_eq!(found("nobody"), None);
    assert_eq!(library.default_persona().id.as_str(), "ada");
    assert_eq!(library.get(&PersonaId::parse("bob").unwrap()).unwrap().name, "Émile du Pré");
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_do_no_harm() {
    let text = "\u{feff}name = 'Ada'\r\nsystem = '''\r\nOne.\r\nTwo.\r\n'''\r\n";
    let folder = folder(&[("ada.toml", text)]);
    let (library, problems) = Library::load(folder.path()).unwrap();
    assert_eq!(problems, []);
    assert_eq!(library.default_persona().system, "One.\nTwo.");
}
