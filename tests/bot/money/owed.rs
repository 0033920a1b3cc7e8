//! Costs that a provider tells later: of answers that broke off, were given up, or lost a race.

use std::time::Duration;

use prism::emulator::Invocation;
use prism::emulator::model::{Answer, Ending, Fault, Listed, ModelServer, ModelSettings, tokens};
use prism::emulator::playground::{GENERAL, GUILD, KIM};
use prism::ids::TurnId;
use prism::llm::Server;
use prism::shutdown::Shutdown;
use prism::store::{Payer, SumBy, UsageRow};

use crate::harness::{LIGHTER_MODEL, MODEL, Stage, within};
use crate::prices::{MILLI, UNBOUNDED, by_token};

const TALE: &str = "Once there was a lamp that would not go out, whatever anybody tried.";

/// What one request can cost at most, in nano-dollars: its own price and 800 tokens.
const WORST: i64 = MILLI + 1_200_000;

/// A model whose requests cost a thousandth of a dollar, and tokens of the reply a thousandth of that.
fn sold(model: &str) -> Listed {
    by_token(model).request_price("0.001")
}

async fn stage(models: &[&str]) -> Stage {
    let mut stage = Stage::selling(models.iter().map(|model| sold(model)).collect(), UNBOUNDED).await;
    stage.open_shop().await;
    stage
}

/// The requests of the first turn, as they stand in the books of a stopped bot.
async fn rows(stage: &Stage) -> Vec<UsageRow> {
    let store = stage.store().await;
    let rows = store.usage_of_turn(TurnId::new(1)).await.unwrap();
    store.close().await;
    rows
}

/// Makes what is owed due at once, as if it had been asked for so often in vain. Of a stopped bot.
async fn hurry(stage: &Stage, tries: usize) {
    let store = stage.store().await;
    for owed in store.owed_costs(i64::MAX, 16).await.unwrap() {
        for _ in 0..tries.max(1) {
            store.cost_still_owed(owed.usage, 0).await.unwrap();
        }
    }
    store.close().await;
}

/// How many costs are owed. Of a stopped bot.
async fn debts(stage: &Stage) -> usize {
    let store = stage.store().await;
    let debts = store.owed_costs(i64::MAX, 16).await.unwrap().len();
    store.close().await;
    debts
}

/// Waits until the provider was asked so often.
async fn asked(stage: &Stage, times: usize) {
    let asking = async {
        while stage.model.generations_asked().len() < times {
            stage.whispered(KIM, GENERAL, &Invocation::new("usage")).await;
        }
    };
    within("the provider is asked for a cost", asking).await;
}

/// Restarts the bot until it has been told everything that is owed.
async fn settled(stage: &mut Stage) {
    let settling = async {
        while debts(stage).await > 0 {
            hurry(stage, 1).await;
            let before = stage.model.generations_asked().len();
            stage.open_shop().await;
            asked(stage, before + 1).await;
            stage.stop().await;
        }
    };
    within("everything is settled", settling).await;
}

/// Everybody's books say that this was spent.
async fn add_up(stage: &Stage, nano_usd: i64) {
    for payer in [Payer::User(KIM), Payer::Guild(GUILD), Payer::Bot] {
        let spent = stage.spent(payer).await;
        assert_eq!((spent.day_nano_usd, spent.month_nano_usd), (nano_usd, nano_usd), "{payer:?}");
        assert_eq!(spent.reserved_nano_usd, 0, "{payer:?}");
        let store = stage.store().await;
        for by in [SumBy::Model, SumBy::Persona, SumBy::Day, SumBy::User, SumBy::Guild] {
            let sums = store.usage_sums(by, payer, 0, 10).await.unwrap();
            assert_eq!(sums.iter().map(|sum| sum.nano_usd).sum::<i64>(), nano_usd, "{by:?} of {payer:?}");
        }
        store.close().await;
    }
}

