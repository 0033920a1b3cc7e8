//! Identifiers. Discord's are snowflakes: unsigned 64-bit, the upper 42 bits are milliseconds since 2015.
//! Ours are rows of the store. All of them are strings in JSON, because JavaScript rounds 64-bit numbers.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Milliseconds between 1970 and the first millisecond of Discord's snowflakes.
pub const DISCORD_EPOCH_MS: u64 = 1_420_070_400_000;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($raw:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($raw);

        impl $name {
            pub const fn new(raw: $raw) -> Self {
                Self(raw)
            }

            pub const fn get(self) -> $raw {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl FromStr for $name {
            type Err = ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                #[derive(Deserialize)]
                #[serde(untagged)]
                enum Form {
                    Number($raw),
                    Text(String),
                }
                match Form::deserialize(deserializer)? {
                    Form::Number(raw) => Ok(Self(raw)),
                    Form::Text(text) => text.parse().map_err(serde::de::Error::custom),
                }
            }
        }
    };
}

macro_rules! snowflake {
    ($(#[$doc:meta])* $name:ident) => {
        id!($(#[$doc])* $name(u64));

        impl $name {
            /// SQLite's integers are signed; snowflakes stay below 2^63 until the year 2154.
            pub const fn to_row(self) -> i64 {
                self.0.cast_signed()
            }

            pub const fn from_row(raw: i64) -> Self {
                Self(raw.cast_unsigned())
            }

            /// When Discord made this id, in milliseconds since 1970.
            pub const fn created_at_ms(self) -> u64 {
                (self.0 >> 22) + DISCORD_EPOCH_MS
            }
        }
    };
}

snowflake!(
    /// A person or a bot.
    UserId
);
snowflake!(
    /// A guild channel, a thread or a direct-message channel.
    ChannelId
);
snowflake!(
    /// A server.
    GuildId
);
snowflake!(
    /// A message.
    MessageId
);
snowflake!(
    /// A slash command, a button press or an autocomplete request.
    InteractionId
);
snowflake!(
    /// The bot's application; webhook routes of interactions carry it.
    ApplicationId
);

id!(
    /// An audience: what is said inside is never read outside.
    ScopeId(i64)
);
id!(
    /// A scope with one persona.
    ConversationId(i64)
);
id!(
    /// One row of the journal: a trigger and what became of it.
    TurnId(i64)
);
id!(
    /// A row of the tree of a conversation. It carries its scope: `scope << 32 | seq`.
    EntryId(i64)
);

impl EntryId {
    pub const fn of(scope: ScopeId, seq: u32) -> Self {
        Self(scope.0 << 32 | seq as i64)
    }

    pub const fn scope(self) -> ScopeId {
        ScopeId(self.0 >> 32)
    }
}

/// The name of a persona's file without its ending: 1 to 32 of `a-z`, `0-9`, `-` and `_`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct PersonaId(Box<str>);

/// Says what a persona id may look like.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a persona id is 1 to 32 characters of a-z, 0-9, - and _")]
pub struct BadPersonaId;

impl PersonaId {
    /// # Errors
    /// [`BadPersonaId`] when the text has another shape.
    pub fn parse(text: &str) -> Result<Self, BadPersonaId> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if (1..=32).contains(&text.len()) && text.chars().all(fits) {
            Ok(Self(text.into()))
        } else {
            Err(BadPersonaId)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PersonaId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl FromStr for PersonaId {
    type Err = BadPersonaId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl<'de> Deserialize<'de> for PersonaId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_carries_its_scope() {
        let entry = EntryId::of(ScopeId::new(7), 3);
        assert_eq!(entry.scope(), ScopeId::new(7));
        assert_eq!(entry.get(), (7 << 32) + 3);
    }

    #[test]
    fn ids_are_strings_in_json_and_numbers_are_understood() {
        let id = MessageId::new(1_234_567_890_123_456_789);
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"1234567890123456789\"");
        assert_eq!(serde_json::from_str::<MessageId>("\"1234567890123456789\"").unwrap(), id);
        assert_eq!(serde_json::from_str::<MessageId>("1234567890123456789").unwrap(), id);
    }

    #[test]
    fn persona_ids_are_file_names() {
        assert!(PersonaId::parse("ada-2_b").is_ok());
        for bad in ["", "Ada", "../ada", "a b", &"a".repeat(33)] {
            assert_eq!(PersonaId::parse(bad), Err(BadPersonaId), "{bad}");
        }
    }
}
