//! The left rail: channels, their threads, direct messages.

use maud::{Markup, html};

use super::avatar;
use super::markup::without_overrides;
use super::scene::Scene;
use crate::emulator::world::{Channel, ChannelKind, Guild};

pub(super) fn show(scene: &Scene) -> Markup {
    html! {
        @for guild in &scene.world.guilds { (server(scene, guild)) }
        h3 { "Direct messages" }
        ul { @if let Some(direct) = scene.world.direct_of(scene.viewer) { (entry(scene, direct)) } }
    }
}

fn server(scene: &Scene, guild: &Guild) -> Markup {
    let visible = |channel: &&Channel| scene.world.can_view(scene.viewer, channel.id);
    let channels: Vec<_> = scene.world.channels_of(guild.id).filter(visible).collect();
    html! {
        h2 { (without_overrides(&guild.name)) }
        ul {
            @for channel in channels.iter().filter(|channel| !channel.is_thread()) {
                (entry(scene, channel))
                @for thread in channels.iter().filter(|thread| thread.parent() == Some(channel.id)) {
                    (entry(scene, thread))
                }
            }
        }
    }
}

fn entry(scene: &Scene, channel: &Channel) -> Markup {
    let title = scene.title_of(channel);
    let address = format!("/playground?channel={}&as={}", channel.id, scene.viewer);
    let current = (channel.id == scene.channel).then_some("page");
    html! {
        li class=[channel.is_thread().then_some("thread")] {
            a href=(address) data-channel-id=(channel.id) data-title=(title) aria-current=[current] {
                (mark(scene, channel))
                bdi { (without_overrides(title.trim_start_matches('#'))) }
                @if channel.nsfw { span.aged title="Age-restricted" { "18+" } }
            }
        }
    }
}

fn mark(scene: &Scene, channel: &Channel) -> Markup {
    match channel.kind {
        ChannelKind::Text { .. } => html! { span.mark aria-hidden="true" { "#" } },
        ChannelKind::Thread(_) => html! { span.mark aria-hidden="true" { "↳" } span.unseen { "thread: " } },
        ChannelKind::Direct { .. } => {
            avatar::prism(scene.world.user(scene.world.bot).map_or(0, |bot| bot.color))
        }
    }
}
