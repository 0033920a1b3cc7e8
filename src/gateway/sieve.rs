//! Drops events that nobody here listens to, before anything is made of them, and takes facts about channels straight
//! from the wire.

use std::collections::{BTreeSet, VecDeque};

use serde::Deserialize;

use super::channels::{Channels, Fact};
use crate::ids::{ChannelId, GuildId, MessageId, UserId};

/// So many messages that were passed on are remembered.
const REMEMBERED: usize = 1_024;
const CATEGORY: u8 = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Somebody here listens.
    Pass,
    Drop,
}

/// What decides: who we are, and what was passed on.
#[derive(Debug, Default)]
pub(super) struct Sieve {
    me: Option<UserId>,
    /// The same as it stands in events.
    written: String,
    /// Servers that are there: those that are away tell nothing.
    guilds: BTreeSet<GuildId>,
    passed: VecDeque<MessageId>,
    /// Every later message was seen here, and is remembered if it was passed on.
    known_after: Option<MessageId>,
}

#[derive(Deserialize)]
struct MessageHead {
    id: MessageId,
    guild_id: Option<GuildId>,
}

#[derive(Deserialize)]
struct GuildHead {
    id: GuildId,
    #[serde(default)]
    unavailable: bool,
    #[serde(default)]
    channels: Vec<ChannelHead>,
    #[serde(default)]
    threads: Vec<ChannelHead>,
}

#[derive(Deserialize)]
struct ChannelHead {
    id: ChannelId,
    /// Not inside of a guild.
    guild_id: Option<GuildId>,
    #[serde(rename = "type")]
    kind: u8,
    parent_id: Option<ChannelId>,
    #[serde(default)]
    nsfw: bool,
    thread_metadata: Option<ThreadHead>,
}

#[derive(Deserialize)]
struct ThreadHead {
    #[serde(default)]
    archived: bool,
}

#[derive(Deserialize)]
struct ThreadList {
    guild_id: GuildId,
    threads: Vec<ChannelHead>,
}

impl Sieve {
    /// A session has begun. `guilds`: those that the bot is in; each says more of itself soon. Forgets the others.
    pub(super) fn begin(&mut self, channels: &Channels, me: UserId, guilds: &[GuildId]) {
        (self.me, self.written) = (Some(me), me.to_string());
        let gone = std::mem::take(&mut self.guilds).into_iter().filter(|guild| !guilds.contains(guild));
        gone.for_each(|guild| channels.forget_guild(guild));
    }

    /// Whom to ask Discord for, and in which server. `None`: no server of this shard is there.
    pub(super) fn acquaintance(&self) -> Option<(GuildId, UserId)> {
        Some((*self.guilds.first()?, self.me?))
    }

    /// What handlers in `discord/` listen to passes; a new one must be named here.
    pub(super) fn judge(&mut self, channels: &Channels, name: &str, content: &str) -> Verdict {
        match name {
            "READY" | "RESUMED" | "INTERACTION_CREATE" | "MESSAGE_DELETE_BULK" => Verdict::Pass,
            "MESSAGE_CREATE" => self.message(content),
            "MESSAGE_DELETE" => self.deletion(content),
            _ => {
                self.take(channels, name, content);
                Verdict::Drop
            }
        }
    }

    /// A message in a server concerns us only if our id stands somewhere in it: a mention, or the author of the
    /// message that it replies to.
    fn message(&mut self, content: &str) -> Verdict {
        let names_us = memchr::memmem::find(content.as_bytes(), self.written.as_bytes()).is_some();
        let Ok(head) = serde_json::from_str::<MessageHead>(content) else { return Verdict::Drop };
        self.known_after.get_or_insert(head.id);
        if !names_us && head.guild_id.is_some() {
            return Verdict::Drop;
        }
        if self.passed.len() == REMEMBERED {
            self.known_after = self.known_after.max(self.passed.pop_front());
        }
        self.passed.push_back(head.id);
        Verdict::Pass
    }

