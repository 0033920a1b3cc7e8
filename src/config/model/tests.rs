use secrecy::ExposeSecret;

use super::*;
use crate::config::tests::{in_file, load, problems};

fn model(file: &str) -> llm::Settings {
    load(file, &[]).unwrap().model
}

#[test]
fn the_built_in_ladder_says_what_it_may_cost_and_an_own_one_has_to() {
    let built_in = model("");
    assert_eq!(built_in.models.len(), 3);
    assert!(built_in.dearer_fallback && built_in.max_price.is_some());
    let own = model("[model]\nmodels = [\"a/b\"]\n");
    assert!(!own.dearer_fallback && own.max_price.is_none());
    let named = load("", &[("PRISM_MODELS", "a/b")]).unwrap().model;
    assert!(!named.dearer_fallback && named.max_price.is_none());
    let said = model("[model]\nmodels = [\"a/b\"]\ndearer_fallback = true\nmax_price.prompt = 1\n");
    let bound = MaxPrice { prompt: Some(1_000_000), completion: None, request: None };
    assert_eq!((said.dearer_fallback, said.max_price), (true, Some(bound)));
    assert!(!model("[model]\ndearer_fallback = false\n").dearer_fallback);
}

#[test]
fn the_defaults_are_those_of_the_design() {
    let model = model("");
    assert_eq!(model.max_tokens, 800);
    assert_eq!([model.first_token, model.idle, model.total].map(|wait| wait.as_secs()), [20, 15, 120]);
    assert!(model.deny_data_collection && !model.zdr && model.server_fallback);
    assert!(model.hedge_after.is_none() && model.allow.is_empty() && model.app_url.is_none());
    assert_eq!(model.turn_price, 2_000_000);
    assert_eq!(model.catalog.fresh, Duration::from_secs(15 * 60));
    assert_eq!(model.catalog.folder, Some("data".into()));
}

#[test]
fn every_key_is_read() {
    let model = model(
        "[model]\nmodels = [\"a/b\", \"c/d\"]\nallow = [\"google/*\"]\nserver_fallback = false\n\
         hedge_after = \"3s\"\nmax_tokens = 16\nfirst_token = \"1s\"\nidle = \"2s\"\ntotal = \"1m\"\n\
         deny_data_collection = false\nzdr = true\napp_url = \"https://example.org\"\nturn_price = 0.5\n\
         url = \"https://example.org/v1\"\n\
         max_price = { prompt = 0.3, completion = 2.5, request = 0.01 }\n",
    );
    assert_eq!(model.models, ["a/b", "c/d"]);
    assert_eq!(model.server.base_url, "https://example.org/v1");
    assert!(model.allow[0].matches("google/gemini") && !model.allow[0].matches("meta/llama"));
    assert!(!model.server_fallback && !model.deny_data_collection && model.zdr);
    assert_eq!((model.hedge_after, model.max_tokens), (Some(Duration::from_secs(3)), 16));
    assert_eq!([model.first_token, model.idle, model.total].map(|wait| wait.as_secs()), [1, 2, 60]);
    assert_eq!((model.app_url.as_deref(), model.turn_price), (Some("https://example.org"), 500_000_000));
    let bound =
        MaxPrice { prompt: Some(300_000), completion: Some(2_500_000), request: Some(10_000_000_000) };
    assert_eq!(model.max_price, Some(bound));
}

#[test]
fn what_is_wrong_is_named_with_its_place_and_its_cure() {
    for (line, column, message) in [
        ("models = []", 10, "model.models: expected a list of at least one model id"),
        ("models = [\"a b\"]", 10, "model.models: expected a list of at least one model id"),
        ("allow = [\"a b\"]", 10, "model.allow[1]: expected a model id in which * stands for anything"),
        ("max_price = 3", 13, "model.max_price: expected a table"),
        ("max_price.prompt = -1", 20, "model.max_price.prompt: expected US dollars, such as 2.5, found"),
        ("max_price.image = 1", 11, "model.max_price.image: unknown key"),
        ("max_tokens = 8193", 14, "model.max_tokens: expected a number from 16 to 8192, found"),
        ("hedge_after = \"0s\"", 15, "model.hedge_after: expected a time from 1ms to a day"),
        ("first_token = 20", 15, "model.first_token: expected a time from 1ms to a day"),
        ("zdr = \"yes\"", 7, "model.zdr: expected"),
        ("app_url = \"http://x\"", 11, "model.app_url: expected an address such as \"https://example.org\""),
        ("turn_price = 1.5", 14, "model.turn_price: expected US dollars from 0 to 1, found"),
        ("key = \"sk\"", 1, "model.key: unknown key; the key is read from the environment alone"),
        ("modles = [\"a/b\"]", 1, "model.modles: unknown key"),
    ] {
        let found = problems(&format!("[model]\n{line}\n"), &[]);
        let [found] = &found[..] else { panic!("{line}: {found:?}") };
        assert!(found.starts_with(&in_file(2, column, message)), "{line}: {found}");
    }
}

