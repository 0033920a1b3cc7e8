//! What is said on Discord while nobody means the bot.

use serde_json::json;

use super::intents::Intents;
use crate::emulator::Emulator;
use crate::emulator::state::State;
use crate::emulator::wire::{Content, iso};
use crate::ids::{ChannelId, GuildId};

/// Events that may wait for the bot to read them.
const MOST_WAITING: u64 = 2_000;
/// Events written in one go.
const AT_ONCE: usize = 250;
/// People who talk.
const PEOPLE: usize = 997;

/// Something that concerns nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chatter {
    Message,
    Edit,
    Deletion,
    Typing,
}

/// Where something is said.
type Place = (GuildId, ChannelId);

impl Emulator {
    /// Tells the bot of so many messages that concern nobody: other people in guild channels, about 800 bytes each.
    /// Nothing is stored. They come as fast as the bot reads; returns when the last is written to its socket, or no
    /// session is connected any more. Says how many were told, over all sessions.
    pub async fn chatter(&self, count: usize) -> usize {
        self.chatter_of(&[Chatter::Message], count).await
    }

    /// As [`Self::chatter`], with these kinds in turn.
    pub async fn chatter_of(&self, kinds: &[Chatter], count: usize) -> usize {
        let places = self.read(places);
        let drained = self.read(|state| state.sessions.drained());
        let (mut next, mut told) = (0, 0);
        loop {
            let waiting = drained.notified();
            tokio::pin!(waiting);
            waiting.as_mut().enable();
            let backlog = self.act(|state| {
                let room = MOST_WAITING.saturating_sub(state.sessions.longest_backlog());
                let room = usize::try_from(room).unwrap_or(AT_ONCE).min(AT_ONCE);
                let end = if state.sessions.connected() == 0 { next } else { count.min(next + room) };
                told += (next..end).map(|number| tell(state, kinds, &places, number)).sum::<usize>();
                next = end;
                (state.sessions.connected() > 0).then(|| state.sessions.longest_backlog())
            });
            let Some(backlog) = backlog else { return told };
            if next >= count && backlog == 0 {
                return told;
            }
            if backlog >= MOST_WAITING || next >= count {
                tokio::select! {
                    () = waiting => {}
                    () = self.shutdown().begun() => return told,
                }
            } else {
                tokio::task::yield_now().await;
            }
        }
    }
}

/// One channel of each guild.
fn places(state: &State) -> Vec<Place> {
    let guilds = state.world.guilds.iter();
    guilds.filter_map(|guild| Some((guild.id, state.world.channels_of(guild.id).next()?.id))).collect()
}

/// Tells all sessions that would hear of the event. Returns how many there are.
fn tell(state: &mut State, kinds: &[Chatter], places: &[Place], number: usize) -> usize {
    let (Some(kind), Some(place)) = (turn(kinds, number), turn(places, number)) else { return 0 };
    let said = Said { id: state.next_id(), at: state.now(), place, author: number % PEOPLE };
    let portal = state.rules.message_content;
    let hearers = state.sessions.iter_mut().filter(|session| session.is_connected());
    let hearers = hearers.filter(|session| session.terms.intents.has(kind.needed()));
    let hearers = hearers.filter(|session| session.terms.shard.admits(Some(place.0)));
    hearers
        .map(|session| {
            let content = if portal { session.terms.intents.content() } else { Content::Withheld };
            let (name, body) = said.written(kind, content);
            session.tell(name, &body);
        })
        .count()
}

impl Chatter {
    const fn needed(self) -> Intents {
        match self {
            Self::Message | Self::Edit | Self::Deletion => Intents::GUILD_MESSAGES,
            Self::Typing => Intents::GUILD_TYPING,
        }
    }
}

fn turn<T: Copy>(list: &[T], number: usize) -> Option<T> {
    list.get(number.checked_rem(list.len())?).copied()
}

/// One event before it is written.
struct Said {
    id: u64,
    at: u64,
    place: Place,
    author: usize,
}

impl Said {
    fn written(&self, kind: Chatter, content: Content) -> (&'static str, String) {
        let (guild, channel) = self.place;
        match kind {
            Chatter::Message => ("MESSAGE_CREATE", self.message(content, "null")),
            Chatter::Edit => {
                let edited = format!("\"{}\"", iso(self.at));
                ("MESSAGE_UPDATE", self.message(content, &edited))
            }
            Chatter::Deletion => {
                let body = json!({ "id": self.id.to_string(), "channel_id": channel, "guild_id": guild });
                ("MESSAGE_DELETE", body.to_string())
            }
            Chatter::Typing => ("TYPING_START", self.typing()),
        }
    }

    /// Written by hand, because a million of them are.
    fn message(&self, content: Content, edited: &str) -> String {
        let Self { id, at, place: (guild, channel), author } = self;
        let text = match content {
            Content::Granted => {
                "I would not have thought that the ferry goes on a day like this one, but there it was, and \
                 nobody on board looked as if it was anything out of the ordinary. Shall we try again tomorrow?"
            }
            Content::Withheld => "",
        };
        let time = iso(*at);
        let (member, user) = (MEMBER, user(*author));
        format!(
            r#"{{"type":0,"tts":false,"timestamp":"{time}","pinned":false,"nonce":"{id}","mentions":[],"mention_roles":[],"mention_everyone":false,"member":{{{member}}},"id":"{id}","flags":0,"embeds":[],"edited_timestamp":{edited},"content":"{text}","components":[],"channel_type":0,"channel_id":"{channel}","author":{user},"attachments":[],"guild_id":"{guild}"}}"#
        )
    }

    fn typing(&self) -> String {
        let Self { at, place: (guild, channel), author, .. } = self;
        let (seconds, id, member, user) = (at / 1_000, stranger(*author), MEMBER, user(*author));
        format!(
            r#"{{"user_id":"{id}","timestamp":{seconds},"member":{{"user":{user},{member}}},"guild_id":"{guild}","channel_id":"{channel}"}}"#
        )
    }
}

/// The fields of a member besides the user.
const MEMBER: &str = r#""roles":["1200000000000000001","1200000000000000002"],"premium_since":null,"pending":false,"nick":null,"mute":false,"joined_at":"2024-05-11T18:20:31.443000+00:00","flags":0,"deaf":false,"communication_disabled_until":null,"banner":null,"avatar":null"#;

/// People of whom nothing else is known.
fn stranger(number: usize) -> u64 {
    1_250_000_000_000_000_000 + number as u64
}

fn user(number: usize) -> String {
    let id = stranger(number);
    format!(
        r#"{{"username":"passer.by.{number}","public_flags":0,"primary_guild":null,"id":"{id}","global_name":"Passer-by {number}","discriminator":"0","collectibles":null,"avatar_decoration_data":null,"avatar":"8342729096ea3675442027381ff50dfe"}}"#
    )
}
