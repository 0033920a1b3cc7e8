//! Stop ends an answer at once, whatever that is doing: for who asked, and for those who may manage messages.

use prism::emulator::model::{Answer, Ending};
use prism::emulator::playground::{GENERAL, KIM, KIM_DM, ROBIN, WORKSHOP};
use prism::store::TurnState;

use super::deleted::{ends_marked, long_answer, shown_parts};
use super::*;

const STOPPED: &str = "I was stopped before I said anything.";

/// The id that the button of a turn has. Turns count from 1.
fn stop(turn: u32) -> String {
    format!("v1:stop:{turn}")
}

/// Kim asks, and reads the first words; the rest is held.
async fn streaming(stage: &Stage) -> (MessageId, MessageView, Gate) {
    let (question, gate) = asked(stage, GENERAL, KIM).await;
    gate.release(5);
    let shown = stage.answered(question, &begun(5)).await;
    (question, shown, gate)
}

#[tokio::test]
async fn what_is_shown_stays_and_is_marked() {
    let mut stage = opened().await;
    let (_, shown, _gate) = streaming(&stage).await;
    stage.discord.press_late(KIM, shown.id, &stop(1)).unwrap();
    assert_eq!(stage.model.wait_for_end(0).await.unwrap().ending, Some(Ending::Left));
    let marked = stage.reads(&format!("{}\n-# (stopped)", begun(5))).await;
    assert_eq!((marked.id, marked.components.len()), (shown.id, 0));
    stage.model.script(Answer::text("Yes, you did."));
    let next = stage.mention("did I stop you?");
    stage.answered(next, "Yes, you did.").await;
    let prompt = crate::asked::conversation(&stage.model.requests()[1].body);
    assert_eq!(prompt[1].1, begun(5).trim_end(), "what was shown is remembered");
    assert_eq!(states(&mut stage, 1).await, [TurnState::Partial]);
    stage.finish().await;
}

#[tokio::test]
async fn before_the_first_word_it_says_so_and_can_be_tried_again() {
    let mut stage = opened().await;
    let earlier = answered_before(&stage).await;
    let (question, _gate) = asked(&stage, GENERAL, KIM).await;
    stage.discord.press_late(KIM, earlier, &stop(2)).unwrap();
    assert_eq!(stage.model.wait_for_end(1).await.unwrap().ending, Some(Ending::Left));
    let told = stage.answered(question, STOPPED).await;
    stage.model.script(Answer::text("Now then."));
    stage.discord.press(KIM, told.id, told.components[0][0].custom_id().unwrap()).unwrap();
    assert_eq!(stage.answered(question, "Now then.").await.id, told.id);
    assert_eq!(states(&mut stage, 2).await, [TurnState::Done; 2]);
    stage.finish().await;
}

/// Any message: a button is pressed by its id.
async fn answered_before(stage: &Stage) -> MessageId {
    stage.model.script(Answer::text("I am here."));
    let question = stage.mention("are you there?");
    stage.model.wait_for_request().await;
    stage.answered(question, "I am here.").await.id
}

#[tokio::test]
async fn what_waits_is_stopped_too() {
    let mut stage = opened().await;
    let (first, gate) = occupied(&stage).await;
    gate.release(5);
    let shown = stage.answered(first, &begun(5)).await;
    let waiting = stage.mention("and me?");
    stage.crowd(2).await;
    stage.discord.press_late(KIM, shown.id, &stop(2)).unwrap();
    let told = stage.answered(waiting, STOPPED).await;
    assert_eq!(told.components[0][0].custom_id(), Some("v1:retry:2"));
    gate.open();
    stage.answered(first, SONG).await;
    assert_eq!(states(&mut stage, 2).await, [TurnState::Done, TurnState::Cancelled]);
    assert_eq!(stage.model.requests().len(), 1);
    // After a restart the question is still there to be asked.
    stage.start().await;
    stage.model.script(Answer::text("You too."));
    stage.discord.press(KIM, told.id, "v1:retry:2").unwrap();
    assert_eq!(stage.answered(waiting, "You too.").await.id, told.id);
    assert_eq!(last_asked(&stage, 1), "[Kim] and me?");
    stage.finish().await;
}

