//! One change of what Discord shows: a call that waits for its place without a body. The body is made from the newest
//! text when the place is granted, so nothing overtaken is ever sent.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::sleep;

use super::body::{Body, Button};
use super::manuscript::Manuscript;
use super::screen::Step;
use crate::governor::{Answer, Call, CallError, Class, Governor};
use crate::ids::MessageId;

/// A change that can be made. It owns what it needs, so that the text may grow while it waits.
pub(crate) struct Update {
    pub(crate) governor: Governor,
    pub(crate) call: Call,
    /// What goes around the content.
    pub(crate) body: Body,
    pub(crate) step: Step,
}

/// What a message shows after a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) id: Option<MessageId>,
    pub(crate) content: String,
}

/// An update that waits for its place or is under way.
pub(crate) struct Pending {
    step: Step,
    under_way: Arc<AtomicBool>,
    call: Pin<Box<dyn Future<Output = Result<Shown, CallError>> + Send>>,
}

impl Update {
    /// Waits for a place, then sends what `newest` gives at that moment.
    pub(crate) async fn send<F>(
        self,
        class: Class,
        button: Option<Button>,
        newest: F,
    ) -> Result<Shown, CallError>
    where
        F: FnOnce() -> String,
    {
        let place = self.governor.place(self.call, class).await?;
        let content = newest();
        let body = self.body.saying(content.clone()).with_button(button);
        let answer = place.send(&body).await?;
        Ok(shown(&self.step, &answer, content))
    }

    /// Shows what the text has for this part by then.
    pub(crate) fn of_text(self, class: Class, text: Manuscript) -> Pending {
        let part = self.step.part;
        self.later(Duration::ZERO, class, move || text.part(part))
    }

    /// Shows one line, if nothing else has come after a while.
    pub(crate) fn of_line(self, line: String, delay: Duration) -> Pending {
        self.later(delay, Class::FirstWords, move || line)
    }

    fn later<F>(self, delay: Duration, class: Class, newest: F) -> Pending
    where
        F: FnOnce() -> String + Send + 'static,
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
            self.send(class, None, newest).await
        };
        Pending { step, under_way, call: Box::pin(call) }
    }
}

impl Pending {
    pub(crate) fn step(&self) -> Step {
        self.step
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
fn shown(step: &Step, answer: &Answer, sent: String) -> Shown {
    let id = answer.message_id();
    match answer.body["content"].as_str() {
        Some(found) if !step.exists && found.trim() != sent.trim() => Shown { id, content: found.to_owned() },
        _ => Shown { id, content: sent },
    }
}
