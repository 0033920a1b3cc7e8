//! Turns a minute, for a person, a channel, a server and the bot. Kept in memory: a restart forgives a minute.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::told::Told;
use crate::ids::{ChannelId, GuildId, UserId};
use crate::store::Audience;

const MINUTE: Duration = Duration::from_secs(60);

/// Windows and sayings that are kept before old ones are looked for. The bot's own limit bounds those that are not.
const KEPT: usize = 4_096;

/// How many turns a minute are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TurnRates {
    pub user: usize,
    pub channel: usize,
    pub guild: usize,
    pub bot: usize,
}

impl Default for TurnRates {
    fn default() -> Self {
        Self { user: 10, channel: 30, guild: 60, bot: 600 }
    }
}

/// Whose turns come too fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pace {
    User,
    Channel,
    Guild,
    Bot,
}

/// A turn that comes too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooFast {
    pub whose: Pace,
    /// When the next one is taken.
    pub wait: Duration,
    /// Whether this person was told so here within the last minute: once is kind, more is noise.
    pub told: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    User(UserId),
    Channel(ChannelId),
    Guild(GuildId),
    Bot,
}

#[derive(Debug)]
pub(crate) struct Rates {
    limits: TurnRates,
    book: Mutex<Book>,
}

#[derive(Debug)]
struct Book {
    windows: HashMap<Key, VecDeque<Instant>>,
    told: Told<(UserId, ChannelId)>,
    swept: Option<Instant>,
}

impl Rates {
    pub(crate) fn new(limits: TurnRates) -> Self {
        let book = Book { windows: HashMap::new(), told: Told::new(KEPT), swept: None };
        Self { limits, book: Mutex::new(book) }
    }

    /// Takes a turn into account, or tells why it is too early. What is refused does not count.
    pub(crate) fn admit(&self, user: UserId, audience: &Audience, now: Instant) -> Result<(), TooFast> {
        let (channel, keys) = (audience.channel(), keys(user, audience));
        let mut book = self.lock();
        book.forget_old(now);
        let full = keys.iter().flatten().filter_map(|(key, whose)| {
            book.full_until(*key, self.limits.of(*whose), now).map(|until| (until - now, *whose))
        });
        if let Some((wait, whose)) = full.max_by_key(|(wait, _)| *wait) {
            let told = book.told.was_told((user, channel), now);
            return Err(TooFast { whose, wait, told });
        }
        for (key, _) in keys.into_iter().flatten() {
            book.windows.entry(key).or_default().push_back(now);
        }
        // Whoever is too fast again is told again.
        book.told.forget(&(user, channel));
        Ok(())
    }

