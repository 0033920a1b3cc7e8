//! Runs a turn: shows that somebody is at work, then the answer while it is being written, and closes the turn as it
//! ended.

use std::pin::pin;

use tokio::time::{Instant, sleep_until};
use tracing::error;

use super::Surface;
use super::body::Button;
use super::error::{self, Lasting};
use super::presenter::Presenter;
use super::quote;
use super::screen::{Destination, Screen};
use super::typing::keep_typing;
use crate::chat::{Answer, Display, End, Failure, Turn};
use crate::store::Shortage;

/// Runs a turn and shows its answer.
pub(crate) async fn run(surface: &Surface, turn: Box<Turn>, destination: Destination) {
    let screen = Screen::new(surface.governor.clone(), destination, turn.messages());
    go_on(surface, turn, screen).await;
}

/// The same, in messages that stand there already.
pub(crate) async fn go_on(surface: &Surface, mut turn: Box<Turn>, screen: Screen) {
    let mut reply = Reply { surface, presenter: Presenter::new(surface, turn.id(), screen) };
    let end = reply.answer(&mut turn).await;
    finish(*turn, end).await;
}

/// Closes a turn that is not answered any more: what stands of an answer is kept and marked, otherwise there are
/// `words`.
pub(crate) async fn apologise(surface: &Surface, turn: Box<Turn>, screen: Screen, words: String) {
    let mut presenter = Presenter::new(surface, turn.id(), screen);
    let standing = presenter.screen.contents();
    let has_begun = |last: &String| !last.trim().is_empty() && turn.persona().thinking.as_ref() != Some(last);
    // A button under the second message of a slash answer could not reach the first one.
    let button =
        (standing.len() < 2 || presenter.screen.channel().is_some()).then(|| Button::retry(turn.id()));
    if standing.last().is_some_and(has_begun) {
        presenter.text.keep(standing);
        presenter.text.note(error::mark(&Failure::Stopping));
    } else {
        presenter.text.replace(words);
    }
    let shown = presenter.complete(button).await;
    let end = presenter.end(shown).await;
    finish(*turn, end.map(|end| End { late: true, ..end })).await;
}

/// Closes a turn whose answer has no place to go.
pub(crate) async fn give_up(turn: Turn, display: Display) {
    finish(turn, Some(End { display, ..End::default() })).await;
}

/// Leaves a turn for the next start.
pub(crate) async fn leave(turn: Turn) {
    finish(turn, None).await;
}

/// `None`: the turn waits for the next start.
async fn finish(turn: Turn, end: Option<End>) {
    let id = turn.id();
    let ended = match end {
        Some(end) => turn.close(end).await,
        None => turn.leave_open().await,
    };
    if let Err(failure) = ended {
        error!(turn.id = %id, error = &failure as &dyn std::error::Error, "turn could not be closed; the next start will");
    }
}

/// One answer on its way to Discord.
struct Reply<'a> {
    surface: &'a Surface,
    presenter: Presenter<'a>,
}

impl Reply<'_> {
    /// From the wait for the turn's place to the last edit. `None`: the turn waits for the next start.
    async fn answer(&mut self, turn: &mut Turn) -> Option<End> {
        let mut answer = match self.wait(turn).await {
            Ok(answer) => answer,
            Err(failure) => return self.explain(turn, failure).await,
        };
        let _live = self.surface.governor.live();
        self.presenter.start_clock();
        if let Some(question) = turn.question().filter(|_| self.presenter.screen.channel().is_none()) {
            self.presenter.text.head(&quote::heading(question));
        }
        let end = match self.follow(turn, &mut answer).await {
            Ok(failure) => self.conclude(turn, &answer.byline(), failure).await,
            Err(lasting) => self.presenter.end(Err(lasting)).await,
        };
        end.map(|end| End { answer: Some(answer), ..end })
    }

    /// Waits for the first text, and shows meanwhile that somebody is at work.
    async fn wait(&mut self, turn: &mut Turn) -> Result<Answer, Failure> {
        turn.called().await?;
        if let Some(line) = turn.persona().thinking.clone() {
            self.presenter.announce(line);
        }
        let mut typing = pin!(keep_typing(self.surface, self.presenter.screen.channel()));
        let mut start = pin!(turn.start());
        let started = loop {
            tokio::select! {
                biased;
                started = &mut start => break started,
                line = self.presenter.finished() => self.presenter.announced(line).await,
                never = &mut typing => match never {},
            }
        };
        self.presenter.end_announcement().await;
        started
    }

    /// Shows the text while it grows. Gives the failure that ended it before its end.
    async fn follow(&mut self, turn: &Turn, answer: &mut Answer) -> Result<Option<Failure>, Lasting> {
        loop {
            let alarm = self.presenter.begin_what_is_due();
            tokio::select! {
                biased;
                piece = turn.next(answer) => match piece {
                    Some(Ok(piece)) => self.presenter.text.push(&piece),
                    Some(Err(failure)) => return Ok(Some(failure)),
                    None => return Ok(None),
                },
                result = self.presenter.finished() => self.presenter.settle_pending(result).await?,
                () = sleep_until(alarm.unwrap_or_else(Instant::now)), if alarm.is_some() => {}
            }
        }
    }

    /// The text has its end, or broke off: shows all of it.
    async fn conclude(&mut self, turn: &Turn, speakers: &[String], failure: Option<Failure>) -> Option<End> {
        let carries_all = failure.is_none() && !self.presenter.text.is_blank();
        if let Err(lasting) = self.presenter.let_pending_finish(carries_all).await {
            return self.presenter.end(Err(lasting)).await;
        }
        match failure {
            Some(failure) if self.is_unsaid(&failure) => return self.explain(turn, failure).await,
            None if self.presenter.text.is_blank() => return self.explain(turn, Failure::no_words()).await,
            Some(ref failure) => self.presenter.text.note(error::mark(failure)),
            None => {}
        }
        if let Some(line) = error::byline(speakers) {
            self.presenter.text.note(&line);
        }
        let shown = self.presenter.complete(None).await;
        self.presenter.end(shown).await.map(|end| End { failure, ..end })
    }

    /// Whether nothing of a text that broke off is to be shown: there is none, or nobody has seen any of it and it is
    /// not wanted any more, or comes whole at the next start.
    fn is_unsaid(&self, failure: &Failure) -> bool {
        let interrupted = matches!(failure, Failure::Deleted | Failure::Stopping);
        self.presenter.text.is_blank() || (interrupted && self.presenter.screen.is_blank())
    }

    /// There is no answer: says so, with a way to try again. `None`: the turn waits for the next start.
    async fn explain(&mut self, turn: &Turn, failure: Failure) -> Option<End> {
        let (words, button) = match &failure {
            Failure::Stopping => return None,
            Failure::Deleted => (error::question_deleted().to_owned(), None),
            // It would be refused again until the budget has room.
            failure @ Failure::Spent(refusal) if refusal.shortage != Shortage::Held => {
                (error::words(failure, turn), None)
            }
            failure => (error::words(failure, turn), Some(Button::retry(turn.id()))),
        };
        let is_silent = matches!(failure, Failure::Deleted) && self.presenter.screen.is_empty();
        let shown = if is_silent {
            Ok(())
        } else {
            self.presenter.text.replace(words);
            self.presenter.complete(button).await
        };
        self.presenter.end(shown).await.map(|end| End { failure: Some(failure), ..end })
    }
}