#[tokio::test]
async fn a_joined_question_stops_the_answer_to_all_of_them() {
    let mut stage = opened().await;
    let (first, gate) = occupied(&stage).await;
    stage.mention("tea?");
    stage.crowd(2).await;
    let last = stage.mention("or coffee?");
    stage.crowd(3).await;
    let (answer, its_gate) = Answer::text(SONG).hold();
    stage.model.script(answer);
    gate.open();
    stage.answered(first, SONG).await;
    stage.model.wait_for_request().await;
    its_gate.release(5);
    let shown = stage.answered(last, &begun(5)).await;
    // The second of them.
    stage.discord.press_late(KIM, shown.id, &stop(3)).unwrap();
    stage.answered(last, &format!("{}\n-# (stopped)", begun(5))).await;
    assert_eq!(states(&mut stage, 3).await, [TurnState::Done, TurnState::Partial, TurnState::Partial]);
    stage.finish().await;
}

#[tokio::test]
async fn while_the_rest_of_it_waits_to_be_shown() {
    let mut stage = Stage::open().await;
    let parts = long_answer();
    stage.model.script(Answer::text(parts.join("\n\n")));
    stage.mention("tell me everything!");
    shown_parts(&stage, &parts).await;
    let shown = by_bot(&stage, GENERAL)[0].id;
    stage.discord.press_late(KIM, shown, &stop(1)).unwrap();
    ends_marked(&stage, &parts, "-# (stopped)").await;
    stage.model.script(Answer::text("That much."));
    let next = stage.mention("how far did you get?");
    stage.answered(next, "That much.").await;
    let prompt = crate::asked::conversation(&stage.model.requests()[1].body);
    assert!(!prompt[1].1.contains("19 word"), "what nobody could read is not remembered");
    assert_eq!(states(&mut stage, 1).await, [TurnState::Partial]);
    stage.finish().await;
}

#[tokio::test]
async fn only_who_asked_or_may_manage_messages_can_stop_it() {
    let mut stage = opened().await;
    let (_, shown, gate) = streaming(&stage).await;
    let press = stage.discord.press_late(guest(1), shown.id, &stop(1)).unwrap();
    let refusal =
        stage.replied(press, |message| message.content.starts_with("Only the person who asked")).await;
    assert_eq!((refusal.only_for, refusal.ephemeral), (Some(guest(1)), true));
    gate.release(2);
    stage.sees(GENERAL, KIM, |message| message.content == begun(7)).await;
    stage.discord.press_late(ROBIN, shown.id, &stop(1)).unwrap();
    stage.reads(&format!("{}\n-# (stopped)", begun(7))).await;
    assert_eq!(states(&mut stage, 1).await, [TurnState::Partial]);
    stage.finish().await;
}

#[tokio::test]
async fn who_manages_messages_in_one_channel_stops_nothing_elsewhere() {
    let stage = opened().await;
    stage.model.script(Answer::text("I am here."));
    let known = stage.mention_in(WORKSHOP, KIM, "are you there?");
    stage.model.wait_for_request().await;
    let elsewhere = stage.answered(known, "I am here.").await.id;
    let (question, gate) = asked(&stage, GENERAL, KIM).await;
    let press = stage.discord.press_late(ROBIN, elsewhere, &stop(2)).unwrap();
    stage.replied(press, |message| message.content.starts_with("Only the person who asked")).await;
    gate.open();
    stage.answered(question, SONG).await;
    stage.finish().await;
}

#[tokio::test]
async fn in_a_direct_message_the_asker_can() {
    let stage = opened().await;
    let (_, gate) = asked(&stage, KIM_DM, KIM).await;
    gate.release(5);
    let shown = stage.sees(KIM_DM, KIM, |message| message.content == begun(5)).await;
    stage.discord.press_late(KIM, shown.id, &stop(1)).unwrap();
    let marked = format!("{}\n-# (stopped)", begun(5));
    stage.sees(KIM_DM, KIM, |message| message.content == marked).await;
    stage.finish().await;
}

#[tokio::test]
async fn what_has_ended_cannot_be_stopped() {
    let mut stage = opened().await;
    let earlier = answered_before(&stage).await;
    stage.crowd(0).await;
    for turn in [1, 77] {
        let press = stage.discord.press_late(KIM, earlier, &stop(turn)).unwrap();
        let told = stage.replied(press, |message| message.content.contains("nothing left to stop")).await;
        assert_eq!(told.only_for, Some(KIM));
    }
    assert_eq!(stage.discord.message(earlier).unwrap().content, "I am here.");
    stage.finish().await;
}
