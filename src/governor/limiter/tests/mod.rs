//! On a paused clock: seconds pass at once, and every figure is exact.

mod far;
mod flows;
mod invalid;
mod learning;
mod pacing;
mod property;

use std::time::Duration;

use futures_util::FutureExt;
use reqwest::Method;

use super::*;
use crate::governor::rules::{InvalidBounds, Waves};
use crate::shutdown::Shutdown;

const S: Duration = Duration::from_secs(1);

/// Places for the whole bot, and the usual rules.
fn rules(places: usize) -> (Size, Rules) {
    (Size { places, queue: 4096 }, Rules::default())
}

/// A limiter that is driven for as long as the runtime lives.
fn driven((size, rules): (Size, Rules)) -> Limiter {
    let limiter = Limiter::new(size, Mode::On, rules);
    let driver = limiter.clone();
    Shutdown::default().spawn(async move { driver.drive().await });
    limiter
}

fn route(request: &str) -> Route {
    let (method, path) = request.split_once(' ').unwrap();
    Route::read(&method.parse::<Method>().unwrap(), &format!("/api/v10/{path}"))
}

fn create(channel: u64) -> Route {
    route(&format!("POST channels/{channel}/messages"))
}

fn edit(channel: u64) -> Route {
    route(&format!("PATCH channels/{channel}/messages/1"))
}

fn limits(bucket: &str, limit: u32, remaining: u32, reset_after: Duration) -> Limits {
    Limits { bucket: bucket.into(), limit, remaining, reset_after }
}

fn answered(limits: Limits) -> Outcome {
    Outcome::Answered { success: true, seen: Seen::Limits(limits) }
}

const PLAIN: Outcome = Outcome::Answered { success: true, seen: Seen::Absent };

impl Limiter {
    /// A permit that can be had without waiting.
    fn at_once(&self, route: &Route, class: Class) -> Option<Permit> {
        // Without it tokio would make a long loop look like a wait.
        tokio::task::unconstrained(self.permit(route, class)).now_or_never().map(Result::unwrap)
    }

    /// One request without latency.
    fn teach(&self, route: &Route, outcome: &Outcome) {
        let mut permit = self.at_once(route, Class::Other).unwrap();
        permit.mark_sent();
        permit.settle(outcome);
    }

    /// How many requests could go now, all of them staying under way.
    fn burst(&self, route: &Route, class: Class) -> usize {
        let mut held = Vec::new();
        while held.len() < 100 {
            match self.at_once(route, class) {
                Some(permit) => held.push(permit),
                None => break,
            }
        }
        held.len()
    }
}
