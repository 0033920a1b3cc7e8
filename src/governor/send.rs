//! One request on its way: attempts, what they teach the limiter, and which of them may be repeated.

use std::time::Duration;

use axum::body::Bytes;
use reqwest::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER,
};
use reqwest::{Client, Method, StatusCode};
use tokio::time::{Instant, sleep, timeout_at};
use tracing::{error, warn};

use super::class::Class;
use super::counters::Tally;
use super::error::CallError;
use super::headers::{Scope, Seen, refusal};
use super::limiter::{Limiter, Mode, Outcome, Permit, Refused};
use super::murmur::Murmur;
use super::route::{Credential, Route};

/// How often one request is repeated after a 429.
const REFUSALS: u32 = 5;
/// How often one request is repeated after a fault.
const FAULTS: u32 = 3;
/// No answer of Discord's is larger; a full page of a hundred messages stays well below.
const LARGEST_ANSWER: usize = 16 << 20;

pub(super) const AUDIT_REASON: HeaderName = HeaderName::from_static("x-audit-log-reason");

/// A request as it goes out. Its path has the query with it.
pub(super) struct Outgoing {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) route: Route,
    pub(super) class: Class,
    /// Until then it waits for places.
    pub(super) deadline: Instant,
    pub(super) content_type: Option<HeaderValue>,
    pub(super) reason: Option<HeaderValue>,
    pub(super) body: Bytes,
    /// Whether Discord does the same if it gets the request twice.
    pub(super) repeatable: bool,
}

/// An answer, whatever its status.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) content_type: Option<HeaderValue>,
    /// What it said of limits, for a governor before this one.
    pub(super) limits: HeaderMap,
    pub(super) body: Vec<u8>,
    /// A 429 that said when to come back.
    wait: Option<Duration>,
}

/// No answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// There was no connection, so nothing was sent.
    NotSent,
    Broken,
    Timeout,
    TooLarge,
}

pub(super) struct Sender {
    pub(super) client: Client,
    pub(super) origin: String,
    /// Marked as sensitive, so that it is never printed.
    pub(super) authorization: HeaderValue,
    pub(super) user_agent: HeaderValue,
    pub(super) limiter: Limiter,
    pub(super) mode: Mode,
    pub(super) tally: Tally,
    /// Refusals by Discord, and our own, for the log.
    pub(super) refused: Murmur,
    pub(super) unsent: Murmur,
    pub(super) patience: Duration,
    pub(super) attempt: Duration,
    pub(super) backoff: Duration,
}

impl Sender {
    /// How long a request that begins now waits for places, its repeats included.
    pub(super) fn deadline(&self, class: Class) -> Instant {
        Instant::now() + class.patience(self.patience)
    }

    pub(super) async fn permit(
        &self,
        route: &Route,
        class: Class,
        deadline: Instant,
    ) -> Result<Permit, Refused> {
        let began = Instant::now();
        let permit = timeout_at(deadline, self.limiter.permit(route, class)).await;
        match permit.unwrap_or(Err(Refused::TooLong)) {
            Ok(permit) => {
                self.tally.waited(class, permit.waited());
                Ok(permit)
            }
            Err(why) => {
                if why == Refused::TooLong {
                    self.tally.waited(class, began.elapsed());
                }
                self.note_unsent(route, why);
                Err(why)
            }
        }
    }

    fn note_unsent(&self, route: &Route, why: Refused) {
        self.tally.unsent(why);
        if let Some(count) = self.unsent.hear() {
            warn!(count, discord.route = %route.template, "a request was not sent: {why}");
        }
    }

    /// Sends until there is an answer that repeating would not change.
    pub(super) async fn send(&self, outgoing: &Outgoing, permit: Permit) -> Result<Reply, CallError> {
        let mut permit = permit;
        let mut repeats = Repeats::default();
        loop {
            if self.limiter.is_stopped() {
                return Err(CallError::Stopped);
            }
            let result = self.attempt(outgoing, permit).await;
            let Some(pause) = repeats.next(outgoing, &result, self.backoff) else {
                return result.map_err(CallError::from);
            };
            let pause = pause.max(self.refusal_pause(&result));
            if Instant::now() + pause >= outgoing.deadline {
                return result.map_err(CallError::from);
            }
            sleep(pause).await;
            permit = match self.permit(&outgoing.route, outgoing.class, outgoing.deadline).await {
                Ok(permit) => permit,
                Err(Refused::Stopped) => return Err(CallError::Stopped),
                Err(_) => return result.map_err(CallError::from),
            };
        }
    }

    /// Places wait by themselves; without them this is the wait that Discord has asked for.
    fn refusal_pause(&self, result: &Result<Reply, Fault>) -> Duration {
        let wait = result.as_ref().ok().and_then(|reply| reply.wait).filter(|_| self.mode == Mode::Off);
        wait.unwrap_or_default().min(self.patience)
    }

    async fn attempt(&self, outgoing: &Outgoing, mut permit: Permit) -> Result<Reply, Fault> {
        permit.mark_sent();
        self.tally.sent();
        let answer = match self.request(outgoing).send().await {
            Ok(answer) => answer,
            Err(error) => {
                permit.settle(&Outcome::Lost);
                return Err(Fault::from(&error));
            }
        };
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = read(answer).await;
        let seen = Seen::read(&headers);
        let refused = (status == StatusCode::TOO_MANY_REQUESTS)
            .then(|| refusal(&headers, body.as_deref().unwrap_or_default(), &seen))
            .flatten();
        self.note(&outgoing.route, status, refused);
        permit.settle(&outcome(status, seen, refused));
        let content_type = headers.get(CONTENT_TYPE).cloned();
        let wait = refused.map(|(_, wait)| wait);
        Ok(Reply { status, content_type, limits: about_limits(&headers), body: body?, wait })
    }

