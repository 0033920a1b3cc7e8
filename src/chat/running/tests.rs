use std::time::Duration;

use super::*;
use crate::ids::MessageId;
use crate::store::Trigger;

const KIM: UserId = UserId::new(7);
const HERE: ConversationId = ConversationId::new(1);
const CHANNEL: ChannelId = ChannelId::new(5);

fn position(turn: i64) -> Position {
    Position { trigger: turn.cast_unsigned() * 10, turn: TurnId::new(turn) }
}

fn said(turn: i64) -> Line {
    Line::new(&Trigger::Message(MessageId::new(position(turn).trigger)), Some(KIM), None)
}

fn entrant(turn: i64) -> Entrant {
    Entrant { conversation: HERE, channel: CHANNEL, position: position(turn), line: said(turn) }
}

fn enter(running: &Running, turn: i64) -> Result<Presence, BotFull> {
    running.enter(entrant(turn), Room::Bounded)
}

#[test]
fn the_number_of_turns_is_bounded_and_places_come_back() {
    let running = Running::new(1);
    let first = enter(&running, 1).unwrap();
    assert_eq!(enter(&running, 2).unwrap_err(), BotFull { told: false });
    assert_eq!(enter(&running, 3).unwrap_err(), BotFull { told: true });
    drop(first);
    let second = enter(&running, 2).unwrap();
    assert_eq!(enter(&running, 3).unwrap_err(), BotFull { told: false }, "it is news again");
    drop(second);
}

#[test]
fn who_is_told_alone_is_not_told_for_all() {
    let running = Running::new(0);
    let alone = running.enter(Entrant { line: Line::alone(Some(KIM)), ..entrant(1) }, Room::Bounded);
    assert_eq!(alone.unwrap_err(), BotFull { told: false });
    assert_eq!(enter(&running, 2).unwrap_err(), BotFull { told: false });
    assert_eq!(enter(&running, 3).unwrap_err(), BotFull { told: true });
}

#[test]
fn of_those_who_were_told_only_so_many_are_remembered() {
    let running = Running::new(0);
    let told = |conversation| {
        let conversation = ConversationId::new(conversation);
        running.enter(Entrant { conversation, ..entrant(1) }, Room::Bounded).unwrap_err().told
    };
    let loud = (0..9_999).filter(|conversation| !told(*conversation)).count();
    assert_eq!((loud, running.lock().told.len()), (TOLD, TOLD));
}

#[tokio::test]
async fn a_turn_is_cancelled_by_its_trigger_alone() {
    let running = Running::new(9);
    let (first, second) = (enter(&running, 1).unwrap(), enter(&running, 2).unwrap());
    running.cancel(10);
    assert_eq!(first.ended().await, EndedBy::Deletion);
    running.interrupt_all();
    assert_eq!(first.ended().await, EndedBy::Deletion, "the first reason stays");
    assert_eq!(second.ended().await, EndedBy::Shutdown);
}

#[tokio::test]
async fn the_asker_stops_a_turn_and_others_do_not() {
    let running = Running::new(9);
    let turn = enter(&running, 1).unwrap();
    let stop = |turn, by| running.stop(TurnId::new(turn), by);
    assert_eq!(stop(1, Stopper::Asker(UserId::new(8))), Stopped::NotYours);
    assert_eq!(stop(2, Stopper::Asker(KIM)), Stopped::NotRunning);
    assert!(!turn.end.token.is_cancelled());
    assert_eq!(stop(1, Stopper::Asker(KIM)), Stopped::Now);
    assert_eq!(turn.ended().await, EndedBy::Person);
    drop(turn);
    assert_eq!(stop(1, Stopper::Asker(KIM)), Stopped::NotRunning);
}

#[test]
fn who_keeps_a_channel_stops_what_is_asked_there_and_nothing_elsewhere() {
    let running = Running::new(9);
    let mut turn = enter(&running, 1).unwrap();
    turn.take_along(position(2), Some(KIM));
    let stop = |turn, channel| running.stop(TurnId::new(turn), Stopper::Keeper(channel));
    assert_eq!([1, 2].map(|turn| stop(turn, ChannelId::new(6))), [Stopped::NotYours; 2]);
    assert!(!turn.end.token.is_cancelled());
    assert_eq!([1, 2].map(|turn| stop(turn, CHANNEL)), [Stopped::Now; 2]);
}

#[tokio::test(start_paused = true)]
async fn that_there_is_no_room_is_news_again_after_a_minute() {
    let running = Running::new(0);
    let mut told = Vec::new();
    for seconds in [0, 59, 1, 1] {
        tokio::time::advance(Duration::from_secs(seconds)).await;
        told.push(enter(&running, 1).unwrap_err().told);
    }
    assert_eq!(told, [false, true, false, true]);
}

#[tokio::test]
async fn what_ends_a_joined_turn_ends_the_one_that_answers_it() {
    for ends in [
        |running: &Running| running.cancel(20),
        |running: &Running| {
            assert_eq!(running.stop(TurnId::new(2), Stopper::Asker(KIM)), Stopped::Now);
        },
    ] {
        let running = Running::new(9);
        let (mut first, second) = (enter(&running, 1).unwrap(), enter(&running, 2).unwrap());
        assert!(first.take_over(TurnId::new(2)));
        drop(second);
        assert_eq!(running.len(), 2, "it is there as long as it is being answered");
        ends(&running);
        assert_ne!(first.ended().await, EndedBy::Shutdown);
        drop(first);
        assert_eq!(running.len(), 0);
    }
}

#[test]
fn a_turn_that_was_told_to_end_is_not_joined() {
    let running = Running::new(9);
    let (mut first, second) = (enter(&running, 1).unwrap(), enter(&running, 2).unwrap());
    running.cancel(20);
    assert!(!first.take_over(TurnId::new(2)) && !first.take_over(TurnId::new(3)));
    assert!(!first.end.token.is_cancelled());
    drop(second);
    assert_eq!(running.len(), 1);
}
