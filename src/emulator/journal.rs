//! What the bot asked for: the latest requests, and those that nothing here answers.

use std::collections::VecDeque;

use serde_json::Value;

/// Older requests are forgotten beyond this many.
const KEPT_REQUESTS: usize = 10_000;
const KEPT_UNEXPECTED: usize = 1_000;

/// One request of the bot.
#[derive(Clone, Debug)]
pub struct RequestLog {
    pub method: String,
    /// With ids, without the query.
    pub path: String,
    pub query: Option<String>,
    /// The template as in Discord's API document, such as `/channels/{channel_id}/messages`; None when nothing answers.
    pub route: Option<String>,
    /// Null when there was none.
    pub body: Value,
    /// The names of the files beside it.
    pub files: Vec<String>,
    /// 0 where the connection broke, or hung, instead.
    pub status: u16,
    /// Milliseconds since 1970, by the emulator's clock.
    pub at: u64,
}

#[derive(Debug, Default)]
pub(super) struct Journal {
    requests: VecDeque<RequestLog>,
    unexpected: VecDeque<String>,
    refused: u64,
}

impl Journal {
    pub(super) fn record(&mut self, request: RequestLog) {
        if request.status == 429 {
            self.refused += 1;
        }
        push_bounded(&mut self.requests, request, KEPT_REQUESTS);
    }

    pub(super) fn unexpected(&mut self, what: String) {
        push_bounded(&mut self.unexpected, what, KEPT_UNEXPECTED);
    }

    pub(super) fn all_requests(&self) -> Vec<RequestLog> {
        self.requests.iter().cloned().collect()
    }

    pub(super) fn all_unexpected(&self) -> Vec<String> {
        self.unexpected.iter().cloned().collect()
    }

    /// How many requests were answered 429.
    pub(super) const fn refused(&self) -> u64 {
        self.refused
    }
}

fn push_bounded<T>(queue: &mut VecDeque<T>, item: T, most: usize) {
    if queue.len() == most {
        queue.pop_front();
    }
    queue.push_back(item);
}
