//! Which models there are, what they cost, and whether they answer.

use prism::emulator::model::{Answer, Listed, ModelServer, ModelSettings, Refusal};
use prism::shutdown::Shutdown;

use super::program::{Finished, Home};
use crate::harness::{LIGHTER_MODEL, MODEL};
use crate::prices::flat;

/// A model server, and a home whose ladder has its two models.
async fn beside(settings: ModelSettings) -> (Home, ModelServer) {
    let server = ModelServer::start(settings, &Shutdown::default()).await.unwrap();
    server.list(vec![Listed::new(MODEL), Listed::new(LIGHTER_MODEL)]);
    let mut home = Home::new();
    home.set("PRISM_MODEL_URL", server.base_url()).set("PRISM_MODELS", format!("{MODEL},{LIGHTER_MODEL}"));
    (home, server)
}

async fn plain() -> (Home, ModelServer) {
    beside(ModelSettings::default()).await
}

/// The words of the line about a model.
fn line<'a>(finished: &'a Finished, model: &str) -> Vec<&'a str> {
    let lines: Vec<_> =
        finished.out.lines().filter(|line| line.split(' ').any(|word| word == model)).collect();
    let [line] = lines[..] else { panic!("one line about {model} in\n{}{}", finished.out, finished.err) };
    line.split_whitespace().collect()
}

/// What a run that went well has written.
async fn runs(home: &Home, arguments: &[&str]) -> Finished {
    let finished = home.run(arguments).await;
    assert_eq!(finished.code, Some(0), "{}{}", finished.out, finished.err);
    finished
}

#[tokio::test]
async fn models_are_listed_with_prices_places_and_notes() {
    let (home, server) = plain().await;
    let listed = vec![
        Listed::new(MODEL),
        Listed::new(LIGHTER_MODEL).priced("0.0000000375", "0.0000003").text_only(),
        Listed::new("old/model").expiring("2099-01-02").text_only(),
        Listed::new("search/model").free().request_price("0.005").text_only(),
        Listed::new("free/model").free().text_only().context(None),
        Listed::new("odd/model").unpriced().text_only(),
        Listed::new("dear/model").priced("0.00001", "0.00005").text_only(),
    ];
    server.list(listed);
    let list = runs(&home, &["models"]).await;
    assert_eq!(line(&list, MODEL), ["1.", MODEL, "1048576", "$0.30", "$2.50", "images"]);
    assert_eq!(line(&list, LIGHTER_MODEL), ["2.", LIGHTER_MODEL, "1048576", "$0.04", "$0.30"]);
    assert_eq!(line(&list, "old/model")[2..], ["$0.30", "$2.50", "until", "2099-01-02"]);
    assert_eq!(line(&list, "free/model"), ["free/model", "$0.00", "$0.00"]);
    for excluded in ["dear/model", "search/model", "odd/model"] {
        assert!(!list.out.contains(excluded), "{}", list.out);
    }
    let all = runs(&home, &["models", "--all"]).await;
    assert_eq!(line(&all, "dear/model")[2..], ["$10.00", "$50.00", "above", "model.max_price"]);
    assert!(all.out.contains("$0.00500 a request, above model.max_price"), "{}", all.out);
    assert_eq!(line(&all, "odd/model")[2..5], ["no", "price", "known:"]);
    let few = runs(&home, &["models", "LIGHT"]).await;
    line(&few, LIGHTER_MODEL);
    assert!(!few.out.contains(MODEL), "{}", few.out);
    let none = runs(&home, &["models", "dear"]).await;
    assert!(none.out.contains("none of 7 models fits; --all"), "{}", none.out);
    assert!(server.requests().is_empty(), "a list costs nothing");
    assert!(!home.path("data/playground.db").exists());
}

