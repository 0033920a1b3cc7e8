//! Budgets: who may spend how much, and what people read when it is spent.

use prism::chat::{Budget, Budgets};
use prism::emulator::MessageView;
use prism::emulator::model::Answer;
use prism::emulator::playground::{GENERAL, GUILD, KIM, KIM_DM, ROBIN, WORKSHOP};
use prism::ids::TurnId;
use prism::llm::Server;
use prism::store::{Audience, Payer, TurnState, Whose, Window};

use crate::harness::{LIGHTER_MODEL, MODEL, Stage};
use crate::prices::{MILLI, UNBOUND, UNBOUNDED, flat, now};

const DAY: i64 = 24 * 60 * 60;

/// Nothing but this bound.
fn only(whose: Whose, window: Window, nano_usd: i64) -> Budgets {
    let budget = match window {
        Window::Day => Budget { day: Some(nano_usd), ..UNBOUND },
        Window::Month => Budget { month: Some(nano_usd), ..UNBOUND },
    };
    match whose {
        Whose::User => Budgets { user: budget, ..UNBOUNDED },
        Whose::Guild => Budgets { guild: budget, ..UNBOUNDED },
        Whose::Bot => Budgets { bot: budget, ..UNBOUNDED },
    }
}

/// One model at a thousandth of a dollar, and this bound.
async fn stage(whose: Whose, window: Window, nano_usd: i64) -> Stage {
    let mut stage = Stage::selling(vec![flat(MODEL, "0.001")], only(whose, window, nano_usd)).await;
    stage.open_shop().await;
    stage
}

/// When there is more again, in seconds since 1970. The whole text is one sentence with that, and a reference.
fn resets_at(told: &MessageView, words: &str) -> i64 {
    let rest = told.content.strip_prefix(words).and_then(|rest| rest.strip_prefix(". I am back <t:"));
    let rest = rest.unwrap_or_else(|| panic!("{words:?} in {}", told.content));
    let (at, reference) = rest.split_once(":R>.\n-# reference ").unwrap();
    assert!(reference.len() <= 8 && reference.chars().all(|c| c.is_ascii_alphanumeric()), "{reference}");
    assert!(told.components.is_empty(), "a button that would be refused again");
    at.parse().unwrap()
}

fn is_refusal(message: &MessageView) -> bool {
    message.content.contains(". I am back <t:")
}

