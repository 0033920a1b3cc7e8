//! `/usage`: what somebody has used, and for managers what their server has.

use prism::chat::{Budget, Budgets, Dollars};
use prism::emulator::Invocation;
use prism::emulator::model::{Answer, Listed, tokens};
use prism::emulator::playground::{GENERAL, KIM, KIM_DM, ROBIN, ROBIN_DM};
use prism::ids::{ChannelId, UserId};

use crate::harness::{LIGHTER_MODEL, MODEL, Stage};
use crate::prices::UNBOUNDED;

const ANSWER: &str = "Yes. And no.";

async fn stage(budgets: Budgets) -> Stage {
    let mut stage = Stage::selling(vec![Listed::new(MODEL), Listed::new(LIGHTER_MODEL)], budgets).await;
    stage.open_shop().await;
    stage
}

/// Somebody asks. Gives what the model server charged, in nano-dollars, and the tokens that it counted.
async fn asks(stage: &Stage, person: UserId, channel: ChannelId) -> (i64, usize) {
    let before = stage.charged();
    stage.model.script(Answer::text(ANSWER));
    stage.asks(person, channel, |message| message.content == ANSWER).await;
    let prompt = stage.model.requests().pop().unwrap().body["messages"].to_string().chars().count();
    (stage.charged() - before, prompt.div_ceil(4) + tokens(ANSWER).len())
}

/// The figures once so many requests are in the books: an answer is there a moment before its turn is closed.
async fn figures(stage: &Stage, person: UserId, channel: ChannelId, requests: &str) -> String {
    loop {
        let told = stage.whispered(person, channel, &Invocation::new("usage")).await;
        if told.contains(requests) {
            return told;
        }
    }
}

#[tokio::test]
async fn who_has_used_nothing_sees_what_there_is() {
    let stage = stage(Budgets::default()).await;
    let told = stage.whispered(KIM, GENERAL, &Invocation::new("usage")).await;
    let first = "**You**\nToday: $0.00 of $0.25, 0 requests, 0 tokens\n\
                 This month: $0.00 of $5.00, 0 requests, 0 tokens\n-# ";
    assert!(told.starts_with(first), "{told}");
    stage.finish().await;
}

#[tokio::test]
async fn a_member_sees_their_own_figures_to_the_last_digit() {
    let stage = stage(Budgets::default()).await;
    let (first, some) = asks(&stage, KIM, GENERAL).await;
    let told = figures(&stage, KIM, GENERAL, " 1 request,").await;
    assert!(
        told.contains(&format!("Today: {} of $0.25, 1 request, {some} tokens", Dollars(first))),
        "{told}"
    );
    let (second, more) = asks(&stage, KIM, KIM_DM).await;
    asks(&stage, ROBIN, GENERAL).await;
    let told = figures(&stage, KIM, GENERAL, " 2 requests,").await;
    let sums =
        |budget: &str| format!("{} of {budget}, 2 requests, {} tokens", Dollars(first + second), some + more);
    assert!(told.contains(&format!("Today: {}\nThis month: {}\n", sums("$0.25"), sums("$5.00"))), "{told}");
    assert!(!told.contains("server") && !told.contains(MODEL), "{told}");
    stage.finish().await;
}

#[tokio::test]
async fn a_manager_also_sees_the_servers_figures_and_what_they_went_to() {
    let mut stage =
        Stage::selling(vec![Listed::new(MODEL), Listed::new(LIGHTER_MODEL)], Budgets::default()).await;
    // Otherwise the server goes on to the second model by itself, in one request.
    stage.config.model.server_fallback = false;
    stage.open_shop().await;
    let (first, _) = asks(&stage, KIM, GENERAL).await;
    let used = stage.invoke_as(ROBIN, &Invocation::new("persona use").with("persona", "teo"));
    stage.replied(used, |_| true).await;
    // The first model is down, and costs nothing then.
    stage.model.script_for(MODEL, Answer::status(503));
    stage.model.script_for(LIGHTER_MODEL, Answer::text(ANSWER));
    let before = stage.charged();
    let byline = format!("{ANSWER}\n-# written by `{LIGHTER_MODEL}`");
    stage.asks(ROBIN, GENERAL, |message| message.content == byline).await;
    let second = stage.charged() - before;
    // No server's money.
    asks(&stage, KIM, KIM_DM).await;
    let told = figures(&stage, ROBIN, GENERAL, &format!("Today: {} of $2.00", Dollars(first + second))).await;
    assert!(told.contains(&format!("**You**\nToday: {} of $0.25", Dollars(second))), "{told}");
    let month = format!("This month: {} of $40.00, 3 requests,", Dollars(first + second));
    assert!(told.contains(&month), "{told}");
    let by_persona = |name: &str, sum: i64| format!("`{name}` {}", Dollars(sum));
    for part in [
        by_persona("Odile Brankov", first),
        by_persona("Teo Abara", second),
        by_persona(MODEL, first),
        by_persona(LIGHTER_MODEL, second),
    ] {
        assert!(told.contains(&part), "{part} in {told}");
    }
    stage.finish().await;
}

#[tokio::test]
async fn in_a_direct_message_there_is_no_server_to_speak_of() {
    let stage = stage(Budgets::default()).await;
    let (sum, _) = asks(&stage, ROBIN, GENERAL).await;
    let told = figures(&stage, ROBIN, ROBIN_DM, " 1 request,").await;
    assert!(told.contains(&format!("Today: {} of $0.25", Dollars(sum))), "{told}");
    assert!(!told.contains("This server"), "{told}");
    stage.finish().await;
}

#[tokio::test]
async fn without_a_bound_none_is_named() {
    let day = Budget { day: Some(50_000_000), month: None };
    let stage = stage(Budgets { user: day, ..UNBOUNDED }).await;
    let told = stage.whispered(ROBIN, GENERAL, &Invocation::new("usage")).await;
    assert!(told.contains("Today: $0.00 of $0.05, 0 requests"), "{told}");
    assert!(told.contains("This month: $0.00, 0 requests"), "{told}");
    assert!(told.contains("**This server**\nToday: $0.00, 0 requests"), "{told}");
    stage.finish().await;
}