#[tokio::test]
async fn what_is_configured_and_not_listed_is_said() {
    let (home, server) = plain().await;
    server.list(vec![Listed::new(MODEL), Listed::new("other/model")]);
    home.write("prism.toml", "[model]\nallow = [\"first/*\"]\n");
    let list = runs(&home, &["models"]).await;
    assert!(list.out.contains("lighter/model: configured, but its server does not list it"), "{}", list.out);
    assert!(!list.out.contains("other/model"), "{}", list.out);
    let all = runs(&home, &["models", "--all"]).await;
    assert!(line(&all, "other/model").ends_with(&["not", "in", "model.allow"]), "{}", all.out);
}

#[tokio::test]
async fn servers_of_other_names_are_listed_too() {
    let (home, server) = plain().await;
    let text = format!("[[model.servers]]\nname = \"home\"\nurl = \"{}\"\n", server.openai_url());
    home.write("prism.toml", &text);
    let list = runs(&home, &["models", "home/"]).await;
    assert_eq!(line(&list, "home/first/model"), ["home/first/model", "$0.00", "$0.00"]);
}

#[tokio::test]
async fn without_a_server_there_is_no_list() {
    let (mut home, _server) = plain().await;
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    home.set("PRISM_MODEL_URL", format!("http://{nobody}/api/v1"));
    let list = home.run(&["models"]).await;
    assert_eq!(list.code, Some(1));
    let said = list.err.lines().last().unwrap();
    assert!(said.starts_with("prism: no server told which models it has"), "{}", list.err);
    assert!(said.contains("PRISM_MODEL_URL") && said.contains(&nobody.to_string()), "{said}");
}

#[tokio::test]
async fn a_check_asks_every_model_for_little_and_says_the_cost_first() {
    let (home, server) = plain().await;
    server.list(vec![flat(MODEL, "0.001"), flat(LIGHTER_MODEL, "0.002")]);
    server.script_for(MODEL, Answer::text("Hello.").provided_by("Some Cloud"));
    server.script_for(LIGHTER_MODEL, Answer::text("Hello there."));
    let check = runs(&home, &["check", "--online"]).await;
    let lines: Vec<_> = check.out.lines().collect();
    let cost = lines.iter().position(|line| line.starts_with("models: asking 2 of them for 16 tokens each"));
    // Each may be repeated once, with twice the length.
    assert!(lines[cost.unwrap()].ends_with("at most $0.00900 together"), "{}", check.out);
    let first = lines[cost.unwrap() + 1];
    assert!(first.starts_with("  first/model: works, first word after "), "{first}");
    assert!(first.contains(" ms in all, $0.00100, from Some Cloud"), "{first}");
    assert!(
        lines[cost.unwrap() + 2].contains("lighter/model: works")
            && lines[cost.unwrap() + 2].contains("$0.00200")
    );
    assert!(
        check.out.ends_with("Everything is in order.\n") || check.out.contains("Everything is in order.")
    );
    let asked = server.requests();
    assert_eq!(
        asked.iter().map(|request| request.model.as_str()).collect::<Vec<_>>(),
        [MODEL, LIGHTER_MODEL]
    );
    assert!(asked.iter().all(|request| request.body["max_tokens"] == 16 && request.body["models"].is_null()));
}

#[tokio::test]
async fn a_model_that_does_not_answer_is_named_with_the_cure() {
    for (refusal, cure) in [
        (Refusal::new(401), "set a valid key (OPENROUTER_API_KEY)"),
        (Refusal::negative_balance(), "add credit to the account"),
        (Refusal::unknown_model(LIGHTER_MODEL), "look for its name in `prism models`"),
        (Refusal::moderated("x"), "choose another model"),
    ] {
        let (home, server) = plain().await;
        server.script_for(MODEL, Answer::text("Hello."));
        server.always(LIGHTER_MODEL, refusal);
        let check = home.run(&["check", "--online"]).await;
        assert_eq!(check.code, Some(1), "{}{}", check.out, check.err);
        assert!(check.out.contains("  first/model: works"), "{}", check.out);
        assert!(check.out.contains("  lighter/model: does not work"), "{}", check.out);
        let told = check.out.lines().find(|line| line.starts_with("model.models: lighter/model: "));
        assert!(told.is_some_and(|told| told.contains(cure)), "{cure}: {}", check.out);
        assert!(check.out.contains("1 problem."), "{}", check.out);
    }
}

