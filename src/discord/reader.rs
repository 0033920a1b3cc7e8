//! Reads an answer: at once where few grow, and in a crowd a little at a time.
//!
//! Each piece that a model sends wakes the process. Where hundreds of answers grow, the edits of each are seconds apart,
//! so nobody sees whether its text was read as it came or twice a second, and the second costs much less.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::chat::{Answer, Failure, Turn};

/// Of answers that grow at once, so few are read as soon as anything of them comes.
const FEW: usize = 50;

/// How long text is left lying for each answer that grows.
const REST_FOR_EACH: Duration = Duration::from_millis(1);

const LONGEST_REST: Duration = Duration::from_millis(500);

/// What takes longer to come was not here yet: everything before it has been read.
const HERE: Duration = Duration::from_millis(4);

#[derive(Debug, Default)]
pub(crate) struct Reader {
    /// Since when the next piece is waited for.
    asked: Option<Instant>,
    /// Until then text is left lying.
    rest: Option<Instant>,
}

impl Reader {
    /// The next piece of the answer, not before the rest is over, unless the turn is told to end. Dropping the future
    /// loses nothing.
    pub(crate) async fn next(&mut self, turn: &Turn, answer: &mut Answer) -> Option<Result<String, Failure>> {
        if let Some(rest) = self.rest {
            tokio::select! {
                biased;
                () = turn.told_to_end() => {}
                () = sleep_until(rest) => {}
            }
            self.rest = None;
        }
        self.asked.get_or_insert_with(Instant::now);
        turn.next(answer).await
    }

    /// A piece was read, while so many answers grow. Rests once there is nothing left to read.
    pub(crate) fn read(&mut self, live: usize) {
        let now = Instant::now();
        let is_behind = self.asked.take().is_some_and(|asked| now - asked < HERE);
        self.rest = rest(live).filter(|_| !is_behind).map(|rest| now + rest);
    }
}

fn rest(live: usize) -> Option<Duration> {
    let answers = u32::try_from(live).unwrap_or(u32::MAX);
    (live > FEW).then(|| REST_FOR_EACH.saturating_mul(answers).min(LONGEST_REST))
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    const CROWD: usize = 500;

    #[test]
    fn only_in_a_crowd_is_text_left_lying_and_never_for_long() {
        let rests = [0, 1, FEW, 100, 100_000].map(rest);
        assert_eq!(rests, [None, None, None, Some(Duration::from_millis(100)), Some(LONGEST_REST)]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_here_already_is_read_without_a_rest() {
        let mut reader = Reader { asked: Some(Instant::now()), rest: None };
        reader.read(CROWD);
        assert_eq!(reader.rest, None);
        reader.asked = Some(Instant::now());
        advance(HERE).await;
        reader.read(CROWD);
        assert_eq!(reader.rest, Some(Instant::now() + LONGEST_REST));
        reader.asked = Some(Instant::now());
        advance(HERE).await;
        reader.read(FEW);
        assert_eq!(reader.rest, None);
    }
}
