//! The button that stops an answer stands under it while it grows, and at no other time.

use prism::emulator::model::{Answer, tokens};

use super::{SONG, buttons, by_bot, has_stop, opened_with, shown, two_messages};

#[tokio::test]
async fn an_answer_can_be_stopped_while_it_grows() {
    let stage = opened_with(|_| {}).await;
    let (answer, gate) = Answer::text(SONG).hold();
    stage.model.script(answer);
    let question = stage.mention("sing!");
    for (count, more) in [(5, 5), (8, 3)] {
        gate.release(more);
        let first = stage.answered(question, tokens(SONG)[..count].concat().trim_end()).await;
        assert!(has_stop(&first), "{:?}", first.components);
    }
    gate.open();
    stage.answered(question, SONG).await;
    shown(&stage, |messages| messages.iter().all(|message| buttons(message).is_empty())).await;
    stage.finish().await;
}

#[tokio::test]
async fn the_button_moves_to_the_message_that_grows() {
    let stage = opened_with(|_| {}).await;
    let (first, second) = two_messages();
    let text = format!("{first}\n\n{second}");
    let (answer, gate) = Answer::text(&text).hold();
    stage.model.script(answer);
    stage.mention("count!");
    let all = tokens(&text);
    let until_second = (1..all.len()).find(|count| all[..*count].concat().chars().count() > 2_010).unwrap();
    gate.release(until_second);
    let parts = shown(&stage, |messages| messages.len() == 2).await;
    assert_eq!((buttons(&parts[0]).len(), has_stop(&parts[1])), (0, true));
    gate.open();
    let whole = [first, second];
    shown(&stage, |messages| {
        messages.iter().map(|message| &message.content).eq(&whole)
            && messages.iter().all(|message| buttons(message).is_empty())
    })
    .await;
    stage.finish().await;
}

#[tokio::test]
async fn an_answer_that_arrives_whole_has_no_button_and_needs_no_edit() {
    let stage = opened_with(|stage| {
        stage.config.discord.first_words = 1_000;
        stage.config.discord.first_words_after = std::time::Duration::from_secs(3_600);
    })
    .await;
    stage.model.script(Answer::text(SONG));
    let question = stage.mention("sing!");
    let answer = stage.answered(question, SONG).await;
    assert_eq!((answer.edits, buttons(&answer).len()), (0, 0));
    assert_eq!(by_bot(&stage).len(), 1);
    stage.finish().await;
}