    /// What was dropped before needs no thought when it is deleted.
    fn deletion(&self, content: &str) -> Verdict {
        let Ok(head) = serde_json::from_str::<MessageHead>(content) else { return Verdict::Drop };
        let was_seen = self.known_after.is_some_and(|known| head.id > known);
        if was_seen && !self.passed.contains(&head.id) { Verdict::Drop } else { Verdict::Pass }
    }

    /// What cannot be read is left out: such a channel is asked for when it matters.
    fn take(&mut self, channels: &Channels, name: &str, content: &str) {
        match name {
            "GUILD_CREATE" => self.guild_came(channels, content),
            "GUILD_DELETE" => self.guild_went(channels, content),
            "CHANNEL_CREATE" | "CHANNEL_UPDATE" | "THREAD_CREATE" | "THREAD_UPDATE" => {
                let head = serde_json::from_str::<ChannelHead>(content).ok();
                head.into_iter().for_each(|head| head.taken_in(channels));
            }
            "CHANNEL_DELETE" | "THREAD_DELETE" => {
                let head = serde_json::from_str::<ChannelHead>(content);
                head.into_iter().for_each(|head| channels.forget(head.id));
            }
            "THREAD_LIST_SYNC" => {
                let Ok(list) = serde_json::from_str::<ThreadList>(content) else { return };
                channels.learn_all(list.threads.iter().map(|thread| (thread.id, thread.fact(list.guild_id))));
            }
            _ => {}
        }
    }

    fn guild_came(&mut self, channels: &Channels, content: &str) {
        let Ok(guild) = serde_json::from_str::<GuildHead>(content) else { return };
        self.guilds.insert(guild.id);
        let heads = guild.channels.iter().chain(&guild.threads).filter(|head| head.is_place());
        channels.learn_all(heads.map(|head| (head.id, head.fact(guild.id))));
    }

    /// A server that is only away for a while comes back as it was.
    fn guild_went(&mut self, channels: &Channels, content: &str) {
        let Ok(guild) = serde_json::from_str::<GuildHead>(content) else { return };
        self.guilds.remove(&guild.id);
        if !guild.unavailable {
            channels.forget_guild(guild.id);
        }
    }
}

impl ChannelHead {
    /// Somebody can talk there. Archived threads say so themselves when they come to life again.
    fn is_place(&self) -> bool {
        self.kind != CATEGORY && !self.thread_metadata.as_ref().is_some_and(|thread| thread.archived)
    }

    fn taken_in(&self, channels: &Channels) {
        match self.guild_id.filter(|_| self.is_place()) {
            Some(guild) => channels.learn(self.id, self.fact(guild)),
            None => channels.forget(self.id),
        }
    }

