use tokio::time::{Instant, advance};

use super::*;

/// Three invalid requests make it sparing, six pause it, nine silence it.
fn careful() -> Limiter {
    let invalid = InvalidBounds { sparing: 3, paused: 6, silent: 9 };
    let (size, rules) = rules(50);
    let limiter = driven((size, Rules { invalid, ..rules }));
    limiter.teach(&edit(1), &PLAIN);
    limiter.teach(&create(1), &PLAIN);
    limiter
}

fn callback() -> Route {
    route("POST interactions/1/token/callback")
}

fn goes(limiter: &Limiter, class: Class) -> bool {
    let asked = tokio::task::unconstrained(limiter.permit(&edit(1), class)).now_or_never();
    match asked.expect("nothing has to wait") {
        Ok(_) => true,
        Err(why) => {
            assert_eq!(why, Refused::Paused);
            false
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_can_be_done_without_stops_first_and_everything_well_before_the_ban() {
    let limiter = careful();
    let mut seen = Vec::new();
    for _ in 0..=9 {
        let is_answered = limiter.permit(&callback(), Class::Callback).now_or_never().unwrap().is_ok();
        let goes = [Class::Typing, Class::Intermediate, Class::FinalEdit, Class::FirstWords, Class::Other]
            .map(|class| goes(&limiter, class));
        seen.push((limiter.load().standing, goes, is_answered));
        limiter.note_invalid();
    }
    let well = (Standing::Well, [true; 5], true);
    let sparing = (Standing::Sparing, [false, false, true, true, true], true);
    let paused = (Standing::Paused, [false; 5], true);
    let silent = (Standing::Paused, [false; 5], false);
    assert_eq!(seen, [well, well, well, sparing, sparing, sparing, paused, paused, paused, silent]);
}

#[tokio::test(start_paused = true)]
async fn ten_minutes_later_everything_goes_again() {
    let limiter = careful();
    (0..4).for_each(|_| limiter.note_invalid());
    advance(300 * S).await;
    (0..4).for_each(|_| limiter.note_invalid());
    assert_eq!(limiter.load().standing, Standing::Paused);
    tokio::time::sleep(311 * S).await;
    assert_eq!((limiter.load().standing, limiter.load().invalid), (Standing::Sparing, 4));
    tokio::time::sleep(300 * S).await;
    assert_eq!((limiter.load().standing, limiter.load().invalid), (Standing::Well, 0));
    assert!(goes(&limiter, Class::Typing));
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_are_refused_when_it_begins() {
    let limiter = careful();
    limiter.teach(&edit(2), &answered(limits("e", 1, 0, 60 * S)));
    let passing = limiter.enqueue(&edit(2), Class::Intermediate).unwrap();
    let last = limiter.enqueue(&edit(2), Class::FinalEdit).unwrap();
    (0..3).for_each(|_| limiter.note_invalid());
    assert_eq!(passing.granted().await.err(), Some(Refused::Paused));
    assert_eq!(limiter.load().waiting(), 1);
    (0..3).for_each(|_| limiter.note_invalid());
    assert_eq!(last.granted().await.err(), Some(Refused::Paused));
}

#[tokio::test(start_paused = true)]
async fn a_bound_is_not_crossed_back_and_forth_by_every_request() {
    let invalid = InvalidBounds { sparing: 100, paused: 200, silent: 300 };
    let (size, rules) = rules(50);
    let limiter = driven((size, Rules { invalid, ..rules }));
    (0..5).for_each(|_| limiter.note_invalid());
    advance(60 * S).await;
    (0..95).for_each(|_| limiter.note_invalid());
    tokio::time::sleep(560 * S).await;
    assert_eq!((limiter.load().standing, limiter.load().invalid), (Standing::Sparing, 95));
}

#[tokio::test(start_paused = true)]
async fn the_memory_of_a_long_storm_is_bounded() {
    let invalid = InvalidBounds { sparing: 1_000_000, paused: 1_000_000, silent: 1_000_000 };
    let (size, rules) = rules(50);
    let limiter = driven((size, Rules { invalid, ..rules }));
    let began = Instant::now();
    while began.elapsed() < 7_200 * S {
        limiter.note_invalid();
        advance(S).await;
    }
    assert!((600..=620).contains(&limiter.load().invalid), "{}", limiter.load().invalid);
}

#[tokio::test(start_paused = true)]
async fn with_the_limits_kept_elsewhere_nobody_waits_and_the_count_goes_on() {
    let limiter = Limiter::new(Size { places: 1, queue: 0 }, Mode::Off, Rules::default());
    assert_eq!(limiter.burst(&create(1), Class::Intermediate), 100);
    assert_eq!(limiter.load().standing, Standing::Off);
    assert_eq!(limiter.load().buckets, 0);
    (0..2_000).for_each(|_| limiter.note_invalid());
    assert_eq!(limiter.load().standing, Standing::Sparing);
    assert!(limiter.stop());
    assert_eq!(limiter.load().standing, Standing::Stopped);
}
