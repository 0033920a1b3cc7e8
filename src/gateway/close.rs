//! What the end of a connection means.

use std::fmt;

/// Why connecting again is no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fatal {
    /// 4004
    TokenRefused,
    /// 4010
    InvalidShard,
    /// 4011
    ShardingRequired,
    /// 4012
    InvalidVersion,
    /// 4013
    InvalidIntents,
    /// 4014
    IntentsRefused,
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It broke, was silent, or never came to be: why, in a few words.
    Lost(&'static str),
    /// Discord closed it.
    Closed(u16),
    /// Discord asks us to come again (op 7).
    AskedAway,
    /// The session is not valid (op 9).
    Invalid { resumable: bool },
    /// No session may be begun.
    Refused(Fatal),
    /// serenity ends its side: for good, or to come again.
    Left(Departure),
}

/// How serenity's side ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Departure {
    /// In good order, for ever.
    ForGood,
    Broken,
}

/// What to do after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Take the session up again.
    Resume,
    /// Begin another one.
    Identify,
    GiveUp(Fatal),
    Stop,
}

impl End {
    pub(super) const fn next(self) -> Next {
        match self {
            Self::Lost(_) | Self::AskedAway | Self::Invalid { resumable: true } => Next::Resume,
            Self::Invalid { resumable: false } => Next::Identify,
            Self::Refused(fatal) => Next::GiveUp(fatal),
            Self::Left(_) => Next::Stop,
            Self::Closed(code) => match Fatal::of(code) {
                Some(fatal) => Next::GiveUp(fatal),
                // The session is unknown, its number was wrong, or it has timed out; 1000 and 1001 end it too.
                None if matches!(code, 1000 | 1001 | 4003 | 4006 | 4007 | 4009) => Next::Identify,
                None => Next::Resume,
            },
        }
    }

    /// Discord wants a pause before the next try of this kind.
    pub(super) const fn asks_for_pause(self) -> bool {
        matches!(self, Self::Invalid { .. })
    }
}

impl Fatal {
    pub(super) const fn of(code: u16) -> Option<Self> {
        Some(match code {
            4004 => Self::TokenRefused,
            4010 => Self::InvalidShard,
            4011 => Self::ShardingRequired,
            4012 => Self::InvalidVersion,
            4013 => Self::InvalidIntents,
            4014 => Self::IntentsRefused,
            _ => return None,
        })
    }
}

impl fmt::Display for Fatal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::TokenRefused => {
                "Discord refuses the token: copy it again from the developer portal into DISCORD_TOKEN"
            }
            Self::InvalidShard => {
                "Discord knows no such shard: the range in shards under [gateway] must lie inside its total, and all \
                 processes must name the same total"
            }
            Self::ShardingRequired => {
                "the bot is in too many servers for so few shards: set shards = \"auto\" under [gateway], or a higher \
                 number"
            }
            Self::InvalidVersion => {
                "Discord no longer speaks this version of its gateway: Prism needs an update"
            }
            Self::InvalidIntents => "Discord knows none of the intents that were asked for: Prism needs an update",
            Self::IntentsRefused => {
                "Discord refuses the Message Content intent: switch it on in the developer portal, or set \
                 message_content = false under [discord]"
            }
        })
    }
}

impl std::error::Error for Fatal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_discord_calls_final_are_final() {
        for code in [4004, 4010, 4011, 4012, 4013, 4014] {
            assert!(matches!(End::Closed(code).next(), Next::GiveUp(_)), "{code}");
        }
        for code in [1006, 4000, 4001, 4002, 4005, 4008, 4999] {
            assert_eq!(End::Closed(code).next(), Next::Resume, "{code}");
        }
        for code in [1000, 1001, 4003, 4007, 4009] {
            assert_eq!(End::Closed(code).next(), Next::Identify, "{code}");
        }
    }

    #[test]
    fn a_session_is_kept_unless_discord_ends_it() {
        assert_eq!(End::Lost("broke").next(), Next::Resume);
        assert_eq!(End::AskedAway.next(), Next::Resume);
        assert_eq!(End::Invalid { resumable: true }.next(), Next::Resume);
        assert_eq!(End::Invalid { resumable: false }.next(), Next::Identify);
    }
}
