//! What is only crowded out is shown in the end.

use std::time::Duration;

use prism::emulator::model::{Answer, tokens};
use prism::emulator::{RestFault, RestFaultKind, Scope};

use super::{SONG, buttons, opened_with, shown};
use crate::harness::{LIGHTER_MODEL, MODEL, within};

const EDIT: &str = "PATCH /channels/{channel_id}/messages/{message_id}";

#[tokio::test]
async fn a_last_edit_that_is_crowded_out_is_tried_until_it_is_shown() {
    let stage = opened_with(|stage| stage.config.discord.slowest_edits = Duration::from_millis(50)).await;
    let (answer, gate) = Answer::text(SONG).hold();
    stage.model.script(answer);
    let question = stage.mention("sing!");
    gate.release(5);
    stage.answered(question, tokens(SONG)[..5].concat().trim_end()).await;
    stage.discord.fail_rest(RestFault {
        template: Some(EDIT),
        times: 40,
        kind: RestFaultKind::Limited { scope: Scope::Shared, retry_after: Duration::from_millis(5) },
    });
    gate.open();
    stage.answered(question, SONG).await;
    shown(&stage, |messages| messages.iter().all(|message| buttons(message).is_empty())).await;
    stage.finish().await;
}

#[tokio::test]
async fn a_last_edit_survives_a_storm_that_outlasts_the_governors_own_repeats() {
    let stage = opened_with(|_| {}).await;
    let (answer, gate) = Answer::text(SONG).hold();
    stage.model.script(answer);
    let question = stage.mention("sing!");
    gate.release(5);
    stage.answered(question, tokens(SONG)[..5].concat().trim_end()).await;
    stage.discord.fail_rest(RestFault { template: Some(EDIT), times: 20, kind: RestFaultKind::Status(502) });
    gate.open();
    stage.answered(question, SONG).await;
    shown(&stage, |messages| messages.iter().all(|message| buttons(message).is_empty())).await;
    stage.finish().await;
}

#[tokio::test]
async fn the_stop_of_the_process_does_not_wait_for_room() {
    let mut stage = opened_with(|stage| {
        stage.config.discord.slowest_edits = Duration::from_millis(50);
        stage.config.stop.grace = Duration::from_secs(3_600);
        stage.config.stop.hard = Duration::from_secs(7_200);
    })
    .await;
    let (answer, gate) = Answer::text(SONG).hold();
    stage.model.script(answer);
    let question = stage.mention("sing!");
    gate.release(5);
    let first = stage.answered(question, tokens(SONG)[..5].concat().trim_end()).await;
    stage.discord.fail_rest(RestFault {
        template: Some(EDIT),
        times: 1_000_000,
        kind: RestFaultKind::Limited { scope: Scope::Shared, retry_after: Duration::from_millis(5) },
    });
    gate.open();
    stage.stop().await;
    stage.discord.clear_rest_faults();
    stage.model.script(Answer::text(SONG));
    stage.start().await;
    assert_eq!(stage.answered(question, SONG).await.id, first.id);
    stage.finish().await;
}

#[tokio::test]
async fn who_has_deleted_a_question_is_not_told_why_there_is_no_answer() {
    let stage = opened_with(|stage| stage.config.discord.slowest_edits = Duration::from_millis(50)).await;
    let times = 1_000_000;
    stage.discord.fail_rest(RestFault {
        template: Some("POST /channels/{channel_id}/messages"),
        times,
        kind: RestFaultKind::Limited { scope: Scope::Shared, retry_after: Duration::from_millis(5) },
    });
    for model in [MODEL, LIGHTER_MODEL] {
        stage.model.always(model, Answer::status(500));
    }
    let question = stage.mention("sing!");
    // The words are on their way once they were refused.
    within("the words are refused", async {
        while stage.discord.rest_faults() == times {
            tokio::task::yield_now().await;
        }
    })
    .await;
    stage.discord.delete(question).unwrap();
    stage.finish().await;
}
