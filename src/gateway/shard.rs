//! One shard: keeps the connection to Discord, whatever happens to it.
//!
//! Required properties:
//! - a session is taken up again as long as Discord permits it, so that nothing that happened meanwhile is lost;
//! - no IDENTIFY goes out without leave;
//! - reading stops while serenity does not keep up, and heartbeats do not.

use std::sync::Arc;
use std::time::Duration;

use rand::Rng;
use serde_json::Value;
use tokio::sync::{OwnedMutexGuard, mpsc};
use tokio::time::{Instant, sleep, sleep_until};
use tracing::{error, info, warn};

use super::close::{Departure, End, Next};
use super::door::Passed;
use super::goodbye::Goodbye;
use super::heart::{Beat, Heart};
use super::link::{GOODBYE, Link, UNTIL_SOON};
use super::session::{Memory, Session};
use super::sieve::Verdict;
use super::silence::Silence;
use super::wire::{self, Envelope, Ready};
use super::{Identity, Inner, Permission, is_local};
use crate::ids::GuildId;

/// How often a session is tried in a row before it is given up: by then Discord has forgotten it.
const RESUMES: u32 = 6;

pub(super) struct Shard {
    inner: Arc<Inner>,
    number: u32,
    memory: OwnedMutexGuard<Memory>,
    events: mpsc::Sender<Passed>,
    said: mpsc::Receiver<String>,
    /// An event that serenity has no room for yet.
    waiting: Option<Passed>,
    /// Discord's number of the last event for serenity.
    last_passed: u64,
    /// serenity counts what it hears.
    heard: u64,
    /// Connections that did not last, in a row.
    failures: u32,
    /// The address of a permission that no session was begun with yet.
    granted: Option<String>,
}

/// One connection and its clocks.
struct Talk {
    link: Link,
    heart: Heart,
    silence: Silence,
    /// Until when the session must have begun. `None`: it has.
    begun_by: Option<Instant>,
    stands_since: Option<Instant>,
}

/// What happened first.
enum News<'a> {
    Alarm,
    /// serenity can take an event.
    Room(Result<mpsc::Permit<'a, Passed>, mpsc::error::SendError<()>>),
    /// serenity has something to say.
    Said(String),
    Payload(Result<String, End>),
}

impl Shard {
    /// `ends`: what serenity is to hear, and what it says.
    pub(super) fn new(
        inner: Arc<Inner>,
        number: u32,
        memory: OwnedMutexGuard<Memory>,
        (events, said): (mpsc::Sender<Passed>, mpsc::Receiver<String>),
    ) -> Self {
        Self {
            inner,
            number,
            memory,
            events,
            said,
            waiting: None,
            last_passed: 0,
            heard: 0,
            failures: 0,
            granted: None,
        }
    }

    /// Leaves behind what a next connection of serenity needs. What was not delivered is asked for again.
    pub(super) fn end(mut self, departure: Departure, delivered: u64) {
        let has_missed = delivered < self.last_passed;
        match (departure, &mut self.memory.session) {
            (Departure::Broken, Some(session)) if has_missed => session.seq = delivered,
            (Departure::Broken, _) => {}
            (Departure::ForGood, session) => *session = None,
        }
    }

    /// Runs until serenity leaves.
    pub(super) async fn run(&mut self, goodbye: &Goodbye) {
        loop {
            let end = self.connection(goodbye).await;
            self.inner.parts.status.shard(self.number, |signs| {
                (signs.ready, signs.asked) = (false, false);
            });
            match end.next() {
                Next::Stop => return,
                Next::Resume => {}
                Next::Identify => self.memory.session = None,
                Next::GiveUp(fatal) => {
                    error!(shard.id = self.number, "{fatal}");
                    self.inner.give_up(fatal);
                    goodbye.said().await;
                    return;
                }
            }
            self.tell(end);
            if goodbye.unless_said(sleep(self.pause(end))).await.is_err() {
                return;
            }
        }
    }

    fn tell(&self, end: End) {
        if self.failures > 1 {
            warn!(shard.id = self.number, gateway.end = ?end, gateway.failures = self.failures, "no gateway connection lasts");
        } else {
            info!(shard.id = self.number, gateway.end = ?end, "the gateway connection ended; making another one");
        }
    }