/// Kim reads the beginning of the tale, and the connection breaks.
async fn breaks_off(stage: &Stage) {
    stage.model.script(Answer::text(TALE).fault(Fault::CutAfter(33)));
    let told = TALE[..33].trim_end();
    stage
        .asks(KIM, GENERAL, |message| message.content == format!("{told}\n-# (the model broke off here)"))
        .await;
}

#[tokio::test]
async fn the_cost_of_an_answer_that_broke_off_is_asked_for_by_itself() {
    let mut stage = stage(&[MODEL]).await;
    breaks_off(&stage).await;
    // Providers need a moment to reckon: it is asked for after two seconds, by the clock.
    let figures = format!("Today: ${:.5}", 1e-9 * stage.charged() as f64);
    let told =
        async { while !stage.whispered(KIM, GENERAL, &Invocation::new("usage")).await.contains(&figures) {} };
    within(&figures, told).await;
    stage.stop().await;
    let said = i64::try_from(tokens(&TALE[..33]).len()).unwrap();
    assert_eq!(stage.charged(), MILLI + said * 1_000);
    let [row] = &rows(&stage).await[..] else { panic!("one request") };
    assert_eq!((row.cost_nano_usd, row.owed), (Some(stage.charged()), false));
    assert_eq!((row.completion_tokens, row.failure.as_deref()), (Some(said), Some("interrupted")));
    assert_eq!(stage.model.generations_asked(), [row.generation_id.clone().unwrap()]);
    add_up(&stage, stage.charged()).await;
    stage.finish().await;
}

#[tokio::test]
async fn what_is_owed_counts_as_the_worst_case_and_survives_a_restart() {
    let mut stage = stage(&[MODEL]).await;
    breaks_off(&stage).await;
    stage.stop().await;
    let [row] = &rows(&stage).await[..] else { panic!("one request") };
    assert_eq!((row.cost_nano_usd, row.estimate_nano_usd, row.owed), (None, Some(WORST), true));
    add_up(&stage, WORST).await;
    // In vain at first.
    stage.model.generation_after(2);
    settled(&mut stage).await;
    assert!(stage.model.generations_asked().len() >= 3);
    add_up(&stage, stage.charged()).await;
    stage.finish().await;
}

#[tokio::test]
async fn a_cost_that_is_never_told_stays_the_worst_case() {
    let mut stage = stage(&[MODEL]).await;
    breaks_off(&stage).await;
    stage.stop().await;
    stage.model.generation_after(u32::MAX);
    while debts(&stage).await > 0 {
        hurry(&stage, 6).await;
        let before = stage.model.generations_asked().len();
        stage.open_shop().await;
        asked(&stage, before + 1).await;
        stage.stop().await;
    }
    let [row] = &rows(&stage).await[..] else { panic!("one request") };
    assert_eq!((row.cost_nano_usd, row.estimate_nano_usd, row.owed), (None, Some(WORST), false));
    add_up(&stage, WORST).await;
    // Nobody asks any more.
    let asked = stage.model.generations_asked().len();
    stage.open_shop().await;
    stage.answers(KIM, GENERAL).await;
    stage.stop().await;
    assert_eq!(stage.model.generations_asked().len(), asked);
    stage.finish().await;
}

/// Kim deletes the question while it is answered.
async fn cancelled(stage: &Stage) {
    let (answer, gate) = Answer::text(TALE).hold();
    stage.model.script(answer);
    let question = stage.mention("a tale, please");
    gate.release(5);
    let begun = tokens(TALE)[..5].concat();
    stage.answered(question, &begun).await;
    stage.discord.delete(question).unwrap();
    stage.reads(&format!("{begun}\n-# (stopped: the question was deleted)")).await;
    assert_eq!(stage.model.wait_for_end(0).await.unwrap().ending, Some(Ending::Left));
}

