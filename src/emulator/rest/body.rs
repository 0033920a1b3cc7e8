//! Message bodies: drafts, edits and the lists inside them.

use serde_json::Value;

use super::form::{self, Form};
use super::{attachments, components};
use crate::emulator::attachment::Upload;
use crate::emulator::mentions::{Allowed, Choice};
use crate::emulator::message::{Flags, Nonce};
use crate::emulator::refusal::Refusal;
use crate::emulator::state::{Draft, Edit, ReplyTo};
use crate::emulator::world::RoleId;
use crate::ids::{MessageId, UserId};

const LONGEST_CONTENT: usize = 2_000;
const LONGEST_NONCE: usize = 25;
const MOST_EMBEDS: usize = 10;
const MOST_EMBED_CHARACTERS: usize = 6_000;
const MOST_MENTIONS: usize = 100;

/// A message into a channel.
pub(super) fn channel_draft(body: &Value, files: Vec<Upload>) -> Result<Draft, Refusal> {
    let mut draft = form::read(body, |form| draft(form, files, Allowed::everything()))?;
    let permitted = Flags::SUPPRESS_EMBEDS.with(Flags::SUPPRESS_NOTIFICATIONS).bits();
    draft.flags = Flags::from_bits(draft.flags.bits() & permitted);
    Ok(draft)
}

/// A message by the token of an interaction.
pub(super) fn answer_draft(form: &mut Form<'_>, files: Vec<Upload>) -> Draft {
    let mut draft = draft(form, files, Allowed::users_only());
    let permitted = Flags::SUPPRESS_EMBEDS.with(Flags::SUPPRESS_NOTIFICATIONS).with(Flags::EPHEMERAL).bits();
    draft.flags = Flags::from_bits(draft.flags.bits() & permitted);
    draft.reply = None;
    draft.enforce_nonce = false;
    draft
}

fn draft(form: &mut Form<'_>, files: Vec<Upload>, unsaid: Allowed) -> Draft {
    refuse_unknown_parts(form);
    Draft {
        content: content(form).unwrap_or_default(),
        nonce: nonce(form),
        enforce_nonce: form.flag("enforce_nonce").unwrap_or(false),
        embeds: embeds(form).unwrap_or_default(),
        components: components::rows(form).unwrap_or_default(),
        files: attachments::new(form, files),
        allowed: allowed(form).unwrap_or(unsaid),
        reply: form.inside("message_reference", reply).flatten(),
        flags: Flags::from_bits(form.number("flags").unwrap_or(0)),
        tts: form.flag("tts").unwrap_or(false),
    }
}

/// A change of a message in a channel; `unsaid` holds where the body says nothing about mentions.
pub(super) fn edit(form: &mut Form<'_>, files: Vec<Upload>, unsaid: Allowed) -> Edit {
    refuse_unknown_parts(form);
    // Null empties a part, a missing field leaves it.
    let emptied = |form: &Form<'_>, name: &str| form.has(name) && form.value(name).is_none();
    let content = if emptied(form, "content") { Some(String::new()) } else { content(form) };
    let embeds = if emptied(form, "embeds") { Some(Vec::new()) } else { embeds(form) };
    let components = if emptied(form, "components") { Some(Vec::new()) } else { components::rows(form) };
    let (files, kept) = attachments::changed(form, files);
    Edit {
        content,
        embeds,
        components,
        files,
        kept,
        allowed: allowed(form).unwrap_or(unsaid),
        suppress_embeds: form.number("flags").map(|bits| Flags::from_bits(bits).has(Flags::SUPPRESS_EMBEDS)),
    }
}

/// Parts of a message that the emulator does not have: better refused than lost.
fn refuse_unknown_parts(form: &mut Form<'_>) {
    for name in ["poll", "sticker_ids", "files"] {
        let is_empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
        if form.value(name).is_some_and(|value| !is_empty(value)) {
            form.fault(name, "EMULATOR_UNSUPPORTED", "The emulator has no such part of a message.");
        }
    }
}

fn content(form: &mut Form<'_>) -> Option<String> {
    form.text("content", 0..=LONGEST_CONTENT).map(|text| text.trim().to_owned())
}

fn nonce(form: &mut Form<'_>) -> Option<Nonce> {
    match form.value("nonce")? {
        Value::Number(number) => number.as_i64().map(Nonce::Number),
        _ => form.text("nonce", 0..=LONGEST_NONCE).map(Nonce::Text),
    }
}

fn reply(form: &mut Form<'_>) -> Option<ReplyTo> {
    form.require("message_id");
    let message = MessageId::new(form.snowflake("message_id")?);
    Some(ReplyTo { message, must_exist: form.flag("fail_if_not_exists").unwrap_or(true) })
}

