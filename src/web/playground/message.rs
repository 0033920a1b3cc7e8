//! One message, drawn for one viewer.

use maud::{Markup, html};

use super::markup::{preview, render, stamp, without_overrides};
use super::scene::Scene;
use super::{avatar, mentions};
use crate::emulator::{
    AuthorView, Button, ButtonAction, ButtonStyle, Emulator, InteractionLine, InteractionView, MessageView,
};

/// How much of the message that is answered is quoted, in characters.
const QUOTE: usize = 140;

pub(super) fn show(scene: &Scene, emulator: &Emulator, message: &MessageView) -> Markup {
    let own = message.author.id == scene.viewer;
    let ours = message.author.id == scene.world.bot;
    html! {
        article.message data-message-id=(message.id) tabindex="-1"
            aria-label=(without_overrides(&message.author.name))
            data-author=(message.author.id) data-name=(without_overrides(&message.author.name)) data-at=(message.created_at)
            data-own[own] data-ours[ours] data-private[message.ephemeral] data-pending[message.pending]
            data-source=[own.then(|| mentions::decode(&message.content, &scene.names))] {
            @if let Some(line) = &message.interaction { (asked(scene, line)) }
            @else if let Some(quoted) = message.reply_to { (quote(scene, emulator.message(quoted).as_ref())) }
            (portrait(scene, &message.author))
            div.said {
                (byline(message))
                (content(scene, message))
                @for row in &message.components { (buttons(row)) }
                p.under {
                    @if message.ephemeral { span { "Only you can see this" } }
                    // A reply that streams is edited all the time.
                    @if message.edited && !ours { span { "edited" } }
                    @if ours { span.figures {} }
                }
            }
            (tools(scene, message, own))
        }
    }
}

/// A command or a button that the bot let run out.
pub(super) fn unanswered(scene: &Scene, interaction: &InteractionView) -> Markup {
    let what =
        interaction.command.as_ref().map_or_else(|| "The button".into(), |command| format!("/{command}"));
    html! {
        p.note data-failed { (what) ": " (without_overrides(scene.bot_name())) " did not respond within three seconds." }
    }
}

fn portrait(scene: &Scene, author: &AuthorView) -> Markup {
    match author {
        _ if author.id == scene.world.bot => avatar::prism(author.color),
        AuthorView { bot: true, .. } => avatar::bot(&author.name, author.color),
        AuthorView { bot: false, .. } => avatar::person(&author.name, author.color),
    }
}

fn byline(message: &MessageView) -> Markup {
    html! {
        p.by {
            strong { bdi { (without_overrides(&message.author.name)) } }
            @if message.author.bot { span.tag { "bot" } }
            (stamp((message.created_at / 1000).cast_signed(), 't'))
        }
    }
}

fn content(scene: &Scene, message: &MessageView) -> Markup {
    html! {
        @if message.pending {
            p.note { (dots()) (without_overrides(&message.author.name)) " is thinking…" }
        } @else {
            div.text dir="auto" { (render(&message.content, &scene.names)) }
        }
    }
}

pub(super) fn dots() -> Markup {
    html! { span.dots aria-hidden="true" { i {} i {} i {} } }
}

fn asked(scene: &Scene, line: &InteractionLine) -> Markup {
    let user = scene.names.users.get(&line.user.get()).map_or("someone", String::as_str);
    html! {
        div.quoted {
            strong { bdi { (without_overrides(user)) } }
            span { @match &line.name { Some(name) => { "used /" (name) } None => { "pressed a button" } } }
        }
    }
}

fn quote(scene: &Scene, quoted: Option<&MessageView>) -> Markup {
    let Some(quoted) = quoted.filter(|quoted| quoted.only_for.is_none_or(|only| only == scene.viewer)) else {
        return html! { div.quoted { span { em { "The message was deleted." } } } };
    };
    html! {
        button.quoted type="button" data-action="jump" data-to=(quoted.id) {
            strong { bdi { (without_overrides(&quoted.author.name)) } }
            span dir="auto" { (preview(&quoted.content, &scene.names, QUOTE)) }
        }
    }
}

fn buttons(row: &[Button]) -> Markup {
    html! {
        div.button-row { @for button in row { (self::button(button)) } }
    }
}

fn button(button: &Button) -> Markup {
    let label = [button.emoji.as_deref(), button.label.as_deref()]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ");
    match &button.action {
        ButtonAction::Press(id) => html! {
            button type="button" data-action="press" data-custom-id=(id) data-style=(style(button.style))
                disabled[button.disabled] { (label) }
        },
        ButtonAction::Open(address) if address.starts_with("https://") || address.starts_with("http://") => {
            html! {
                a href=(address) target="_blank" rel="noopener nofollow noreferrer" { (label) " ↗" }
            }
        }
        ButtonAction::Open(_) => html! { button type="button" disabled { (label) } },
    }
}

const fn style(style: ButtonStyle) -> &'static str {
    match style {
        ButtonStyle::Primary => "primary",
        ButtonStyle::Secondary | ButtonStyle::Link => "secondary",
        ButtonStyle::Success => "success",
        ButtonStyle::Danger => "danger",
    }
}

fn tools(scene: &Scene, message: &MessageView, own: bool) -> Markup {
    if message.ephemeral {
        return html! {};
    }
    html! {
        div.tools {
            @if !message.pending { button type="button" data-action="reply" { "Reply" } }
            @if own { button type="button" data-action="edit" { "Edit" } }
            @if own || scene.may_tidy() { button type="button" data-action="delete" { "Delete" } }
        }
    }
}
