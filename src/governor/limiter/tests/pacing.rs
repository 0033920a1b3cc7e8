//! What people see of many answers at once, on a paused clock with answers of Discord that take no time.

use std::sync::Mutex;

use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::far::Far;
use super::*;

/// So long a reply leaves between two edits.
const GAP: Duration = Duration::from_millis(1200);

/// How one run of many answers went.
#[derive(Debug)]
struct Seen {
    /// Of each answer, sorted: from its end to its whole text.
    finals: Vec<Duration>,
    first_words: Vec<Duration>,
    intermediates: usize,
    refused: usize,
}

impl Seen {
    fn p50(&self) -> Duration {
        self.finals[(self.finals.len() - 1) / 2]
    }

    fn worst(&self) -> Duration {
        self.finals[self.finals.len() - 1]
    }
}

struct Model {
    limiter: Limiter,
    far: Mutex<Far>,
    intermediates: Mutex<usize>,
}

impl Model {
    async fn send(&self, route: &Route, class: Class, until: Option<Instant>) -> bool {
        let permit = self.limiter.permit(route, class);
        let permit = match until {
            Some(until) => timeout_at(until, permit).await.ok(),
            None => Some(permit.await),
        };
        let Some(permit) = permit else { return false };
        let mut permit = permit.unwrap();
        permit.mark_sent();
        let limits = self.far.lock().unwrap().arrive(&format!("{:?} {}", route.major, route.template));
        let bucket = format!("hash of {}", route.template);
        permit.settle(&answered(Limits { bucket: bucket.into(), ..limits }));
        true
    }

    /// One answer, as the reply loop shows it: first words, edits while it streams, and the last edit.
    async fn answer(&self, channel: u64, length: Duration) -> (Duration, Duration) {
        let began = Instant::now();
        let end = began + length;
        self.limiter.show();
        self.send(&create(channel), Class::FirstWords, None).await;
        let first_words = began.elapsed();
        while Instant::now() + GAP < end {
            sleep(GAP).await;
            if self.send(&edit(channel), Class::Intermediate, Some(end)).await {
                *self.intermediates.lock().unwrap() += 1;
            }
        }
        sleep_until(end).await;
        let ended = Instant::now().max(end);
        self.send(&edit(channel), Class::FinalEdit, None).await;
        self.limiter.hide();
        (first_words, ended.elapsed())
    }
}

/// `number` answers of this length begin with so much time between them.
async fn run(number: u64, length: Duration, apart: Duration) -> Seen {
    run_by(Rules::default(), number, length, apart).await
}

async fn run_by(chosen: Rules, number: u64, length: Duration, apart: Duration) -> Seen {
    let far = Mutex::new(Far::new(5, 5 * S, 50));
    let limiter = driven((rules(50).0, chosen));
    let model = Model { limiter, far, intermediates: Mutex::default() };
    for request in [create(9_999), edit(9_999)] {
        model.send(&request, Class::Other, None).await;
    }
    sleep(10 * S).await;
    let answers = (0..number).map(|channel| {
        let model = &model;
        async move {
            sleep(apart * u32::try_from(channel).unwrap()).await;
            model.answer(channel, length).await
        }
    });
    let (mut first_words, mut finals): (Vec<_>, Vec<_>) =
        futures_util::future::join_all(answers).await.into_iter().unzip();
    first_words.sort();
    finals.sort();
    let intermediates = *model.intermediates.lock().unwrap();
    Seen { finals, first_words, intermediates, refused: model.far.into_inner().unwrap().refused }
}

#[tokio::test(start_paused = true)]
async fn a_hundred_that_end_together_between_two_waves_lose_no_time() {
    let seen = run(100, 10 * S, Duration::ZERO).await;
    assert_eq!(seen.refused, 0);
    assert_eq!((seen.p50(), seen.worst()), (Duration::ZERO, S), "fifty at once, and fifty a second later");
    assert!(seen.intermediates >= 100, "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn waves_cost_a_crowd_less_than_even_spacing() {
    let plain = Rules { waves: Waves { from: usize::MAX, ..Rules::default().waves }, ..Rules::default() };
    let mut sums = [Duration::ZERO; 2];
    for tenths in (50..106).step_by(5) {
        for (rules, sum) in [Rules::default(), plain].into_iter().zip(&mut sums) {
            let seen = run_by(rules, 100, Duration::from_millis(tenths * 100), Duration::ZERO).await;
            assert_eq!(seen.refused, 0);
            *sum += seen.p50();
        }
    }
    assert!(sums[0] < sums[1], "{sums:?}");
}

#[tokio::test(start_paused = true)]
async fn five_hundred_take_the_least_time_possible() {
    let seen = run(500, 10 * S, Duration::ZERO).await;
    assert_eq!(seen.refused, 0);
    assert!(seen.p50() <= 5 * S && seen.worst() <= 10 * S, "{:?}", (seen.p50(), seen.worst()));
    assert_eq!(seen.first_words.last(), Some(&(9 * S)));
    assert_eq!(seen.intermediates, 0, "nothing goes but what has to");
}

#[tokio::test(start_paused = true)]
async fn under_steady_arrivals_nobody_waits_for_the_edits_of_others() {
    let seen = run(400, 10 * S, Duration::from_millis(100)).await;
    assert_eq!(seen.refused, 0);
    assert_eq!((seen.worst(), seen.first_words.last()), (Duration::ZERO, Some(&Duration::ZERO)));
    assert!(seen.intermediates >= 400, "each is seen to grow: {}", seen.intermediates);
}
