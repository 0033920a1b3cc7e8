//! What the server was asked and how it went, for tests and benchmarks to read and to wait for.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde_json::Value;
use tokio::sync::watch;

use super::answer::Answer;
use super::asked::Asked;

/// One request for a completion; a model that the server moved on to counts as a request of its own.
#[derive(Clone, Debug)]
pub struct Received {
    /// Counts from 0.
    pub number: u64,
    /// The model that was tried.
    pub model: String,
    pub via: Via,
    pub body: Value,
    /// By lower-case name, without the key.
    pub headers: BTreeMap<String, String>,
    /// When its body was complete.
    pub at: Instant,
    pub first_token_at: Option<Instant>,
    pub last_token_at: Option<Instant>,
    /// `None`: it is being answered.
    pub ending: Option<Ending>,
    /// When the answer was sent or the client had left.
    pub ended_at: Option<Instant>,
}

/// How a request came to a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// The client asked for it.
    Asked,
    /// The server moved on to it from the request's `models`.
    ServerFallback,
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Everything that was planned has been sent.
    Sent,
    /// The client went away before.
    Left,
}

/// Scripts and requests. Clones are one ledger. The lock is never held over a wait.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    book: Arc<Mutex<Book>>,
    /// Counts the changes of the book.
    changes: Arc<watch::Sender<u64>>,
}

#[derive(Debug)]
struct Book {
    scripts: VecDeque<Answer>,
    for_model: HashMap<String, VecDeque<Answer>>,
    always: HashMap<String, Answer>,
    requests: VecDeque<Received>,
    kept: usize,
    next_number: u64,
    next_unseen: u64,
}

impl Ledger {
    pub(super) fn new(kept: usize) -> Self {
        let book = Book {
            scripts: VecDeque::new(),
            for_model: HashMap::new(),
            always: HashMap::new(),
            requests: VecDeque::new(),
            kept: kept.max(1),
            next_number: 0,
            next_unseen: 0,
        };
        Self { book: Arc::new(Mutex::new(book)), changes: Arc::new(watch::Sender::new(0)) }
    }

    pub(super) fn script(&self, answer: Answer) {
        self.lock().scripts.push_back(answer);
    }

    pub(super) fn script_for(&self, model: &str, answer: Answer) {
        self.lock().for_model.entry(model.to_owned()).or_default().push_back(answer);
    }

    pub(super) fn always(&self, model: &str, answer: Option<Answer>) {
        let mut book = self.lock();
        match answer {
            Some(answer) => book.always.insert(model.to_owned(), answer),
            None => book.always.remove(model),
        };
    }

    pub(super) fn unused(&self) -> usize {
        let book = self.lock();
        book.scripts.len() + book.for_model.values().map(VecDeque::len).sum::<usize>()
    }

    /// The answer for a request: the model's own row, then its standing answer, then the row for all.
    pub(super) fn take_script(&self, model: &str) -> Answer {
        let mut book = self.lock();
        let own = book.for_model.get_mut(model).and_then(VecDeque::pop_front);
        let own = own.or_else(|| book.always.get(model).cloned());
        own.or_else(|| book.scripts.pop_front()).unwrap_or_default()
    }

    /// Writes a request down; the guard tells its end.
    pub(super) fn receive(&self, model: &str, asked: &Asked, via: Via) -> Running {
        let mut book = self.lock();
        let number = book.next_number;
        book.next_number += 1;
        if book.requests.len() == book.kept {
            book.requests.pop_front();
        }
        book.requests.push_back(Received {
            number,
            model: model.to_owned(),
            via,
            body: asked.body.clone(),
            headers: asked.headers.clone(),
            at: Instant::now(),
            first_token_at: None,
            last_token_at: None,
            ending: None,
            ended_at: None,
        });
        drop(book);
        self.tell();
        Running { ledger: self.clone(), number, ending: Ending::Left }
    }

    pub(super) fn requests(&self) -> Vec<Received> {
        self.lock().requests.iter().cloned().collect()
    }

    /// The next request that nobody has waited for, in the order of arrival.
    pub(super) async fn next_request(&self) -> Received {
        self.wait(|book| {
            let next = book.requests.iter().find(|request| request.number >= book.next_unseen)?.clone();
            book.next_unseen = next.number + 1;
            Some(next)
        })
        .await
    }

    /// The request once it has ended; `None` when it is no longer kept.
    pub(super) async fn ended(&self, number: u64) -> Option<Received> {
        self.wait(|book| {
            let to_come = number >= book.next_number;
            match book.find(number) {
                Some(request) => request.ending.is_some().then(|| Some(request.clone())),
                None => (!to_come).then_some(None),
            }
        })
        .await
    }

    async fn wait<T>(&self, mut look: impl FnMut(&mut Book) -> Option<T>) -> T {
        let mut changes = self.changes.subscribe();
        loop {
            changes.mark_unchanged();
            let seen = look(&mut self.lock());
            if let Some(seen) = seen {
                return seen;
            }
            if changes.changed().await.is_err() {
                // Cannot be: this ledger holds a sender.
                std::future::pending::<()>().await;
            }
        }
    }

    fn change(&self, number: u64, edit: impl FnOnce(&mut Received)) {
        if let Some(request) = self.lock().find(number) {
            edit(request);
        }
        self.tell();
    }

    fn tell(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn find(&mut self, number: u64) -> Option<&mut Received> {
        self.requests.iter_mut().rev().find(|request| request.number == number)
    }
}

/// A request that is being answered. Dropping it writes its end down: unless all was sent, the client has left.
#[derive(Debug)]
pub(super) struct Running {
    ledger: Ledger,
    number: u64,
    ending: Ending,
}

impl Running {
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn token_sent(&self) {
        let now = Instant::now();
        self.ledger.change(self.number, |request| {
            request.first_token_at.get_or_insert(now);
            request.last_token_at = Some(now);
        });
    }

    pub(super) fn sent(&mut self) {
        self.ending = Ending::Sent;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let ending = self.ending;
        self.ledger.change(self.number, |request| {
            request.ending = Some(ending);
            request.ended_at = Some(Instant::now());
        });
    }
}