fn allowed(form: &mut Form<'_>) -> Option<Allowed> {
    form.inside("allowed_mentions", |form| {
        let parsed = parse_list(form);
        let parses = |kind: &str| parsed.contains(&kind);
        let users = list(form, "users", parses("users"), UserId::new);
        let roles = list(form, "roles", parses("roles"), RoleId::new);
        let replied_user = form.flag("replied_user").unwrap_or(false);
        Allowed { users, roles, everyone: parses("everyone"), replied_user }
    })
}

fn parse_list<'a>(form: &mut Form<'a>) -> Vec<&'a str> {
    let list = form.list("parse", MOST_MENTIONS).map(Vec::as_slice).unwrap_or_default();
    let known: Vec<_> = list
        .iter()
        .filter_map(Value::as_str)
        .filter(|kind| matches!(*kind, "users" | "roles" | "everyone"))
        .collect();
    if known.len() != list.len() {
        form.fault("parse", "BASE_TYPE_CHOICES", "Value must be one of {'users', 'roles', 'everyone'}.");
    }
    known
}

fn list<T>(form: &mut Form<'_>, name: &str, parsed: bool, id: fn(u64) -> T) -> Choice<T> {
    let named = form.snowflakes(name, MOST_MENTIONS).unwrap_or_default();
    if parsed && !named.is_empty() {
        let reason = format!("parse:[\"{name}\"] and {name}: [ids...] are mutually exclusive.");
        form.fault("", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", reason);
    }
    if parsed { Choice::All } else { Choice::Only(named.into_iter().map(id).collect()) }
}

fn embeds(form: &mut Form<'_>) -> Option<Vec<Value>> {
    let mut characters = 0;
    let embeds = form.each("embeds", MOST_EMBEDS, |form| {
        characters += check_embed(form);
        let mut embed = form.whole();
        embed["type"] = "rich".into();
        Some(embed)
    });
    if characters > MOST_EMBED_CHARACTERS {
        let reason = format!("Embed size exceeds maximum size of {MOST_EMBED_CHARACTERS}");
        form.fault("embeds", "MAX_EMBED_SIZE_EXCEEDED", reason);
    }
    embeds
}

/// Checks the lengths of one embed and returns how many characters count.
fn check_embed(form: &mut Form<'_>) -> usize {
    let mut characters = length(form.text("title", 0..=256)) + length(form.text("description", 0..=4_096));
    characters += form.inside("footer", |form| length(form.text("text", 0..=2_048))).unwrap_or(0);
    characters += form.inside("author", |form| length(form.text("name", 0..=256))).unwrap_or(0);
    let fields = form.each("fields", 25, |form| {
        let (name, value) = (form.required_text("name", 1..=256), form.required_text("value", 1..=1_024));
        Some(name.chars().count() + value.chars().count())
    });
    characters + fields.unwrap_or_default().iter().sum::<usize>()
}

fn length(text: Option<String>) -> usize {
    text.map_or(0, |text| text.chars().count())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn faults(body: &Value) -> Vec<String> {
        match channel_draft(body, Vec::new()) {
            Err(Refusal::Form(faults)) => faults
                .iter()
                .flat_map(|(path, own)| own.iter().map(move |fault| format!("{path} {}", fault.code)))
                .collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        assert!(channel_draft(&json!({ "content": "é".repeat(2_000) }), Vec::new()).is_ok());
        assert_eq!(faults(&json!({ "content": "é".repeat(2_001) })), ["content BASE_TYPE_MAX_LENGTH"]);
        assert_eq!(faults(&json!({ "nonce": "n".repeat(26) })), ["nonce BASE_TYPE_MAX_LENGTH"]);
    }

    #[test]
    fn all_faults_come_at_once_with_their_path() {
        let body = json!({
            "content": 7,
            "embeds": [{ "title": "t".repeat(257) }],
            "allowed_mentions": { "parse": ["users"], "users": ["1"] },
        });
        assert_eq!(
            faults(&body),
            [
                "allowed_mentions MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                "content BASE_TYPE_INVALID",
                "embeds.0.title BASE_TYPE_MAX_LENGTH",
            ]
        );
    }

    #[test]
    fn silence_about_mentions_is_not_an_empty_list() {
        assert_eq!(
            channel_draft(&json!({ "content": "a" }), Vec::new()).unwrap().allowed,
            Allowed::everything()
        );
        let none =
            channel_draft(&json!({ "content": "a", "allowed_mentions": {} }), Vec::new()).unwrap().allowed;
        assert_eq!(none.users, Choice::NONE);
        assert!(!none.everyone && !none.replied_user);
    }

    #[test]
    fn a_null_empties_and_a_missing_field_leaves() {
        let read =
            |body: &Value| form::read(body, |form| edit(form, Vec::new(), Allowed::everything())).unwrap();
        assert_eq!(read(&json!({ "content": null })).content.as_deref(), Some(""));
        assert_eq!(read(&json!({ "components": [] })).content, None);
        assert_eq!(read(&json!({ "components": [] })).components, Some(vec![]));
    }
}
