use std::sync::{Arc, Mutex};

use tokio::time::{Instant, advance};

use super::far::Far;
use super::*;

/// Sends all at once, without latency. Gives the moments at which they went.
async fn send_all(
    limiter: &Limiter,
    far: Far,
    routes: impl IntoIterator<Item = (Route, Class)>,
) -> (Vec<Duration>, usize) {
    let far = Arc::new(Mutex::new(far));
    let began = Instant::now();
    let sends = routes.into_iter().map(|(route, class)| {
        let far = Arc::clone(&far);
        async move {
            let mut permit = limiter.permit(&route, class).await.unwrap();
            permit.mark_sent();
            let limits = far.lock().unwrap().arrive(&format!("{:?}", route.major));
            let went = began.elapsed();
            permit.settle(&answered(limits));
            went
        }
    });
    let mut went = futures_util::future::join_all(sends).await;
    went.sort();
    let refused = far.lock().unwrap().refused;
    (went, refused)
}

#[tokio::test(start_paused = true)]
async fn twelve_sends_at_once_into_five_per_two_seconds_take_four_seconds_and_meet_no_refusal() {
    let limiter = driven(rules(50));
    let sends = (0..12).map(|_| (create(1), Class::FirstWords));
    let (went, refused) = send_all(&limiter, Far::new(5, 2 * S, 50), sends).await;
    assert_eq!(refused, 0);
    assert_eq!(went, [vec![Duration::ZERO; 5], vec![2 * S; 5], vec![4 * S; 2]].concat());
}

#[tokio::test(start_paused = true)]
async fn the_whole_bot_sends_fifty_a_second() {
    let limiter = driven(rules(50));
    let sends = (0..120).map(|channel| (create(channel), Class::FirstWords));
    let (went, refused) = send_all(&limiter, Far::new(5, S, 50), sends).await;
    assert_eq!(refused, 0);
    assert_eq!(went, [vec![Duration::ZERO; 50], vec![S; 50], vec![2 * S; 20]].concat());
}

#[tokio::test(start_paused = true)]
async fn a_place_without_an_answer_comes_back_after_five_seconds() {
    let limiter = driven(rules(1));
    let began = Instant::now();
    let mut slow = limiter.permit(&route("GET users/1"), Class::Other).await.unwrap();
    slow.mark_sent();
    limiter.permit(&route("GET gateway"), Class::Other).await.unwrap();
    assert_eq!(began.elapsed(), 5 * S);
}

