//! What people type, and what they are told when it is wrong.

use super::program::Home;

const COMMANDS: [&str; 6] = ["run", "playground", "emulator", "chat", "check", "health"];

const GOOD_PERSONA: &str = include_str!("../../../personas/odile.toml");

#[tokio::test]
async fn help_names_every_command_and_shows_how_to_begin() {
    let help = Home::new().run(&["--help"]).await;
    assert_eq!(help.code, Some(0));
    for command in COMMANDS {
        assert!(help.out.contains(&format!("\n  {command} ")), "{command}: {}", help.out);
    }
    assert!(help.out.contains("Examples:\n  prism "), "{}", help.out);
}

#[tokio::test]
async fn every_command_says_what_it_does_and_what_its_options_mean() {
    let home = Home::new();
    for command in COMMANDS {
        let help = home.run(&[command, "--help"]).await;
        assert_eq!(help.code, Some(0), "{command}");
        let (description, usage) = help.out.split_once("\n\nUsage: prism ").unwrap();
        assert!(description.split(' ').count() >= 5 && usage.starts_with(command), "{command}: {}", help.out);
        let bare = usage.lines().filter(|line| line.trim_start().starts_with("--") && !line.contains("  "));
        assert_eq!(bare.collect::<Vec<_>>(), [""; 0], "{command}: options without a word");
    }
}

#[tokio::test]
async fn wrong_usage_ends_with_two_and_a_hint() {
    let home = Home::new();
    for (arguments, word) in
        [(&["--bogus"][..], "--bogus"), (&["helth"], "health"), (&["run", "--htpp", "x"], "--http")]
    {
        let wrong = home.run(arguments).await;
        assert_eq!(wrong.code, Some(2), "{arguments:?}");
        assert!(wrong.err.contains(word) && wrong.err.contains("--help"), "{}", wrong.err);
    }
}

#[tokio::test]
async fn without_a_token_there_is_no_run() {
    let run = Home::new().run(&["run"]).await;
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("DISCORD_TOKEN: is not set"), "{}", run.err);
}

#[tokio::test]
async fn every_problem_of_a_configuration_is_told_at_once_with_its_place() {
    let mut home = Home::new();
    home.write(
        "prism.toml",
        "http = 8787\nprot = 1\n\n[model]\nmax_tokens = 3\n\n[stop]\ngrace = \"soon\"\n",
    );
    home.set("DISCORD_TOKEN", "two words").set("PRISM_DISCORD_URL", "discord.com").set("RUST_LOG", "a=b=c");
    home.set("PRISM_PERSONAS", "nowhere").set("PRISM_MODELS", " , ").set("DATABASE_URL", "postgres://x/y");
    let run = home.run(&["run", "--log-format", "xml"]).await;
    assert_eq!(run.code, Some(2));
    for start in [
        "prism.toml:1:8: http: expected",
        "prism.toml:2:1: prot: unknown key",
        "prism.toml:5:14: model.max_tokens: expected",
        "prism.toml:8:9: stop.grace: expected",
        "DISCORD_TOKEN: holds white space",
        "PRISM_DISCORD_URL: expected",
        "PRISM_PERSONAS: expected a folder",
        "PRISM_MODELS: expected model ids",
        "DATABASE_URL: expected a SQLite file",
        "OPENROUTER_API_KEY: is not set",
        "RUST_LOG: expected a log filter",
        "--log-format: expected text or json",
    ] {
        assert!(run.err.lines().any(|line| line.starts_with(start)), "{start}\n{}", run.err);
    }
    assert!(!run.err.contains("two words"), "a secret: {}", run.err);
    assert!(!home.path("data").exists(), "a wrong configuration leaves nothing behind");
}

#[tokio::test]
async fn a_file_that_is_no_toml_is_named_with_its_line() {
    let home = Home::new();
    home.write("other.toml", "http = \"127.0.0.1:0\"\n[model\n");
    let run = home.run(&["--config", "other.toml"]).await;
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("other.toml:2:") && run.err.contains("not valid TOML"), "{}", run.err);
    let missing = home.run(&["--config", "missing.toml"]).await;
    assert_eq!(missing.code, Some(2));
    assert!(missing.err.contains("missing.toml: cannot be read"), "{}", missing.err);
}

#[tokio::test]
async fn check_needs_no_file_no_secret_and_no_network() {
    let home = Home::new();
    for text in [None, Some(""), Some("# nothing\n")] {
        text.inspect(|text| home.write("prism.toml", text));
        let check = home.run(&["check"]).await;
        assert_eq!(check.code, Some(0), "{}{}", check.out, check.err);
        assert!(check.out.contains("Everything is in order"), "{}", check.out);
        // What is still missing for a bot is said, and is no mistake.
        assert!(check.out.contains("DISCORD_TOKEN"), "{}", check.out);
    }
    assert!(!home.path("data").exists(), "a check leaves nothing behind");
}

#[tokio::test]
async fn check_names_the_bad_persona_among_good_ones() {
    let home = Home::new();
    home.write("cast/odile.toml", GOOD_PERSONA);
    home.write("cast/broken.toml", &GOOD_PERSONA.replacen("tagline", "taglien", 1));
    let check = home.run(&["check", "--personas", "cast"]).await;
    assert_eq!(check.code, Some(1));
    let problems: Vec<_> = check.out.lines().filter(|line| line.contains(".toml:")).collect();
    assert!(
        !problems.is_empty() && problems.iter().all(|line| line.contains("broken.toml:")),
        "{}",
        check.out
    );
    let line = GOOD_PERSONA.lines().position(|line| line.starts_with("tagline")).unwrap() + 1;
    assert!(check.out.contains(&format!("broken.toml:{line}:1: taglien")), "{}", check.out);
    assert!(check.out.contains("personas: 1 from cast"), "{}", check.out);
}

#[tokio::test]
async fn a_folder_without_a_good_persona_is_told_apart_from_an_empty_one() {
    let home = Home::new();
    std::fs::create_dir(home.path("empty")).unwrap();
    let empty = home.run(&["check", "--personas", "empty"]).await;
    assert_eq!(empty.code, Some(1));
    assert!(empty.out.contains("holds no persona"), "{}", empty.out);
    home.write("bad/one.toml", "name = \"One\"\n");
    home.write("bad/two.toml", "= \n");
    let bad = home.run(&["check", "--personas", "bad"]).await;
    assert_eq!(bad.code, Some(1));
    assert!(bad.out.contains("one.toml:") && bad.out.contains("two.toml:1:1"), "{}", bad.out);
    for folder in ["empty", "bad"] {
        let start = home.run(&["--personas", folder]).await;
        assert_eq!(start.code, Some(2), "{folder}");
        assert!(start.err.contains("persona"), "{folder}: {}", start.err);
    }
}
