//! Which messages were sent under which nonce, for `enforce_nonce`.

use std::collections::{HashMap, VecDeque};

use crate::emulator::message::Nonce;
use crate::ids::{ChannelId, MessageId};

/// "The past few minutes".
const REMEMBERED_MS: u64 = 5 * 60 * 1_000;
const KEPT: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct Nonces {
    /// In the order they came.
    list: VecDeque<(Key, u64)>,
    sent: HashMap<Key, Sent>,
}

type Key = (ChannelId, Nonce);

#[derive(Debug)]
struct Sent {
    message: MessageId,
    at: u64,
}

impl Nonces {
    pub(super) fn remember(&mut self, channel: ChannelId, nonce: Nonce, message: MessageId, at: u64) {
        while self.list.front().is_some_and(|(_, sent_at)| sent_at + REMEMBERED_MS <= at)
            || self.list.len() >= KEPT
        {
            self.forget_oldest();
        }
        let key = (channel, nonce);
        self.sent.insert(key.clone(), Sent { message, at });
        self.list.push_back((key, at));
    }

    /// The message that went out under this nonce not long ago.
    pub(super) fn find(&self, channel: ChannelId, nonce: &Nonce, now: u64) -> Option<MessageId> {
        let sent = self.sent.get(&(channel, nonce.clone()))?;
        (sent.at + REMEMBERED_MS > now).then_some(sent.message)
    }

    fn forget_oldest(&mut self) {
        let Some((key, at)) = self.list.pop_front() else { return };
        // A later message may have taken the nonce over.
        if self.sent.get(&key).is_some_and(|sent| sent.at == at) {
            self.sent.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_remembered_for_minutes_in_its_channel() {
        let (here, there) = (ChannelId::new(1), ChannelId::new(2));
        let nonce = Nonce::Text("n".to_owned());
        let mut nonces = Nonces::default();
        nonces.remember(here, nonce.clone(), MessageId::new(7), 1_000);
        assert_eq!(nonces.find(here, &nonce, 200_000), Some(MessageId::new(7)));
        assert_eq!(nonces.find(there, &nonce, 200_000), None);
        assert_eq!(nonces.find(here, &Nonce::Number(1), 200_000), None);
        assert_eq!(nonces.find(here, &nonce, 301_000), None);
    }
}
