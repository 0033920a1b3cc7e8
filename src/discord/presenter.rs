//! Brings the text of one answer onto its screen.
//!
//! Required properties:
//! - at most one call is under way, so no change overtakes another; what only waits for its place may be dropped;
//! - a call that may have arrived is never made blindly again: creations in channels carry a nonce, edits may repeat;
//! - what cannot be shown because Discord is away leaves the turn open: the next start takes it up.

use tokio::time::{Instant, sleep_until};
use tracing::{debug, error, warn};

use super::Surface;
use super::body::Button;
use super::error::{self, Lasting};
use super::manuscript::Manuscript;
use super::pace::{Change, Pace};
use super::screen::{Screen, Step};
use super::update::{Pending, Shown};
use crate::chat::End;
use crate::governor::{CallError, Class};
use crate::ids::{MessageId, TurnId};

/// How often a change of the complete text is tried, beyond the governor's own repeats.
const LAST_TRIES: u32 = 3;

/// A text, the messages that show it, and what is on its way from one to the others.
pub(crate) struct Presenter<'a> {
    surface: &'a Surface,
    turn: TurnId,
    pub(crate) screen: Screen,
    pub(crate) text: Manuscript,
    pace: Pace,
    /// The one change that waits or is under way.
    pending: Option<Pending>,
}

impl<'a> Presenter<'a> {
    pub(crate) fn new(surface: &'a Surface, turn: TurnId, screen: Screen) -> Self {
        let (text, pace) = (Manuscript::default(), Pace::new(&surface.settings));
        Self { surface, turn, screen, text, pace, pending: None }
    }

    /// The text begins to grow now.
    pub(crate) fn start_clock(&mut self) {
        self.pace = Pace::new(&self.surface.settings);
    }

    /// Says after a while that the persona is thinking, where nothing else has come.
    pub(crate) fn announce(&mut self, line: String) {
        let update = self.screen.update(self.screen.first_step());
        self.pending = Some(update.of_line(line, self.surface.settings.thinking_after));
    }

    /// The result of the change that waits or is under way; never, when there is none.
    pub(crate) async fn finished(&mut self) -> Result<Shown, CallError> {
        match &mut self.pending {
            Some(pending) => pending.finish().await,
            None => std::future::pending().await,
        }
    }

    /// The thinking line stands there: its message becomes the answer.
    pub(crate) async fn announced(&mut self, line: Result<Shown, CallError>) {
        self.pending = None;
        // A line that could not be shown is not missed: the answer will meet the same trouble and tell.
        if let Ok(shown) = line {
            let news = self.screen.holds(0, shown.id);
            self.remember(0, news).await;
        }
    }

    /// No line is wanted any more: drops it, or awaits it where it cannot be taken back.
    pub(crate) async fn end_announcement(&mut self) {
        if let Some(mut line) = self.pending.take().filter(Pending::is_under_way) {
            let line = line.finish().await;
            self.announced(line).await;
        }
    }

    /// Begins the next change if it is due. Gives the time at which it will be, if that is later.
    pub(crate) fn begin_what_is_due(&mut self) -> Option<Instant> {
        if self.pending.is_some() || self.text.is_blank() {
            return None;
        }
        let step = self.screen.next_step(&self.text.parts())?;
        let change = match (self.screen.is_blank(), step.exists) {
            (true, _) => Change::FirstWords(self.text.words()),
            (false, false) => Change::Create,
            (false, true) => Change::Edit,
        };
        let due = self.pace.due(change);
        if due > Instant::now() {
            return Some(due);
        }
        let class = if change == Change::Edit { Class::Intermediate } else { Class::FirstWords };
        self.pending = Some(self.screen.update(step).of_text(class, self.text.clone()));
        None
    }

    /// Takes in the result of the change that was under way.
    pub(crate) async fn settle_pending(&mut self, result: Result<Shown, CallError>) -> Result<(), Lasting> {
        let step = self.pending.take().map_or_else(|| self.screen.first_step(), |pending| pending.step());
        self.settle(step, result).await.map(drop)
    }

    /// Drops a change that waits, because a better one follows at once, and awaits one under way. `creations`: a
    /// message that waits to be created is awaited too, because it carries the whole text.
    pub(crate) async fn let_pending_finish(&mut self, creations: bool) -> Result<(), Lasting> {
        let keep = |pending: &Pending| pending.is_under_way() || (creations && !pending.step().exists);
        let Some(mut pending) = self.pending.take().filter(keep) else { return Ok(()) };
        let result = pending.finish().await;
        self.settle(pending.step(), result).await.map(drop)
    }

    /// Shows the whole text, however often it takes. The button stands under its last message.
    pub(crate) async fn complete(&mut self, button: Option<Button>) -> Result<(), Lasting> {
        let mut tries_left = LAST_TRIES;
        loop {
            let contents = self.text.parts();
            let Some(step) = self.screen.next_step(&contents) else { break };
            let button = button.clone().filter(|_| step.part + 1 == contents.len());
            if self.show(step, &contents[step.part], button).await? {
                continue;
            }
            tries_left -= 1;
            if tries_left == 0 {
                return Err(Lasting::Unreachable);
            }
            sleep_until(self.pace.due(Change::Create)).await;
        }
        self.delete_surplus().await;
        Ok(())
    }

