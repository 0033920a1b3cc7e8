//! `/model`: which models answer, and which one a server prefers.

use prism::emulator::Invocation;
use prism::emulator::model::{Answer, Listed};
use prism::emulator::playground::{GENERAL, KIM, KIM_DM, ROBIN, ROBIN_DM, TEA_AND_BISCUITS};
use prism::ids::UserId;
use prism::llm::{MaxPrice, Pattern};

use crate::harness::{LIGHTER_MODEL, MODEL, Stage};
use crate::prices::UNBOUNDED;

const WISE: &str = "wise/model";
const DEAR: &str = "dear/model";

/// The ladder and two more models, one of them dearer than the ladder.
async fn shop() -> Stage {
    let ladder = vec![Listed::new(MODEL), Listed::new(LIGHTER_MODEL)];
    let stage = Stage::selling(ladder.clone(), UNBOUNDED).await;
    let wise = Listed::new(WISE).called("Wise: The Elder").text_only().expiring("2099-11-20").context(32_768);
    let dear = Listed::new(DEAR).priced("0.00001", "0.00005");
    stage.model.list([ladder, vec![wise, dear, Listed::new("poor/model").free()]].concat());
    stage
}

async fn open() -> Stage {
    let mut stage = shop().await;
    stage.open_shop().await;
    stage
}

/// What somebody is told who chooses a model in #general.
async fn uses(stage: &Stage, person: UserId, model: &str) -> String {
    stage.whispered(person, GENERAL, &Invocation::new("model use").with("model", model)).await
}

async fn shows(stage: &Stage, model: &str) -> String {
    stage.whispered(KIM, GENERAL, &Invocation::new("model show").with("model", model)).await
}

/// Kim asks, and the models of the request come back, in order.
async fn asked(stage: &Stage) -> Vec<String> {
    stage.answers(KIM, GENERAL).await;
    let body = stage.model.requests().pop().unwrap().body;
    let first = body["model"].as_str().unwrap().to_owned();
    let more = body["models"].as_array().into_iter().flatten().filter_map(|model| model.as_str());
    let mut models = vec![first];
    for model in more.map(str::to_owned) {
        if !models.contains(&model) {
            models.push(model);
        }
    }
    models
}

const USUAL: [&str; 2] = [MODEL, LIGHTER_MODEL];

#[tokio::test]
async fn a_managers_choice_is_asked_first_and_the_usual_models_stand_behind_it() {
    let stage = open().await;
    assert_eq!(asked(&stage).await, USUAL);
    let told = uses(&stage, ROBIN, WISE).await;
    assert!(told.starts_with("`wise/model` answers in this server from now on."), "{told}");
    assert_eq!(asked(&stage).await, [WISE, MODEL, LIGHTER_MODEL]);
    // Broken on its own server, the next one speaks for it, and says so.
    stage.model.script_for(WISE, Answer::status(503));
    let answer = stage.answers(KIM, TEA_AND_BISCUITS).await;
    assert_eq!(answer.content, "Yes.\n-# written by `first/model`");
    // Direct messages belong to no server.
    stage.answers(KIM, KIM_DM).await;
    assert_eq!(stage.asked_models().last().unwrap(), MODEL);
    stage.finish().await;
}

#[tokio::test]
async fn a_rung_of_the_ladder_can_be_put_first() {
    let stage = open().await;
    uses(&stage, ROBIN, LIGHTER_MODEL).await;
    assert_eq!(asked(&stage).await, [LIGHTER_MODEL, MODEL]);
    assert_eq!(asked(&stage).await.len(), 2, "each is asked once");
    stage.finish().await;
}

#[tokio::test]
async fn a_choice_survives_a_restart_and_can_be_taken_back() {
    let mut stage = open().await;
    uses(&stage, ROBIN, WISE).await;
    stage.stop().await;
    stage.open_shop().await;
    assert_eq!(asked(&stage).await[0], WISE);
    let told = uses(&stage, ROBIN, "default").await;
    assert_eq!(told, "The usual models answer in this server again.");
    assert_eq!(asked(&stage).await, USUAL);
    stage.finish().await;
}

