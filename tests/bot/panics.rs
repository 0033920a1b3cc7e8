//! Panics in tasks, which would otherwise go unseen.
//!
//! Tests and bots run on runtimes of one thread, so a panic in a task happens on the thread of its test or bot.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::thread;

thread_local! {
    /// Of the test whose thread this is, or whose bot's.
    static PANICS: RefCell<Arc<AtomicUsize>> = RefCell::default();
}

/// The same for threads that a bot's own process would have, by their names.
static OTHERS: Mutex<Option<HashMap<String, Arc<AtomicUsize>>>> = Mutex::new(None);

/// Counts for this test from now on, from zero.
pub(crate) fn count() {
    static HOOK: Once = Once::new();
    PANICS.take();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            of_this_thread().fetch_add(1, Ordering::Relaxed);
            usual(panic);
        }));
    });
}

pub(crate) fn counted() -> usize {
    of_this_thread().load(Ordering::Relaxed)
}

/// The counter of this thread's test.
pub(crate) fn of_this_thread() -> Arc<AtomicUsize> {
    let others = OTHERS.lock().unwrap_or_else(PoisonError::into_inner);
    let named = thread::current().name().and_then(|name| others.as_ref()?.get(name).cloned());
    named.unwrap_or_else(|| PANICS.with_borrow(Arc::clone))
}

/// Makes this thread count for a test.
pub(crate) fn count_for(test: Arc<AtomicUsize>) {
    PANICS.set(test);
}

/// Makes the bots behind a page count for this thread's test.
pub(crate) fn count_behind(page: SocketAddr) {
    let test = of_this_thread();
    let mut others = OTHERS.lock().unwrap_or_else(PoisonError::into_inner);
    others.get_or_insert_default().insert(format!("the bot behind {page}"), test);
}
