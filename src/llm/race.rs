//! One model is asked, or two at once: whoever says the first word is heard.

use tokio::time::{Instant, sleep_until, timeout_at};

use super::call::Call;
use super::failure::Failure;
use super::trouble::Refusal;

/// One or two calls that have not spoken yet. Its waits can be given up and taken up again.
#[derive(Debug)]
pub(super) struct Race {
    first: Lane,
    second: Option<Lane>,
    /// When a second model is to be asked beside the first one.
    due: Option<Instant>,
}

/// A call and how long it is waited for.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) call: Call,
    pub(super) limit: Instant,
}

/// What happened in a race.
pub(super) enum Event {
    /// One spoke; the other one, if there is one, is left.
    Spoke { winner: Call, text: String, loser: Option<Call> },
    /// One failed; the race goes on if there is another.
    Failed { call: Call, refusal: Refusal, rest: Option<Race> },
    /// It is time for the second one.
    Due,
}

enum Heard {
    First(Result<String, Refusal>),
    Second(Result<String, Refusal>),
    Due,
}

impl Race {
    pub(super) fn new(first: Lane, due: Option<Instant>) -> Self {
        Self { first, second: None, due }
    }

    pub(super) fn join(&mut self, lane: Lane) {
        self.second = Some(lane);
    }

    /// Waits longer for the one that is left.
    pub(super) fn wait_until(&mut self, limit: Instant) {
        self.first.limit = limit;
    }

    /// The calls that run.
    pub(super) fn calls(&self) -> impl Iterator<Item = &Call> {
        [Some(&self.first), self.second.as_ref()].into_iter().flatten().map(|lane| &lane.call)
    }

    /// Waits for what happens next. Dropping the future loses nothing; what is returned has left the race, which is
    /// over then unless it is [`Event::Due`].
    pub(super) async fn event(slot: &mut Option<Self>) -> Event {
        let Some(race) = slot else { return std::future::pending().await };
        let heard = race.listen().await;
        match (heard, slot.take()) {
            (Heard::First(outcome), Some(race)) => settled(race.first, race.second, outcome),
            (Heard::Second(outcome), Some(Self { first, second: Some(second), .. })) => {
                settled(second, Some(first), outcome)
            }
            (_, race) => {
                *slot = race.map(|race| Self { due: None, ..race });
                Event::Due
            }
        }
    }

    async fn listen(&mut self) -> Heard {
        let (second, due) = (self.second.as_mut(), self.due);
        tokio::select! {
            biased;
            outcome = self.first.first_words() => Heard::First(outcome),
            outcome = heard(second) => Heard::Second(outcome),
            () = at(due) => Heard::Due,
        }
    }
}

impl Lane {
    async fn first_words(&mut self) -> Result<String, Refusal> {
        let words = timeout_at(self.limit, self.call.first_words()).await;
        words.unwrap_or_else(|_| Err(Failure::Silent.into()))
    }
}

async fn heard(lane: Option<&mut Lane>) -> Result<String, Refusal> {
    match lane {
        Some(lane) => lane.first_words().await,
        None => std::future::pending().await,
    }
}

async fn at(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

fn settled(lane: Lane, other: Option<Lane>, outcome: Result<String, Refusal>) -> Event {
    match outcome {
        Ok(text) => Event::Spoke { winner: lane.call, text, loser: other.map(|lane| lane.call) },
        Err(refusal) => {
            Event::Failed { call: lane.call, refusal, rest: other.map(|lane| Race::new(lane, None)) }
        }
    }
}