#[tokio::test]
async fn only_managers_choose_and_only_for_servers() {
    let stage = open().await;
    let told = uses(&stage, KIM, WISE).await;
    assert!(told.starts_with("Only people who may manage this server can choose its model."), "{told}");
    for (person, channel) in [(KIM, KIM_DM), (ROBIN, ROBIN_DM)] {
        let invocation = Invocation::new("model use").with("model", WISE);
        let told = stage.whispered(person, channel, &invocation).await;
        assert_eq!(told, "A model is chosen for a server, by somebody who may manage it.");
    }
    assert_eq!(asked(&stage).await, USUAL);
    stage.finish().await;
}

#[tokio::test]
async fn the_operators_bounds_hold_for_every_choice() {
    let mut stage = shop().await;
    stage.config.model.allow = vec![Pattern::parse("wise/*").unwrap(), Pattern::parse("dear/*").unwrap()];
    stage.open_shop().await;
    let told = uses(&stage, ROBIN, "poor/model").await;
    assert_eq!(
        told,
        "`poor/model` is not among those that whoever runs me allows. `/model list` shows what can be chosen."
    );
    // Without a bound of its own, nothing is dearer than the ladder.
    let too_dear =
        "`dear/model` costs more than whoever runs me allows. `/model list` shows what can be chosen.";
    assert_eq!(uses(&stage, ROBIN, DEAR).await, too_dear);
    assert_eq!(asked(&stage).await, USUAL);
    stage.stop().await;
    stage.config.model.max_price = Some(MaxPrice::of_dollars(Some(10.0), Some(50.0), None));
    stage.config.model.dearer_fallback = true;
    stage.open_shop().await;
    assert!(uses(&stage, ROBIN, DEAR).await.contains("answers in this server from now on"));
    assert_eq!(asked(&stage).await, [DEAR, MODEL, LIGHTER_MODEL]);
    stage.stop().await;
    // A bound that is drawn later holds at once.
    stage.config.model.max_price = Some(MaxPrice::of_dollars(Some(9.99), Some(50.0), None));
    stage.open_shop().await;
    assert_eq!(asked(&stage).await, USUAL);
    let here = stage.whispered(KIM, GENERAL, &Invocation::new("model show")).await;
    assert!(here.contains("(chosen by whoever runs me)") && !here.contains(DEAR), "{here}");
    stage.finish().await;
}

#[tokio::test]
async fn what_no_server_has_cannot_be_chosen() {
    let stage = open().await;
    for name in ["no/such", "`; drop", "first/model-2", "model"] {
        let told = uses(&stage, ROBIN, name).await;
        assert!(told.starts_with("I know no model called `") && told.contains("/model list"), "{told}");
    }
    assert_eq!(asked(&stage).await, USUAL);
    stage.finish().await;
}

#[tokio::test]
async fn what_answers_here_is_shown_in_its_order() {
    let stage = open().await;
    let here = Invocation::new("model show");
    let price = "($0.30 in, $2.50 out for a million tokens)";
    let told = stage.whispered(KIM, GENERAL, &here).await;
    let heading = "These models speak for **Odile Brankov** here, each when those above it fail";
    assert_eq!(
        told,
        format!(
            "{heading} (chosen by whoever runs me):\n1. `first/model` {price}\n2. `lighter/model` {price}"
        )
    );
    uses(&stage, ROBIN, WISE).await;
    let told = stage.whispered(KIM, GENERAL, &here).await;
    assert!(told.starts_with(&format!("{heading} (chosen for this server):\n1. `wise/model` ")), "{told}");
    assert!(told.contains("\n2. `first/model` ") && told.contains("\n3. `lighter/model` "), "{told}");
    let told = stage.whispered(KIM, KIM_DM, &here).await;
    assert!(told.contains("(chosen by whoever runs me):\n1. `first/model` "), "{told}");
    stage.finish().await;
}

#[tokio::test]
async fn a_persona_with_models_of_its_own_says_so() {
    let mut stage = shop().await;
    stage.cast(&[("sage", "models = ['wise/model']")]);
    stage.open_shop().await;
    let told = stage.whispered(KIM, GENERAL, &Invocation::new("model show")).await;
    assert!(told.contains("(The sage's own):\n1. `wise/model` "), "{told}");
    assert_eq!(asked(&stage).await[0], WISE);
    stage.finish().await;
}

