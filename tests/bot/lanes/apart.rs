//! Conversations never wait for each other.

use prism::emulator::model::{Answer, Fault};
use prism::emulator::playground::{AFTER_DARK, GENERAL, KIM, KIM_DM, WORKSHOP};
use prism::emulator::{RestFault, RestFaultKind};

use super::*;

const CREATE: &str = "POST /channels/{channel_id}/messages";
const TYPING: &str = "POST /channels/{channel_id}/typing";

#[tokio::test]
async fn a_model_or_a_discord_that_hangs_in_one_holds_no_other_up() {
    let mut stage = opened().await;
    // What Discord's limits are is known.
    stage.model.script(Answer::text("I am here."));
    let known = stage.mention("are you there?");
    stage.model.wait_for_request().await;
    let before = stage.answered(known, "I am here.").await;
    // Here the model says nothing.
    let (silent, gate) = asked(&stage, GENERAL, KIM).await;
    // Here Discord takes no message.
    let hangs = |template| RestFault { template: Some(template), times: 1, kind: RestFaultKind::Hang };
    stage.discord.fail_rest(hangs(CREATE));
    stage.model.script(Answer::text("Nobody hears this yet."));
    let unheard = stage.mention_in(WORKSHOP, KIM, "hello?");
    let met = || (stage.discord.rest_faults() == 0).then_some(());
    stage.until(met, || "Discord was not asked".to_owned()).await;
    for channel in [AFTER_DARK, KIM_DM] {
        stage.model.script(Answer::text("At once."));
        let question = stage.mention_in(channel, KIM, "and here?");
        stage.answered(question, "At once.").await;
    }
    let said = [GENERAL, WORKSHOP].map(|channel| by_bot(&stage, channel));
    assert!(said.iter().flatten().all(|message| message.id == before.id), "{said:#?}");
    stage.discord.delete(unheard).unwrap();
    gate.open();
    stage.answered(silent, SONG).await;
    stage.crash().await;
    stage.leave();
}

#[tokio::test]
async fn a_dead_model_and_a_typing_that_hangs_hold_no_other_up() {
    let mut stage = opened().await;
    stage.discord.fail_rest(RestFault { template: Some(TYPING), times: 1, kind: RestFaultKind::Hang });
    stage.model.script(Answer::text(SONG).fault(Fault::Mute));
    let mute = stage.mention("sing!");
    stage.model.wait_for_request().await;
    for _ in 0..3 {
        stage.model.script(Answer::text("At once."));
        let question = stage.mention_in(WORKSHOP, KIM, "and here?");
        stage.answered(question, "At once.").await;
    }
    stage.discord.delete(mute).unwrap();
    stage.crowd(0).await;
    stage.finish().await;
}
