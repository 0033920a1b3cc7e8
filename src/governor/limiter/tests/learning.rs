use tokio::time::{Instant, advance};

use super::*;

fn refused(scope: Scope, wait: Duration) -> Outcome {
    Outcome::Refused { seen: Seen::Absent, scope, wait }
}

fn callback(interaction: u64) -> Route {
    route(&format!("POST interactions/{interaction}/token{interaction}/callback"))
}

/// A limiter that knows: five creates and five edits in five seconds, in different buckets.
fn taught() -> Limiter {
    let limiter = driven(rules(50));
    limiter.teach(&create(1), &answered(limits("create", 5, 4, 5 * S)));
    limiter.teach(&edit(1), &answered(limits("edit", 5, 4, 5 * S)));
    limiter
}

#[tokio::test(start_paused = true)]
async fn an_unknown_route_is_tried_with_one_request_at_a_time() {
    let limiter = driven(rules(50));
    let probe = limiter.at_once(&create(1), Class::FirstWords).unwrap();
    assert!(limiter.at_once(&create(2), Class::FirstWords).is_none());
    assert!(limiter.at_once(&edit(1), Class::Intermediate).is_some(), "another route is another probe");
    probe.settle(&answered(limits("create", 5, 4, 5 * S)));
    assert_eq!(limiter.burst(&create(1), Class::FirstWords), 4);
    assert_eq!(limiter.burst(&create(2), Class::FirstWords), 5, "a new channel begins with its full burst");
}

#[tokio::test(start_paused = true)]
async fn a_first_request_that_hangs_holds_others_up_for_two_seconds_at_most() {
    let limiter = driven(rules(50));
    let began = Instant::now();
    let mut hung = limiter.at_once(&create(1), Class::FirstWords).unwrap();
    hung.mark_sent();
    let (own, other) = (create(1), create(2));
    let others = limiter.permit(&other, Class::FirstWords).await.unwrap();
    assert_eq!(began.elapsed(), 2 * S);
    others.settle(&answered(limits("create", 5, 4, 5 * S)));
    assert_eq!(limiter.burst(&create(3), Class::FirstWords), 5);
    assert!(limiter.at_once(&own, Class::FirstWords).is_some(), "what it taught holds here, too");
}

