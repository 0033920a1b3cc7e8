//! What goes wrong with Discord, and when it is over.

use std::fmt;
use std::time::{Duration, Instant};

use prism::emulator::{RestFault, RestFaultKind, Scope};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use crate::common::crowd::Crowd;
use crate::common::stage::Stage;

/// Between two of them, in seconds. Discord permits a thousand new sessions a day.
const PAUSE: std::ops::Range<u64> = 8..30;
const SLOW: Duration = Duration::from_millis(400);
const SLOW_FOR: Duration = Duration::from_secs(10);
/// Events that concern nobody, all at once.
const CHATTER: usize = 2_000;
/// Discord's code for "something went wrong", after which a session is taken up again.
const UNKNOWN_ERROR: u16 = 4_000;

const CREATE: &str = "POST /channels/{channel_id}/messages";
const EDIT: &str = "PATCH /channels/{channel_id}/messages/{message_id}";
const EDIT_ORIGINAL: &str = "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original";

pub(crate) struct Weather<'a> {
    stage: &'a Stage,
    crowd: &'a Crowd,
    rng: StdRng,
    next: Instant,
    slow_until: Option<Instant>,
    gateway: usize,
    rest: usize,
}

impl<'a> Weather<'a> {
    pub(crate) fn new(stage: &'a Stage, crowd: &'a Crowd, seed: u64) -> Self {
        let rng = StdRng::seed_from_u64(seed ^ 0xBAD_5EED);
        let next = Instant::now() + Duration::from_secs(2);
        Self { stage, crowd, rng, next, slow_until: None, gateway: 0, rest: 0 }
    }

    /// Nothing more goes wrong, and what is slow is quick again.
    pub(crate) fn clear(&mut self) {
        self.stage.discord.clear_rest_faults();
        self.stage.discord.slow_rest(Duration::ZERO);
    }

    /// Looks every second whether something is to go wrong.
    pub(crate) async fn change(&mut self) {
        let now = Instant::now();
        if self.slow_until.is_some_and(|until| until <= now) {
            self.slow_until = None;
            self.stage.discord.slow_rest(Duration::ZERO);
        }
        if now < self.next {
            return;
        }
        self.next = now + Duration::from_secs(self.rng.random_range(PAUSE));
        if self.rng.random_bool(0.5) { self.gateway().await } else { self.rest() }
    }

    async fn gateway(&mut self) {
        self.gateway += 1;
        let discord = &self.stage.discord;
        match self.rng.random_range(0..9) {
            0 | 1 => drop(discord.drop_sockets()),
            2 => drop(discord.ask_to_reconnect()),
            3 => drop(discord.invalidate_sessions(true)),
            4 => drop(discord.invalidate_sessions(false)),
            5 => drop(discord.close_sockets(UNKNOWN_ERROR)),
            6 => discord.forget_sessions(),
            7 => drop(discord.freeze_sockets()),
            _ => drop(discord.chatter(CHATTER).await),
        }
    }

    fn rest(&mut self) {
        self.rest += 1;
        let discord = &self.stage.discord;
        let template = *[CREATE, EDIT, EDIT_ORIGINAL].choose(&mut self.rng).unwrap_or(&EDIT);
        let times = self.rng.random_range(1..6);
        let retry_after = Duration::from_millis(self.rng.random_range(100..3_000));
        let kind = match self.rng.random_range(0..10) {
            0 => RestFaultKind::Status(502),
            1 => RestFaultKind::StatusAfter(502),
            2 => RestFaultKind::Break,
            3 => RestFaultKind::BreakAfter,
            4 => RestFaultKind::Latency(retry_after),
            5 => RestFaultKind::Limited { scope: Scope::Global, retry_after },
            6 => RestFaultKind::Limited { scope: Scope::Shared, retry_after },
            7 => RestFaultKind::Limited { scope: Scope::User, retry_after },
            8 => {
                self.repeat();
                return;
            }
            _ => {
                discord.slow_rest(SLOW);
                self.slow_until = Some(Instant::now() + SLOW_FOR);
                return;
            }
        };
        discord.fail_rest(RestFault { template: Some(template), times, kind });
    }

    /// Tells of a message once more, as a resume may.
    fn repeat(&mut self) {
        let Some(room) = self.crowd.rooms.choose(&mut self.rng) else { return };
        let messages = self.stage.discord.messages(*room, self.crowd.people[0]);
        if let Some(message) = messages.last() {
            // It may have been deleted since.
            let _ = self.stage.discord.repeat_message(message.id);
        }
    }
}

impl fmt::Display for Weather<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let discord = &self.stage.discord;
        write!(
            formatter,
            "gateway faults {} (resumes {}, identifies {}), REST faults {}",
            self.gateway,
            discord.resumes(),
            discord.identifies(),
            self.rest
        )
    }
}
