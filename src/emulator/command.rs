//! Slash commands as the bot registered them.

use serde_json::Value;

use super::world::Permissions;
use crate::ids::GuildId;

/// A registered command.
#[derive(Clone, Debug)]
pub(super) struct Command {
    pub(super) id: u64,
    /// None when it is registered everywhere.
    pub(super) guild: Option<GuildId>,
    pub(super) kind: CommandKind,
    pub(super) name: String,
    pub(super) options: Vec<CommandOption>,
    pub(super) nsfw: bool,
    /// What a member needs to see it; None: nothing.
    pub(super) needs: Option<Permissions>,
    pub(super) places: Vec<Place>,
    /// The body as it came, for the fields that nothing here reads.
    pub(super) body: Value,
    pub(super) version: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum CommandKind {
    Slash,
    User,
    Message,
}

/// Where a command can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Guild,
    BotDirect,
    /// Direct messages of other people: the emulator has none.
    OtherDirect,
}

#[derive(Clone, Debug, Default)]
pub(super) struct CommandOption {
    pub(super) kind: OptionKind,
    pub(super) name: String,
    pub(super) required: bool,
    pub(super) autocomplete: bool,
    pub(super) choices: Vec<Choice>,
    /// Of a subcommand or group.
    pub(super) options: Vec<CommandOption>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum OptionKind {
    Subcommand,
    Group,
    #[default]
    Text,
    Integer,
    Boolean,
    User,
    Channel,
    Role,
    Mentionable,
    Number,
    Attachment,
}

/// A value that is offered, with the words that name it.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    pub name: String,
    /// A string or a number.
    pub value: Value,
}

impl CommandKind {
    pub(super) const fn number(self) -> u64 {
        match self {
            Self::Slash => 1,
            Self::User => 2,
            Self::Message => 3,
        }
    }

    pub(super) const fn from_number(number: u64) -> Option<Self> {
        match number {
            1 => Some(Self::Slash),
            2 => Some(Self::User),
            3 => Some(Self::Message),
            _ => None,
        }
    }
}

impl OptionKind {
    const ALL: [Self; 11] = [
        Self::Subcommand,
        Self::Group,
        Self::Text,
        Self::Integer,
        Self::Boolean,
        Self::User,
        Self::Channel,
        Self::Role,
        Self::Mentionable,
        Self::Number,
        Self::Attachment,
    ];

    pub(super) fn number(self) -> u64 {
        Self::ALL.iter().zip(1..).find(|(kind, _)| **kind == self).map_or(0, |(_, number)| number)
    }

    pub(super) fn from_number(number: u64) -> Option<Self> {
        Self::ALL.iter().zip(1..).find(|(_, own)| *own == number).map(|(kind, _)| *kind)
    }

    pub(super) const fn is_subcommand(self) -> bool {
        matches!(self, Self::Subcommand | Self::Group)
    }

    /// Whether a client could send this value for an option of this kind.
    pub(super) fn admits(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::Number => value.is_number(),
            Self::Boolean => value.is_boolean(),
            Self::User | Self::Channel | Self::Role | Self::Mentionable | Self::Attachment => {
                value.as_str().is_some_and(|text| text.parse::<u64>().is_ok())
            }
            Self::Subcommand | Self::Group => false,
        }
    }
}

impl Command {
    /// The options that are filled in after the words of `path` (none for a command without subcommands).
    pub(super) fn leaf(&self, path: &[&str]) -> Option<&[CommandOption]> {
        let mut options = self.options.as_slice();
        for word in path {
            let next = options.iter().find(|option| option.kind.is_subcommand() && option.name == *word)?;
            options = &next.options;
        }
        let unfinished = options.iter().any(|option| option.kind.is_subcommand());
        (!unfinished).then_some(options)
    }
}

/// All registered commands: a guild's own stand beside the global ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Commands {
    list: Vec<Command>,
}

impl Commands {
    /// Puts `commands` in place of all that were registered for `guild` (None: globally).
    pub(super) fn replace(&mut self, guild: Option<GuildId>, commands: Vec<Command>) {
        self.list.retain(|command| command.guild != guild);
        self.list.extend(commands);
    }

    pub(super) fn of(&self, guild: Option<GuildId>) -> impl Iterator<Item = &Command> {
        self.list.iter().filter(move |command| command.guild == guild)
    }

    pub(super) fn all(&self) -> &[Command] {
        &self.list
    }

    /// The slash command a person means: the guild's own first.
    pub(super) fn slash(&self, guild: Option<GuildId>, name: &str) -> Option<&Command> {
        let named = |command: &&Command| command.kind == CommandKind::Slash && command.name == name;
        let own = guild.and_then(|guild| self.of(Some(guild)).find(named));
        own.or_else(|| self.of(None).find(named))
    }

    pub(super) fn get(&self, id: u64) -> Option<&Command> {
        self.list.iter().find(|command| command.id == id)
    }
}
