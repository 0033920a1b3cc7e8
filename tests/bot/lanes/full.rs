//! Where there is no room, people learn of it once.

use prism::emulator::Invocation;
use prism::emulator::model::Answer;
use prism::emulator::playground::{GENERAL, KIM, WORKSHOP};
use prism::store::TurnState;

use super::*;

fn no_room_here(message: &MessageView) -> bool {
    message.content.contains("more messages here than can be answered at once")
}

fn no_room_anywhere(message: &MessageView) -> bool {
    message.content.starts_with("So many people are talking with me")
}

fn refusals(stage: &Stage, channel: ChannelId) -> usize {
    let told = by_bot(stage, channel).into_iter().filter(|message| !message.ephemeral);
    told.filter(|message| no_room_here(message) || no_room_anywhere(message)).count()
}

/// A command is told whatever others were told before.
async fn refused_command(stage: &Stage, fits: impl Fn(&MessageView) -> bool) {
    let slash = stage.invoke_as(guest(7), &Invocation::new("chat").with("message", "and me?"));
    let told = stage.replied(slash, |message| message.ephemeral && fits(message)).await;
    assert_eq!(told.only_for, Some(guest(7)));
}

#[tokio::test]
async fn a_full_conversation_says_so_once_until_it_has_room_again() {
    let mut stage = unhurried().await;
    stage.config.chat.waiting_turns = 1;
    stage.start().await;
    for round in 1..=2 {
        let (first, gate) = occupied(&stage).await;
        let waiting = stage.mention_in(GENERAL, guest(0), "I wait");
        stage.crowd(2).await;
        for number in 1..7 {
            stage.mention_in(GENERAL, guest(number), "and me?");
        }
        stage.sees(GENERAL, KIM, no_room_here).await;
        // The first two are the one that runs and the one that waits.
        stage.all_closed(10 * (round - 1) + 3..=10 * (round - 1) + 8).await;
        for _ in 0..2 {
            refused_command(&stage, no_room_here).await;
        }
        stage.model.script(Answer::text("At last."));
        gate.open();
        stage.answered(first, SONG).await;
        stage.answered(waiting, "At last.").await;
        stage.closed(10 * round).await;
        let told_so_often = || (refusals(&stage, GENERAL) >= usize::try_from(round).unwrap()).then_some(());
        stage.until(told_so_often, || "too few were told".to_owned()).await;
        let told = stage.discord.messages(GENERAL, KIM).into_iter().filter(no_room_here);
        let told: Vec<_> = told.map(|message| message.id).collect();
        assert_eq!(told.len(), usize::try_from(round).unwrap(), "one sentence each time");
        told.into_iter().for_each(|message| stage.read(message));
    }
    // Two answered, six refused messages and two refused commands in each round.
    let states = states(&mut stage, 20).await;
    assert_eq!(states.iter().filter(|state| **state == TurnState::Done).count(), 4);
    assert_eq!(states.iter().filter(|state| **state == TurnState::Refused).count(), 16);
    assert_eq!(stage.model.requests().len(), 4);
    stage.finish().await;
}

#[tokio::test]
async fn a_full_bot_says_so_once_in_each_conversation() {
    let mut stage = unhurried().await;
    stage.config.chat.running_turns = 1;
    stage.start().await;
    let (first, gate) = occupied(&stage).await;
    for channel in [GENERAL, WORKSHOP] {
        for number in 0..4 {
            stage.mention_in(channel, guest(number), "and me?");
        }
        stage.sees(channel, KIM, no_room_anywhere).await;
    }
    stage.all_closed(2..=9).await;
    refused_command(&stage, no_room_anywhere).await;
    gate.open();
    stage.answered(first, SONG).await;
    stage.closed(10).await;
    assert_eq!(states(&mut stage, 10).await[1..], [TurnState::Refused; 9]);
    assert_eq!([GENERAL, WORKSHOP].map(|channel| refusals(&stage, channel)), [1, 1]);
    stage.finish().await;
}

#[tokio::test]
async fn a_burst_takes_one_place_after_another_and_is_answered_at_once() {
    let mut stage = unhurried().await;
    stage.config.chat.waiting_turns = 10;
    stage.start().await;
    let (first, gate) = occupied(&stage).await;
    for number in 0..10 {
        stage.mention_in(GENERAL, KIM, &format!("line {number}"));
        stage.crowd(number + 2).await;
    }
    stage.mention_in(GENERAL, KIM, "one too many");
    stage.sees(GENERAL, KIM, no_room_here).await;
    stage.model.script(Answer::text("All ten."));
    gate.open();
    stage.answered(first, SONG).await;
    stage.sees(GENERAL, KIM, |message| message.content == "All ten.").await;
    let lines: Vec<_> = (0..10).map(|number| format!("line {number}")).collect();
    assert_eq!(last_asked(&stage, 1), format!("[Kim] {}", lines.join("\n")));
    stage.finish().await;
}
