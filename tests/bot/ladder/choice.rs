//! Which models are asked at all, and what each of them is sent: choices, prices, and what models can do.

use prism::emulator::model::{Answer, Listed};
use prism::emulator::playground::ROBIN;
use prism::emulator::{Invocation, MessageView};
use prism::llm::MaxPrice;

use super::play::{BY_LIGHTER, OPERATOR, Play};
use crate::harness::{LIGHTER_MODEL, MODEL};

const DEAR: &str = "dear/model";

/// A listed model that costs ten times as much as the others.
fn dear() -> Listed {
    Listed::new(DEAR).priced("0.000003", "0.000025")
}

fn usual() -> Vec<Listed> {
    vec![Listed::new(MODEL), Listed::new(LIGHTER_MODEL)]
}

fn with(more: Listed) -> Vec<Listed> {
    usual().into_iter().chain([more]).collect()
}

#[tokio::test]
async fn a_personas_own_models_are_asked() {
    let mut stage = Play::stage().await;
    stage.cast(&[("odd", "models = ['mine/model', 'lighter/model']")]);
    stage.model.list(with(Listed::new("mine/model")));
    let mut play = Play::on(stage).await;
    play.knows("mine/model").await;
    play.model().script_for("mine/model", Answer::text("Mine."));
    play.reads("hello?", "Mine.").await;
    play.model().always("mine/model", Answer::status(404));
    play.model().script_for(LIGHTER_MODEL, Answer::text("Here I am."));
    play.reads("and now?", &format!("Here I am.\n{BY_LIGHTER}")).await;
    assert_eq!(play.asked(), ["mine/model", "mine/model", LIGHTER_MODEL]);
    play.stores("own", &[("mine/model", Some("no_such_model")), (LIGHTER_MODEL, None)]);
    play.finish().await;
}

#[tokio::test]
async fn a_servers_choice_comes_first_and_the_usual_models_behind_it() {
    let stage = Play::stage().await;
    stage.model.list(with(Listed::new("chosen/model")));
    let mut play = Play::on(stage).await;
    play.knows("chosen/model").await;
    let choose = Invocation::new("model use").with("model", "chosen/model");
    let choice = play.stage.invoke_as(ROBIN, &choose);
    let told = |message: &MessageView| message.content.starts_with("`chosen/model` answers in this server");
    play.stage.replied(choice, told).await;
    play.model().script_for("chosen/model", Answer::text("Chosen."));
    play.reads("hello?", "Chosen.").await;
    play.model().always("chosen/model", Answer::status(404));
    play.model().script_for(MODEL, Answer::text("As usual."));
    play.reads("and now?", "As usual.\n-# written by `first/model`").await;
    assert_eq!(play.asked(), ["chosen/model", "chosen/model", MODEL]);
    play.finish().await;
}

#[tokio::test]
async fn a_model_above_the_price_bound_is_never_asked() {
    let mut stage = Play::stage().await;
    stage.model.list(with(dear()));
    stage.config.model.models = vec![MODEL.to_owned(), DEAR.to_owned(), LIGHTER_MODEL.to_owned()];
    stage.config.model.max_price = Some(MaxPrice::of_dollars(Some(1.0), Some(5.0), None));
    stage.config.model.dearer_fallback = true;
    never_asks_the_dear_one(Play::on(stage).await).await;
}

#[tokio::test]
async fn a_fallback_that_costs_more_than_the_rung_above_is_never_asked() {
    let mut stage = Play::stage().await;
    stage.model.list(with(dear()));
    stage.config.model.models = vec![MODEL.to_owned(), DEAR.to_owned(), LIGHTER_MODEL.to_owned()];
    stage.config.model.max_price = None;
    stage.config.model.dearer_fallback = false;
    never_asks_the_dear_one(Play::on(stage).await).await;
}

async fn never_asks_the_dear_one(mut play: Play) {
    play.knows(DEAR).await;
    play.model().always(MODEL, Answer::status(404));
    play.model().script_for(LIGHTER_MODEL, Answer::text("Here I am."));
    play.reads("hello?", &format!("Here I am.\n{BY_LIGHTER}")).await;
    play.model().always(LIGHTER_MODEL, Answer::status(404));
    play.is_told("and now?", OPERATOR).await;
    assert_eq!(play.asked(), [MODEL, LIGHTER_MODEL, MODEL, LIGHTER_MODEL]);
    play.finish().await;
}

