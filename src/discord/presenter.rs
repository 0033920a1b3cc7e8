//! Brings the text of one answer onto its screen.
//!
//! Required properties:
//! - at most one call is under way, so no change overtakes another; what only waits for its place may be dropped;
//! - a call that may have arrived is never made blindly again: creations in channels carry a nonce, edits may repeat;
//! - what cannot be shown because Discord is away leaves the turn open: the next start takes it up.

use tokio::time::{Instant, sleep};
use tracing::{debug, error, warn};

use super::Surface;
use super::body::Button;
use super::error::{self, Lasting};
use super::face::Face;
use super::manuscript::Manuscript;
use super::pace::{Change, Pace};
use super::screen::{Screen, Step};
use super::update::{Pending, Shown};
use crate::chat::End;
use crate::governor::{CallError, Class};
use crate::ids::{MessageId, TurnId};

/// How often a change of the complete text is tried where Discord cannot be reached, beyond the governor's own repeats.
const LAST_TRIES: u32 = 6;

/// The same while the process stops: it has no time for more.
const HASTY_TRIES: u32 = 3;

/// A text, the messages that show it, and what is on its way from one to the others.
pub(crate) struct Presenter<'a> {
    pub(super) surface: &'a Surface,
    pub(super) turn: TurnId,
    pub(crate) screen: Screen,
    pub(crate) text: Manuscript,
    pace: Pace,
    /// The one change that waits or is under way.
    pub(super) pending: Option<Pending>,
    /// When it has to go on without the token of its interaction.
    pub(super) token_until: Option<Instant>,
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settled {
    Shown,
    /// It can be tried at once in another way.
    OtherWay,
    /// It may be tried again.
    Failed,
    /// It may be tried again, and would have been shown if there were not so much else to show.
    Crowded,
}

impl<'a> Presenter<'a> {
    pub(crate) fn new(surface: &'a Surface, turn: TurnId, screen: Screen) -> Self {
        let (text, pace) = (Manuscript::default(), Pace::new(&surface.settings));
        let token_until = screen.asked().map(|asked| surface.settings.leaves_token(asked.id));
        if let Some(line) = screen.lead() {
            text.lead(line.to_owned());
        }
        Self { surface, turn, screen, text, pace, pending: None, token_until }
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
        // Most pieces come between two edits and need no look at the whole text.
        let next_edit = self.next_edit().filter(|_| self.text.is_short());
        if next_edit.is_some_and(|due| due > Instant::now()) {
            return next_edit;
        }
        let stop = Button::stop(self.turn);
        let step = self.screen.next_step(&self.text.growing(&stop))?;
        let change = match (self.screen.is_blank(), step.exists) {
            (true, _) => Change::FirstWords(self.text.words()),
            (false, false) => Change::Create,
            (false, true) => Change::Edit(self.surface.governor.pressure()),
        };
        let due = self.pace.due(change);
        if due > Instant::now() {
            return Some(due);
        }
        let class = if matches!(change, Change::Edit(_)) { Class::Intermediate } else { Class::FirstWords };
        self.pending = Some(self.screen.update(step).of_text(class, self.text.clone(), stop));
        None
    }

    /// When what people read may be shown anew. `None`: they read nothing yet.
    fn next_edit(&self) -> Option<Instant> {
        (!self.screen.is_blank()).then(|| self.pace.due(Change::Edit(self.surface.governor.pressure())))
    }

