//! Runs a turn: shows that somebody is at work, then the answer while it is being written, and closes the turn as it
//! ended.

use std::future::Future;
use std::pin::pin;

use tokio::time::{Instant, sleep_until};
use tracing::{debug, error};

use super::Surface;
use super::body::Button;
use super::error::{self, Lasting};
use super::handover::Left;
use super::presenter::Presenter;
use super::quote;
use super::reader::Reader;
use super::screen::{Destination, Screen};
use super::typing::keep_typing;
use crate::chat::{Answer, Display, End, Failure, Turn};
use crate::ids::{MessageId, TurnId};
use crate::store::{Shortage, Trigger};

/// Runs a turn and shows its answer.
pub(crate) async fn run(surface: &Surface, turn: Box<Turn>, destination: Destination) {
    let screen = Screen::new(surface.governor.clone(), destination, turn.messages());
    go_on(surface, turn, screen).await;
}

/// The same once more, after somebody has pressed the button under a message.
pub(crate) async fn run_again(
    surface: &Surface,
    turn: Box<Turn>,
    destination: Destination,
    pressed: MessageId,
) {
    let mut screen = Screen::new(surface.governor.clone(), destination, turn.messages());
    // There is a button below the first message only where that says that the answer comes below.
    if turn.messages().iter().skip(1).any(|message| *message == pressed) {
        screen.recall_lead(error::goes_on_below().to_owned());
    }
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
    let has_begun = |last: &String| {
        let stands_in = turn.persona().thinking.as_ref() == Some(last) || last == error::goes_on_below();
        !last.trim().is_empty() && !stands_in
    };
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
        let is_slash = matches!(turn.trigger(), Trigger::Interaction { .. });
        if let Some(question) = turn.question().filter(|_| is_slash) {
            self.presenter.text.head(&quote::heading(question));
        }
        let end = match self.follow(turn, &mut answer).await {
            Ok(failure) => self.conclude(turn, &answer.byline(), failure).await,
            Err(lasting) => self.presenter.end(Err(lasting)).await,
        };
        let Some(end) = end else {
            turn.settle(answer);
            return None;
        };
        Some(End { answer: Some(answer), ..end })
    }

    /// Waits for the first text, and shows meanwhile that somebody is at work.
    async fn wait(&mut self, turn: &mut Turn) -> Result<Answer, Failure> {
        let id = turn.id();
        self.wait_for_place(turn).await?;
        if let Some(message) = turn.replies_to() {
            self.presenter.screen.reply_to(message);
        }
        // Where the first message says that the answer comes below, that is enough.
        if let Some(line) = turn.persona().thinking.clone().filter(|_| self.presenter.screen.lead().is_none())
        {
            self.presenter.announce(line);
        }
        let mut typing = pin!(keep_typing(self.surface, self.presenter.screen.channel()));
        let mut start = pin!(turn.start());
        let started = loop {
            let token_until = self.presenter.token_until;
            tokio::select! {
                biased;
                started = &mut start => break started,
                line = self.presenter.finished() => self.presenter.announced(line).await,
                never = &mut typing => match never {},
                () = until(token_until) => {
                    if let Some(started) = self.outlast_token_in_silence(id, &mut start).await {
                        break started;
                    }
                    typing.set(keep_typing(self.surface, self.presenter.screen.channel()));
                }
            }
        };
        self.presenter.end_announcement().await;
        started
    }

    /// Waits for the turn's place in its lane, longer than a token works if it must.
    async fn wait_for_place(&mut self, turn: &mut Turn) -> Result<(), Failure> {
        let id = turn.id();
        let mut called = pin!(turn.called());
        loop {
            tokio::select! {
                biased;
                called = &mut called => return called,
                () = until(self.presenter.token_until) => {
                    if let Some(called) = self.outlast_token_in_silence(id, &mut called).await {
                        return called;
                    }
                }
            }
        }
    }

    /// The token of the question ends soon: the answer goes on in the channel, or ends.
    async fn outlast_token(&mut self, turn: &Turn) -> Result<(), Lasting> {
        if let Left::Nowhere = self.presenter.leave_token_unless(unwanted(turn)).await? {
            self.surface.engine.run_out(turn.id());
        }
        Ok(())
    }

    /// The same before the first word, and only until something else has come `meanwhile`.
    async fn outlast_token_in_silence<T>(
        &mut self,
        turn: TurnId,
        meanwhile: impl Future<Output = T>,
    ) -> Option<T> {
        match self.presenter.leave_token_unless(meanwhile).await {
            Ok(Left::Not(came)) => return Some(came),
            Ok(Left::Token) => {}
            Ok(Left::Nowhere) => self.surface.engine.run_out(turn),
            Err(lasting) => {
                debug!(turn.id = %turn, "an answer has no place before its first word: {lasting:?}");
                self.surface.engine.run_out(turn);
            }
        }
        None
    }

    /// Shows the text while it grows. Gives the failure that ended it before its end.
    async fn follow(&mut self, turn: &Turn, answer: &mut Answer) -> Result<Option<Failure>, Lasting> {
        let mut reader = Reader::default();
        loop {
            let alarm = self.presenter.begin_what_is_due();
            let token_until = self.presenter.token_until;
            tokio::select! {
                biased;
                piece = reader.next(turn, answer) => match piece {
                    Some(Ok(piece)) => {
                        self.presenter.text.push(&piece);
                        reader.read(self.presenter.live());
                    }
                    Some(Err(failure)) => return Ok(Some(failure)),
                    None => return Ok(None),
                },
                result = self.presenter.finished() => self.presenter.settle_pending(result).await?,
                () = until(token_until) => self.outlast_token(turn).await?,
                () = until(alarm) => {}
            }
        }
    }

    /// The text has its end, or broke off: shows all of it.
    async fn conclude(&mut self, turn: &Turn, speakers: &[String], failure: Option<Failure>) -> Option<End> {
        let carries_all = failure.is_none() && !self.presenter.text.is_blank();
        if carries_all {
            self.presenter.text.end();
        }
        let failure = match self.let_pending_finish(turn, carries_all).await {
            Ok(unwanted) => unwanted.or(failure),
            Err(lasting) => return self.presenter.end(Err(lasting)).await,
        };
        match failure {
            Some(unwanted @ (Failure::Deleted | Failure::Stopped)) => {
                return self.break_off(turn, unwanted).await;
            }
            Some(failure) if self.is_unsaid(&failure) => return self.unsaid(turn, failure).await,
            None if self.presenter.text.is_blank() => return self.explain(turn, Failure::no_words()).await,
            Some(ref failure) => self.presenter.text.note(error::mark(failure)),
            None => {}
        }
        if matches!(failure, Some(Failure::OutOfTime)) {
            self.presenter.close();
        }
        if let Some(line) = error::byline(speakers) {
            self.presenter.text.note(&line);
        }
        match self.complete(turn, None).await {
            Ok(shown) => self.presenter.end(shown).await.map(|end| End { failure, ..end }),
            Err(unwanted) => self.break_off(turn, unwanted).await,
        }
    }

    /// Shows the whole text, also where the token of the question ends meanwhile. Fails when nobody wants it any more.
    async fn complete(
        &mut self,
        turn: &Turn,
        button: Option<Button>,
    ) -> Result<Result<(), Lasting>, Failure> {
        loop {
            let busy = self.presenter.screen.busy.clone();
            let interruption = interruption(turn, self.presenter.token_until);
            match busy.unless(interruption, self.presenter.complete(button.clone())).await {
                Ok(shown) => return Ok(shown),
                Err(Some(unwanted)) => return Err(unwanted),
                Err(None) => {}
            }
            match self.presenter.leave_token_unless(unwanted(turn)).await {
                Ok(Left::Token) => {}
                Ok(Left::Nowhere) => self.presenter.close(),
                Ok(Left::Not(unwanted)) => return Err(unwanted),
                Err(lasting) => return Ok(Err(lasting)),
            }
        }
    }

    /// Gives the reason when the answer is not wanted any more, while a message waits that carries all of it.
    async fn let_pending_finish(
        &mut self,
        turn: &Turn,
        carries_all: bool,
    ) -> Result<Option<Failure>, Lasting> {
        let mut reason = None;
        if carries_all {
            let busy = self.presenter.screen.busy.clone();
            let finished = busy.unless(unwanted(turn), self.presenter.let_pending_finish(true)).await;
            match finished {
                Ok(shown) => shown?,
                Err(failure) => reason = Some(failure),
            }
        }
        self.presenter.let_pending_finish(false).await?;
        Ok(reason)
    }

    /// Nobody wants the answer any more, however much of it is there: what is shown stays and is marked.
    async fn break_off(&mut self, turn: &Turn, failure: Failure) -> Option<End> {
        if self.is_unsaid(&failure) {
            return self.unsaid(turn, failure).await;
        }
        let legible = self.presenter.screen.contents();
        let words = self.presenter.text.words_in(&legible).unwrap_or_default();
        self.presenter.text.keep(legible);
        self.presenter.text.note(error::mark(&failure));
        let shown = self.presenter.complete(None).await;
        let end = self.presenter.end(shown).await?;
        Some(End { shown: Some(words), failure: Some(failure), ..end })
    }

    /// There is a text, and nobody has read any of it.
    async fn unsaid(&mut self, turn: &Turn, failure: Failure) -> Option<End> {
        let end = self.explain(turn, failure).await?;
        Some(End { shown: end.shown.or_else(|| Some(String::new())), ..end })
    }

    /// Whether nothing of a text that broke off is to be shown: there is none, or nobody has seen any of it and it is
    /// not wanted any more, or comes whole at the next start.
    fn is_unsaid(&self, failure: &Failure) -> bool {
        let interrupted = matches!(failure, Failure::Deleted | Failure::Stopped | Failure::Stopping);
        self.presenter.text.is_blank() || (interrupted && self.presenter.screen.is_blank())
    }

    /// There is no answer: says so, with a way to try again. `None`: the turn waits for the next start.
    async fn explain(&mut self, turn: &Turn, failure: Failure) -> Option<End> {
        if matches!(failure, Failure::Joined | Failure::Stopping) {
            return None;
        }
        let (words, button) = explanation(turn, &failure);
        let is_silent = matches!(failure, Failure::Deleted) && self.presenter.screen.is_empty();
        if is_silent {
            return self.presenter.end(Ok(())).await.map(|end| End { failure: Some(failure), ..end });
        }
        self.presenter.text.replace(words);
        let has_ended = matches!(failure, Failure::Deleted | Failure::Stopped);
        let told = if has_ended {
            Ok(self.presenter.complete(button).await)
        } else {
            self.complete(turn, button).await
        };
        match told {
            Ok(shown) => self.presenter.end(shown).await.map(|end| End { failure: Some(failure), ..end }),
            Err(unwanted) => self.leave_untold(turn, unwanted).await,
        }
    }

    /// Nobody wants to be told either.
    async fn leave_untold(&mut self, turn: &Turn, failure: Failure) -> Option<End> {
        let shown = match failure {
            Failure::Deleted => Ok(()),
            _ => {
                let (words, button) = explanation(turn, &failure);
                self.presenter.text.replace(words);
                self.presenter.complete(button).await
            }
        };
        self.presenter.end(shown).await.map(|end| End { failure: Some(failure), ..end })
    }
}

/// What people read in the place of an answer, and the button below.
fn explanation(turn: &Turn, failure: &Failure) -> (String, Option<Button>) {
    match failure {
        Failure::Stopped => (error::stopped().to_owned(), Some(Button::retry(turn.id()))),
        Failure::Deleted => (error::question_deleted().to_owned(), None),
        // It would be refused again until the budget has room.
        Failure::Spent(refusal) if refusal.shortage != Shortage::Held => (error::words(failure, turn), None),
        failure => (error::words(failure, turn), Some(Button::retry(turn.id()))),
    }
}

/// Completes when nobody wants the answer any more. That its time is over is no reason: what is there can be shown.
async fn unwanted(turn: &Turn) -> Failure {
    match turn.unwanted().await {
        Failure::OutOfTime => std::future::pending().await,
        unwanted => unwanted,
    }
}

/// Completes with the reason when nobody wants the answer any more, and with `None` when it has to go on without its
/// token.
async fn interruption(turn: &Turn, token_until: Option<Instant>) -> Option<Failure> {
    tokio::select! {
        biased;
        unwanted = unwanted(turn) => Some(unwanted),
        () = until(token_until) => None,
    }
}

/// Completes at that time; never, when there is none.
async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}
