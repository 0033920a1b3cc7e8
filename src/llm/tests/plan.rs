//! Which models may be asked, what they are sent, and what that can cost at most.

use serde_json::{Value, json};

use super::*;
use crate::emulator::model::{Listed, Refusal};
use crate::llm::{Image, MaxPrice, Pattern};

/// A bench whose server lists these models.
async fn listing(models: Vec<Listed>) -> Bench {
    let bench = Bench::start().await;
    bench.server.list(models);
    bench
}

/// Once it knows what the server lists.
async fn informed(bench: &Bench) -> Ladder {
    let ladder = bench.ladder();
    ladder.fetched_offers().await;
    ladder
}

fn asking(models: &[&str]) -> Request {
    Request { models: models.iter().map(|&model| model.to_owned()).collect(), ..hello() }
}

fn planned(ladder: &Ladder, models: &[&str]) -> Vec<String> {
    ladder.plan(&asking(models)).models().map(str::to_owned).collect()
}

fn dollars(prompt: f64, completion: f64) -> Option<MaxPrice> {
    Some(MaxPrice::of_dollars(Some(prompt), Some(completion), None))
}

/// Dollars per token: so many for a million.
fn priced(id: &str, prompt: f64, completion: f64) -> Listed {
    let text = |dollars: f64| format!("{:.12}", dollars / 1e6);
    Listed::new(id).priced(&text(prompt), &text(completion))
}

#[tokio::test]
async fn what_others_choose_is_on_the_operators_list() {
    let mut bench = Bench::start().await;
    bench.settings.allow = vec![Pattern::parse("good/*").unwrap()];
    let ladder = bench.ladder();
    assert_eq!(planned(&ladder, &["bad/one", "good/one", "second"]), ["good/one", "second"]);
    assert_eq!(planned(&ladder, &["bad/one"]), ["first", "second"], "none is left: the usual ones answer");
    assert_eq!(planned(&ladder, &[]), ["first", "second"]);
    bench.settings.allow = Vec::new();
    assert_eq!(planned(&bench.ladder(), &["bad/one"]), ["first", "second"], "nobody knows what it costs");
}

#[tokio::test]
async fn a_price_bound_holds_for_everybody() {
    let mut bench =
        listing(vec![priced("first", 1.0, 5.0), priced("second", 1.1, 5.0), priced("long", 1.0, 5.1)]).await;
    bench.settings.max_price = dollars(1.0, 5.0);
    let ladder = informed(&bench).await;
    assert_eq!(planned(&ladder, &[]), ["first"]);
    assert_eq!(planned(&ladder, &["long", "second", "first"]), ["first"]);
    let offers: Vec<_> =
        ladder.offers().into_iter().map(|offer| (offer.name, offer.excluded.is_none())).collect();
    let expected = [("first", true), ("long", false), ("second", false)];
    assert_eq!(offers, expected.map(|(name, allowed)| (name.to_owned(), allowed)));
}

#[tokio::test]
async fn without_a_bound_the_dearest_of_the_operators_own_models_is_one() {
    let models = vec![
        priced("first", 1.0, 5.0),
        priced("second", 2.0, 4.0),
        priced("within", 2.0, 5.0),
        priced("beyond", 2.0, 5.1),
        Listed::new("unpriced").unpriced(),
        priced("paid", 0.1, 0.1).request_price("0.01"),
    ];
    let bench = listing(models).await;
    let ladder = informed(&bench).await;
    let wanted = ["beyond", "within", "unpriced", "paid"];
    assert_eq!(planned(&ladder, &wanted), ["within"], "what has no price is for the operator to allow");
    assert_eq!(ladder.plan(&asking(&wanted)).first_choice, "beyond", "so that the byline can tell");
}

#[tokio::test]
async fn a_fallback_costs_no_more_than_the_rung_above_unless_it_may() {
    let models =
        || vec![priced("a", 1.0, 1.0), priced("b", 2.0, 2.0), priced("c", 0.5, 0.5), priced("d", 0.7, 0.7)];
    let mut bench = listing(models()).await;
    bench.settings.models = ["a", "b", "c", "d", "unlisted"].map(str::to_owned).to_vec();
    bench.settings.dearer_fallback = false;
    assert_eq!(planned(&informed(&bench).await, &[]), ["a", "c", "unlisted"]);
    bench.settings.dearer_fallback = true;
    assert_eq!(planned(&informed(&bench).await, &[]), ["a", "b", "c", "d", "unlisted"]);
}

#[tokio::test]
async fn a_model_is_on_a_ladder_once() {
    let bench = Bench::start().await;
    assert_eq!(planned(&bench.ladder(), &["second", "first", "second"]), ["second", "first"]);
}

