//! A reply: pulled by its reader, at its reader's pace.
//!
//! When the model that speaks breaks off, the next one is asked to go on from there, so that the text becomes whole.

use std::fmt;

use futures_util::FutureExt;
use tokio::time::{Instant, timeout_at};

use super::call::Call;
use super::failure::Failure;
use super::ladder::Ladder;
use super::plan::Plan;
use super::report::{Finish, Report, millis};
use super::request::Request;
use super::seam::Seam;
use super::stream::Read;
use super::walk::Walk;

/// About how much text is gathered into one piece, in bytes, when more of it is here already.
const PIECE: usize = 64 * 1024;

/// A reply that is asked for. Nothing is sent before it is waited for. Dropping it closes its connections.
pub struct Reply {
    walk: Walk,
    /// Who speaks.
    voice: Option<Call>,
    /// What came and was not handed up yet.
    here: String,
    /// All that came.
    said: String,
    /// Where the words of the one who speaks join those of the one before.
    seam: Option<Seam>,
    spoke: Vec<usize>,
    finish: Option<Finish>,
    first_token: Option<Instant>,
    /// When it ended; `None` while it runs.
    ended: Option<Instant>,
    /// Since when the model is done and only its figures are waited for.
    finishing: Option<Instant>,
    /// Since when somebody waits for the next read.
    waiting: Option<Instant>,
    /// Why a model broke off whose text was shown.
    broke_off: Option<Failure>,
    /// Why it ended without its end, until that is told.
    failed: Option<Failure>,
}

/// Without what was said: it may not reach a log.
impl fmt::Debug for Reply {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Reply").field("report", &self.report()).finish_non_exhaustive()
    }
}

impl Reply {
    pub(super) fn new(ladder: Ladder, request: Request, plan: Plan) -> Self {
        Self {
            walk: Walk::new(ladder, request, plan),
            voice: None,
            here: String::new(),
            said: String::new(),
            seam: None,
            spoke: Vec::new(),
            finish: None,
            first_token: None,
            ended: None,
            finishing: None,
            waiting: None,
            broke_off: None,
            failed: None,
        }
    }

    /// Waits for the first visible text. Dropping the future loses nothing.
    ///
    /// # Errors
    /// When no model speaks within the time that all have together: the failure that somebody can do the most about.
    pub async fn open(&mut self) -> Result<(), Failure> {
        if self.said.is_empty() && self.ended.is_none() {
            self.find().await;
        }
        match self.failed.take_if(|_| self.said.is_empty()) {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }

    /// Waits for text, and gives all of it that is here. `None`: the reply is complete, or its failure has been told.
    /// Dropping the future loses nothing.
    ///
    /// # Errors
    /// When no model spoke, or when one broke off and none went on; what was said before stays said.
    pub async fn next(&mut self) -> Option<Result<String, Failure>> {
        loop {
            if let Some(text) = self.ready() {
                return Some(Ok(text));
            }
            if self.ended.is_some() {
                return self.failed.take().map(Err);
            }
            self.step().await;
        }
    }

    /// Text that is here already. `None`: it would have to be waited for.
    pub fn ready(&mut self) -> Option<String> {
        while self.ended.is_none() && self.here.len() < PIECE {
            let Some(voice) = &mut self.voice else { break };
            match voice.read().now_or_never() {
                Some(Read::Text(text)) => {
                    self.waiting = None;
                    self.say(&text);
                }
                Some(Read::Alive) => self.waiting = None,
                // The end is told by the next wait, once the text is handed up.
                Some(Read::Ended(_)) | None => break,
            }
        }
        Some(std::mem::take(&mut self.here)).filter(|text| !text.is_empty())
    }

    /// How it went so far. Complete once [`Reply::next`] gave `None` or an error, true to what is known at any time.
    pub fn report(&self) -> Report {
        let end = self.ended.unwrap_or_else(Instant::now);
        let started = self.walk.started;
        let voice = self.voice.as_ref();
        let running = |place: usize| match voice {
            Some(call) if call.attempt == place => call.facts(),
            _ => self.walk.running(place),
        };
        Report {
            attempts: self.walk.book.attempts(running).collect(),
            spoke: self.spoke.clone(),
            first_choice: self.walk.first_choice().to_owned(),
            first_token_ms: self.first_token.map(|at| millis(at - started)),
            total_ms: millis(end - started),
            finish: self.finish,
        }
    }

    /// Ends what still runs, closes its connections, and gives the last report.
    pub fn into_report(mut self) -> Report {
        self.walk.stop();
        if let Some(voice) = self.voice.take() {
            self.walk.fail(&voice, Failure::Cancelled.into());
        }
        self.report()
    }

    async fn step(&mut self) {
        let limit = self.limit();
        let Some(voice) = &mut self.voice else { return self.find().await };
        let Ok(read) = timeout_at(limit, voice.read()).await else {
            return voice.give_up(Failure::Stalled);
        };
        self.waiting = None;
        match read {
            Read::Text(text) => self.say(&text),
            Read::Alive => {}
            Read::Ended(Ok(())) => self.end(),
            Read::Ended(Err(failure)) => self.break_off(failure),
        }
    }

    async fn find(&mut self) {
        match self.walk.find(&self.said).await {
            Ok((voice, text)) => {
                self.first_token.get_or_insert_with(Instant::now);
                self.seam =
                    (!self.said.is_empty()).then(|| Seam::after(&self.said, self.walk.resume_of(&voice)));
                self.spoke.push(voice.attempt);
                self.finishing = None;
                self.voice = Some(voice);
                self.say(&text);
            }
            Err(failure) => self.give_up(self.broke_off.unwrap_or(failure)),
        }
    }

    /// There is no more to come, and this is why.
    fn give_up(&mut self, failure: Failure) {
        self.ended = Some(Instant::now());
        self.failed = Some(failure);
    }

    fn say(&mut self, text: &str) {
        match &mut self.seam {
            Some(seam) => {
                let new = seam.take(text);
                self.hand_up(&new);
            }
            None => self.hand_up(text),
        }
    }

    fn hand_up(&mut self, text: &str) {
        self.here.push_str(text);
        self.said.push_str(text);
    }

    fn close_seam(&mut self) {
        if let Some(mut seam) = self.seam.take() {
            let rest = seam.close();
            self.hand_up(&rest);
        }
    }

    /// The clocks run while somebody waits: a reader that takes its time is no fault of the model.
    fn limit(&mut self) -> Instant {
        let (settings, now) = (self.walk.ladder.settings(), Instant::now());
        let limit = if self.voice.as_ref().is_some_and(Call::is_finishing) {
            *self.finishing.get_or_insert(now) + settings.tail
        } else {
            *self.waiting.get_or_insert(now) + settings.idle
        };
        limit.min(self.walk.deadline)
    }

    fn end(&mut self) {
        self.close_seam();
        self.ended = Some(Instant::now());
        if let Some(voice) = self.voice.take() {
            self.finish = voice.facts().and_then(|facts| facts.finish);
            self.walk.succeed(&voice);
        }
    }

    /// The model that speaks has broken off: another one goes on, if there is one.
    fn break_off(&mut self, failure: Failure) {
        self.close_seam();
        if let Some(voice) = self.voice.take() {
            self.walk.fail(&voice, failure.into());
        }
        self.broke_off.get_or_insert(failure);
        if !self.walk.can_go_on() {
            self.give_up(failure);
        }
    }
}
