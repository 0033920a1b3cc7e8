//! Bad weather for REST requests: faults that are used up in order, a Discord that answers slowly, and one that refuses
//! now and then.

use std::collections::VecDeque;
use std::time::Duration;

use super::Emulator;
use super::limits::Scope;

/// Faults that may wait; later ones are dropped.
const MOST_WAITING: usize = 1_000;
/// While it showers, one of so many requests that carry messages is refused.
const SHOWERS: u64 = 3;
/// For how long.
const SHOWER: Duration = Duration::from_secs(1);

/// A fault for the next requests that it fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestFault {
    /// Method and template, such as `PATCH /channels/{channel_id}/messages/{message_id}`; None fits every request.
    pub template: Option<&'static str>,
    pub times: usize,
    pub kind: RestFaultKind,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestFaultKind {
    /// Nothing is done, and the answer is this status.
    Status(u16),
    /// It is done, and the answer is this status all the same.
    StatusAfter(u16),
    /// Nothing is done, and the connection breaks without a word.
    Break,
    /// It is done, and the connection breaks without a word.
    BreakAfter,
    /// Nothing is done, and no answer comes until the client leaves.
    Hang,
    /// 429 as Discord writes it. The emulator does not remember it: a request within `retry_after` is answered.
    Limited { scope: Scope, retry_after: Duration },
    /// 429 as Cloudflare writes it: a page, and nothing that says how long.
    Cloudflare,
    /// It is done after this long.
    Latency(Duration),
}

#[derive(Debug, Default)]
pub(super) struct Weather {
    faults: VecDeque<RestFault>,
    /// Faults that were answers 429.
    refused: u64,
    latency: Duration,
    /// How many requests that carry messages it has showered on; `None`: it does not.
    showers: Option<u64>,
}

/// The weather over one request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Spell {
    pub(super) fault: Option<RestFaultKind>,
    pub(super) latency: Duration,
}

impl Spell {
    /// Whether an answer with this status was a fault, and a 429.
    pub(super) const fn refuses(self, status: u16) -> bool {
        let made = matches!(
            self.fault,
            Some(
                RestFaultKind::Limited { .. }
                    | RestFaultKind::Cloudflare
                    | RestFaultKind::Status(429)
                    | RestFaultKind::StatusAfter(429)
            )
        );
        made && status == 429
    }
}

impl Weather {
    pub(super) const fn count_refused(&mut self) {
        self.refused += 1;
    }

    /// Takes the first fault that fits a request; `name` is its method and template.
    pub(super) fn over(&mut self, name: &str) -> Spell {
        let fault = self.take(name).or_else(|| self.shower(name));
        Spell { fault, latency: self.latency }
    }

    fn take(&mut self, name: &str) -> Option<RestFaultKind> {
        let fits = |fault: &RestFault| fault.template.is_none_or(|template| template == name);
        let place = self.faults.iter().position(fits)?;
        let fault = &mut self.faults[place];
        let kind = fault.kind;
        fault.times -= 1;
        if fault.times == 0 {
            self.faults.remove(place);
        }
        Some(kind)
    }

    fn shower(&mut self, name: &str) -> Option<RestFaultKind> {
        let count = self.showers.as_mut().filter(|_| carries_a_message(name))?;
        *count += 1;
        let scope = if *count % (2 * SHOWERS) == 0 { Scope::Shared } else { Scope::User };
        (*count % SHOWERS == 0).then_some(RestFaultKind::Limited { scope, retry_after: SHOWER })
    }

    fn expect(&mut self, fault: RestFault) {
        if fault.times > 0 && self.faults.len() < MOST_WAITING {
            self.faults.push_back(fault);
        }
    }
}

/// Whether a request writes or changes a message, in a channel or by the token of an interaction.
fn carries_a_message(name: &str) -> bool {
    let Some((method, template)) = name.split_once(' ') else { return false };
    let is_place =
        template.starts_with("/channels/{channel_id}/messages") || template.starts_with("/webhooks/");
    matches!(method, "POST" | "PATCH") && is_place
}

impl Emulator {
    /// Lets the next requests that fit fail. Faults are used up in the order they were given; at most 1,000 wait.
    pub fn fail_rest(&self, fault: RestFault) {
        self.act(|state| state.weather.expect(fault));
    }

    /// How many requests are still to fail.
    pub fn rest_faults(&self) -> usize {
        self.read(|state| state.weather.faults.iter().map(|fault| fault.times).sum())
    }

    /// How many of the answers 429 were faults, and no limit was met.
    pub fn made_refusals(&self) -> u64 {
        self.read(|state| state.weather.refused)
    }

    /// Forgets the faults that nobody met.
    pub fn clear_rest_faults(&self) {
        self.act(|state| state.weather.faults.clear());
    }

    /// While it is on, every third request that writes or changes a message is answered 429 and may come again after a
    /// second: by turns as if the bot, or others, had used the limit up.
    pub fn refuse_now_and_then(&self, on: bool) {
        self.act(|state| state.weather.showers = on.then_some(0));
    }

    /// Every REST answer takes so much longer, half of it before the work is done. Zero: as usual.
    pub fn slow_rest(&self, latency: Duration) {
        self.act(|state| state.weather.latency = latency);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_used_up_in_order_by_what_they_fit() {
        let mut weather = Weather::default();
        let fault =
            |template, times, status| RestFault { template, times, kind: RestFaultKind::Status(status) };
        weather.expect(fault(Some("GET /a"), 2, 500));
        weather.expect(fault(None, 1, 502));
        weather.expect(fault(None, 0, 503));
        let mut met = |name| weather.over(name).fault;
        assert_eq!(met("GET /a"), Some(RestFaultKind::Status(500)));
        assert_eq!(met("GET /b"), Some(RestFaultKind::Status(502)));
        assert_eq!(met("GET /b"), None);
        assert_eq!(met("GET /a"), Some(RestFaultKind::Status(500)));
        assert_eq!(met("GET /a"), None);
    }

    #[test]
    fn showers_refuse_every_third_message_by_turns_and_nothing_else() {
        let mut weather = Weather { showers: Some(0), ..Weather::default() };
        let mut met = |name| match weather.over(name).fault {
            Some(RestFaultKind::Limited { scope, .. }) => Some(scope),
            _ => None,
        };
        let create = "POST /channels/{channel_id}/messages";
        let edit = "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original";
        let other = "POST /channels/{channel_id}/typing";
        let scopes = [create, edit, other, create, edit, create, other, edit].map(&mut met);
        assert_eq!(scopes, [None, None, None, Some(Scope::User), None, None, None, Some(Scope::Shared)]);
        weather.showers = None;
        assert_eq!([create; 6].map(|name| weather.over(name).fault), [None; 6]);
    }

    #[test]
    fn faults_that_wait_are_bounded() {
        let mut weather = Weather::default();
        let fault = RestFault { template: None, times: 1, kind: RestFaultKind::Break };
        (0..2_000).for_each(|_| weather.expect(fault));
        assert_eq!(weather.faults.len(), MOST_WAITING);
    }
}
