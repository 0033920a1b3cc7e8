//! Decides whether a message is meant for the bot, and what it says. Pure.

use std::fmt;

use serenity::model::channel::{Message, MessageType};

use crate::chat::Speaker;
use crate::ids::{MessageId, UserId};

/// What a message is to the bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Meant for somebody else.
    NotForUs,
    /// A reply to the bot whose text Discord keeps from it: one without a ping, or one to an answer to a command.
    Unreadable {
        pings: bool,
    },
    Addressed(Said),
}

/// A message that is meant for the bot.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) speaker: Speaker,
    pub(crate) text: String,
    pub(crate) replies_to: Option<MessageId>,
}

/// Without what was said: it may not reach a log.
impl fmt::Debug for Said {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Said")
            .field("speaker", &self.speaker)
            .field("replies_to", &self.replies_to)
            .finish_non_exhaustive()
    }
}

/// `me`: the bot's own user.
pub(crate) fn judge(message: &Message, me: UserId) -> Verdict {
    let ordinary = matches!(message.kind, MessageType::Regular | MessageType::InlineReply);
    // Ephemeral answers arrive like direct messages, but their author is a bot: us.
    if !ordinary || message.author.bot || message.webhook_id.is_some() {
        return Verdict::NotForUs;
    }
    let answered = message.referenced_message.as_deref().filter(|_| message.kind == MessageType::InlineReply);
    let answers_us = answered.is_some_and(|message| message.author.id.get() == me.get());
    let mentions_us = message.mentions.iter().any(|user| user.id.get() == me.get());
    let is_direct = message.guild_id.is_none();
    if answers_us && !is_direct && says_nothing(message) {
        return Verdict::Unreadable { pings: mentions_us };
    }
    if is_direct || mentions_us || answers_us {
        return Verdict::Addressed(said(message, me));
    }
    Verdict::NotForUs
}

/// Nobody can send a message with nothing at all in it: Discord has kept its content back.
fn says_nothing(message: &Message) -> bool {
    message.content.is_empty()
        && message.attachments.is_empty()
        && message.sticker_items.is_empty()
        && message.poll.is_none()
}

fn said(message: &Message, me: UserId) -> Said {
    let replies_to = message.message_reference.as_ref().filter(|_| message.kind == MessageType::InlineReply);
    Said {
        speaker: speaker(message),
        text: with_files(text(message, me), message.attachments.len()),
        replies_to: replies_to.and_then(|reference| reference.message_id).map(|id| MessageId::new(id.get())),
    }
}

/// The name that people see in this place: nickname, display name, user name.
fn speaker(message: &Message) -> Speaker {
    let author = &message.author;
    let nickname = message.member.as_ref().and_then(|member| member.nick.as_deref());
    let name = nickname.or(author.global_name.as_deref()).unwrap_or(&author.name);
    Speaker::new(UserId::new(author.id.get()), name)
}

/// The content without the mention that addresses the bot, other people's mentions as names.
fn text(message: &Message, me: UserId) -> String {
    let mut text = message.content.clone();
    for mention in [format!("<@{me}>"), format!("<@!{me}>")] {
        text = text.replace(&mention, "");
    }
    for user in &message.mentions {
        // Cleaned like a speaker's: it stands among somebody else's words.
        let name =
            Speaker::new(UserId::new(user.id.get()), user.global_name.as_deref().unwrap_or(&user.name)).name;
        for mention in [format!("<@{}>", user.id), format!("<@!{}>", user.id)] {
            text = text.replace(&mention, &format!("@{name}"));
        }
    }
    text.trim().to_owned()
}

