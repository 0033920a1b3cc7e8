//! `[budget]`: what may be spent, in US dollars, and how many turns a minute are taken.

use super::model::nano;
use crate::chat::{Budget, Budgets, TurnRates};
use crate::document::Reader;

/// The most that can be written, in US dollars. Who wants no bound writes `false`.
const MOST: f64 = 100_000.0;

/// What `[budget]` says. `None`: it says nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Values {
    user: Sums,
    guild: Sums,
    bot: Sums,
    user_turns: Option<usize>,
    channel_turns: Option<usize>,
    guild_turns: Option<usize>,
    bot_turns: Option<usize>,
}

/// Nano-dollars; the inner `None`: without a bound.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sums {
    day: Option<Option<i64>>,
    month: Option<Option<i64>>,
}

/// A sum, or `false` for none.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Written {
    Dollars(f64),
    Switch(bool),
    /// So that a text is answered in our words, not in those of the parser.
    Other(serde::de::IgnoredAny),
}

/// Reads the table.
pub(super) fn read(table: &mut Reader<'_>) -> Values {
    Values {
        user: Sums { day: sum(table, "user_day"), month: sum(table, "user_month") },
        guild: Sums { day: sum(table, "guild_day"), month: sum(table, "guild_month") },
        bot: Sums { day: sum(table, "bot_day"), month: sum(table, "bot_month") },
        user_turns: turns(table, "user_turns"),
        channel_turns: turns(table, "channel_turns"),
        guild_turns: turns(table, "guild_turns"),
        bot_turns: turns(table, "bot_turns"),
    }
}

fn sum(table: &mut Reader<'_>, key: &str) -> Option<Option<i64>> {
    let expected = "US dollars from 0 to 100000, such as 0.25, or false for no bound";
    table.checked(key, expected, |written: Written| match written {
        Written::Dollars(dollars) => nano(dollars, MOST).map(Some),
        Written::Switch(false) => Some(None),
        Written::Switch(true) | Written::Other(_) => None,
    })
}

fn turns(table: &mut Reader<'_>, key: &str) -> Option<usize> {
    table.checked(key, "turns a minute, from 1 to 100000", |turns: usize| {
        (1..=100_000).contains(&turns).then_some(turns)
    })
}

impl Values {
    pub(super) fn budgets(&self) -> Budgets {
        let defaults = Budgets::default();
        Budgets {
            user: self.user.over(defaults.user),
            guild: self.guild.over(defaults.guild),
            bot: self.bot.over(defaults.bot),
        }
    }

    pub(super) fn rates(&self) -> TurnRates {
        let defaults = TurnRates::default();
        TurnRates {
            user: self.user_turns.unwrap_or(defaults.user),
            channel: self.channel_turns.unwrap_or(defaults.channel),
            guild: self.guild_turns.unwrap_or(defaults.guild),
            bot: self.bot_turns.unwrap_or(defaults.bot),
        }
    }
}

impl Sums {
    fn over(self, defaults: Budget) -> Budget {
        Budget { day: self.day.unwrap_or(defaults.day), month: self.month.unwrap_or(defaults.month) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{in_file, load, problems};
    use super::*;

    const DOLLAR: i64 = 1_000_000_000;

    fn chat(file: &str) -> crate::chat::Settings {
        load(file, &[]).unwrap().chat
    }

    #[test]
    fn the_defaults_are_those_of_the_design() {
        let chat = chat("");
        let cents = |day: i64, month: i64| Budget {
            day: Some(day * DOLLAR / 100),
            month: Some(month * DOLLAR / 100),
        };
        let Budgets { user, guild, bot } = chat.budgets;
        assert_eq!([user, guild, bot], [cents(25, 500), cents(200, 4_000), cents(500, 10_000)]);
        assert_eq!(chat.rates, TurnRates { user: 10, channel: 30, guild: 60, bot: 600 });
    }

    #[test]
    fn every_sum_and_every_rate_can_be_written() {
        let chat = chat(
            "[budget]\nuser_day = 0.5\nuser_month = 10\nguild_day = 0\nguild_month = 0.000000001\n\
             bot_day = 100000\nbot_month = 1e2\nuser_turns = 1\nchannel_turns = 2\nguild_turns = 3\n\
             bot_turns = 100000\n",
        );
        let budget = |day, month| Budget { day: Some(day), month: Some(month) };
        let Budgets { user, guild, bot } = chat.budgets;
        assert_eq!(user, budget(DOLLAR / 2, 10 * DOLLAR));
        assert_eq!(guild, budget(0, 1));
        assert_eq!(bot, budget(100_000 * DOLLAR, 100 * DOLLAR));
        assert_eq!(chat.rates, TurnRates { user: 1, channel: 2, guild: 3, bot: 100_000 });
    }

    #[test]
    fn false_is_no_bound_and_what_is_not_written_keeps_its_default() {
        let chat = chat("[budget]\nuser_day = false\nbot_month = false\n");
        let defaults = Budgets::default();
        assert_eq!(chat.budgets.user, Budget { day: None, ..defaults.user });
        assert_eq!(chat.budgets.guild, defaults.guild);
        assert_eq!(chat.budgets.bot, Budget { month: None, ..defaults.bot });
        assert_eq!(chat.rates, TurnRates::default());
    }

    #[test]
    fn what_is_no_sum_is_named_with_its_place() {
        for wrong in ["-1", "true", "\"5\"", "100000.01", "nan", "inf", "[1]", "9223372036854775807"] {
            let found = problems(&format!("[budget]\nguild_day = {wrong}\n"), &[]);
            let [found] = &found[..] else { panic!("{wrong}: {found:?}") };
            let expected = "budget.guild_day: expected US dollars from 0 to 100000, such as 0.25, or false";
            assert!(found.starts_with(&in_file(2, 13, expected)), "{wrong}: {found}");
        }
        for wrong in ["0", "100001", "2.5", "false", "-3"] {
            let found = problems(&format!("[budget]\nuser_turns = {wrong}\n"), &[]);
            let [found] = &found[..] else { panic!("{wrong}: {found:?}") };
            let expected = "budget.user_turns: expected turns a minute, from 1 to 100000, found ";
            assert!(found.starts_with(&in_file(2, 14, expected)), "{wrong}: {found}");
        }
    }

    #[test]
    fn an_unknown_key_is_named_with_those_that_are_known() {
        let found = problems("[budget]\nuser_week = 1\n", &[]).join("\n");
        assert!(found.starts_with(&in_file(2, 1, "budget.user_week: unknown key")), "{found}");
        assert!(found.contains("user_day"), "{found}");
    }
}