#[tokio::test]
async fn the_worst_case_is_exact() {
    let first = Listed::new("first").priced("0.0000003", "0.0000025").request_price("0.000001");
    let second = first.clone().free();
    let mut bench = listing(vec![first, Listed { id: "second".to_owned(), ..second }]).await;
    bench.settings.models.push("unlisted".to_owned());
    let ladder = informed(&bench).await;
    let request = |models: &[&str]| Request { max_tokens: Some(100), ..asking(models) };
    let worst = |models: &[&str]| ladder.plan(&request(models)).worst();
    // "Hello!": 3 tokens at most, 8 for the frame of a message, and 100 that another model may have said before.
    // Providers may ask half as much again for a token as the list says.
    let once = (111 * 450_000 + 100 * 3_750_000 + 1_000_000) / 1_000;
    assert_eq!(worst(&["first"]), 3 * once, "room for the model and a repetition of twice the length");
    assert_eq!(worst(&["first", "second"]), 3 * once);
    assert_eq!(worst(&["second"]), 0);
    let unknown = bench.settings.turn_price;
    assert_eq!(worst(&["unlisted"]), 3 * unknown);
    assert_eq!(worst(&["first", "unlisted"]), once + 3 * unknown);
}

#[tokio::test]
async fn images_and_the_longest_completion_count() {
    let first = Listed::new("first").priced("0", "0.000001").image_price("0.001").longest(50);
    let bench = listing(vec![first]).await;
    let ladder = informed(&bench).await;
    let request = Request { messages: vec![pictured()], models: vec!["first".to_owned()], ..hello() };
    assert_eq!(ladder.plan(&request).worst(), 3 * (50 * 1_500 + 1_000_000));
}

#[tokio::test]
async fn near_the_limit_the_cheapest_model_is_asked_alone() {
    let bench = listing(vec![priced("first", 1.0, 5.0), priced("second", 0.1, 0.5)]).await;
    let ladder = informed(&bench).await;
    let whole = ladder.plan(&hello());
    let plan = whole.cheapest();
    assert_eq!(plan.models().collect::<Vec<_>>(), ["second"]);
    assert!(plan.worst() > 0 && plan.worst() * 10 < whole.worst());
    bench.server.always("second", Answer::status(500));
    let mut reply = ladder.ask(hello(), plan);
    assert!(reply.open().await.is_err());
    // What a refusal cost is known to be nothing, so the same money is there once more.
    assert_eq!(bench.asked(), ["second", "second"]);
    bench.server.always("second", None);
    let mut reply = ladder.ask(hello(), ladder.plan(&hello()).cheapest());
    reply.open().await.unwrap();
    let report = reply.into_report();
    assert_eq!(report.speakers().collect::<Vec<_>>(), ["second"]);
    assert_eq!(report.first_choice, "first", "a person is told that it is another one");
}

#[tokio::test]
async fn what_could_cost_more_than_was_set_aside_is_not_asked() {
    let bench = listing(vec![priced("first", 1.0, 5.0)]).await;
    let ladder = informed(&bench).await;
    let plan = ladder.plan(&asking(&["first"])).cheapest();
    // Silence may have been charged.
    bench.server.always("first", Answer::text("x").fault(crate::emulator::model::Fault::CutBeforeHead));
    let mut reply = ladder.ask(asking(&["first"]), plan);
    assert_eq!(reply.open().await, Err(Failure::Interrupted));
    assert_eq!(bench.asked(), ["first"]);
    let causes: Vec<_> =
        reply.into_report().attempts.into_iter().filter_map(|attempt| attempt.failure).collect();
    assert_eq!(causes, [Failure::Interrupted, Failure::Unaffordable]);
}

/// A system text, eight messages of a hundred tokens each, and a question.
fn long() -> Request {
    let mut messages = vec![Message::new(Role::System, "You are Ada.")];
    messages.extend((0..8).map(|number| Message::new(Role::User, number.to_string().repeat(400))));
    messages.push(Message::new(Role::User, "Well?"));
    Request { messages, history: 1..9, max_tokens: Some(100), ..Request::default() }
}

fn sent(bench: &Bench) -> Vec<usize> {
    bench.server.requests().iter().map(|request| request.body["messages"].as_array().unwrap().len()).collect()
}

#[tokio::test]
async fn each_model_is_sent_as_much_of_the_history_as_it_can_read() {
    for (context, kept) in
        [(None, 8), (Some(1_000), 8), (Some(900), 4), (Some(400), 2), (Some(210), 1), (Some(50), 0)]
    {
        let bench = listing(vec![Listed::new("first").context(context)]).await;
        let ladder = informed(&bench).await;
        open(&ladder, Request { models: vec!["first".to_owned()], ..long() }).await.unwrap();
        assert_eq!(sent(&bench), [kept + 2], "{context:?}");
        let body = &bench.server.requests()[0].body;
        assert_eq!(body["messages"][0]["role"], "system");
        assert_eq!(body["messages"][kept + 1]["content"], "Well?");
    }
}

#[tokio::test]
async fn a_shorter_prompt_is_reckoned_cheaper() {
    let bench = listing(vec![Listed::new("first").context(400), Listed::new("second")]).await;
    let ladder = informed(&bench).await;
    let worst = |model: &str| ladder.plan(&Request { models: vec![model.to_owned()], ..long() }).worst();
    assert!(worst("first") < worst("second"), "{} and {}", worst("first"), worst("second"));
}