fn servers(text: &str, variables: &[(&str, &str)]) -> Vec<(String, Server)> {
    load(text, variables).unwrap().model.others
}

fn server_named(name: &str, url: &str, more: &str) -> String {
    format!("[[model.servers]]\nname = \"{name}\"\nurl = \"{url}\"\n{more}\n")
}

#[test]
fn servers_have_names_and_keys_of_their_own() {
    let text = server_named("far-east", "https://east.example/v1/", "flavour = \"openrouter\"")
        + &server_named("home", "http://localhost:11434/v1", "");
    let found = servers(&text, &[("PRISM_MODEL_KEY_FAR_EAST", "sk-east")]);
    let [(east, far), (home, near)] = &found[..] else { panic!("{found:?}") };
    assert_eq!((east.as_str(), far.base_url.as_str()), ("far-east", "https://east.example/v1"));
    assert_eq!(far.api_key.as_ref().unwrap().expose_secret(), "sk-east");
    assert_eq!((far.flavour, far.free), (Some(Flavour::OpenRouter), false));
    assert_eq!((home.as_str(), near.flavour, near.free), ("home", None, true));
    assert!(near.api_key.is_none());
}

#[test]
fn a_server_of_ones_own_is_free_unless_it_sells_or_says_otherwise() {
    for (url, more, free) in [
        ("http://localhost:11434/v1", "", true),
        ("http://192.168.1.5:8000/v1", "", true),
        ("http://localhost:4000/v1", "free = false", false),
        ("http://localhost:4000/api/v1", "", false),
        ("http://localhost:4000/v1", "flavour = \"openrouter\"", false),
        ("https://api.example.org/v1", "", false),
        ("https://api.example.org/v1", "free = true", true),
    ] {
        let found = servers(&server_named("own", url, more), &[]);
        assert_eq!(found[0].1.free, free, "{url} {more}");
    }
    let keyed =
        servers(&server_named("own", "http://localhost:4000/v1", ""), &[("PRISM_MODEL_KEY_OWN", "sk-1")]);
    assert!(!keyed[0].1.free, "who wants a key may stand before others that are paid");
}

#[test]
fn what_is_wrong_with_a_server_is_named_with_its_place_and_its_cure() {
    let url = "https://east.example/v1";
    for (text, place, message) in [
        (server_named("Far East", url, ""), (2, 8), "name: expected a short name of lower-case letters"),
        (server_named("", url, ""), (2, 8), "name: expected a short name of lower-case letters"),
        (server_named("a/b", url, ""), (2, 8), "name: expected a short name of lower-case letters"),
        (server_named("east", "east.example", ""), (3, 7), "url: expected an address such as http://"),
        (server_named("east", url, "flavour = \"vllm\""), (4, 11), "flavour: expected \"openrouter\" or"),
        (server_named("east", url, "free = 0"), (4, 8), "free: expected"),
        (server_named("east", url, "key = \"sk\""), (4, 1), "key: unknown key; the key is read from the env"),
        (server_named("east", url, "models = []"), (4, 1), "models: unknown key"),
    ] {
        let found = problems(&text, &[]);
        let [found] = &found[..] else { panic!("{text}: {found:?}") };
        let start = in_file(place.0, place.1, &format!("model.servers[1].{message}"));
        assert!(found.starts_with(&start), "{text}: {found}");
    }
    let nameless = problems("[[model.servers]]\nurl = \"https://east.example/v1\"\n", &[]).join("\n");
    assert!(nameless.contains("model.servers[1].name: "), "{nameless}");
    let homeless = problems("[[model.servers]]\nname = \"east\"\n", &[]).join("\n");
    assert!(homeless.contains("model.servers[1].url: "), "{homeless}");
}

#[test]
fn two_servers_of_one_name_are_told_apart() {
    let text =
        server_named("east", "https://a.example/v1", "") + &server_named("east", "https://b.example/v1", "");
    assert_eq!(
        problems(&text, &[]),
        [in_file(
            6,
            8,
            "model.servers.east: another server has this name, or one whose key would be in the same variable"
        )]
    );
}

#[test]
fn a_named_servers_key_does_not_leave_the_house_in_the_clear() {
    let key = ("PRISM_MODEL_KEY_EAST", "sk-east");
    let text = server_named("east", "http://east.example/v1", "");
    let found = problems(&text, &[key]).join("\n");
    assert!(found.contains("model.servers.east: would carry its key over plain http"), "{found}");
    assert!(found.ends_with("use https") && !found.contains("sk-east"), "{found}");
    assert!(load(&text, &[]).is_ok(), "without a key there is nothing to lose");
    assert!(load(&server_named("east", "http://10.0.0.7/v1", ""), &[key]).is_ok());
}

#[test]
fn a_key_with_white_space_is_named_by_its_variable() {
    let text = server_named("east", "https://east.example/v1", "");
    let found = problems(&text, &[("PRISM_MODEL_KEY_EAST", "sk east")]).join("\n");
    assert!(found.starts_with("PRISM_MODEL_KEY_EAST: ") && !found.contains("sk east"), "{found}");
}