#[tokio::test]
async fn an_answer_that_nobody_wants_any_more_is_paid_for_as_the_provider_says() {
    let mut stage = stage(&[MODEL]).await;
    cancelled(&stage).await;
    stage.stop().await;
    assert_eq!(stage.charged(), MILLI + 5_000);
    settled(&mut stage).await;
    let [row] = &rows(&stage).await[..] else { panic!("one request") };
    assert_eq!((row.cost_nano_usd, row.failure.as_deref()), (Some(stage.charged()), Some("cancelled")));
    add_up(&stage, stage.charged()).await;
    stage.finish().await;
}

#[tokio::test]
async fn a_provider_that_charges_a_cancelled_answer_in_full_is_believed() {
    let mut stage = Stage::selling(vec![sold(MODEL)], UNBOUNDED).await;
    let settings = ModelSettings { bills_cancelled: true, ..ModelSettings::default() };
    let model = ModelServer::start(settings, &Shutdown::default()).await.unwrap();
    model.list(vec![sold(MODEL)]);
    model.set_credit(stage.model.credit());
    stage.config.model.server = Server::new(model.base_url());
    stage.model = model;
    stage.open_shop().await;
    cancelled(&stage).await;
    stage.stop().await;
    let whole = i64::try_from(tokens(TALE).len()).unwrap();
    assert_eq!(stage.charged(), MILLI + whole * 1_000);
    settled(&mut stage).await;
    add_up(&stage, stage.charged()).await;
    stage.finish().await;
}

#[tokio::test]
async fn whoever_loses_the_race_is_paid_too() {
    let mut stage = Stage::selling(vec![sold(MODEL), sold(LIGHTER_MODEL)], UNBOUNDED).await;
    stage.config.model.hedge_after = Some(Duration::from_millis(1));
    stage.open_shop().await;
    let (slow, _gate) = Answer::text(TALE).hold();
    stage.model.script_for(MODEL, slow);
    stage.model.script_for(LIGHTER_MODEL, Answer::text("Here I am."));
    let answer = "Here I am.\n-# written by `lighter/model`";
    stage.asks(KIM, GENERAL, |message| message.content == answer).await;
    assert_eq!(stage.asked_models(), [MODEL, LIGHTER_MODEL]);
    assert_eq!(stage.model.wait_for_end(0).await.unwrap().ending, Some(Ending::Left));
    stage.stop().await;
    let before = rows(&stage).await;
    let seen: Vec<_> =
        before.iter().map(|row| (row.model.as_str(), row.failure.as_deref(), row.owed)).collect();
    assert_eq!(seen, [(MODEL, Some("outrun"), true), (LIGHTER_MODEL, None, false)]);
    settled(&mut stage).await;
    let costs: Vec<_> = rows(&stage).await.iter().map(|row| row.cost_nano_usd).collect();
    assert_eq!(costs, [Some(MILLI), Some(MILLI + 3_000)]);
    assert_eq!(stage.charged(), 2 * MILLI + 3_000);
    add_up(&stage, stage.charged()).await;
    stage.finish().await;
}

#[tokio::test]
async fn a_named_server_is_asked_for_its_own_debts() {
    let mut stage = Stage::selling(vec![sold(MODEL)], UNBOUNDED).await;
    // The default server has never heard of it.
    let elsewhere = ModelServer::start(ModelSettings::default(), &Shutdown::default()).await.unwrap();
    elsewhere.list(vec![sold(MODEL)]);
    stage.config.model.others = vec![("east".to_owned(), Server::new(stage.model.base_url()))];
    stage.config.model.server = Server::new(elsewhere.base_url());
    stage.config.model.models = vec![format!("east/{MODEL}")];
    stage.open_shop().await;
    breaks_off(&stage).await;
    stage.stop().await;
    settled(&mut stage).await;
    let [row] = &rows(&stage).await[..] else { panic!("one request") };
    assert_eq!((row.account.as_deref(), row.cost_nano_usd), (Some("east"), Some(stage.charged())));
    assert!(elsewhere.generations_asked().is_empty());
    stage.finish().await;
}