#[tokio::test]
async fn a_server_is_told_only_of_models_that_can_read_what_the_first_one_reads() {
    let lists = [
        (Listed::new("second").context(Some(400)), Value::Null),
        (Listed::new("second"), json!(["first", "second"])),
    ];
    for (second, models) in lists {
        let mut bench = listing(vec![Listed::new("first"), second]).await;
        bench.settings.server_fallback = true;
        open(&informed(&bench).await, long()).await.unwrap();
        assert_eq!((sent(&bench), &bench.server.requests()[0].body["models"]), (vec![10], &models));
    }
}

#[tokio::test]
async fn a_prompt_is_halved_from_where_it_was() {
    let bench = listing(vec![Listed::new("first").context(900)]).await;
    bench.server.script_for("first", Refusal::context_length(500, 400).into());
    open(&informed(&bench).await, long()).await.unwrap();
    assert_eq!(sent(&bench), [6, 4]);
}

fn pictured() -> Message {
    let image = Image { name: "lamp.png".to_owned(), url: "data:image/png;base64,AAAA".to_owned() };
    Message { images: vec![image], ..Message::new(Role::User, "What is it?") }
}

#[tokio::test]
async fn pictures_go_to_models_that_see_and_their_names_to_others() {
    let mut bench = listing(vec![Listed::new("first"), Listed::new("second").text_only()]).await;
    bench.settings.models.push("unlisted".to_owned());
    let ladder = informed(&bench).await;
    for model in ["first", "second", "unlisted"] {
        let request =
            Request { messages: vec![pictured()], models: vec![model.to_owned()], ..Request::default() };
        open(&ladder, request).await.unwrap();
    }
    let contents: Vec<Value> = bench
        .server
        .requests()
        .iter()
        .map(|request| request.body["messages"][0]["content"].clone())
        .collect();
    let parts = json!([
        {"type": "text", "text": "What is it?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
    ]);
    assert_eq!(
        contents,
        [parts, json!("What is it?\n[image: lamp.png]"), json!("What is it?\n[image: lamp.png]")]
    );
}

#[tokio::test]
async fn a_model_is_sent_the_sampling_that_it_knows() {
    let mut bench = listing(vec![Listed::new("first").supporting(&["top_p"]), Listed::new("second")]).await;
    bench.settings.models.push("unlisted".to_owned());
    let ladder = informed(&bench).await;
    for (model, keys) in [("first", [false, true]), ("second", [true, true]), ("unlisted", [true, true])] {
        let request =
            Request { temperature: Some(0.5), top_p: Some(0.5), models: vec![model.to_owned()], ..hello() };
        open(&ladder, request).await.unwrap();
        let body = bench.server.requests().pop().unwrap().body;
        assert_eq!(["temperature", "top_p"].map(|key| body.get(key).is_some()), keys, "{model}");
    }
}

#[tokio::test]
async fn the_provider_is_told_what_the_operator_wants() {
    let mut bench = Bench::start().await;
    bench.settings.zdr = true;
    bench.settings.max_price = Some(MaxPrice::of_dollars(Some(1.0), Some(2.5), Some(0.01)));
    bench.open().await.unwrap();
    let price = json!({"prompt": 1.0, "completion": 2.5, "request": 0.01});
    let provider = json!({"data_collection": "deny", "zdr": true, "max_price": price});
    assert_eq!(bench.server.requests()[0].body["provider"], provider);
}

#[tokio::test]
async fn the_application_is_named_to_openrouter() {
    let mut bench = Bench::start().await;
    bench.open().await.unwrap();
    bench.settings.app_url = Some("https://prism.example".to_owned());
    bench.open().await.unwrap();
    let [before, after] = [0, 1].map(|number| bench.server.requests()[number].headers.clone());
    assert_eq!((before.get("http-referer"), after["http-referer"].as_str()), (None, "https://prism.example"));
    for headers in [before, after] {
        assert_eq!(headers["x-openrouter-title"], "Prism");
        assert_eq!(headers["x-openrouter-categories"], "roleplay,general-chat");
        assert_eq!(headers["x-openrouter-metadata"], "enabled");
    }
}

#[tokio::test]
async fn a_provider_may_charge_what_was_reckoned_with_and_no_more() {
    let mut bench = listing(vec![priced("first", 1.0, 4.0)]).await;
    for (bound, price) in [
        (None, json!({"prompt": 1.5, "completion": 6.0, "request": 0.0})),
        (dollars(1.2, 9.0), json!({"prompt": 1.2, "completion": 6.0, "request": 0.0})),
    ] {
        bench.settings.max_price = bound;
        open(&informed(&bench).await, asking(&["first"])).await.unwrap();
        assert_eq!(bench.server.requests().pop().unwrap().body["provider"]["max_price"], price);
    }
}