#[tokio::test(start_paused = true)]
async fn callbacks_never_wait_for_each_other() {
    let limiter = driven(rules(1));
    let _busy = limiter.at_once(&create(1), Class::Other).unwrap();
    let held: Vec<_> = (0..20).map(|id| limiter.at_once(&callback(id), Class::Callback).unwrap()).collect();
    assert_eq!(held.len(), 20);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_whole_bot_holds_a_token_back_that_takes_none_of_its_places() {
    let limiter = driven(rules(50));
    let original = |token: &str| route(&format!("PATCH webhooks/1/{token}/messages/@original"));
    let began = Instant::now();
    limiter.teach(&original("a"), &refused(Scope::Global, 3 * S));
    assert!(limiter.at_once(&original("b"), Class::FinalEdit).is_some(), "others do not count there");
    assert!(limiter.at_once(&create(1), Class::FirstWords).is_none());
    limiter.permit(&original("a"), Class::FinalEdit).await.unwrap();
    assert_eq!(began.elapsed(), 3 * S);
}

#[tokio::test(start_paused = true)]
async fn each_interaction_token_has_its_own_bucket() {
    let limiter = driven(rules(50));
    let original = |token: &str| route(&format!("PATCH webhooks/1/{token}/messages/@original"));
    limiter.teach(&original("a"), &answered(limits("webhook", 5, 0, 3 * S)));
    assert!(limiter.at_once(&original("a"), Class::FinalEdit).is_none());
    assert_eq!(limiter.burst(&original("b"), Class::FinalEdit), 5);
}

#[tokio::test(start_paused = true)]
async fn an_error_without_headers_does_not_mean_unlimited() {
    let limiter = driven(rules(50));
    limiter.teach(&create(1), &Outcome::Answered { success: false, seen: Seen::Absent });
    assert_eq!(limiter.burst(&create(1), Class::Other), 1);
    limiter.teach(&create(1), &Outcome::Answered { success: true, seen: Seen::Garbled });
    assert_eq!(limiter.burst(&create(1), Class::Other), 1);
    limiter.teach(&create(1), &PLAIN);
    assert_eq!(limiter.burst(&create(1), Class::Other), 47);
}

#[tokio::test(start_paused = true)]
async fn answers_may_overtake_each_other() {
    let limiter = taught();
    let held: Vec<_> = (0..4).map(|_| limiter.at_once(&create(1), Class::Other).unwrap()).collect();
    for (permit, remaining) in held.into_iter().zip([0, 2, 1, 3]) {
        permit.settle(&answered(limits("create", 5, remaining, 5 * S)));
        assert!(limiter.at_once(&create(1), Class::Other).is_none());
    }
    advance(5 * S).await;
    assert_eq!(limiter.burst(&create(1), Class::Other), 5);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_counts_until_its_window_is_over() {
    let limiter = taught();
    limiter.teach(&create(1), &Outcome::Lost);
    assert_eq!(limiter.burst(&create(1), Class::Other), 3);
    advance(5 * S).await;
    assert_eq!(limiter.burst(&create(1), Class::Other), 5);
}

#[tokio::test(start_paused = true)]
async fn the_bots_own_refusal_and_a_shared_one_block_one_bucket() {
    for scope in [Scope::User, Scope::Shared] {
        let limiter = taught();
        limiter.teach(&create(1), &refused(scope, 2 * S));
        assert!(limiter.at_once(&edit(1), Class::Other).is_some());
        assert!(limiter.at_once(&create(2), Class::Other).is_some());
        let began = Instant::now();
        limiter.permit(&create(1), Class::Other).await.unwrap();
        assert_eq!(began.elapsed(), 2 * S, "{scope:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_is_refused_before_anything_is_known_holds_up_no_other() {
    let limiter = driven(rules(50));
    limiter.teach(&create(1), &refused(Scope::Shared, 20 * S));
    assert!(limiter.at_once(&create(1), Class::FirstWords).is_none());
    limiter.teach(&create(2), &answered(limits("create", 5, 4, 5 * S)));
    assert_eq!(limiter.burst(&create(3), Class::FirstWords), 5);
    let began = Instant::now();
    limiter.permit(&create(1), Class::FirstWords).await.unwrap();
    assert_eq!(began.elapsed(), 20 * S);
    limiter.teach(&create(1), &answered(limits("create", 5, 4, 5 * S)));
    assert_eq!(limiter.burst(&create(1), Class::FirstWords), 4);
}

#[tokio::test(start_paused = true)]
async fn a_global_refusal_blocks_all_but_interactions() {
    let limiter = taught();
    limiter.teach(&create(1), &refused(Scope::Global, 2 * S));
    assert!(limiter.at_once(&callback(1), Class::Callback).is_some());
    let began = Instant::now();
    limiter.permit(&edit(1), Class::FinalEdit).await.unwrap();
    assert_eq!(began.elapsed(), 2 * S);
}

#[tokio::test(start_paused = true)]
async fn a_bucket_that_discord_renames_does_not_stay_short() {
    let limiter = taught();
    let held: Vec<_> = (0..4).map(|_| limiter.at_once(&create(1), Class::Other).unwrap()).collect();
    for (permit, remaining) in held.into_iter().zip((0..4).rev()) {
        permit.settle(&answered(limits("renamed", 5, remaining, 5 * S)));
    }
    assert!(limiter.at_once(&create(1), Class::Other).is_none());
    advance(5 * S).await;
    assert_eq!(limiter.burst(&create(1), Class::Other), 5);
}

#[tokio::test(start_paused = true)]
async fn one_channel_may_have_another_bucket_than_the_rest() {
    let limiter = taught();
    limiter.teach(&create(2), &answered(limits("slow", 1, 0, 60 * S)));
    assert!(limiter.at_once(&create(2), Class::Other).is_none());
    assert_eq!(limiter.burst(&create(1), Class::Other), 4);
    assert_eq!(limiter.burst(&create(3), Class::Other), 5);
}

#[tokio::test(start_paused = true)]
async fn idle_buckets_are_swept_and_what_was_learned_stays() {
    let limiter = taught();
    for interaction in 0..1000 {
        limiter.teach(&callback(interaction), &PLAIN);
    }
    assert!(limiter.load().buckets > 1000);
    tokio::time::sleep(40 * S).await;
    assert_eq!(limiter.load().buckets, 0);
    assert_eq!(limiter.burst(&create(7), Class::Other), 5);
}

#[tokio::test(start_paused = true)]
async fn an_answer_from_the_next_window_opens_it_before_our_clock_does() {
    let limiter = taught();
    let held: Vec<_> = (0..4).map(|_| limiter.at_once(&create(1), Class::Other).unwrap()).collect();
    advance(Duration::from_millis(4900)).await;
    for (permit, remaining) in held.into_iter().zip([4, 3, 2, 1]) {
        permit.settle(&answered(limits("create", 5, remaining, 5 * S)));
    }
    assert_eq!(limiter.burst(&create(1), Class::Other), 1);
}

#[tokio::test(start_paused = true)]
async fn of_two_ends_of_a_window_the_later_holds() {
    let limiter = taught();
    let held: Vec<_> = (0..2).map(|_| limiter.at_once(&create(1), Class::Other).unwrap()).collect();
    for (permit, ends) in held.into_iter().zip([6, 4]) {
        permit.settle(&answered(limits("create", 5, 0, ends * S)));
    }
    let began = Instant::now();
    limiter.permit(&create(1), Class::Other).await.unwrap();
    assert_eq!(began.elapsed(), 6 * S);
}
