use std::time::Duration;

use prism::emulator::model::{Answer, tokens};
use prism::emulator::playground::{GENERAL, KIM, TEA_AND_BISCUITS, WORKSHOP};
use prism::emulator::{RestFault, RestFaultKind, Scope, Settings};

use crate::harness::{Setting, Stage, within};

const CREATE: &str = "POST /channels/{channel_id}/messages";
const EDIT: &str = "PATCH /channels/{channel_id}/messages/{message_id}";

const SONG: &str = "It rains, but the kettle is warm and the biscuits are dry.";

const fn refusal(scope: Scope) -> RestFaultKind {
    RestFaultKind::Limited { scope, retry_after: Duration::from_millis(20) }
}

/// A song whose first words and whose last edit meet this weather is shown whole, and once.
async fn comes_through(kind: RestFaultKind, times: usize) {
    let stage = Stage::open().await;
    let fail = |template| stage.discord.fail_rest(RestFault { template: Some(template), times, kind });
    fail(CREATE);
    let (answer, gate) = Answer::text(SONG).hold();
    stage.model.script(answer);
    let question = stage.mention("how is the weather?");
    gate.release(3);
    stage.answered(question, &tokens(SONG)[..3].concat()).await;
    assert!(stage.discord.rest_faults() < times, "{kind:?}: the first words met it");
    fail(EDIT);
    gate.open();
    stage.answered(question, SONG).await;
    assert!(stage.discord.rest_faults() < times, "{kind:?}: the last edit met it");
    let messages = stage.discord.messages(GENERAL, KIM);
    let of_bot = messages.iter().filter(|message| message.author.id == stage.discord.bot());
    assert_eq!(of_bot.count(), 1, "{kind:?}");
    stage.finish().await;
}

#[tokio::test]
async fn refusals_of_every_scope_are_waited_for_and_nothing_is_lost() {
    for scope in [Scope::User, Scope::Shared, Scope::Global] {
        comes_through(refusal(scope), 3).await;
    }
}

#[tokio::test]
async fn a_storm_of_server_errors_neither_loses_nor_doubles_an_answer() {
    comes_through(RestFaultKind::Status(503), 3).await;
    comes_through(RestFaultKind::StatusAfter(502), 2).await;
}

#[tokio::test]
async fn broken_connections_neither_lose_nor_double_an_answer() {
    comes_through(RestFaultKind::Break, 2).await;
    comes_through(RestFaultKind::BreakAfter, 2).await;
}

#[tokio::test]
async fn a_discord_that_answers_slowly_is_met_with_patience_and_no_refusal() {
    let stage = Stage::open().await;
    stage.discord.slow_rest(Duration::from_millis(150));
    for (channel, text) in [(GENERAL, "one"), (TEA_AND_BISCUITS, "two"), (WORKSHOP, "three")] {
        stage.model.script(Answer::text(text));
        let question = stage.mention_in(channel, KIM, "hello?");
        stage.answered(question, text).await;
    }
    assert_eq!(stage.discord.refused(), 0);
    stage.finish().await;
}

#[tokio::test]
async fn a_server_that_refuses_one_channel_does_not_hold_up_another() {
    let setting =
        Setting { emulator: Settings { limits: false, ..Settings::default() }, ..Setting::default() };
    let mut stage = Stage::set(setting).await;
    stage.start().await;
    stage.discord.fail_rest(RestFault {
        template: Some(CREATE),
        times: 1,
        kind: RestFaultKind::Limited { scope: Scope::Shared, retry_after: Duration::from_secs(600) },
    });
    stage.model.script(Answer::text("late"));
    let first = stage.mention("are you there?");
    // A refusal changes nothing that the emulator would tell of.
    let refused = async {
        while stage.discord.rest_faults() > 0 {
            tokio::task::yield_now().await;
        }
    };
    within("the first channel is refused", refused).await;
    stage.model.script(Answer::text("at once"));
    let second = stage.mention_in(WORKSHOP, KIM, "and here?");
    stage.answered(second, "at once").await;
    let is_late = stage.discord.messages(GENERAL, KIM).iter().all(|message| message.reply_to != Some(first));
    assert!(is_late, "the refused channel waits for its ten minutes");
    stage.crash().await;
    stage.leave();
}