#[tokio::test]
async fn a_wrong_key_is_said_and_not_shown() {
    let settings = ModelSettings { key: Some("sk-right".to_owned()), ..ModelSettings::default() };
    let (mut home, _server) = beside(settings).await;
    home.set("OPENROUTER_API_KEY", "sk-wrong");
    let check = home.run(&["check", "--online"]).await;
    assert_eq!(check.code, Some(1));
    assert!(check.out.contains("set a valid key (OPENROUTER_API_KEY)"), "{}", check.out);
    assert!(!check.out.contains("sk-wrong") && !check.err.contains("sk-wrong"), "{}{}", check.out, check.err);
    home.set("OPENROUTER_API_KEY", "sk-right");
    runs(&home, &["check", "--online"]).await;
}

#[tokio::test]
async fn a_named_servers_key_is_asked_for_by_its_own_name() {
    let settings = ModelSettings { key: Some("sk-east".to_owned()), ..ModelSettings::default() };
    let (mut home, server) = beside(settings).await;
    let text = format!("[[model.servers]]\nname = \"far-east\"\nurl = \"{}\"\n", server.base_url());
    home.write("prism.toml", &text);
    home.set("PRISM_MODELS", format!("far-east/{MODEL}"));
    let check = home.run(&["check", "--online"]).await;
    assert!(check.out.contains("set a valid key (PRISM_MODEL_KEY_FAR_EAST)"), "{}{}", check.out, check.err);
    home.set("PRISM_MODEL_KEY_FAR_EAST", "sk-east");
    runs(&home, &["check", "--online"]).await;
    assert_eq!(server.requests().last().unwrap().model, MODEL);
}

#[tokio::test]
async fn nothing_is_asked_while_the_configuration_is_wrong() {
    let (home, server) = plain().await;
    home.write("prism.toml", "[model]\nmax_tokens = 3\n");
    let check = home.run(&["check", "--online"]).await;
    assert_eq!(check.code, Some(1));
    assert!(check.out.contains("models: not asked before the rest is in order"), "{}", check.out);
    assert!(check.out.contains("prism.toml:2:14: model.max_tokens: expected"), "{}", check.out);
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn in_the_terminal_a_model_that_was_not_the_first_choice_is_named() {
    let (home, server) = plain().await;
    server.always(MODEL, Answer::status(503));
    server.script_for(LIGHTER_MODEL, Answer::text("Here I am."));
    let mut prism = home.start(&["chat", "odile"]);
    prism.line("Replies come from first/model, lighter/model at ").await;
    prism.say("hello?").await;
    prism.line("Here I am.").await;
    prism.line("(by lighter/model)").await;
    server.always(MODEL, None);
    server.script_for(MODEL, Answer::text("Here I am, too."));
    prism.say("and you?").await;
    prism.line("Here I am, too.").await;
    prism.say("/quit").await;
    let (code, written) = prism.ended().await;
    assert_eq!((code, written.matches("(by ").count()), (Some(0), 1), "{written}");
}

#[tokio::test]
async fn help_shows_how_to_begin() {
    let home = Home::new();
    for (command, options) in [("models", &["--all", "[FILTER]"][..]), ("check", &["--online"])] {
        let help = runs(&home, &[command, "--help"]).await;
        assert!(help.out.contains(&format!("Examples:\n  prism {command} ")), "{}", help.out);
        assert!(options.iter().all(|option| help.out.contains(option)), "{}", help.out);
    }
    let help = runs(&home, &["--help"]).await;
    assert!(help.out.contains("\n  models ") && help.out.contains("\n  prism models flash "), "{}", help.out);
    assert!(help.out.contains("\n  prism check --online "), "{}", help.out);
}
