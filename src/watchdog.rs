//! Ends a process that cannot help itself any more, so that whatever runs it starts it anew.
//!
//! It watches from an ordinary OS thread, which works when the runtime does not. It counts its own looks instead of
//! reading a clock: a machine that was asleep is not a process that stalls.

use std::collections::BTreeMap;
use std::time::Duration;
use std::{io, thread};

use tokio::runtime::Handle;
use tokio::time::{MissedTickBehavior, interval};
use tracing::error;

use crate::shutdown::{self, Shutdown};
use crate::status::{ShardSigns, Status};

/// The pause between two looks, where the limits are not shorter.
const LOOK: Duration = Duration::from_secs(1);
/// How many looks fit into the shortest limit.
const LOOKS: u32 = 4;

/// How long something may be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The runtime does nothing.
    pub stall: Duration,
    /// Discord does not acknowledge heartbeats, over however many connections, as long as some can be made.
    pub heartbeat: Duration,
    /// Discord was asked for a sign of life and gives none.
    pub answer: Duration,
}

/// What is wrong for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    Stalled,
    Unacknowledged(u32),
    Unanswered(u32),
}

/// What was seen so far, counted in looks.
#[derive(Debug, Default)]
struct Watch {
    beats: u64,
    still: u32,
    unacknowledged: BTreeMap<u32, u32>,
    asked: BTreeMap<u32, u32>,
}

/// Limits in looks.
#[derive(Clone, Copy, Debug)]
struct Limits {
    stall: u32,
    heartbeat: u32,
    answer: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            stall: Duration::from_secs(30),
            heartbeat: Duration::from_secs(120),
            answer: Duration::from_secs(30),
        }
    }
}

/// Watches from now on. The process ends with [`shutdown::FORCED_EXIT`] when something is wrong for too long; a stop has its own
/// deadline.
///
/// # Errors
/// When there can be no more threads.
pub fn watch(status: &Status, settings: Settings, shutdown: &Shutdown) -> io::Result<()> {
    let look = settings.look();
    let beating = (status.clone(), shutdown.clone());
    shutdown.spawn(async move { beat(&beating.0, look, &beating.1).await });
    let (status, shutdown) = (status.clone(), shutdown.clone());
    thread::Builder::new()
        .name("watchdog".to_owned())
        .spawn(move || guard(&status, settings, &shutdown))
        .map(drop)
}

async fn beat(status: &Status, look: Duration, shutdown: &Shutdown) {
    let mut pace = interval(look / LOOKS);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while shutdown.unless_begun(pace.tick()).await.is_some() {
        status.beat();
        status.set_tasks(Handle::current().metrics().num_alive_tasks());
    }
}

#[expect(clippy::disallowed_methods, reason = "this thread exists to wait outside the runtime")]
fn guard(status: &Status, settings: Settings, shutdown: &Shutdown) {
    let (look, mut watch) = (settings.look(), Watch::default());
    let limits = settings.limits(look);
    while !shutdown.has_begun() {
        thread::sleep(look);
        if let Some(cause) = watch.look(status.beats(), &status.shards(), limits) {
            shutdown::leave(move || cause.tell());
        }
    }
}

impl Settings {
    fn look(self) -> Duration {
        let shortest = self.stall.min(self.heartbeat).min(self.answer);
        (shortest / LOOKS).clamp(Duration::from_millis(1), LOOK)
    }

    fn limits(self, look: Duration) -> Limits {
        let looks =
            |limit: Duration| u32::try_from(limit.as_nanos().div_ceil(look.as_nanos())).unwrap_or(u32::MAX);
        Limits { stall: looks(self.stall), heartbeat: looks(self.heartbeat), answer: looks(self.answer) }
    }
}

impl Watch {
    fn look(&mut self, beats: u64, shards: &BTreeMap<u32, ShardSigns>, limits: Limits) -> Option<Cause> {
        self.still = if beats == self.beats { self.still + 1 } else { 0 };
        self.beats = beats;
        if self.still >= limits.stall {
            return Some(Cause::Stalled);
        }
        shards.iter().find_map(|(shard, signs)| {
            let unacknowledged =
                count(&mut self.unacknowledged, *shard, signs.unacknowledged) >= limits.heartbeat;
            let unanswered = count(&mut self.asked, *shard, signs.asked) >= limits.answer;
            let cause = unanswered.then_some(Cause::Unanswered(*shard));
            cause.or(unacknowledged.then_some(Cause::Unacknowledged(*shard)))
        })
    }
}

/// For how many looks in a row something is so.
fn count(seen: &mut BTreeMap<u32, u32>, shard: u32, is_so: bool) -> u32 {
    let looks = seen.entry(shard).or_default();
    *looks = if is_so { *looks + 1 } else { 0 };
    *looks
}