    /// How many answers grow at this moment.
    pub(crate) fn live(&self) -> usize {
        self.surface.governor.pressure().live
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

    /// Shows the whole text, however often it takes: what is only crowded out is tried for a long time. The button
    /// stands under its last message.
    pub(crate) async fn complete(&mut self, button: Option<Button>) -> Result<(), Lasting> {
        let crowded_until = Instant::now() + self.surface.settings.crowded_patience;
        let (mut tries, mut failures) = (0, 0);
        loop {
            let faces = self.text.whole(button.clone());
            let Some(step) = self.screen.next_step(&faces) else { break };
            match self.show(step, &faces[step.part]).await? {
                Settled::Shown | Settled::OtherWay => continue,
                Settled::Failed => failures += 1,
                Settled::Crowded if self.surface.shutdown.has_begun() => failures += 1,
                Settled::Crowded => {}
            }
            if failures >= self.most_failures() || Instant::now() >= crowded_until {
                return Err(Lasting::Unreachable);
            }
            tries += 1;
            self.pause(tries, failures).await;
        }
        self.delete_surplus().await;
        Ok(())
    }

    /// Waits before the next try. The stop of the process ends a long rest and makes those after it short.
    async fn pause(&mut self, tries: u32, failures: u32) {
        if self.surface.shutdown.has_begun() {
            sleep(self.pace.patience(failures)).await;
        } else {
            self.surface.shutdown.unless_begun(sleep(self.pace.patience(tries))).await;
        }
    }

    fn most_failures(&self) -> u32 {
        if self.surface.shutdown.has_begun() { HASTY_TRIES } else { LAST_TRIES }
    }

    async fn show(&mut self, step: Step, face: &Face) -> Result<Settled, Lasting> {
        let is_edit = step.exists && !self.screen.is_blank();
        let class = if is_edit { Class::FinalEdit } else { Class::FirstWords };
        let result = self.screen.update(step).send(class, || face.clone()).await;
        if let Err(failure) = &result
            && face.file.is_some()
            && error::takes_no_file(failure)
        {
            debug!(turn.id = %self.turn, error = failure as &dyn std::error::Error, "the rest of an answer was not attached");
            self.text.drop_file();
            return Ok(Settled::OtherWay);
        }
        self.settle(step, result).await
    }

    /// Deletes what an earlier and longer answer has left.
    async fn delete_surplus(&mut self) {
        let wanted = self.text.whole(None).len().max(1);
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

    /// Takes in what became of a change.
    pub(super) async fn settle(
        &mut self,
        step: Step,
        result: Result<Shown, CallError>,
    ) -> Result<Settled, Lasting> {
        match result {
            Ok(shown) => {
                self.pace.shown();
                let news = self.screen.shows(step.part, shown);
                self.remember(step.part, news).await;
                Ok(Settled::Shown)
            }
            Err(failure) => {
                debug!(turn.id = %self.turn, error = &failure as &dyn std::error::Error, "a change was not shown");
                self.judge(step, &failure).await
            }
        }
    }

    /// Whether a change that failed can be tried again.
    async fn judge(&mut self, step: Step, failure: &CallError) -> Result<Settled, Lasting> {
        if self.has_other_way(step, failure).await {
            return Ok(Settled::OtherWay);
        }
        self.pace.failed();
        match Lasting::of(failure) {
            Some(lasting) => Err(lasting),
            None if may_have_arrived(failure) && !self.screen.may_repeat(step) => Err(Lasting::Unknown),
            None if error::is_crowded(failure) => Ok(Settled::Crowded),
            None => Ok(Settled::Failed),
        }
    }

    /// Each way is found once at most.
    async fn has_other_way(&mut self, step: Step, failure: &CallError) -> bool {
        if failure.code() == Some(error::CANNOT_REPLY) && self.screen.drop_reference() {
            return true;
        }
        if !step.exists && error::takes_no_more(failure) && self.make_do(step.part) {
            return true;
        }
        Lasting::of(failure) == Some(Lasting::TokenExpired) && self.outlive_token().await
    }

    /// Discord takes no further message: those that stand there show what they can, and a file takes the rest.
    fn make_do(&mut self, messages: usize) -> bool {
        if messages == 0 {
            return false;
        }
        if self.screen.is_blank() && self.screen.drop_lead() {
            self.text.drop_lead();
        }
        self.text.limit(messages);
        true
    }

    /// The time for further messages is over: a file takes what those that stand there do not show.
    pub(crate) fn close(&mut self) {
        self.text.limit(self.screen.len());
    }

    /// How the turn is to be closed. `None`: it waits for the next start, because Discord cannot be reached.
    pub(crate) async fn end(&mut self, shown: Result<(), Lasting>) -> Option<End> {
        let lasting = match shown {
            Ok(()) if self.text.has_lost_its_rest() => return Some(self.end_without_rest()),
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

    /// No message had room for the rest, and no file could be had.
    fn end_without_rest(&self) -> End {
        End {
            display: Lasting::MissingPermission.display(),
            shown: self.text.words_in(&self.screen.contents()),
            messages: self.screen.messages(),
            ..End::default()
        }
    }

    /// Says under what is legible of an answer, or in its place, that Discord does not take it, as far as the bot can.
    /// An interaction can be told also where the bot may not write.
    async fn admit(&mut self, lasting: Lasting, legible: Vec<String>) {
        let in_channel = self.screen.channel().is_some();
        let mark = match lasting {
            Lasting::Rejected | Lasting::MissingPermission => error::refused_mark(),
            Lasting::Unknown => error::unsure_mark(),
            _ => return,
        };
        let has_words = legible.len() > usize::from(self.screen.lead().is_some());
        let button = if has_words {
            self.text.keep(legible);
            self.text.note(mark);
            None
        } else if lasting == Lasting::Rejected || (lasting == Lasting::MissingPermission && !in_channel) {
            self.text.replace(error::refused(self.turn));
            Some(Button::retry(self.turn))
        } else {
            return;
        };
        if lasting != Lasting::Rejected {
            self.close();
        }
        if let Err(lasting) = self.complete(button).await {
            debug!(turn.id = %self.turn, "nothing could be said about an answer that was refused: {lasting:?}");
        }
    }

    /// Writes down the id of a new message, so that a restart finds it again.
    pub(super) async fn remember(&mut self, part: usize, news: Option<MessageId>) {
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