    /// One connection from its making to its end.
    async fn connection(&mut self, goodbye: &Goodbye) -> End {
        self.failures = self.failures.saturating_add(1);
        match goodbye.unless_said(self.connect()).await {
            Ok(Ok(mut talk)) => {
                let end = self.follow(&mut talk, goodbye).await;
                if talk.stood_for() >= self.inner.settings.steady {
                    self.failures = 0;
                }
                match end {
                    End::Left(Departure::ForGood) => talk.link.close(GOODBYE).await,
                    End::Closed(_) | End::Refused(_) => {}
                    _ => talk.link.close(UNTIL_SOON).await,
                }
                end
            }
            Ok(Err(end)) => {
                // Nobody can be asked for an acknowledgement.
                self.inner.parts.status.shard(self.number, |signs| signs.unacknowledged = false);
                end
            }
            Err(departure) => End::Left(departure),
        }
    }

    /// None after a connection that lasted, longer after each that did not.
    fn pause(&self, end: End) -> Duration {
        let settings = &self.inner.settings;
        let asked = if end.asks_for_pause() { rand::rng().random_range(1.0..5.0) } else { 0.0 };
        let own = match self.failures {
            0 => Duration::ZERO,
            failures => {
                let longest = settings.pause.saturating_mul(1 << (failures - 1).min(16));
                longest.min(settings.longest_pause).mul_f64(rand::rng().random_range(0.5..1.0))
            }
        };
        own.max(settings.pause.mul_f64(asked))
    }

    async fn connect(&mut self) -> Result<Talk, End> {
        if self.failures > RESUMES {
            self.memory.session = None;
        }
        let url = match &self.memory.session {
            Some(session) => session.url.clone(),
            None => self.permission().await?,
        };
        if self.inner.parts.local && !is_local(&url) {
            return Err(End::Lost(
                "Discord is on this machine, but its gateway names an address that is not",
            ));
        }
        let step = self.inner.settings.step;
        let (mut link, interval) = Link::dial(&url, step).await?;
        link.say(self.greeting()).await?;
        let now = Instant::now();
        Ok(Talk {
            link,
            heart: Heart::new(interval, rand::rng().random(), now),
            silence: Silence::new(self.inner.settings.silence, now),
            begun_by: Some(now + step),
            stands_since: None,
        })
    }

    /// RESUME or IDENTIFY; the permission is used up then.
    fn greeting(&mut self) -> String {
        if let Some(session) = &self.memory.session {
            return wire::resume(session, self.memory.identify["token"].as_str().unwrap_or_default());
        }
        self.granted = None;
        self.inner.parts.status.shard(self.number, |signs| signs.identifies += 1);
        wire::identify(&identify(&self.memory.identify))
    }

    /// Waits until a session may be begun. Gives the address.
    async fn permission(&mut self) -> Result<String, End> {
        loop {
            if let Some(url) = &self.granted {
                return Ok(url.clone());
            }
            match (self.inner.parts.may_start)(self.number).await {
                Permission::Granted { url } => self.granted = Some(url),
                Permission::Wait(wait) => sleep(wait).await,
                Permission::Never(fatal) => return Err(End::Refused(fatal)),
            }
        }
    }

    /// Takes in what comes until the connection ends.
    async fn follow(&mut self, talk: &mut Talk, goodbye: &Goodbye) -> End {
        let events = self.events.clone();
        let mut alarm = Box::pin(sleep_until(talk.next_alarm()));
        loop {
            let news = tokio::select! {
                biased;
                departure = goodbye.said() => return End::Left(departure),
                () = &mut alarm => News::Alarm,
                place = events.reserve(), if self.waiting.is_some() => News::Room(place),
                Some(words) = self.said.recv() => News::Said(words),
                payload = talk.link.next(), if self.waiting.is_none() => News::Payload(payload),
            };
            let taken = match news {
                News::Alarm => self.tick(talk).await,
                News::Room(Ok(place)) => {
                    if let Some(event) = self.waiting.take() {
                        place.send(event);
                    }
                    Ok(())
                }
                News::Room(Err(_)) => Err(End::Left(Departure::Broken)),
                News::Said(words) => talk.link.say(words).await,
                News::Payload(Ok(payload)) => self.take(talk, &payload).await,
                News::Payload(Err(end)) => Err(end),
            };
            if let Err(end) = taken {
                return end;
            }
            // Most alarms move away with every event; that is looked at when they ring.
            let next = talk.next_alarm();
            if alarm.is_elapsed() || next < alarm.deadline() {
                alarm.as_mut().reset(next);
            }
        }
    }

