use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use tokio::time::{Instant, sleep};

use super::far::Far;
use super::*;

const PLACES: usize = 6;

/// One request: when it is asked for, where it goes, how long the ways take, and what becomes of it.
#[derive(Clone, Debug)]
struct Plan {
    asked_ms: u64,
    channel: u64,
    class: Class,
    up_ms: u64,
    down_ms: u64,
    fate: Fate,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Answered,
    /// The answer never arrives.
    Lost,
    /// The place is dropped unused.
    Unsent,
    /// The wait is given up after half a second.
    GivenUp,
}

fn plan() -> impl Strategy<Value = Plan> {
    let class = prop_oneof![
        Just(Class::FirstWords),
        Just(Class::FinalEdit),
        Just(Class::Other),
        Just(Class::Intermediate)
    ];
    let fate = prop_oneof![
        6 => Just(Fate::Answered), 1 => Just(Fate::Lost), 1 => Just(Fate::Unsent), 1 => Just(Fate::GivenUp),
    ];
    (0..4000_u64, 0..3_u64, class, 0..240_u64, 0..240_u64, fate).prop_map(
        |(asked_ms, channel, class, up_ms, down_ms, fate)| Plan {
            asked_ms,
            channel,
            class,
            up_ms,
            down_ms,
            fate,
        },
    )
}

async fn follow(limiter: &Limiter, far: &Mutex<Far>, grants: &Mutex<Vec<Instant>>, plan: Plan) {
    let ms = Duration::from_millis;
    sleep(ms(plan.asked_ms)).await;
    let route = create(plan.channel);
    let patience = if plan.fate == Fate::GivenUp { ms(500) } else { 600 * S };
    let Ok(permit) = tokio::time::timeout(patience, limiter.permit(&route, plan.class)).await else { return };
    let mut permit = permit.unwrap();
    if plan.fate == Fate::Unsent {
        return;
    }
    permit.mark_sent();
    grants.lock().unwrap().push(Instant::now());
    sleep(ms(plan.up_ms)).await;
    let limits = far.lock().unwrap().arrive(&plan.channel.to_string());
    sleep(ms(plan.down_ms)).await;
    permit.settle(&if plan.fate == Fate::Lost { Outcome::Lost } else { answered(limits) });
}

/// Runs all plans. Gives what the far side refused and the moments of the grants.
fn run(plans: Vec<Plan>, limit: u32, window: Duration) -> (usize, Vec<Instant>) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let limiter = driven(rules(PLACES));
        let far = Arc::new(Mutex::new(Far::new(limit, window, PLACES)));
        // What nobody has answered yet can only be tried; the property is about what is known.
        limiter.teach(&create(99), &answered(far.lock().unwrap().arrive("99")));
        let grants = Mutex::new(vec![Instant::now()]);
        let all = plans.into_iter().map(|plan| follow(&limiter, &far, &grants, plan));
        futures_util::future::join_all(all).await;
        assert_eq!(limiter.load().waiting(), 0);
        let refused = far.lock().unwrap().refused;
        (refused, grants.into_inner().unwrap())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_interleaving_exceeds_a_bucket_or_the_whole_bots_limit(
        plans in prop::collection::vec(plan(), 1..60),
        limit in 2..6_u32,
        window_ms in 1000..4000_u64,
    ) {
        let (refused, mut grants) = run(plans, limit, Duration::from_millis(window_ms));
        prop_assert_eq!(refused, 0);
        grants.sort();
        for window in grants.windows(PLACES + 1) {
            prop_assert!(window[PLACES].duration_since(window[0]) >= S);
        }
    }
}
