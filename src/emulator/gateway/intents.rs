//! What a session asked to be told. Bits are Discord's.

use crate::emulator::wire::{Audience, Content};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::emulator) struct Intents(u64);

impl Intents {
    pub(super) const GUILDS: Self = Self(1);
    pub(super) const GUILD_MESSAGES: Self = Self(1 << 9);
    pub(super) const GUILD_TYPING: Self = Self(1 << 11);
    pub(super) const DIRECT_MESSAGES: Self = Self(1 << 12);
    pub(super) const DIRECT_TYPING: Self = Self(1 << 14);
    pub(super) const MESSAGE_CONTENT: Self = Self(1 << 15);
    /// The other bits mean nothing.
    const KNOWN: u64 = ((1 << 17) - 1) | 0b11 << 20 | 0b11 << 24;

    /// None when a bit means nothing to Discord.
    pub(super) const fn from_bits(bits: u64) -> Option<Self> {
        if bits & !Self::KNOWN == 0 { Some(Self(bits)) } else { None }
    }

    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub(super) const fn admits(self, audience: Audience) -> bool {
        match audience {
            Audience::Everybody => true,
            Audience::Guilds => self.has(Self::GUILDS),
            Audience::GuildMessages => self.has(Self::GUILD_MESSAGES),
            Audience::DirectMessages => self.has(Self::DIRECT_MESSAGES),
            Audience::GuildTyping => self.has(Self::GUILD_TYPING),
            Audience::DirectTyping => self.has(Self::DIRECT_TYPING),
        }
    }

    pub(super) const fn content(self) -> Content {
        if self.has(Self::MESSAGE_CONTENT) { Content::Granted } else { Content::Withheld }
    }
}
