//! One change of what Discord shows: a call that waits for its place without a body. The body is made from the newest
//! text when the place is granted, so nothing overtaken is ever sent.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::sleep;

use super::body::{Body, Button};
use super::busy::Busy;
use super::face::Face;
use super::manuscript::Manuscript;
use super::screen::Step;
use crate::governor::{Answer, Call, CallError, Class, File, Governor};
use crate::ids::MessageId;

/// The name of the file that has what no message had room for.
const FILE_NAME: &str = "answer.md";

/// A change that can be made. It owns what it needs, so that the text may grow while it waits.
pub(crate) struct Update {
    pub(crate) governor: Governor,
    pub(crate) call: Call,
    /// What goes around the content.
    pub(crate) body: Body,
    pub(crate) step: Step,
    /// The message may show a file that is not wanted any more.
    pub(crate) may_have_file: bool,
    pub(crate) busy: Busy,
}

/// What a message shows after a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) id: Option<MessageId>,
    pub(crate) face: Face,
}

/// An update that waits for its place or is under way.
pub(crate) struct Pending {
    step: Step,
    is_answer: bool,
    under_way: Arc<AtomicBool>,
    call: Pin<Box<dyn Future<Output = Result<Shown, CallError>> + Send>>,
}

impl Update {
    /// Waits for a place, then sends what `newest` gives at that moment.
    pub(crate) async fn send<F>(self, class: Class, newest: F) -> Result<Shown, CallError>
    where
        F: FnOnce() -> Face,
    {
        let place = self.governor.place(self.call, class).await?;
        let _under_way = self.busy.begin().await;
        let face = newest();
        let mut body = self.body.saying(face.content.clone()).with_button(face.button.clone());
        if self.may_have_file && face.file.is_none() {
            body = body.without_files();
        }
        let answer = match &face.file {
            None => place.send(&body).await?,
            Some(text) => {
                let file = File { name: FILE_NAME.to_owned(), bytes: text.clone().into_bytes() };
                place.send_with_file(&body, file).await?
            }
        };
        Ok(shown(self.step, &answer, face))
    }

    /// Shows what the growing text has for this part by then.
    pub(crate) fn of_text(self, class: Class, text: Manuscript, stop: Button) -> Pending {
        let part = self.step.part;
        let newest = move || text.growing(&stop).into_iter().nth(part).unwrap_or_default();
        Pending { is_answer: true, ..self.later(Duration::ZERO, class, newest) }
    }

    /// Shows one line, if nothing else has come after a while.
    pub(crate) fn of_line(self, line: String, delay: Duration) -> Pending {
        self.later(delay, Class::FirstWords, move || Face::of(line))
    }

    fn later<F>(self, delay: Duration, class: Class, newest: F) -> Pending
    where
        F: FnOnce() -> Face + Send + 'static,
    {
        let (step, under_way) = (self.step, Arc::new(AtomicBool::new(false)));
        let flag = Arc::clone(&under_way);
        let newest = move || {
            flag.store(true, Ordering::Release);
            newest()
        };
        let call = async move {
            // A timer of no time still takes up to a millisecond.
            if !delay.is_zero() {
                sleep(delay).await;
            }
            self.send(class, newest).await
        };
        Pending { step, is_answer: false, under_way, call: Box::pin(call) }
    }
}

impl Pending {
    pub(crate) fn step(&self) -> Step {
        self.step
    }

    /// It shows the answer, not a line that stands in its place.
    pub(crate) fn is_answer(&self) -> bool {
        self.is_answer
    }

    /// It has its place: from then on it must be awaited, because what it shows cannot be taken back.
    pub(crate) fn is_under_way(&self) -> bool {
        self.under_way.load(Ordering::Acquire)
    }

    /// Its result. Dropping the future loses nothing: the next call goes on with it.
    pub(crate) async fn finish(&mut self) -> Result<Shown, CallError> {
        self.call.as_mut().await
    }
}

/// A message that was created twice with one nonce shows what the first call wrote.
fn shown(step: Step, answer: &Answer, sent: Face) -> Shown {
    let id = answer.message_id();
    let content = answer.body["content"].as_str().filter(|_| !step.exists);
    let Some(content) = content else { return Shown { id, face: sent } };
    let button = answer.body["components"][0]["components"][0]["custom_id"].as_str();
    let is_same =
        content.trim() == sent.content.trim() && button == sent.button.as_ref().map(Button::custom_id);
    if is_same {
        return Shown { id, face: sent };
    }
    Shown { id, face: Face::of(content.to_owned()).with_button(button.map(Button::found)) }
}