    fn request(&self, outgoing: &Outgoing) -> reqwest::RequestBuilder {
        let mut headers = HeaderMap::new();
        headers.insert(reqwest::header::USER_AGENT, self.user_agent.clone());
        if outgoing.route.credential == Credential::Bot {
            headers.insert(AUTHORIZATION, self.authorization.clone());
        }
        if outgoing.body.is_empty() {
            // Discord wants the length named, and refuses a content type without content.
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        } else {
            headers.extend(outgoing.content_type.clone().map(|value| (CONTENT_TYPE, value)));
        }
        headers.extend(outgoing.reason.clone().map(|value| (AUDIT_REASON, value)));
        self.client
            .request(outgoing.method.clone(), format!("{}{}", self.origin, outgoing.path))
            .timeout(self.time_for(outgoing))
            .headers(headers)
            .body(outgoing.body.clone())
    }

    /// Each MiB gets the time of an attempt of its own.
    fn time_for(&self, outgoing: &Outgoing) -> Duration {
        // A proxy that keeps the limits holds the request back while it is under way.
        let usual = if self.mode == Mode::Off { self.attempt.max(self.patience) } else { self.attempt };
        let whole = usual * (1 + u32::try_from(outgoing.body.len() >> 20).unwrap_or(u32::MAX - 1));
        match outgoing.class {
            // Discord takes it until then, and the answer is of no use to anybody later.
            Class::Callback => whole.min(outgoing.deadline.saturating_duration_since(Instant::now())),
            _ => whole,
        }
    }

    /// Counts refusals, and stops everything at the first sign that the token is void.
    fn note(&self, route: &Route, status: StatusCode, refused: Option<(Scope, Duration)>) {
        if status == StatusCode::TOO_MANY_REQUESTS {
            let scope = refused.map(|(scope, _)| scope);
            self.tally.refused(scope);
            if let Some(count) = self.refused.hear() {
                let scope = scope.map_or("none", Scope::name);
                warn!(count, discord.route = %route.template, discord.scope = scope, "Discord's limit was met");
            }
        }
        let is_shared = matches!(refused, Some((Scope::Shared, _)));
        if matches!(status.as_u16(), 401 | 403) || (status.as_u16() == 429 && !is_shared) {
            self.limiter.note_invalid();
        }
        let is_void = status == StatusCode::UNAUTHORIZED && route.credential == Credential::Bot;
        if is_void && self.limiter.stop() {
            error!(discord.route = %route.template, "Discord has refused the bot token: nothing more is sent");
        }
    }
}

fn outcome(status: StatusCode, seen: Seen, refused: Option<(Scope, Duration)>) -> Outcome {
    match refused {
        Some((scope, wait)) => Outcome::Refused { seen, scope, wait },
        None => Outcome::Answered { success: status.is_success(), seen },
    }
}

fn about_limits(headers: &HeaderMap) -> HeaderMap {
    let is_one = |name: &HeaderName| name == RETRY_AFTER || name.as_str().starts_with("x-ratelimit-");
    let found = headers.iter().filter(|(name, _)| is_one(name));
    found.map(|(name, value)| (name.clone(), value.clone())).collect()
}

async fn read(mut answer: reqwest::Response) -> Result<Vec<u8>, Fault> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| Fault::from(&error))? {
        if body.len() + chunk.len() > LARGEST_ANSWER {
            return Err(Fault::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

impl From<&reqwest::Error> for Fault {
    fn from(error: &reqwest::Error) -> Self {
        if error.is_connect() {
            Self::NotSent
        } else if error.is_timeout() {
            Self::Timeout
        } else {
            Self::Broken
        }
    }
}

impl From<Fault> for CallError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NotSent | Fault::Broken => Self::Unreachable,
            Fault::Timeout => Self::Timeout,
            Fault::TooLarge => Self::Garbled,
        }
    }
}

#[derive(Default)]
struct Repeats {
    refusals: u32,
    faults: u32,
}

impl Repeats {
    /// How long to wait before asking for another place; `None` when this result is the last.
    fn next(
        &mut self,
        outgoing: &Outgoing,
        result: &Result<Reply, Fault>,
        backoff: Duration,
    ) -> Option<Duration> {
        if outgoing.class.is_passing() {
            return None;
        }
        let may_repeat = match result {
            // The new place waits by itself.
            Ok(reply) if reply.wait.is_some() => return self.after_refusal(),
            Ok(reply) => reply.status.is_server_error() && outgoing.repeatable,
            Err(Fault::NotSent) => true,
            Err(Fault::Broken | Fault::Timeout) => outgoing.repeatable,
            Err(Fault::TooLarge) => false,
        };
        (may_repeat && self.faults < FAULTS).then(|| {
            self.faults += 1;
            backoff * 2_u32.pow(self.faults - 1)
        })
    }

    fn after_refusal(&mut self) -> Option<Duration> {
        self.refusals += 1;
        (self.refusals <= REFUSALS).then_some(Duration::ZERO)
    }
}
