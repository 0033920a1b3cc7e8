//! Money that is set aside while an answer is written.

use std::time::Duration;

use prism::chat::{Budget, Budgets};
use prism::emulator::model::{Answer, Gate};
use prism::emulator::playground::{GENERAL, GUILD, KIM, ROBIN, WORKSHOP};
use prism::emulator::{MessageView, RestFault, RestFaultKind};
use prism::ids::{MessageId, TurnId};
use prism::store::Payer;

use crate::harness::{MODEL, Stage};
use crate::prices::{UNBOUND, UNBOUNDED, by_token};

/// What one reply can cost at most, in nano-dollars: 800 tokens at a millionth of a dollar, and half of that more.
const WORST: i64 = 1_200_000;

/// More than anybody tries.
const MANY: usize = 1_000;

/// What a token costs, in nano-dollars.
const TOKEN: i64 = 1_000;

async fn stage(guild_day: i64) -> Stage {
    let mut stage = closed_stage(guild_day).await;
    stage.open_shop().await;
    stage
}

async fn closed_stage(guild_day: i64) -> Stage {
    let guild = Budget { day: Some(guild_day), ..UNBOUND };
    let mut stage = Stage::selling(vec![by_token(MODEL)], Budgets { guild, ..UNBOUNDED }).await;
    // Should the list on disk be lost with a crash.
    stage.config.model.turn_price = WORST;
    stage
}

/// Kim asks, and nothing comes yet.
async fn held(stage: &Stage, text: &str) -> (MessageId, Gate) {
    let (answer, gate) = Answer::text(text).hold();
    stage.model.script(answer);
    let question = stage.mention("well?");
    stage.model.wait_for_request().await;
    (question, gate)
}

fn is_refusal(message: &MessageView) -> bool {
    message.content.starts_with("This server has talked with me as much as I can afford today")
}

#[tokio::test]
async fn an_answer_that_is_being_written_counts_as_its_worst_case() {
    let mut stage = stage(WORST + WORST / 2).await;
    let (question, gate) = held(&stage, "Two words.").await;
    // It is a matter of moments, so it can be tried again.
    let not_now =
        |message: &MessageView| message.content.starts_with("I am in the middle of so many answers");
    assert_eq!(stage.asks(ROBIN, WORKSHOP, not_now).await.components.len(), 1);
    gate.open();
    stage.answered(question, "Two words.").await;
    // The message is there a moment before its turn is closed.
    stage.stop().await;
    let spent = stage.spent(Payer::Guild(GUILD)).await;
    assert_eq!((spent.day_nano_usd, spent.reserved_nano_usd), (2 * TOKEN, 0));
    stage.open_shop().await;
    stage.answers(ROBIN, WORKSHOP).await;
    stage.finish().await;
}

#[tokio::test]
async fn what_a_crash_left_set_aside_counts_as_spent() {
    let mut stage = stage(10 * WORST).await;
    let (question, _gate) = held(&stage, "Never heard.").await;
    stage.crash().await;
    stage.model.script(Answer::text("Here I am."));
    stage.open_shop().await;
    stage.answered(question, "Here I am.").await;
    stage.stop().await;
    // With room for a repetition of twice the length, as it was set aside.
    let spent = stage.spent(Payer::Guild(GUILD)).await;
    assert_eq!((spent.day_nano_usd, spent.day_requests), (3 * WORST + 3 * TOKEN, 2));
    let store = stage.store().await;
    let rows = store.usage_of_turn(TurnId::new(1)).await.unwrap();
    store.close().await;
    let seen: Vec<_> =
        rows.iter().map(|row| (row.failure.as_deref(), row.estimate_nano_usd, row.cost_nano_usd)).collect();
    assert_eq!(seen, [(Some("interrupted"), Some(3 * WORST), None), (None, None, Some(3 * TOKEN))]);
    stage.finish().await;
}

/// The turn stays open for the next start, and what it has used is written down.
#[tokio::test]
async fn what_nobody_could_read_is_not_free() {
    for is_whole in [true, false] {
        let mut stage = closed_stage(10 * WORST).await;
        stage.config.stop.grace = Duration::from_millis(50);
        stage.open_shop().await;
        let template = Some("POST /channels/{channel_id}/messages");
        stage.discord.fail_rest(RestFault { template, times: MANY, kind: RestFaultKind::Status(503) });
        let (_, gate) = held(&stage, "Three words here.").await;
        if is_whole {
            gate.open()
        } else {
            gate.release(1)
        }
        let has_tried = || (stage.discord.rest_faults() < MANY).then_some(());
        stage.until(has_tried, || "the words did not come".to_owned()).await;
        stage.stop().await;
        let store = stage.store().await;
        assert_eq!(store.unfinished_turns().await.unwrap().len(), 1);
        let rows = store.usage_of_turn(TurnId::new(1)).await.unwrap();
        store.close().await;
        assert_eq!(rows.len(), 1, "{rows:?}");
        let spent = stage.spent(Payer::Guild(GUILD)).await;
        assert!(spent.day_nano_usd > 0 && spent.reserved_nano_usd == 0, "{spent:?}");
        stage.leave();
    }
}

#[tokio::test]
async fn a_crash_is_no_way_around_a_budget() {
    let mut stage = stage(WORST + WORST / 2).await;
    let (question, _gate) = held(&stage, "Never heard.").await;
    stage.crash().await;
    stage.open_shop().await;
    stage.sees(GENERAL, KIM, |message| message.reply_to == Some(question) && is_refusal(message)).await;
    stage.asks(ROBIN, WORKSHOP, is_refusal).await;
    assert_eq!(stage.asked_models().len(), 1);
    stage.finish().await;
}
