use std::time::Duration;

use super::*;
use crate::ids::{InteractionId, MessageId, UserId};
use crate::store::Trigger;

const HERE: ConversationId = ConversationId::new(1);
const THERE: ConversationId = ConversationId::new(2);
const KIM: UserId = UserId::new(7);
const ROBIN: UserId = UserId::new(8);

fn position(trigger: u64) -> Position {
    Position { trigger, turn: TurnId::new(trigger.cast_signed()) }
}

fn said(by: UserId, trigger: u64, replies_to: Option<u64>) -> Line {
    Line::new(&Trigger::Message(MessageId::new(trigger)), Some(by), replies_to.map(MessageId::new))
}

fn asked(by: UserId, trigger: u64) -> Line {
    let trigger = Trigger::Interaction { id: InteractionId::new(trigger), token: String::new() };
    Line::new(&trigger, Some(by), None)
}

fn enter(lanes: &Lanes, conversation: ConversationId, trigger: u64) -> Result<Ticket, LaneFull> {
    lanes.enter(conversation, position(trigger), Room::Bounded, said(KIM, trigger, None))
}

fn waits(lanes: &Lanes, trigger: u64, line: Line) -> Ticket {
    lanes.enter(HERE, position(trigger), Room::Bounded, line).unwrap()
}

fn call_of(ticket: &mut Ticket) -> Option<Called> {
    match &mut ticket.standing {
        Standing::Waiting(call) => call.try_recv().ok(),
        Standing::Called(called) => Some(*called),
        Standing::Left => None,
    }
}

fn is_called(ticket: &mut Ticket) -> bool {
    call_of(ticket) == Some(Called::ToRun)
}

/// The turns that come along with one.
fn gathered(ticket: &Ticket, first: &Line) -> Vec<i64> {
    let mut turns = Vec::new();
    ticket.gather(first, |turn, _| {
        turns.push(turn.get());
        true
    });
    turns
}

#[tokio::test]
async fn waiting_turns_go_in_the_order_of_their_triggers() {
    let lanes = Lanes::new(10);
    let first = enter(&lanes, HERE, 5).unwrap();
    let mut late = enter(&lanes, HERE, 9).unwrap();
    let mut early = enter(&lanes, HERE, 7).unwrap();
    drop(first);
    assert_eq!(early.called().await, Called::ToRun);
    assert!(!is_called(&mut late));
    drop(early);
    assert_eq!(late.called().await, Called::ToRun);
}

#[test]
fn conversations_do_not_wait_for_each_other() {
    let lanes = Lanes::new(10);
    let _here = enter(&lanes, HERE, 1).unwrap();
    assert!(is_called(&mut enter(&lanes, THERE, 2).unwrap()));
}

#[test]
fn the_queue_is_bounded() {
    let lanes = Lanes::new(2);
    let tickets: Vec<_> = (0..3).map(|trigger| enter(&lanes, HERE, trigger).unwrap()).collect();
    assert_eq!(enter(&lanes, HERE, 9).unwrap_err(), LaneFull { told: false });
    assert_eq!(enter(&lanes, HERE, 9).unwrap_err(), LaneFull { told: true });
    let promised = lanes.enter(HERE, position(9), Room::Promised, Line::alone(None)).unwrap();
    drop((promised, tickets));
    assert!(lanes.lock().is_empty(), "an idle lane takes no room");
    let _tickets: Vec<_> = (0..3).map(|trigger| enter(&lanes, HERE, trigger).unwrap()).collect();
    assert_eq!(enter(&lanes, HERE, 9).unwrap_err(), LaneFull { told: false }, "it is news again");
}

#[tokio::test(start_paused = true)]
async fn that_it_is_full_is_news_again_after_a_minute() {
    let lanes = Lanes::new(0);
    let _running = enter(&lanes, HERE, 1).unwrap();
    let mut told = Vec::new();
    for seconds in [0, 59, 1, 1] {
        tokio::time::advance(Duration::from_secs(seconds)).await;
        told.push(enter(&lanes, HERE, 2).unwrap_err().told);
    }
    assert_eq!(told, [false, true, false, true]);
}

#[test]
fn who_is_told_alone_is_not_told_for_all() {
    let lanes = Lanes::new(0);
    let _running = enter(&lanes, HERE, 1).unwrap();
    let command = lanes.enter(HERE, position(2), Room::Bounded, asked(KIM, 2));
    assert_eq!(command.unwrap_err(), LaneFull { told: false });
    assert_eq!(enter(&lanes, HERE, 3).unwrap_err(), LaneFull { told: false });
}

#[test]
fn a_turn_that_leaves_the_queue_lets_nobody_pass() {
    let lanes = Lanes::new(10);
    let running = enter(&lanes, HERE, 1).unwrap();
    let quitter = enter(&lanes, HERE, 2).unwrap();
    let mut patient = enter(&lanes, HERE, 3).unwrap();
    drop(quitter);
    assert!(!is_called(&mut patient));
    drop(running);
    assert!(is_called(&mut patient));
}

