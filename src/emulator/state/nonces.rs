//! Which messages were sent under which nonce, for `enforce_nonce`.

use std::collections::VecDeque;

use crate::emulator::message::Nonce;
use crate::ids::{ChannelId, MessageId};

/// "The past few minutes".
const REMEMBERED_MS: u64 = 5 * 60 * 1_000;
const KEPT: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct Nonces {
    list: VecDeque<Sent>,
}

#[derive(Debug)]
struct Sent {
    channel: ChannelId,
    nonce: Nonce,
    message: MessageId,
    at: u64,
}

impl Nonces {
    pub(super) fn remember(&mut self, channel: ChannelId, nonce: Nonce, message: MessageId, at: u64) {
        while self.list.front().is_some_and(|sent| sent.at + REMEMBERED_MS <= at) || self.list.len() >= KEPT {
            self.list.pop_front();
        }
        self.list.push_back(Sent { channel, nonce, message, at });
    }

    /// The message that went out under this nonce not long ago.
    pub(super) fn find(&self, channel: ChannelId, nonce: &Nonce, now: u64) -> Option<MessageId> {
        let same =
            |sent: &&Sent| sent.channel == channel && sent.nonce == *nonce && sent.at + REMEMBERED_MS > now;
        self.list.iter().rev().find(same).map(|sent| sent.message)
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
