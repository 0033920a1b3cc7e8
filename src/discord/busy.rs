//! Whether a call is on its way to Discord. Work that waits for its place may be dropped, a call that is made may not:
//! what it shows must be known.

use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

/// Clones share one state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Busy {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    is_busy: AtomicBool,
    /// No more calls: what waits is about to be dropped.
    is_over: AtomicBool,
}

/// A call that is under way until this is dropped.
pub(crate) struct UnderWay {
    busy: Busy,
}

impl Busy {
    /// Begins a call. Never completes where none is wanted any more.
    pub(crate) async fn begin(&self) -> UnderWay {
        if self.shared.is_over.load(Ordering::Acquire) {
            pending::<()>().await;
        }
        self.shared.is_busy.store(true, Ordering::Release);
        UnderWay { busy: self.clone() }
    }

    /// Does the work, or drops it once it is `unwanted` and no call of it is under way.
    pub(crate) async fn unless<T, E>(
        &self,
        unwanted: impl Future<Output = E>,
        work: impl Future<Output = T>,
    ) -> Result<T, E> {
        let (mut unwanted, mut work) = (pin!(unwanted), pin!(work));
        let mut reason = None;
        let outcome = poll_fn(|context| {
            if reason.is_none()
                && let Poll::Ready(why) = unwanted.as_mut().poll(context)
            {
                reason = Some(why);
                self.shared.is_over.store(true, Ordering::Release);
            }
            if (reason.is_none() || self.is_busy())
                && let Poll::Ready(done) = work.as_mut().poll(context)
            {
                return Poll::Ready(Ok(done));
            }
            match reason.take_if(|_| !self.is_busy()) {
                Some(why) => Poll::Ready(Err(why)),
                None => Poll::Pending,
            }
        })
        .await;
        self.shared.is_over.store(false, Ordering::Release);
        outcome
    }

    fn is_busy(&self) -> bool {
        self.shared.is_busy.load(Ordering::Acquire)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.busy.shared.is_busy.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;
    use std::sync::Mutex;

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn what_nobody_wants_is_not_begun() {
        assert_eq!(Busy::default().unless(ready("why"), ready("work")).await, Err("why"));
        assert_eq!(Busy::default().unless(pending::<()>(), ready("work")).await, Ok("work"));
    }

    #[tokio::test]
    async fn a_call_that_is_made_is_awaited_and_nothing_after_it() {
        let busy = Busy::default();
        let (made, is_made) = oneshot::channel();
        let (answer, answered) = oneshot::channel();
        let done = Mutex::new(Vec::new());
        let work = async {
            let call = busy.begin().await;
            made.send(()).unwrap();
            answered.await.unwrap();
            drop(call);
            done.lock().unwrap().push("first");
            let _call = busy.begin().await;
            done.lock().unwrap().push("second");
        };
        let unwanted = async {
            is_made.await.unwrap();
            answer.send(()).unwrap();
        };
        assert_eq!(busy.unless(unwanted, work).await, Err(()));
        assert_eq!(*done.lock().unwrap(), ["first"]);
        drop(busy.begin().await);
    }
}