#[test]
fn a_turn_dropped_after_its_call_passes_it_on() {
    let lanes = Lanes::new(10);
    let running = enter(&lanes, HERE, 1).unwrap();
    let called_and_dropped = enter(&lanes, HERE, 2).unwrap();
    let mut next = enter(&lanes, HERE, 3).unwrap();
    drop(running);
    drop(called_and_dropped);
    assert!(is_called(&mut next));
}

#[test]
fn what_one_person_says_meanwhile_goes_with_the_first_of_it() {
    let lanes = Lanes::new(10);
    let running = waits(&lanes, 1, said(ROBIN, 1, None));
    let mut first = waits(&lanes, 2, said(KIM, 2, None));
    let mut others = waits(&lanes, 3, said(ROBIN, 3, None));
    let mut own: Vec<_> = [5, 4].map(|trigger| waits(&lanes, trigger, said(KIM, trigger, None))).into();
    drop(running);
    assert_eq!(call_of(&mut first), Some(Called::ToRun));
    first.standing = Standing::Called(Called::ToRun);
    assert_eq!(gathered(&first, &said(KIM, 2, None)), [4, 5]);
    assert!(own.iter_mut().all(|ticket| call_of(ticket) == Some(Called::ToJoin)));
    for ticket in &mut own {
        ticket.standing = Standing::Called(Called::ToJoin);
    }
    drop(own);
    assert!(!is_called(&mut others), "the first one still runs");
    drop(first);
    assert!(is_called(&mut others));
}

#[test]
fn what_needs_an_answer_of_its_own_ends_the_joining() {
    for (alone, next) in [
        (asked(KIM, 3), said(KIM, 4, None)),
        (said(KIM, 3, Some(99)), said(KIM, 4, None)),
        (Line::alone(Some(KIM)), said(KIM, 4, None)),
    ] {
        let lanes = Lanes::new(10);
        let first = waits(&lanes, 1, said(KIM, 1, None));
        let _along = waits(&lanes, 2, said(KIM, 2, Some(1)));
        let _tickets = [waits(&lanes, 3, alone), waits(&lanes, 4, next)];
        assert_eq!(gathered(&first, &said(KIM, 1, None)), [2], "{alone:?}");
    }
}

#[test]
fn what_was_said_before_and_came_later_goes_along_in_its_place() {
    let lanes = Lanes::new(10);
    let first = waits(&lanes, 5, said(KIM, 5, None));
    let _tickets: Vec<_> = [
        (6, said(KIM, 6, None)),
        (4, said(KIM, 4, None)),
        (2, said(KIM, 2, None)),
        (3, said(KIM, 3, Some(99))),
        (1, said(ROBIN, 1, None)),
    ]
    .map(|(trigger, line)| waits(&lanes, trigger, line))
    .into();
    assert_eq!(gathered(&first, &said(KIM, 5, None)), [4, 6]);
}

#[test]
fn who_leaves_the_queue_hears_whether_it_was_joined() {
    let lanes = Lanes::new(10);
    let first = enter(&lanes, HERE, 1).unwrap();
    let [mut joined, mut later] = [2, 3].map(|trigger| enter(&lanes, HERE, trigger).unwrap());
    assert!(!later.leave());
    assert_eq!(gathered(&first, &said(KIM, 1, None)), [2], "who has left is not joined");
    assert!(joined.leave() && !later.leave());
    let mut next = waits(&lanes, 4, said(ROBIN, 4, None));
    drop((joined, later));
    assert!(!is_called(&mut next), "the first one still runs");
    drop(first);
    assert!(!next.leave(), "it was called to run");
    drop(next);
    assert!(lanes.lock().is_empty());
}

#[test]
fn a_joined_turn_whose_task_has_died_holds_nobody_up() {
    let lanes = Lanes::new(10);
    let first = enter(&lanes, HERE, 1).unwrap();
    let (joined, mut next) = (enter(&lanes, HERE, 2).unwrap(), waits(&lanes, 3, said(ROBIN, 3, None)));
    assert_eq!(gathered(&first, &said(KIM, 1, None)), [2]);
    drop(joined);
    assert!(!is_called(&mut next));
    drop(first);
    assert!(is_called(&mut next));
}

#[test]
fn who_does_not_come_along_keeps_their_place() {
    let lanes = Lanes::new(10);
    let first = enter(&lanes, HERE, 1).unwrap();
    let mut second = enter(&lanes, HERE, 2).unwrap();
    first.gather(&said(KIM, 1, None), |_, _| false);
    drop(first);
    assert!(is_called(&mut second));
}

#[test]
fn conversations_with_a_running_turn_are_counted_and_those_who_wait_are_not() {
    let lanes = Lanes::new(10);
    let first = enter(&lanes, HERE, 1).unwrap();
    let second = enter(&lanes, HERE, 2).unwrap();
    assert_eq!(lanes.len(), 1);
    let elsewhere = enter(&lanes, THERE, 3).unwrap();
    assert_eq!(lanes.len(), 2);
    drop((second, elsewhere));
    assert_eq!(lanes.len(), 1);
    drop(first);
    assert_eq!(lanes.len(), 0);
}