#[tokio::test]
async fn a_dearer_fallback_is_asked_where_it_is_allowed() {
    let mut stage = Play::stage().await;
    stage.model.list(with(dear()));
    stage.config.model.models = vec![MODEL.to_owned(), DEAR.to_owned()];
    stage.config.model.max_price = Some(MaxPrice::of_dollars(Some(4.0), Some(30.0), None));
    stage.config.model.dearer_fallback = true;
    let mut play = Play::on(stage).await;
    play.knows(DEAR).await;
    play.model().always(MODEL, Answer::status(404));
    play.model().script_for(DEAR, Answer::text("At your service."));
    play.reads("hello?", "At your service.\n-# written by `dear/model`").await;
    let bound = play.model().requests().last().unwrap().body["provider"]["max_price"].clone();
    assert!(bound["prompt"].as_f64() <= Some(4.0) && bound["completion"].as_f64() <= Some(30.0), "{bound}");
    play.finish().await;
}

#[tokio::test]
async fn a_personas_dear_model_is_left_out_and_the_others_answer() {
    let mut stage = Play::stage().await;
    stage.model.list(with(dear()));
    stage.cast(&[("odd", "models = ['dear/model', 'lighter/model']")]);
    let mut play = Play::on(stage).await;
    play.knows(DEAR).await;
    play.model().script_for(LIGHTER_MODEL, Answer::text("Here I am."));
    play.reads("hello?", &format!("Here I am.\n{BY_LIGHTER}")).await;
    assert_eq!(play.asked(), [LIGHTER_MODEL], "nobody asked the operator about the dear one");
    play.finish().await;
}

#[tokio::test]
async fn sampling_that_a_model_does_not_know_is_left_out() {
    let mut stage = Play::stage().await;
    stage.cast(&[("odd", "sampling = { temperature = 0.5, top_p = 0.25, max_tokens = 100 }")]);
    stage.model.list(vec![
        Listed::new(MODEL).supporting(&["max_tokens", "temperature"]),
        Listed::new(LIGHTER_MODEL).supporting(&["max_tokens"]).longest(60),
    ]);
    let mut play = Play::on(stage).await;
    play.knows(MODEL).await;
    play.model().script_for(MODEL, Answer::status(404));
    play.model().script_for(LIGHTER_MODEL, Answer::text("Here I am."));
    play.reads("hello?", &format!("Here I am.\n{BY_LIGHTER}")).await;
    let sent: Vec<_> = play.model().requests().into_iter().map(|request| request.body).collect();
    assert_eq!((sent[0]["temperature"].as_f64(), sent[0].get("top_p")), (Some(0.5), None));
    assert_eq!((sent[1].get("temperature"), sent[1].get("top_p")), (None, None));
    assert_eq!((&sent[0]["max_tokens"], &sent[1]["max_tokens"]), (&100.into(), &60.into()));
    play.finish().await;
}

#[tokio::test]
async fn whoever_asks_is_known_to_the_provider_by_a_hash_alone() {
    let mut play = Play::open(|_| {}).await;
    for question in ["hello?", "and again?"] {
        play.model().script(Answer::text("Here I am."));
        play.reads(question, "Here I am.").await;
    }
    let sent: Vec<_> = play.model().requests().into_iter().map(|request| request.body).collect();
    for key in ["user", "session_id"] {
        let hash = sent[0][key].as_str().unwrap();
        assert_eq!(sent[1][key], hash, "{key} is the same for every turn");
        assert!(!hash.contains(&prism::emulator::playground::KIM.to_string()), "{key}: {hash}");
    }
    assert_ne!(sent[0]["user"], sent[0]["session_id"]);
    assert_eq!(
        (&sent[0]["max_tokens"], &sent[0]["provider"]["data_collection"]),
        (&800.into(), &"deny".into())
    );
    play.finish().await;
}