    /// Takes a turn back that was admitted then, because there is no place for it.
    pub(crate) fn take_back(&self, user: UserId, audience: &Audience, at: Instant) {
        let mut book = self.lock();
        for (key, _) in keys(user, audience).into_iter().flatten() {
            let Some(window) = book.windows.get_mut(&key) else { continue };
            if let Some(place) = window.iter().rposition(|one| *one == at) {
                window.remove(place);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        // What a panic could leave half-done is a count.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a turn counts for.
fn keys(user: UserId, audience: &Audience) -> [Option<(Key, Pace)>; 4] {
    [
        Some((Key::User(user), Pace::User)),
        Some((Key::Channel(audience.channel()), Pace::Channel)),
        audience.guild().map(|guild| (Key::Guild(guild), Pace::Guild)),
        Some((Key::Bot, Pace::Bot)),
    ]
}

impl TurnRates {
    fn of(&self, whose: Pace) -> usize {
        match whose {
            Pace::User => self.user,
            Pace::Channel => self.channel,
            Pace::Guild => self.guild,
            Pace::Bot => self.bot,
        }
    }
}

impl Book {
    /// When there is room again; `None`: there is.
    fn full_until(&mut self, key: Key, limit: usize, now: Instant) -> Option<Instant> {
        let window = self.windows.get_mut(&key)?;
        while window.front().is_some_and(|at| *at + MINUTE <= now) {
            window.pop_front();
        }
        let over = window.len().checked_sub(limit.max(1))?;
        window.get(over).map(|at| *at + MINUTE)
    }

    /// At most once a second: a look at everything takes its time.
    fn forget_old(&mut self, now: Instant) {
        if self.swept.is_some_and(|at| now < at + Duration::from_secs(1)) {
            return;
        }
        self.swept = Some(now);
        let is_new = |at: &Instant| now < *at + MINUTE;
        if self.windows.len() >= KEPT {
            self.windows.retain(|_, window| window.back().is_some_and(is_new));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(channel: u64, guild: Option<u64>) -> Audience {
        let channel = ChannelId::new(channel);
        match guild {
            Some(guild) => Audience::Guild { guild: GuildId::new(guild), channel },
            None => Audience::Dm { channel },
        }
    }

    fn rates() -> (Rates, Instant) {
        (Rates::new(TurnRates { user: 2, channel: 3, guild: 4, bot: 5 }), Instant::now())
    }

    #[test]
    fn each_has_a_limit_of_its_own() {
        for (turns, whose) in [
            (&[(1, 1, 1), (1, 2, 1), (1, 3, 2)][..], Pace::User),
            (&[(1, 1, 1), (2, 1, 1), (3, 1, 1), (4, 1, 1)], Pace::Channel),
            (&[(1, 1, 1), (2, 2, 1), (3, 3, 1), (4, 4, 1), (5, 5, 1)], Pace::Guild),
            (&[(1, 1, 1), (2, 2, 2), (3, 3, 3), (4, 4, 4), (5, 5, 5), (6, 6, 6)], Pace::Bot),
        ] {
            let (rates, now) = rates();
            let (last, first) = turns.split_last().unwrap();
            let admit = |(user, channel, guild): &(u64, u64, u64)| {
                rates.admit(UserId::new(*user), &place(*channel, Some(*guild)), now)
            };
            assert!(first.iter().all(|turn| admit(turn).is_ok()));
            assert_eq!(admit(last).unwrap_err().whose, whose);
        }
    }

    #[test]
    fn the_window_slides_and_what_is_refused_does_not_count() {
        let (rates, now) = rates();
        let (kim, dm) = (UserId::new(1), place(1, None));
        let at = |seconds| now + Duration::from_secs(seconds);
        assert!(rates.admit(kim, &dm, at(0)).is_ok() && rates.admit(kim, &dm, at(20)).is_ok());
        for seconds in 30..59 {
            let refused = rates.admit(kim, &dm, at(seconds)).unwrap_err();
            assert_eq!(refused.wait, Duration::from_secs(60 - seconds));
        }
        assert!(rates.admit(kim, &dm, at(60)).is_ok());
        assert_eq!(rates.admit(kim, &dm, at(61)).unwrap_err().wait, Duration::from_secs(19));
    }

    #[test]
    fn what_is_taken_back_does_not_count() {
        let (rates, now) = rates();
        let (kim, dm) = (UserId::new(1), place(1, None));
        for seconds in 0..9 {
            let at = now + Duration::from_secs(seconds);
            rates.admit(kim, &dm, at).unwrap();
            rates.take_back(kim, &dm, at);
        }
        rates.admit(kim, &dm, now).unwrap();
        rates.admit(kim, &dm, now).unwrap();
        rates.take_back(kim, &dm, now);
        rates.admit(kim, &dm, now).unwrap();
        assert_eq!(rates.admit(kim, &dm, now).unwrap_err().whose, Pace::User);
    }

    #[test]
    fn somebody_is_told_once_a_minute_in_each_channel() {
        let (rates, now) = rates();
        let kim = UserId::new(1);
        let told = |channel, seconds| {
            let at = now + Duration::from_secs(seconds);
            rates.admit(kim, &place(channel, None), at).unwrap_err().told
        };
        rates.admit(kim, &place(9, None), now).unwrap();
        rates.admit(kim, &place(9, None), now + Duration::from_secs(50)).unwrap();
        assert_eq!([told(1, 51), told(1, 52), told(2, 53)], [false, true, false]);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let rates = Rates::new(TurnRates { user: 1, channel: 1, guild: 1, bot: 1_000_000 });
        let mut now = Instant::now();
        for index in 0..20_000_u64 {
            now += Duration::from_millis(50);
            let (user, dm) = (UserId::new(index + 1), place(index + 1, None));
            rates.admit(user, &dm, now).unwrap();
            rates.admit(user, &dm, now).unwrap_err();
        }
        let book = rates.lock();
        assert!(book.windows.len() <= 2 * KEPT && book.told.len() <= KEPT);
    }
}