#[tokio::test]
async fn what_is_known_of_a_model_is_shown() {
    let stage = open().await;
    assert_eq!(
        shows(&stage, WISE).await,
        "`Wise: The Elder`\n`wise/model`\nreads 32768 tokens at once\n\
         $0.30 in, $2.50 out for a million tokens\nis served until 2099-11-20"
    );
    assert!(shows(&stage, MODEL).await.ends_with("\nsees pictures"));
    let dear = shows(&stage, DEAR).await;
    assert!(dear.contains("$10.00 in, $50.00 out") && dear.contains("costs more than"), "{dear}");
    assert!(shows(&stage, "poor/model").await.contains("\nfree\n"));
    assert!(shows(&stage, "no/such").await.starts_with("I know no model called `no/such`"));
    stage.finish().await;
}

#[tokio::test]
async fn small_prices_and_those_for_a_request_are_not_called_free() {
    let stage = shop().await;
    let small = Listed::new("small/model").priced("0.0000000375", "0.000000005");
    let search = Listed::new("search/model").free().request_price("0.005");
    stage.model.list(vec![Listed::new(MODEL), Listed::new(LIGHTER_MODEL), small, search]);
    let mut stage = stage;
    stage.open_shop().await;
    let told = shows(&stage, "small/model").await;
    assert!(told.contains("$0.04 in, $0.00500 out for a million tokens"), "{told}");
    let told = shows(&stage, "search/model").await;
    assert!(told.contains("\n$0.00500 for each request\n"), "{told}");
    stage.finish().await;
}

#[tokio::test]
async fn the_list_has_what_may_be_chosen_and_nothing_else() {
    let stage = open().await;
    for channel in [GENERAL, KIM_DM] {
        let told = stage.whispered(KIM, channel, &Invocation::new("model list")).await;
        let ids: Vec<_> = told.lines().map(|line| line.split('`').nth(1).unwrap()).collect();
        assert_eq!(ids, [MODEL, LIGHTER_MODEL, "poor/model", WISE], "{told}");
        assert!(told.contains("`poor/model`: free"), "{told}");
    }
    stage.finish().await;
}

#[tokio::test]
async fn a_long_list_fits_into_a_message() {
    let stage = shop().await;
    let many = (0..300).map(|number| Listed::new(format!("maker/model-number-{number:03}")));
    stage.model.list([Listed::new(MODEL), Listed::new(LIGHTER_MODEL)].into_iter().chain(many).collect());
    let mut stage = stage;
    stage.open_shop().await;
    let told = stage.whispered(KIM, GENERAL, &Invocation::new("model list")).await;
    assert!(told.chars().count() <= 2_000, "{}", told.len());
    assert!(told.contains("more: start typing a name in `/model show`."), "{told}");
    let suggested = stage.suggested(KIM, GENERAL, ("model show", "number-29")).await;
    assert_eq!(suggested.len(), 10);
    assert_eq!(stage.suggested(KIM, GENERAL, ("model show", "model")).await.len(), 25);
    stage.finish().await;
}

#[tokio::test]
async fn models_are_suggested_while_somebody_types() {
    let stage = open().await;
    let all = stage.suggested(KIM, GENERAL, ("model show", "")).await;
    let ids =
        |suggested: &[(String, String)]| suggested.iter().map(|(_, value)| value.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&all), [DEAR, MODEL, LIGHTER_MODEL, "poor/model", WISE]);
    // By the name that its maker gave it, too.
    let elder = stage.suggested(KIM, GENERAL, ("model show", " ELDER")).await;
    assert_eq!(ids(&elder), [WISE]);
    assert!(elder[0].0.starts_with("wise/model: $0.30 in"), "{elder:?}");
    let choices = stage.suggested(ROBIN, GENERAL, ("model use", "")).await;
    assert_eq!(ids(&choices), ["default", MODEL, LIGHTER_MODEL, "poor/model", WISE]);
    assert_eq!(ids(&stage.suggested(ROBIN, GENERAL, ("model use", "def")).await), ["default"]);
    assert!(stage.suggested(ROBIN, GENERAL, ("model use", "dear")).await.is_empty());
    // What was suggested can be taken.
    assert!(uses(&stage, ROBIN, &elder[0].1).await.starts_with("`wise/model` answers"));
    stage.finish().await;
}