    /// A clock has run out.
    async fn tick(&mut self, talk: &mut Talk) -> Result<(), End> {
        let now = Instant::now();
        if talk.begun_by.is_some_and(|by| by <= now) {
            return Err(End::Lost("no session in time"));
        }
        if talk.heart.due() <= now {
            match talk.heart.beat(self.waiting.is_none(), now) {
                Beat::Send => self.beat(talk).await?,
                Beat::Wait => {}
                Beat::Dead => {
                    self.inner.parts.status.shard(self.number, |signs| signs.unacknowledged = true);
                    return Err(End::Lost("a heartbeat was not acknowledged"));
                }
            }
        }
        if talk.silence.due().is_some_and(|due| due <= now) {
            self.ask_for_a_sign(talk, now).await?;
        }
        Ok(())
    }

    async fn beat(&self, talk: &mut Talk) -> Result<(), End> {
        talk.link.say(wire::heartbeat(self.memory.session.as_ref().map(|session| session.seq))).await
    }

    async fn ask_for_a_sign(&mut self, talk: &mut Talk, now: Instant) -> Result<(), End> {
        let Some((guild, me)) = self.memory.sieve.acquaintance() else {
            talk.silence.bear(now);
            return Ok(());
        };
        talk.link.say(wire::probe(guild, me)).await?;
        talk.silence.ask();
        self.inner.parts.status.shard(self.number, |signs| signs.asked = true);
        Ok(())
    }

    /// Takes a payload in; what serenity is to hear of it waits from then on.
    async fn take(&mut self, talk: &mut Talk, payload: &str) -> Result<(), End> {
        talk.heart.heard();
        let Some(envelope) = Envelope::read(payload) else {
            warn!(
                shard.id = self.number,
                gateway.bytes = payload.len(),
                "a payload of the gateway cannot be read"
            );
            return Ok(());
        };
        match envelope.op {
            wire::DISPATCH => {
                self.event(talk, &envelope);
                Ok(())
            }
            wire::HEARTBEAT => {
                talk.heart.asked(Instant::now());
                self.beat(talk).await
            }
            wire::ACK => {
                let latency = talk.heart.acknowledged(Instant::now());
                self.inner.parts.status.shard(self.number, |signs| signs.acknowledged(latency));
                Ok(())
            }
            wire::RECONNECT => Err(End::AskedAway),
            wire::INVALID_SESSION => Err(End::Invalid { resumable: envelope.content() == "true" }),
            _ => Ok(()),
        }
    }

    fn event(&mut self, talk: &mut Talk, envelope: &Envelope<'_>) {
        if talk.silence.hear(Instant::now()) {
            self.inner.parts.status.shard(self.number, |signs| signs.asked = false);
        }
        let Some(name) = envelope.t else { return };
        match name {
            "READY" => self.begin(talk, envelope),
            "RESUMED" => {
                self.stands(talk);
                self.inner.parts.status.shard(self.number, |signs| signs.resumes += 1);
            }
            _ => {}
        }
        let seq = envelope.s.unwrap_or(self.last_passed);
        if let Some(session) = &mut self.memory.session {
            session.seq = seq;
        }
        let content = envelope.content();
        if self.memory.sieve.judge(&self.inner.channels, name, content) == Verdict::Pass {
            self.heard += 1;
            self.last_passed = seq;
            self.waiting = Some(Passed { seq, text: wire::dispatch(name, self.heard, content) });
        }
    }

    fn begin(&mut self, talk: &mut Talk, envelope: &Envelope<'_>) {
        let Some(ready) = envelope.parse::<Ready>() else { return };
        let guilds: Vec<GuildId> = ready.guilds.iter().map(|guild| guild.id).collect();
        self.memory.sieve.begin(&self.inner.channels, ready.user.id, &guilds);
        self.inner.note_session(&ready.session_id, self.number);
        // It is the same bot each time.
        let _ = self.inner.identity.set(Identity { user: ready.user.id, application: ready.application.id });
        self.memory.session =
            ready.resume_gateway_url.map(|url| Session { id: ready.session_id, url, seq: 0 });
        self.stands(talk);
    }

    fn stands(&self, talk: &mut Talk) {
        (talk.begun_by, talk.stands_since) = (None, Some(Instant::now()));
        self.inner.parts.status.shard(self.number, |signs| signs.ready = true);
    }
}

impl Talk {
    fn stood_for(&self) -> Duration {
        self.stands_since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn next_alarm(&self) -> Instant {
        let alarms = [Some(self.heart.due()), self.silence.due(), self.begun_by];
        alarms.into_iter().flatten().min().unwrap_or_else(|| self.heart.due())
    }
}

/// What serenity says of itself. It can take large payloads deflated, and so can we.
fn identify(content: &Value) -> Value {
    let mut content = content.clone();
    content["compress"] = true.into();
    content
}
