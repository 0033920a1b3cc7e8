//! Which part of the bot's servers this process serves.

use std::str::FromStr;

/// The most shards that are believed: Discord's largest bots have fewer.
const MOST: u32 = 16_384;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shards {
    /// As many as Discord recommends, all in this process.
    #[default]
    Automatic,
    /// So many, all in this process.
    All(u32),
    /// The shards `first` to `last` of `total`; other processes run the others.
    Range { first: u32, last: u32, total: u32 },
}

impl Shards {
    /// First and last shard of this process and their total. `recommended`: what Discord says.
    pub fn resolve(self, recommended: u32) -> (u32, u32, u32) {
        match self {
            Self::Automatic => (0, recommended.clamp(1, MOST) - 1, recommended.clamp(1, MOST)),
            Self::All(total) => (0, total - 1, total),
            Self::Range { first, last, total } => (first, last, total),
        }
    }
}

/// `auto`, a number such as `4`, or a range such as `0-3/16`.
impl FromStr for Shards {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected auto, a number such as 4, or a range such as 0-3/16";
        let number = |text: &str| text.trim().parse::<u32>().map_err(|_| EXPECTED);
        let total = |text: &str| {
            number(text).and_then(|n| if (1..=MOST).contains(&n) { Ok(n) } else { Err(EXPECTED) })
        };
        if text.trim() == "auto" {
            return Ok(Self::Automatic);
        }
        let Some((range, of)) = text.split_once('/') else { return total(text).map(Self::All) };
        let of = total(of)?;
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last) = (number(first)?, number(last)?);
        if first <= last && last < of {
            Ok(Self::Range { first, last, total: of })
        } else {
            Err("a range counts from 0, and its last shard is below the total, as in 0-3/16")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_lies_inside_its_total() {
        assert_eq!("auto".parse(), Ok(Shards::Automatic));
        assert_eq!("4".parse(), Ok(Shards::All(4)));
        assert_eq!("0-3/16".parse(), Ok(Shards::Range { first: 0, last: 3, total: 16 }));
        assert_eq!("5/16".parse(), Ok(Shards::Range { first: 5, last: 5, total: 16 }));
        for bad in ["", "0", "-1", "3-1/4", "0-4/4", "1-2", "a/b", "99999", "0-1/0"] {
            assert!(bad.parse::<Shards>().is_err(), "{bad}");
        }
    }

    #[test]
    fn what_discord_recommends_is_taken_only_when_nothing_is_chosen() {
        assert_eq!(Shards::Automatic.resolve(3), (0, 2, 3));
        assert_eq!(Shards::Automatic.resolve(0), (0, 0, 1));
        assert_eq!(Shards::All(2).resolve(3), (0, 1, 2));
        assert_eq!(Shards::Range { first: 4, last: 7, total: 8 }.resolve(1), (4, 7, 8));
    }
}