#[tokio::test(start_paused = true)]
async fn the_urgent_go_first() {
    let limiter = driven((rules(1).0, Rules { ageing: 60 * S, ..Rules::default() }));
    let classes = [
        Class::Typing,
        Class::Intermediate,
        Class::Other,
        Class::FinalEdit,
        Class::FirstWords,
        Class::Callback,
    ];
    for channel in 0..6 {
        limiter.teach(&edit(channel), &PLAIN);
        advance(S).await;
    }
    limiter.teach(&edit(9), &PLAIN);
    let order = Mutex::new(Vec::new());
    let waits = classes.iter().zip(0..).map(|(class, channel)| {
        let (limiter, order) = (&limiter, &order);
        async move {
            let mut permit = limiter.permit(&edit(channel), *class).await.unwrap();
            permit.mark_sent();
            order.lock().unwrap().push(*class);
            permit.settle(&PLAIN);
        }
    });
    futures_util::future::join_all(waits).await;
    let order = order.into_inner().unwrap();
    assert_eq!(order, classes.into_iter().rev().collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn ordinary_requests_do_not_starve_behind_a_flood_and_typing_does() {
    let limiter = driven(rules(1));
    limiter.teach(&create(1), &PLAIN);
    let flood = |channel| {
        let limiter = limiter.clone();
        async move {
            loop {
                let mut permit = limiter.permit(&create(channel), Class::FirstWords).await.unwrap();
                permit.mark_sent();
                permit.settle(&PLAIN);
            }
        }
    };
    let flood = futures_util::future::join(flood(1), flood(2));
    let (typing, other) = (route("POST channels/1/typing"), route("GET users/1"));
    let began = Instant::now();
    tokio::select! {
        biased;
        _ = flood => unreachable!(),
        _ = limiter.permit(&typing, Class::Typing) => panic!("typing went before first words"),
        permit = limiter.permit(&other, Class::Other) => drop(permit),
    }
    assert!((3 * S..=5 * S).contains(&began.elapsed()), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn intermediate_edits_leave_room_for_what_matters() {
    let limiter = driven(rules(50));
    limiter.teach(&edit(0), &PLAIN);
    assert_eq!(limiter.burst(&edit(1), Class::Intermediate), 29, "one was used, twenty are kept");
    for _ in 0..25 {
        limiter.show();
    }
    assert_eq!(limiter.burst(&edit(1), Class::Intermediate), 29);
    assert_eq!(limiter.burst(&edit(1), Class::FinalEdit), 49, "a last edit may take all");
}

#[tokio::test(start_paused = true)]
async fn the_edits_of_a_crowd_go_in_waves() {
    let ms = Duration::from_millis;
    let limiter = driven(rules(50));
    limiter.teach(&edit(0), &PLAIN);
    advance(2 * S).await;
    (0..26).for_each(|_| limiter.show());
    let wave = |at| {
        let limiter = &limiter;
        async move {
            advance(at).await;
            limiter.burst(&edit(1), Class::Intermediate)
        }
    };
    assert_eq!(wave(ms(499)).await, 0, "the first words of a crowd come first");
    assert_eq!(wave(ms(1)).await, 40);
    assert_eq!(wave(ms(59)).await, 40);
    assert_eq!(wave(ms(1)).await, 0);
    assert_eq!(limiter.burst(&edit(1), Class::FinalEdit), 50);
    (26..160).for_each(|_| limiter.show());
    assert_eq!(wave(ms(1_950)).await, 30, "one place is kept for eight live answers");
    (0..135).for_each(|_| limiter.hide());
    assert_eq!(wave(ms(500)).await, 30, "without the crowd there are no waves");
}

#[tokio::test(start_paused = true)]
async fn one_who_waits_for_the_wave_goes_when_it_comes() {
    let limiter = driven(rules(50));
    limiter.teach(&edit(0), &PLAIN);
    (0..26).for_each(|_| limiter.show());
    let began = Instant::now();
    limiter.permit(&edit(1), Class::Intermediate).await.unwrap();
    assert_eq!(began.elapsed(), Duration::from_millis(500));
}

#[tokio::test(start_paused = true)]
async fn the_last_request_of_a_bucket_is_kept_for_the_final_edit() {
    let limiter = driven(rules(50));
    limiter.teach(&edit(1), &answered(limits("e", 5, 2, 5 * S)));
    let intermediate = limiter.at_once(&edit(1), Class::Intermediate).unwrap();
    assert!(limiter.at_once(&edit(1), Class::Intermediate).is_none());
    let last = limiter.at_once(&edit(1), Class::FinalEdit).unwrap();
    assert!(limiter.at_once(&edit(1), Class::FinalEdit).is_none());
    drop((intermediate, last));
}

#[tokio::test(start_paused = true)]
async fn a_permit_that_is_dropped_unsent_goes_to_the_next_at_once() {
    let limiter = driven(rules(1));
    let began = Instant::now();
    let permit = limiter.permit(&create(1), Class::Other).await.unwrap();
    let waiting = limiter.enqueue(&create(1), Class::Other).unwrap();
    drop(permit);
    waiting.granted().await.unwrap();
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn one_who_no_longer_waits_leaves_the_queue_and_its_grant_comes_back() {
    let limiter = driven(rules(1));
    let permit = limiter.permit(&create(1), Class::Other).await.unwrap();
    let first = limiter.enqueue(&create(1), Class::Other).unwrap();
    let second = limiter.enqueue(&create(1), Class::Other).unwrap();
    let third = limiter.enqueue(&create(1), Class::Other).unwrap();
    assert_eq!(limiter.load().waiting(), 3);
    drop(first);
    assert_eq!(limiter.load().waiting(), 2);
    drop(permit);
    drop(second); // it held the grant already
    assert!(third.granted().now_or_never().is_some());
    assert_eq!(limiter.load().waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_was_sent_and_never_answered_keeps_its_place() {
    let limiter = driven(rules(1));
    let began = Instant::now();
    let mut permit = limiter.permit(&create(1), Class::Other).await.unwrap();
    permit.mark_sent();
    drop(permit);
    limiter.permit(&create(1), Class::Other).await.unwrap();
    assert_eq!(began.elapsed(), S);
}

#[tokio::test(start_paused = true)]
async fn a_place_that_is_not_used_yet_stays_taken() {
    let limiter = driven(rules(1));
    let held = limiter.permit(&create(1), Class::Other).await.unwrap();
    advance(10 * S).await;
    assert!(limiter.at_once(&edit(1), Class::Other).is_none());
    drop(held);
    assert!(limiter.at_once(&edit(1), Class::Other).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_refuses_the_latest_of_the_least_urgent() {
    let limiter = driven((Size { places: 1, queue: 2 }, Rules::default()));
    let _busy = limiter.permit(&create(1), Class::Other).await.unwrap();
    let enqueue = |class| limiter.enqueue(&create(1), class).unwrap().granted();
    let first = enqueue(Class::Typing);
    let second = enqueue(Class::Typing);
    assert_eq!(enqueue(Class::Typing).await.err(), Some(Refused::QueueFull));
    let better = enqueue(Class::FinalEdit);
    assert_eq!(second.await.err(), Some(Refused::QueueFull));
    assert_eq!(limiter.load().waiting(), 2);
    drop((first, better));
}

#[tokio::test(start_paused = true)]
async fn who_need_not_wait_is_never_refused_for_the_queue() {
    let limiter = driven((Size { places: 1, queue: 0 }, Rules::default()));
    let _busy = limiter.permit(&create(1), Class::Other).await.unwrap();
    assert_eq!(limiter.permit(&create(1), Class::FirstWords).await.err(), Some(Refused::QueueFull));
    let callback = route("POST interactions/1/token/callback");
    assert!(limiter.at_once(&callback, Class::Callback).is_some());
}

#[tokio::test(start_paused = true)]
async fn after_a_stop_nobody_goes() {
    let limiter = driven(rules(1));
    let permit = limiter.permit(&create(1), Class::Other).await.unwrap();
    let waiting = limiter.enqueue(&create(1), Class::Other).unwrap();
    assert!(limiter.stop());
    assert!(!limiter.stop(), "only the first stop is news");
    drop(permit);
    assert_eq!(waiting.granted().await.err(), Some(Refused::Stopped));
    assert_eq!(limiter.permit(&create(1), Class::Callback).await.err(), Some(Refused::Stopped));
}

#[tokio::test(start_paused = true)]
async fn twenty_interaction_tokens_do_not_delay_each_other() {
    let limiter = driven(rules(50));
    let original = |token: u64| route(&format!("PATCH webhooks/1/token{token}/messages/@original"));
    let streams = (0..20).map(|token| {
        let limiter = &limiter;
        async move {
            let far = Mutex::new(Far::new(5, 2 * S, 50));
            let began = Instant::now();
            for _ in 0..10 {
                let mut permit = limiter.permit(&original(token), Class::FinalEdit).await.unwrap();
                permit.mark_sent();
                let limits = far.lock().unwrap().arrive("original");
                permit.settle(&answered(limits));
            }
            assert_eq!(far.into_inner().unwrap().refused, 0);
            began.elapsed()
        }
    });
    let took = futures_util::future::join_all(streams).await;
    assert_eq!(took, [2 * S; 20], "as long as one alone: five, and five more in the next window");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_leaves_the_line_makes_way_for_those_behind_it() {
    let limiter = driven(rules(50));
    limiter.teach(&edit(1), &answered(limits("e", 5, 1, 5 * S)));
    let first = limiter.enqueue(&edit(1), Class::Intermediate).unwrap();
    let behind = limiter.enqueue(&edit(1), Class::Typing).unwrap();
    assert!(limiter.at_once(&edit(2), Class::Intermediate).is_some(), "other buckets go on");
    drop(first);
    assert!(behind.granted().now_or_never().is_some());
}

#[tokio::test(start_paused = true)]
async fn an_edit_may_use_a_bucket_of_one() {
    let limiter = driven(rules(50));
    limiter.teach(&edit(1), &answered(limits("e", 1, 0, 2 * S)));
    let began = Instant::now();
    limiter.permit(&edit(1), Class::Intermediate).await.unwrap();
    assert_eq!(began.elapsed(), 2 * S);
}

#[tokio::test(start_paused = true)]
async fn pressure_tells_who_waits_and_who_goes_first() {
    let limiter = driven(rules(1));
    let _busy = limiter.permit(&create(1), Class::Other).await.unwrap();
    limiter.show();
    let enqueue = |class| limiter.enqueue(&edit(1), class).unwrap();
    let waiting = Class::ALL.map(enqueue);
    let third = enqueue(Class::FinalEdit);
    advance(4 * S).await;
    let pressure = limiter.pressure();
    assert_eq!((pressure.live, pressure.waiting, pressure.intermediates), (1, 7, 1));
    assert_eq!(pressure.ahead, 5, "the typing indicator goes last");
    drop((waiting, third));
    assert_eq!(limiter.pressure().ahead, 0);
    assert_eq!(limiter.load().waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn five_hundred_who_cannot_go_are_not_looked_through_at_each_event() {
    let limiter = driven(rules(50));
    let original = |token: u64| route(&format!("PATCH webhooks/1/token{token}/messages/@original"));
    let mut waiting = Vec::new();
    for token in 0..500 {
        limiter.teach(&original(token), &answered(limits("webhook", 5, 0, 60 * S)));
        waiting.push(limiter.enqueue(&original(token), Class::FinalEdit).unwrap());
    }
    let before = limiter.lock().looks;
    for _ in 0..1_000 {
        limiter.teach(&route("GET webhooks/1/other"), &PLAIN);
    }
    let looks = limiter.lock().looks - before;
    assert!(looks <= 2_000, "{looks}");
    advance(60 * S).await;
    for waiting in waiting {
        waiting.granted().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn pressure_tells_how_many_edits_may_go() {
    let limiter = driven(rules(50));
    assert_eq!(limiter.pressure().intermediates_per_second, 30);
    (0..100).for_each(|_| limiter.show());
    assert_eq!(limiter.pressure().intermediates_per_second, 19, "38 in a wave, a wave in two seconds");
    (100..500).for_each(|_| limiter.show());
    assert_eq!(limiter.pressure().intermediates_per_second, 0);
}