impl Cause {
    fn tell(self) {
        match self {
            Self::Stalled => error!("the runtime has done nothing for too long: leaving, to be started anew"),
            Self::Unacknowledged(shard) => {
                error!(shard.id = shard, "Discord acknowledges no heartbeats: leaving, to be started anew");
            }
            Self::Unanswered(shard) => {
                error!(shard.id = shard, "Discord gives no sign of life: leaving, to be started anew");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::Stdio;

    use tokio::io::{AsyncBufReadExt, BufReader};
    use tokio::process::Command;

    use super::*;
    use crate::shutdown::FORCED_EXIT;

    const LIMITS: Limits = Limits { stall: 3, heartbeat: 4, answer: 2 };
    const INVITATION: &str = "this runtime stalls now";

    fn shard(signs: ShardSigns) -> BTreeMap<u32, ShardSigns> {
        BTreeMap::from([(7, signs)])
    }

    #[test]
    fn only_what_stays_wrong_ends_the_process() {
        let (well, mut watch) =
            (shard(ShardSigns { ready: true, ..ShardSigns::default() }), Watch::default());
        for beats in 1..9 {
            assert_eq!(watch.look(beats, &well, LIMITS), None);
        }
        let asked = shard(ShardSigns { asked: true, ..ShardSigns::default() });
        assert_eq!(watch.look(9, &asked, LIMITS), None);
        assert_eq!(watch.look(10, &well, LIMITS), None);
        assert_eq!(watch.look(11, &asked, LIMITS), None);
        assert_eq!(watch.look(12, &asked, LIMITS), Some(Cause::Unanswered(7)));
        let unacknowledged = shard(ShardSigns { unacknowledged: true, ..ShardSigns::default() });
        let causes: Vec<_> = (13..17).map(|beats| watch.look(beats, &unacknowledged, LIMITS)).collect();
        assert_eq!(causes, [None, None, None, Some(Cause::Unacknowledged(7))]);
    }

    #[test]
    fn a_runtime_that_beats_no_more_has_stalled() {
        let mut watch = Watch::default();
        let causes: Vec<_> = (0..4).map(|_| watch.look(5, &BTreeMap::new(), LIMITS)).collect();
        assert_eq!(causes, [None, None, None, Some(Cause::Stalled)]);
    }

    #[test]
    fn limits_are_counted_in_looks() {
        let settings = Settings::default();
        assert_eq!(settings.look(), LOOK);
        assert_eq!(settings.limits(LOOK).answer, 30);
        let short = Settings { answer: Duration::from_millis(40), ..settings };
        assert_eq!((short.look(), short.limits(short.look()).answer), (Duration::from_millis(10), 4));
    }

    #[tokio::test]
    async fn tasks_that_have_not_ended_are_counted() {
        let (status, shutdown) = (Status::default(), Shutdown::default());
        let held = shutdown.spawn(std::future::pending::<()>());
        watch(&status, Settings { answer: Duration::from_millis(40), ..Settings::default() }, &shutdown)
            .unwrap();
        // The other one counts.
        for left in [2, 1] {
            while status.vitals().tasks != left {
                tokio::task::yield_now().await;
            }
            held.abort();
        }
        shutdown.begin();
    }

    #[tokio::test]
    async fn a_stalled_runtime_is_ended() {
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", "watchdog::tests::victim"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        // Closed, it would set the victim free.
        let _held = victim.stdin.take();
        let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines();
        while !lines.next_line().await.unwrap().unwrap().contains(INVITATION) {}
        let end = tokio::time::timeout(Duration::from_secs(30), victim.wait()).await.unwrap().unwrap();
        assert_eq!(end.code(), Some(FORCED_EXIT));
    }

    #[tokio::test]
    #[ignore = "run by the test above, in a process of its own"]
    async fn victim() {
        let settings = Settings { stall: Duration::from_millis(100), ..Settings::default() };
        watch(&Status::default(), settings, &Shutdown::default()).unwrap();
        println!("{INVITATION}");
        // Blocks the only thread of the runtime for good, or until nobody holds the other end.
        let _ = io::stdin().read_line(&mut String::new());
        panic!("the process outlived its watchdog");
    }

    #[tokio::test]
    async fn a_runtime_that_stalls_because_nobody_reads_its_words_is_ended() {
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", "watchdog::tests::unheard_victim"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let _unread = victim.stderr.take();
        let end = tokio::time::timeout(Duration::from_secs(30), victim.wait()).await.unwrap().unwrap();
        assert_eq!(end.code(), Some(FORCED_EXIT));
    }

    #[tokio::test]
    #[ignore = "run by the test above, in a process of its own"]
    async fn unheard_victim() {
        tracing_subscriber::fmt().with_writer(io::stderr).init();
        let settings = Settings { stall: Duration::from_millis(100), ..Settings::default() };
        watch(&Status::default(), settings, &Shutdown::default()).unwrap();
        // Blocks the only thread of the runtime as soon as the pipe is full, until nobody holds the other end.
        while io::stderr().write_all(&[b'x'; 4096]).is_ok() {}
        std::process::abort();
    }
}