/// The first second of the next month, UTC.
fn next_month(seconds: i64) -> i64 {
    let (mut first, mut year, mut month) = (0, 1970, 1);
    while first <= seconds / DAY {
        first += match month {
            2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    }
    first * DAY
}

#[tokio::test]
async fn at_the_limit_a_person_reads_one_sentence_and_when_there_is_more() {
    let talked = "talked with me as much as I can afford";
    for (whose, window, words) in [
        (Whose::User, Window::Day, "We have talked as much as I can afford with you today".to_owned()),
        (Whose::User, Window::Month, "We have talked as much as I can afford with you this month".to_owned()),
        (Whose::Guild, Window::Day, format!("This server has {talked} today")),
        (Whose::Guild, Window::Month, format!("This server has {talked} this month")),
        (Whose::Bot, Window::Day, "I have talked as much as I can afford today".to_owned()),
        (Whose::Bot, Window::Month, "I have talked as much as I can afford this month".to_owned()),
    ] {
        let mut stage = stage(whose, window, MILLI).await;
        stage.answers(KIM, GENERAL).await;
        let before = now() / 1_000;
        let told = stage.asks(KIM, GENERAL, is_refusal).await;
        let until = |now: i64| match window {
            Window::Day => (now / DAY + 1) * DAY,
            Window::Month => next_month(now),
        };
        let resets_at = resets_at(&told, &words);
        assert!([until(before), until(now() / 1_000)].contains(&resets_at), "{}", told.content);
        assert_eq!((stage.asked_models().len(), stage.charged()), (1, MILLI), "no model is asked");
        stage.stop().await;
        let store = stage.store().await;
        assert_eq!(store.turn(TurnId::new(2)).await.unwrap().unwrap().state, TurnState::Refused);
        assert!(store.usage_of_turn(TurnId::new(2)).await.unwrap().is_empty());
        store.close().await;
        stage.finish().await;
    }
}

#[tokio::test]
async fn who_has_spent_theirs_does_not_keep_others_from_theirs() {
    let stage = stage(Whose::User, Window::Day, MILLI).await;
    stage.answers(KIM, GENERAL).await;
    stage.asks(KIM, WORKSHOP, is_refusal).await;
    stage.asks(KIM, KIM_DM, is_refusal).await;
    stage.answers(ROBIN, GENERAL).await;
    stage.finish().await;
}

#[tokio::test]
async fn no_server_pays_for_direct_messages() {
    let stage = stage(Whose::Guild, Window::Day, MILLI).await;
    stage.answers(KIM, KIM_DM).await;
    stage.answers(ROBIN, GENERAL).await;
    stage.asks(KIM, GENERAL, is_refusal).await;
    stage.answers(KIM, KIM_DM).await;
    stage.finish().await;
}

#[tokio::test]
async fn of_two_budgets_the_one_that_resets_last_is_named() {
    let user = Budget { day: Some(MILLI), month: None };
    let bot = Budget { day: None, month: Some(MILLI) };
    let mut stage = Stage::selling(vec![flat(MODEL, "0.001")], Budgets { user, bot, ..UNBOUNDED }).await;
    stage.open_shop().await;
    stage.answers(KIM, GENERAL).await;
    let told = stage.asks(KIM, GENERAL, is_refusal).await;
    resets_at(&told, "I have talked as much as I can afford this month");
    stage.finish().await;
}

#[tokio::test]
async fn near_the_limit_only_the_cheapest_model_is_asked() {
    // The whole ladder, with room for a repetition, costs 0.009 at most: it fits to the end of the 80 %.
    for (spent, models) in [(79, [MODEL].as_slice()), (80, &[LIGHTER_MODEL])] {
        let models_sold = vec![flat(MODEL, "0.004"), flat(LIGHTER_MODEL, "0.001")];
        let budgets = only(Whose::User, Window::Day, 100 * MILLI);
        let mut stage = Stage::selling(models_sold, budgets).await;
        let audience = Audience::Guild { guild: GUILD, channel: GENERAL };
        stage.has_spent(KIM, audience, spent * MILLI).await;
        stage.open_shop().await;
        let answer = stage.answers(KIM, GENERAL).await;
        assert_eq!(stage.asked_models(), models);
        let byline = if models == [MODEL] { "" } else { "\n-# written by `lighter/model`" };
        assert_eq!(answer.content, format!("Yes.{byline}"));
        // Somebody else is not near theirs.
        stage.answers(ROBIN, WORKSHOP).await;
        assert_eq!(stage.asked_models().last().unwrap(), MODEL);
        stage.finish().await;
    }
}

#[tokio::test]
async fn near_the_limit_no_dearer_model_speaks_for_the_cheapest() {
    let sold = vec![flat(MODEL, "0.004"), flat(LIGHTER_MODEL, "0.001")];
    let mut stage = Stage::selling(sold, only(Whose::User, Window::Day, 100 * MILLI)).await;
    stage.has_spent(KIM, Audience::Dm { channel: KIM_DM }, 90 * MILLI).await;
    stage.open_shop().await;
    stage.model.script_for(LIGHTER_MODEL, Answer::status(503));
    stage.asks(KIM, GENERAL, |message| message.content.contains("\n-# reference ")).await;
    assert_eq!(stage.asked_models(), [LIGHTER_MODEL]);
    stage.finish().await;
}

#[tokio::test]
async fn where_no_price_is_known_a_request_counts_as_a_fixed_sum() {
    let budgets = only(Whose::User, Window::Day, 2 * MILLI);
    let mut stage = Stage::selling(vec![flat(MODEL, "0")], budgets).await;
    stage.config.model.server = Server::new(stage.model.openai_url());
    stage.config.model.turn_price = MILLI;
    stage.open_shop().await;
    stage.answers(KIM, GENERAL).await;
    stage.answers(KIM, GENERAL).await;
    let told = stage.asks(KIM, GENERAL, is_refusal).await;
    resets_at(&told, "We have talked as much as I can afford with you today");
    stage.stop().await;
    let spent = stage.spent(Payer::User(KIM)).await;
    assert_eq!((spent.day_nano_usd, spent.day_requests, spent.reserved_nano_usd), (2 * MILLI, 2, 0));
    stage.finish().await;
}

#[tokio::test]
async fn what_costs_nothing_is_never_refused() {
    let nothing = Budget { day: Some(0), month: Some(0) };
    let budgets = Budgets { user: nothing, guild: nothing, bot: nothing };
    let mut stage = Stage::selling(vec![flat(MODEL, "0.001")], budgets).await;
    stage.config.model.server.free = true;
    stage.open_shop().await;
    stage.answers(KIM, GENERAL).await;
    stage.answers(KIM, KIM_DM).await;
    stage.stop().await;
    stage.config.model.server.free = false;
    stage.open_shop().await;
    let cannot =
        |message: &MessageView| message.content.starts_with("My budget is smaller than what one answer");
    assert!(stage.asks(KIM, GENERAL, cannot).await.components.is_empty());
    stage.finish().await;
}

#[tokio::test]
async fn a_greeting_asks_no_model_and_is_not_refused() {
    let stage = stage(Whose::Bot, Window::Day, 0).await;
    let called = stage.mention("");
    let greeting = prism::persona::Library::embedded().default_persona().greeting.clone();
    stage.answered(called, &greeting).await;
    stage.finish().await;
}
