//! A question that is deleted ends its answer at once, whatever that is doing.

use prism::emulator::model::{Answer, Ending};
use prism::emulator::playground::{GENERAL, KIM};
use prism::store::TurnState;

use super::*;

#[tokio::test]
async fn while_it_waits() {
    let mut stage = opened().await;
    let (first, gate) = occupied(&stage).await;
    let waiting = stage.mention("and me?");
    stage.crowd(2).await;
    stage.discord.delete(waiting).unwrap();
    stage.crowd(1).await;
    gate.open();
    stage.answered(first, SONG).await;
    assert_eq!(states(&mut stage, 2).await, [TurnState::Done, TurnState::Cancelled]);
    assert_eq!((stage.model.requests().len(), by_bot(&stage, GENERAL).len()), (1, 1));
    stage.finish().await;
}

#[tokio::test]
async fn before_the_first_word() {
    let mut stage = opened().await;
    let (question, _gate) = occupied(&stage).await;
    stage.discord.delete(question).unwrap();
    assert_eq!(stage.model.wait_for_end(0).await.unwrap().ending, Some(Ending::Left));
    stage.crowd(0).await;
    assert_eq!(states(&mut stage, 1).await, [TurnState::Cancelled]);
    assert_eq!(by_bot(&stage, GENERAL).len(), 0);
    stage.finish().await;
}

#[tokio::test]
async fn while_it_is_being_written() {
    let mut stage = opened().await;
    let (question, gate) = occupied(&stage).await;
    gate.release(5);
    let shown = stage.answered(question, &begun(5)).await;
    stage.discord.delete(question).unwrap();
    assert_eq!(stage.model.wait_for_end(0).await.unwrap().ending, Some(Ending::Left));
    let marked = stage.reads(&format!("{}\n-# (stopped: the question was deleted)", begun(5))).await;
    assert_eq!(marked.id, shown.id);
    assert_eq!(states(&mut stage, 1).await, [TurnState::Cancelled]);
    stage.finish().await;
}

/// Discord takes five messages in five seconds, so most of this waits when the model is done.
#[tokio::test]
async fn while_the_rest_of_it_waits_to_be_shown() {
    let mut stage = Stage::open().await;
    let parts = long_answer();
    stage.model.script(Answer::text(parts.join("\n\n")));
    let question = stage.mention("tell me everything!");
    shown_parts(&stage, &parts).await;
    stage.discord.delete(question).unwrap();
    ends_marked(&stage, &parts, "-# (stopped: the question was deleted)").await;
    assert_eq!(stage.model.wait_for_end(0).await.unwrap().ending, Some(Ending::Sent));
    assert_eq!(states(&mut stage, 1).await, [TurnState::Cancelled]);
    stage.finish().await;
}

/// Twenty messages.
pub(super) fn long_answer() -> Vec<String> {
    (0..20).map(|number| format!("{number} {}", "word ".repeat(385)).trim_end().to_owned()).collect()
}

/// Waits until the bucket for new messages is empty.
pub(super) async fn shown_parts(stage: &Stage, parts: &[String]) {
    stage.sees(GENERAL, KIM, |message| message.content == parts[3]).await;
}

/// What is shown of the answer ends with a mark, before all of it is shown, and the rest never comes.
pub(super) async fn ends_marked(stage: &Stage, parts: &[String], mark: &str) {
    let last = stage.sees(GENERAL, KIM, |message| message.content.ends_with(mark)).await;
    let messages = by_bot(stage, GENERAL);
    assert!(messages.len() < parts.len(), "all of it came");
    assert_eq!(messages.last().unwrap().id, last.id);
    let whole = messages.iter().zip(parts).take_while(|(message, part)| message.content == **part).count();
    assert!(whole + 1 >= messages.len(), "{whole} of {} are as they were", messages.len());
    messages.iter().for_each(|message| stage.read(message.id));
}
