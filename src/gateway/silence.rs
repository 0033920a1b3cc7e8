//! After a long silence Discord is asked for a sign of life: a server may be quiet, and a session may be dead although
//! its heartbeats are answered.

use std::time::Duration;

use tokio::time::Instant;

/// When something was heard last, and whether a question is open.
#[derive(Debug)]
pub(super) struct Silence {
    bearable: Duration,
    heard: Instant,
    asked: bool,
}

impl Silence {
    pub(super) const fn new(bearable: Duration, now: Instant) -> Self {
        Self { bearable, heard: now, asked: false }
    }

    /// When a question is due. `None`: it is asked already.
    pub(super) fn due(&self) -> Option<Instant> {
        (!self.asked).then(|| self.heard + self.bearable)
    }

    /// There is nothing to ask for: the silence begins anew.
    pub(super) const fn bear(&mut self, now: Instant) {
        self.heard = now;
    }

    pub(super) const fn ask(&mut self) {
        self.asked = true;
    }

    /// Any event is a sign of life. Says whether it ends a question.
    pub(super) const fn hear(&mut self, now: Instant) -> bool {
        self.heard = now;
        std::mem::replace(&mut self.asked, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_question_is_asked_once_after_each_silence() {
        let (bearable, now) = (Duration::from_secs(300), Instant::now());
        let mut silence = Silence::new(bearable, now);
        assert_eq!(silence.due(), Some(now + bearable));
        silence.ask();
        assert_eq!(silence.due(), None);
        let later = now + bearable;
        assert!(silence.hear(later));
        assert!(!silence.hear(later));
        assert_eq!(silence.due(), Some(later + bearable));
    }
}