/// Files are not read yet, but whoever answers must not pretend that nothing was sent.
fn with_files(text: String, files: usize) -> String {
    let note = match files {
        0 => return text,
        1 => "(sent 1 file that cannot be read yet)".to_owned(),
        files => format!("(sent {files} files that cannot be read yet)"),
    };
    if text.is_empty() { note } else { format!("{text}\n{note}") }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ME: UserId = UserId::new(42);

    fn message(changes: Value) -> Message {
        let mut body = json!({
            "id": "900", "channel_id": "100", "guild_id": "10", "type": 0, "content": "<@42> hello",
            "author": user(7, "kim", "Kim"), "timestamp": "2026-01-01T00:00:00+00:00", "edited_timestamp": null,
            "tts": false, "mention_everyone": false, "mentions": [user(42, "prism", "Prism")], "mention_roles": [],
            "attachments": [], "embeds": [], "pinned": false,
        });
        for (key, value) in changes.as_object().unwrap() {
            body[key] = value.clone();
        }
        serde_json::from_value(body).unwrap()
    }

    fn user(id: u64, name: &str, display: &str) -> Value {
        json!({"id": id.to_string(), "username": name, "global_name": display, "discriminator": "0", "avatar": null})
    }

    fn text_of(verdict: &Verdict) -> &str {
        match verdict {
            Verdict::Addressed(said) => &said.text,
            other => panic!("not addressed: {other:?}"),
        }
    }

    #[test]
    fn a_mention_is_for_us_and_leaves_the_text() {
        assert_eq!(text_of(&judge(&message(json!({})), ME)), "hello");
        let middle = message(json!({"content": "hello <@!42>, and <@8> too",
            "mentions": [user(42, "prism", "Prism"), user(8, "robin", "Robin")]}));
        assert_eq!(text_of(&judge(&middle, ME)), "hello , and @Robin too");
        assert_eq!(text_of(&judge(&message(json!({"content": " <@42> "})), ME)), "");
    }

    #[test]
    fn chatter_bots_webhooks_and_system_messages_are_not() {
        let mut bot = user(7, "other", "Other");
        bot["bot"] = json!(true);
        for changes in [
            json!({"content": "hello all", "mentions": []}),
            json!({"author": bot}),
            json!({"webhook_id": "5"}),
            json!({"type": 6}),
        ] {
            assert_eq!(judge(&message(changes.clone()), ME), Verdict::NotForUs, "{changes}");
        }
    }

    #[test]
    fn a_reply_needs_readable_text() {
        let answered = json!({"id": "800", "channel_id": "100", "type": 0, "content": "hi", "author": user(42, "prism", "Prism"),
            "timestamp": "2026-01-01T00:00:00+00:00", "edited_timestamp": null, "tts": false, "mention_everyone": false,
            "mentions": [], "mention_roles": [], "attachments": [], "embeds": [], "pinned": false});
        let reply = |content: &str, pings: bool| {
            let mentions = if pings { json!([user(42, "prism", "Prism")]) } else { json!([]) };
            message(
                json!({"type": 19, "content": content, "mentions": mentions, "referenced_message": answered,
                "message_reference": {"message_id": "800", "channel_id": "100"}}),
            )
        };
        for pings in [false, true] {
            assert_eq!(judge(&reply("", pings), ME), Verdict::Unreadable { pings });
        }
        for (content, pings) in [("more", true), ("more", false)] {
            let Verdict::Addressed(said) = judge(&reply(content, pings), ME) else { panic!("not addressed") };
            assert_eq!(said.replies_to, Some(MessageId::new(800)));
        }
    }

    #[test]
    fn files_are_told_of() {
        let file = |id: u32| {
            json!({"id": id.to_string(), "filename": "tea.png", "size": 1, "url": "https://cdn.invalid/1",
            "proxy_url": "https://cdn.invalid/1"})
        };
        let alone = message(json!({"content": "<@42>", "attachments": [file(1)]}));
        assert_eq!(text_of(&judge(&alone, ME)), "(sent 1 file that cannot be read yet)");
        let beside = message(json!({"content": "<@42> look", "attachments": [file(1), file(2)]}));
        assert_eq!(text_of(&judge(&beside, ME)), "look\n(sent 2 files that cannot be read yet)");
    }

    #[test]
    fn everything_in_a_direct_message_is_for_us() {
        assert_eq!(
            text_of(&judge(&message(json!({"guild_id": null, "content": "psst", "mentions": []})), ME)),
            "psst"
        );
    }

    #[test]
    fn the_nickname_comes_first() {
        let nicked = message(
            json!({"member": {"nick": "Kimmy", "roles": [], "joined_at": null, "deaf": false, "mute": false, "flags": 0}}),
        );
        let Verdict::Addressed(said) = judge(&nicked, ME) else { panic!("not addressed") };
        assert_eq!(said.speaker.name, "Kimmy");
    }
}