    fn fact(&self, guild: GuildId) -> Fact {
        let is_thread = matches!(self.kind, 10..=12);
        Fact { guild, parent: self.parent_id.filter(|_| is_thread), age_restricted: self.nsfw }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::gateway::Standing;

    fn sieve() -> Sieve {
        let mut sieve = Sieve::default();
        sieve.begin(&Channels::default(), UserId::new(4_200), &[GuildId::new(10)]);
        sieve
    }

    fn judge(sieve: &mut Sieve, name: &str, content: serde_json::Value) -> Verdict {
        sieve.judge(&Channels::default(), name, &content.to_string())
    }

    fn message(content: serde_json::Value) -> Verdict {
        judge(&mut sieve(), "MESSAGE_CREATE", content)
    }

    #[test]
    fn talk_among_others_is_dropped() {
        let talk = json!({"id": "1", "guild_id": "10", "content": "lovely day", "mentions": []});
        assert_eq!(message(talk), Verdict::Drop);
        for name in
            ["TYPING_START", "PRESENCE_UPDATE", "MESSAGE_UPDATE", "GUILD_MEMBERS_CHUNK", "SOMETHING_NEW"]
        {
            assert_eq!(judge(&mut sieve(), name, json!({"id": "1"})), Verdict::Drop, "{name}");
        }
    }

    #[test]
    fn mentions_replies_and_direct_messages_pass() {
        let mention = json!({"id": "1", "guild_id": "10", "mentions": [{"id": "4200"}]});
        let reply = json!({"id": "1", "guild_id": "10", "referenced_message": {"author": {"id": "4200"}}});
        let direct = json!({"id": "1", "channel_id": "5", "content": "hello"});
        let forward = json!({"id": "1", "channel_id": "5", "message_reference": {"guild_id": "10"}});
        for passing in [mention, reply, direct, forward] {
            assert_eq!(message(passing.clone()), Verdict::Pass, "{passing}");
        }
        assert_eq!(judge(&mut sieve(), "INTERACTION_CREATE", json!({"guild_id": "10"})), Verdict::Pass);
    }

    #[test]
    fn a_deletion_passes_unless_its_message_was_dropped() {
        let mut sieve = sieve();
        let deletion = |id: u64| json!({"id": id.to_string(), "guild_id": "10", "channel_id": "5"});
        assert_eq!(judge(&mut sieve, "MESSAGE_DELETE", deletion(1)), Verdict::Pass, "nothing was seen yet");
        for (id, mentions) in [(100, json!([])), (101, json!([])), (102, json!([{"id": "4200"}]))] {
            let talk = json!({"id": id.to_string(), "guild_id": "10", "mentions": mentions});
            judge(&mut sieve, "MESSAGE_CREATE", talk);
        }
        for (id, verdict) in [(99, Verdict::Pass), (101, Verdict::Drop), (102, Verdict::Pass)] {
            assert_eq!(judge(&mut sieve, "MESSAGE_DELETE", deletion(id)), verdict, "{id}");
        }
    }

    #[test]
    fn what_was_passed_on_is_remembered_within_a_bound() {
        let mut sieve = sieve();
        for id in 1..=2 * REMEMBERED {
            judge(&mut sieve, "MESSAGE_CREATE", json!({"id": id.to_string()}));
        }
        assert_eq!(sieve.passed.len(), REMEMBERED);
        let forgotten = json!({"id": "7", "guild_id": "10"});
        assert_eq!(judge(&mut sieve, "MESSAGE_DELETE", forgotten), Verdict::Pass, "the store knows better");
    }

    #[test]
    fn facts_are_kept_current_from_events() {
        let (channels, mut sieve) = (Channels::default(), sieve());
        let mut hear = |name: &str, content: serde_json::Value| {
            assert_eq!(sieve.judge(&channels, name, &content.to_string()), Verdict::Drop);
        };
        hear(
            "GUILD_CREATE",
            json!({"id": "10",
            "channels": [{"id": "20", "type": 0, "parent_id": "9", "nsfw": true}, {"id": "21", "type": 2}],
            "threads": [{"id": "30", "type": 11, "parent_id": "20"}]}),
        );
        let standing = |id| channels.standing(ChannelId::new(id));
        assert_eq!(standing(20), Some(Standing { parent: None, age_restricted: true }));
        assert_eq!(standing(30), Some(Standing { parent: Some(ChannelId::new(20)), age_restricted: true }));
        hear("CHANNEL_UPDATE", json!({"id": "20", "guild_id": "10", "type": 0, "nsfw": false}));
        assert!(!standing(30).unwrap().age_restricted);
        hear("THREAD_DELETE", json!({"id": "30", "guild_id": "10", "type": 11, "parent_id": "20"}));
        assert_eq!(standing(30), None);
        hear(
            "THREAD_LIST_SYNC",
            json!({"guild_id": "10", "threads": [{"id": "31", "type": 12, "parent_id": "20"}]}),
        );
        assert!(standing(31).is_some());
        hear("CHANNEL_CREATE", json!({"id": "40", "guild_id": "10", "type": 4}));
        assert_eq!(standing(40), None, "nobody talks in a category");
        let archived =
            json!({"id": "31", "guild_id": "10", "type": 11, "thread_metadata": {"archived": true}});
        hear("THREAD_UPDATE", archived);
        assert_eq!(standing(31), None);
        hear("GUILD_DELETE", json!({"id": "10", "unavailable": true}));
        assert!(standing(20).is_some(), "an outage forgets nothing");
        hear("GUILD_DELETE", json!({"id": "10"}));
        assert!(channels.is_empty());
        assert_eq!(sieve.acquaintance(), None);
    }
}
