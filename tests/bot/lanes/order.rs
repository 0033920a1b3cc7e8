//! Turns that wait are answered in the order in which they were said, however their events arrive.

use prism::emulator::Order;
use prism::emulator::model::Answer;
use prism::emulator::playground::GENERAL;

use super::*;

#[tokio::test]
async fn what_waits_is_answered_in_the_order_in_which_it_was_said() {
    for order in [Order::Reversed, Order::Shuffled(7), Order::Shuffled(8)] {
        let mut stage = opened().await;
        let (first, gate) = occupied(&stage).await;
        stage.discord.hold_events();
        let questions: Vec<_> = (0..8)
            .map(|number| stage.mention_in(GENERAL, guest(number), &format!("number {number}")))
            .collect();
        stage.discord.release_events(order);
        stage.crowd(9).await;
        for number in 0..8 {
            stage.model.script(Answer::text(format!("Reply {number}.")));
        }
        gate.open();
        stage.answered(first, SONG).await;
        for (number, question) in questions.iter().enumerate() {
            stage.answered(*question, &format!("Reply {number}.")).await;
            assert_eq!(last_asked(&stage, number + 1), format!("[Guest {number}] number {number}"));
        }
        stage.finish().await;
    }
}