    async fn show(&mut self, step: Step, content: &str, button: Option<Button>) -> Result<bool, Lasting> {
        let is_edit = step.exists && !self.screen.is_blank();
        let class = if is_edit { Class::FinalEdit } else { Class::FirstWords };
        let result = self.screen.update(step).send(class, button, || content.to_owned()).await;
        self.settle(step, result).await
    }

    /// Deletes what an earlier and longer answer has left.
    async fn delete_surplus(&mut self) {
        let wanted = self.text.parts().len().max(1);
        while let Some(deletion) = self.screen.deletion(wanted) {
            let deleted = self.surface.governor.call(deletion, Class::Other, &()).await;
            if let Err(failure) = deleted.map(drop)
                && failure.code() != Some(error::UNKNOWN_MESSAGE)
            {
                warn!(turn.id = %self.turn, error = &failure as &dyn std::error::Error, "a message of an earlier answer could not be deleted");
                return;
            }
            self.screen.drop_last();
            self.forget(self.screen.len()).await;
        }
    }

    /// Takes in what became of a change. `false`: it may be tried again.
    async fn settle(&mut self, step: Step, result: Result<Shown, CallError>) -> Result<bool, Lasting> {
        match result {
            Ok(shown) => {
                self.pace.shown();
                let news = self.screen.shows(step.part, shown);
                self.remember(step.part, news).await;
                Ok(true)
            }
            Err(failure) => {
                debug!(turn.id = %self.turn, error = &failure as &dyn std::error::Error, "a change was not shown");
                self.judge(step, &failure).map_or(Ok(false), Err)
            }
        }
    }

    /// Why a change that failed cannot be tried again. `None`: it can.
    fn judge(&mut self, step: Step, failure: &CallError) -> Option<Lasting> {
        if failure.code() == Some(error::CANNOT_REPLY) && self.screen.drop_reference() {
            return None;
        }
        self.pace.failed();
        let is_unsure = may_have_arrived(failure) && !self.screen.may_repeat(step);
        Lasting::of(failure).or_else(|| is_unsure.then_some(Lasting::Unknown))
    }

    /// How the turn is to be closed. `None`: it waits for the next start, because Discord cannot be reached.
    pub(crate) async fn end(&mut self, shown: Result<(), Lasting>) -> Option<End> {
        let lasting = match shown {
            Ok(()) => return Some(End { messages: self.screen.messages(), ..End::default() }),
            Err(Lasting::Unreachable) => {
                warn!(turn.id = %self.turn, "Discord cannot be reached, so an answer is not complete");
                return None;
            }
            Err(lasting) => lasting,
        };
        let legible = self.screen.contents();
        let shown = self.text.words_in(&legible);
        let messages = self.screen.messages();
        self.admit(lasting, legible).await;
        Some(End { display: lasting.display(), shown, messages, ..End::default() })
    }

    /// Says under what is legible of an answer, or in its place, that Discord does not take it. An interaction can be
    /// told also where the bot may not write.
    async fn admit(&mut self, lasting: Lasting, legible: Vec<String>) {
        let in_channel = self.screen.channel().is_some();
        if lasting != Lasting::Rejected && (in_channel || lasting != Lasting::MissingPermission) {
            return;
        }
        let button = if legible.is_empty() {
            self.text.replace(error::refused(self.turn));
            Some(Button::retry(self.turn))
        } else {
            self.text.keep(legible);
            self.text.note(error::refused_mark());
            None
        };
        if let Err(lasting) = self.complete(button).await {
            debug!(turn.id = %self.turn, "nothing could be said about an answer that was refused: {lasting:?}");
        }
    }

    /// Writes down the id of a new message, so that a restart finds it again.
    async fn remember(&mut self, part: usize, news: Option<MessageId>) {
        let Some(message) = news else { return };
        if let Err(failure) = self.surface.engine.sent(self.turn, message, numbered(part)).await {
            error!(turn.id = %self.turn, error = &failure as &dyn std::error::Error, "the id of a reply was not written");
        }
    }

    async fn forget(&mut self, from: usize) {
        if let Err(failure) = self.surface.engine.cut(self.turn, numbered(from)).await {
            error!(turn.id = %self.turn, error = &failure as &dyn std::error::Error, "the deletion of a reply was not written");
        }
    }
}

fn numbered(part: usize) -> u16 {
    u16::try_from(part).unwrap_or(u16::MAX)
}

/// Whether the call may have arrived although it failed.
fn may_have_arrived(failure: &CallError) -> bool {
    !matches!(failure, CallError::Refused(_) | CallError::Discord { status: 429, .. })
}
