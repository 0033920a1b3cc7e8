use std::io::Write as _;

use secrecy::ExposeSecret;

use super::*;

const TOKEN: (&str, &str) = ("DISCORD_TOKEN", "abc.def.ghi");
const KEY: (&str, &str) = ("OPENROUTER_API_KEY", "sk-or-1");

fn environment(variables: &[(&str, &str)]) -> Environment {
    Environment::of(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

/// Of a bot that has both secrets, unless they are among the variables.
pub(super) fn load(file: &str, variables: &[(&str, &str)]) -> Result<Config, Problems> {
    load_bare(file, &[&[TOKEN, KEY], variables].concat())
}

/// The problems of a bot that has both secrets.
pub(super) fn problems(file: &str, variables: &[(&str, &str)]) -> Vec<String> {
    problems_bare(file, &[&[TOKEN, KEY], variables].concat())
}

/// How a problem of the file begins.
pub(super) fn in_file(line: u32, column: u32, message: &str) -> String {
    format!("prism.toml:{line}:{column}: {message}")
}

fn load_bare(file: &str, variables: &[(&str, &str)]) -> Result<Config, Problems> {
    let mut written = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
    written.write_all(file.as_bytes()).unwrap();
    let flags = Flags { file: Some(written.path().to_owned()), ..Flags::default() };
    Config::load(&flags, &environment(variables), Purpose::Bot)
}

/// The problems, with the name of the temporary file made short.
fn problems_bare(file: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let Problems(problems) = load_bare(file, variables).unwrap_err();
    let short = |mut problem: Problem| {
        if problem.source.ends_with(".toml") {
            problem.source = "prism.toml".to_owned();
        }
        problem.to_string()
    };
    problems.into_iter().map(short).collect()
}

#[test]
fn defaults_need_only_the_two_secrets() {
    let config = load("", &[]).unwrap();
    assert_eq!(config.discord_url, "https://discord.com");
    assert_eq!(config.store.path, PathBuf::from("data/prism.db"));
    assert_eq!(config.http, "127.0.0.1:8787".parse().unwrap());
    assert_eq!(config.model.models.len(), 3);
}

#[test]
fn the_environment_wins_over_the_file_and_flags_over_both() {
    let file = "http = \"127.0.0.1:1\"\n[model]\nmodels = [\"file/model\"]\n";
    let config = load(file, &[("PRISM_HTTP", "127.0.0.1:2")]).unwrap();
    assert_eq!(config.http.port(), 2);
    assert_eq!(config.model.models, ["file/model"]);
    let flags = Flags { http: Some("127.0.0.1:3".to_owned()), ..Flags::default() };
    let variables = environment(&[TOKEN, KEY, ("PRISM_HTTP", "127.0.0.1:2"), ("PRISM_MODELS", "a/b, c/d")]);
    let config = Config::load(&flags, &variables, Purpose::Bot).unwrap();
    assert_eq!(config.http.port(), 3);
    assert_eq!(config.model.models, ["a/b", "c/d"]);
}

#[test]
fn every_problem_is_named_at_once_with_its_place() {
    let file = "http = \"8787\"\nport = 1\n\n[model]\nmax_tokens = 3\nkey = \"sk\"\n\n[discord]\nedit_interval = \"soon\"\n";
    let found =
        problems_bare(file, &[("PRISM_DISCORD_URL", "http://discord.com"), ("RUST_LOG", "a=b=c")]).join("\n");
    insta::assert_snapshot!(found, @r#"
    prism.toml:2:1: port: unknown key; known here: database, personas, http, log_format, discord, gateway, watchdog, model, budget, chat, stop
    prism.toml:5:14: model.max_tokens: expected a number from 16 to 8192, found the number 3
    prism.toml:6:1: model.key: unknown key; the key is read from the environment alone: OPENROUTER_API_KEY
    prism.toml:9:17: discord.edit_interval: expected a time from 1ms to a day, such as "1.5s" or "700ms", found "soon"
    DISCORD_TOKEN: is not set: copy the token of your bot from Discord's developer portal
    PRISM_DISCORD_URL: expected an address such as https://example.org; plain http is taken only for this machine, because the token goes there
    OPENROUTER_API_KEY: is not set: make a key at OpenRouter, or point PRISM_MODEL_URL at a server that needs none
    prism.toml:1:8: http: expected an IP address and a port, for example 127.0.0.1:8787 (port 0 takes a free one)
    RUST_LOG: expected a log filter such as info or info,prism=debug: error parsing level filter: expected one of "off", "error", "warn", "info", "debug", "trace", or a number 0-5
    "#);
}

#[test]
fn a_file_that_is_not_toml_is_named_with_its_line() {
    insta::assert_snapshot!(problems("http = \n", &[]).join("\n"), @"prism.toml:1:8: not valid TOML: expected a value: text stands in quotes, numbers, `true` and `false` do not");
}

#[test]
fn a_named_file_must_exist() {
    let flags = Flags { file: Some("no/such.toml".into()), ..Flags::default() };
    let Problems(problems) = Config::load(&flags, &environment(&[TOKEN, KEY]), Purpose::Bot).unwrap_err();
    assert!(problems[0].to_string().starts_with("no/such.toml: cannot be read"), "{}", problems[0]);
}

#[test]
fn secrets_are_in_no_message_and_no_debug_output() {
    let secret = "sk-very secret";
    assert!(!problems("", &[("OPENROUTER_API_KEY", secret)]).join("\n").contains("very"));
    let config = load("", &[]).unwrap();
    let shown = format!("{config:?}");
    assert!(!shown.contains("abc.def") && !shown.contains("sk-or-1"), "{shown}");
    assert_eq!(config.token.unwrap().expose_secret(), "abc.def.ghi");
}

#[test]
fn a_key_does_not_leave_the_house_in_the_clear() {
    let plain = ("PRISM_MODEL_URL", "http://openrouter.ai/api/v1");
    assert!(problems("", &[plain]).join("\n").contains("plain http"));
    assert!(load("", &[("PRISM_MODEL_URL", "http://192.168.1.5:8000/v1")]).is_ok());
}

#[test]
fn a_stop_has_time_for_what_comes_after_the_answers() {
    let found = problems("[stop]\ngrace = \"25s\"\nhard = \"30s\"\n", &[]).join("\n");
    assert_eq!(
        found,
        "prism.toml: stop.hard: the hard limit must be at least 10 s longer than the grace period"
    );
}

#[test]
fn the_playground_needs_nothing_and_has_its_own_database() {
    let config = Config::load(&Flags::default(), &Environment::default(), Purpose::Playground).unwrap();
    assert!(config.token.is_none());
    assert_eq!(config.store.path, PathBuf::from("data/playground.db"));
}

#[test]
fn a_model_server_without_a_key_is_fine_unless_it_is_openrouter() {
    assert!(load_bare("", &[TOKEN, ("PRISM_MODEL_URL", "http://localhost:11434/v1")]).is_ok());
    assert_eq!(problems_bare("", &[TOKEN]).len(), 1);
}
