//! Who looks at what: the frame in which everything on the page is drawn.

use serde::Serialize;

use super::commands::{self, Command};
use super::markup::Names;
use super::{Shared, answering};
use crate::emulator::Emulator;
use crate::emulator::world::{Channel, ChannelKind, Permissions, User, World};
use crate::ids::{ChannelId, UserId};

pub(super) struct Scene {
    pub(super) world: World,
    pub(super) viewer: UserId,
    pub(super) channel: ChannelId,
    pub(super) names: Names,
}

/// What the page's script knows.
#[derive(Serialize)]
pub(super) struct Facts {
    channel: ChannelId,
    #[serde(rename = "as")]
    viewer: UserId,
    bot: UserId,
    title: String,
    direct: bool,
    /// Whether the viewer may choose who answers here.
    chooses: bool,
    people: Vec<Known>,
    roles: Vec<Known>,
    channels: Vec<Known>,
    commands: Vec<Command>,
    /// Why nobody would answer now.
    absence: Option<String>,
}

#[derive(Serialize)]
struct Known {
    id: String,
    name: String,
    bot: bool,
    kind: &'static str,
}

impl Scene {
    /// The scene asked for as nearly as there is one; `None` when nobody may look at anything.
    pub(super) fn near(
        emulator: &Emulator,
        channel: Option<ChannelId>,
        viewer: Option<UserId>,
    ) -> Option<Self> {
        let world = emulator.world();
        let viewer =
            viewer.filter(|viewer| is_person(&world, *viewer)).or_else(|| Some(people(&world).next()?.id))?;
        let asked = channel.filter(|channel| world.can_view(viewer, *channel));
        // Whoever looked at somebody else's direct messages wants their own.
        let was_direct = channel.and_then(|channel| world.channel(channel)).is_some_and(Channel::is_direct);
        let own = was_direct.then(|| world.direct_of(viewer)).flatten().map(|channel| channel.id);
        let first = || {
            world.channels.iter().find(|channel| world.can_view(viewer, channel.id)).map(|channel| channel.id)
        };
        let channel = asked.or(own).or_else(first)?;
        let names = names(&world);
        Some(Self { world, viewer, channel, names })
    }

    /// The scene asked for and no other.
    pub(super) fn exact(emulator: &Emulator, channel: ChannelId, viewer: UserId) -> Option<Self> {
        Self::near(emulator, Some(channel), Some(viewer))
            .filter(|scene| (scene.channel, scene.viewer) == (channel, viewer))
    }

    pub(super) fn people(&self) -> impl Iterator<Item = &User> {
        people(&self.world)
    }

    pub(super) fn current(&self) -> Option<&Channel> {
        self.world.channel(self.channel)
    }

    pub(super) fn is_direct(&self) -> bool {
        self.current().is_some_and(Channel::is_direct)
    }

    pub(super) fn bot_name(&self) -> &str {
        self.world.user(self.world.bot).map_or("the bot", User::display_name)
    }

    /// How the current channel is called in a sentence and in the window's title.
    pub(super) fn title(&self) -> String {
        self.current().map_or_else(String::new, |channel| self.title_of(channel))
    }

    pub(super) fn title_of(&self, channel: &Channel) -> String {
        match channel.kind {
            ChannelKind::Direct { .. } => self.bot_name().to_owned(),
            ChannelKind::Thread(_) => channel.name.clone(),
            ChannelKind::Text { .. } => format!("#{}", channel.name),
        }
    }

    /// Whether the viewer may delete what others wrote.
    pub(super) fn may_tidy(&self) -> bool {
        let permissions = self.world.permissions(self.viewer, self.channel);
        !self.is_direct() && permissions.contains(Permissions::MANAGE_MESSAGES)
    }

    pub(super) fn manages(&self, user: UserId) -> bool {
        let may = |guild| self.world.guild_permissions(user, guild).contains(Permissions::MANAGE_GUILD);
        self.world.guilds.iter().any(|guild| may(guild.id))
    }

    pub(super) fn facts(&self, shared: &Shared) -> Facts {
        let here = |user: &&User| self.world.can_view(user.id, self.channel);
        let visible =
            |channel: &&Channel| !channel.is_direct() && self.world.can_view(self.viewer, channel.id);
        let roles = self.world.guilds.iter().flat_map(|guild| &guild.roles).filter(|role| role.mentionable);
        Facts {
            channel: self.channel,
            viewer: self.viewer,
            bot: self.world.bot,
            title: self.title(),
            direct: self.is_direct(),
            chooses: self.is_direct() || self.manages(self.viewer),
            people: self.world.users.iter().filter(here).map(known_user).collect(),
            roles: roles.map(|role| known(role.id.get(), &role.name, "role")).collect(),
            channels: self.world.channels.iter().filter(visible).map(known_channel).collect(),
            commands: commands::flatten(&shared.playground.emulator.commands()),
            absence: answering::absence(shared, self.bot_name()),
        }
    }
}

/// Those as whom one may type: people who have direct messages with the bot.
fn people(world: &World) -> impl Iterator<Item = &User> {
    world.users.iter().filter(|user| is_person(world, user.id))
}

fn is_person(world: &World, user: UserId) -> bool {
    world.user(user).is_some_and(|user| !user.bot) && world.direct_of(user).is_some()
}

fn names(world: &World) -> Names {
    let roles = world.guilds.iter().flat_map(|guild| &guild.roles);
    Names {
        users: world.users.iter().map(|user| (user.id.get(), user.display_name().to_owned())).collect(),
        channels: world.channels.iter().map(|channel| (channel.id.get(), channel.name.clone())).collect(),
        roles: roles.map(|role| (role.id.get(), role.name.clone())).collect(),
    }
}

fn known_user(user: &User) -> Known {
    Known { bot: user.bot, ..known(user.id.get(), user.display_name(), "person") }
}

fn known_channel(channel: &Channel) -> Known {
    known(channel.id.get(), &channel.name, if channel.is_thread() { "thread" } else { "channel" })
}

fn known(id: u64, name: &str, kind: &'static str) -> Known {
    Known { id: id.to_string(), name: name.to_owned(), bot: false, kind }
}
