//! Turns a minute: for a person, a channel, a server and the bot.

use prism::chat::TurnRates;
use prism::emulator::model::Answer;
use prism::emulator::playground::{GENERAL, KIM, KIM_DM, ROBIN, WORKSHOP};
use prism::emulator::{Invocation, MessageView};
use prism::ids::TurnId;
use prism::store::TurnState;

use crate::harness::{LIGHTER_MODEL, MODEL, Stage};
use crate::prices::{UNBOUNDED, flat};

const MANY: TurnRates = TurnRates { user: 1_000, channel: 1_000, guild: 1_000, bot: 1_000 };

async fn stage(rates: TurnRates) -> Stage {
    let mut stage = Stage::selling(vec![flat(MODEL, "0"), flat(LIGHTER_MODEL, "0")], UNBOUNDED).await;
    stage.config.chat.rates = rates;
    stage.start().await;
    stage
}

/// Whether these words ask somebody to wait, for a minute at most.
fn asks_to_wait(text: &str, words: &str) -> bool {
    let Some(rest) = text.strip_prefix(words) else { return false };
    let seconds = rest.strip_suffix(" seconds, please.").or_else(|| rest.strip_suffix(" second, please."));
    seconds.and_then(|seconds| seconds.parse().ok()).is_some_and(|seconds: u32| (1..=60).contains(&seconds))
}

const KEEP_UP: &str = "Odile Brankov cannot keep up with you. Give me ";

fn cannot_keep_up(message: &MessageView) -> bool {
    asks_to_wait(&message.content, KEEP_UP)
}

/// Kim uses up the ten turns of a minute.
async fn ten_turns(stage: &Stage) {
    for _ in 0..10 {
        stage.answers(KIM, GENERAL).await;
    }
}

#[tokio::test]
async fn the_eleventh_turn_within_a_minute_is_refused_in_words_once() {
    let mut stage = stage(TurnRates::default()).await;
    ten_turns(&stage).await;
    let told = stage.asks(KIM, GENERAL, cannot_keep_up).await;
    assert!(told.components.is_empty() && told.mentions.is_empty());
    let silent = [stage.mention("and now?"), stage.mention("now?")];
    // In another channel once more, because nobody can read it here.
    stage.asks(KIM, WORKSHOP, cannot_keep_up).await;
    stage.answers(ROBIN, GENERAL).await;
    stage.stop().await;
    let replies = stage.discord.messages(GENERAL, KIM);
    assert!(!replies.iter().any(|message| message.reply_to.is_some_and(|to| silent.contains(&to))));
    assert_eq!(stage.asked_models().len(), 11);
    let store = stage.store().await;
    let mut states = Vec::new();
    for turn in 11..=15 {
        states.push(store.turn(TurnId::new(turn)).await.unwrap().unwrap().state);
    }
    store.close().await;
    assert_eq!(states.iter().filter(|state| **state == TurnState::Refused).count(), 4, "{states:?}");
    stage.finish().await;
}

#[tokio::test]
async fn a_command_is_answered_every_time() {
    let stage = stage(TurnRates::default()).await;
    ten_turns(&stage).await;
    for _ in 0..2 {
        let asked = stage.invoke(&Invocation::new("chat").with("message", "well?"));
        let told = stage.replied(asked, cannot_keep_up).await;
        assert_eq!((told.only_for, told.ephemeral), (Some(KIM), true));
    }
    let asked = stage.invoke(&Invocation::new("chat").with("message", "well?").with("private", true));
    stage.replied(asked, cannot_keep_up).await;
    assert_eq!(stage.asked_models().len(), 10);
    stage.finish().await;
}

#[tokio::test]
async fn a_press_on_try_again_waits_its_turn_too() {
    let mut stage = stage(TurnRates::default()).await;
    for model in [MODEL, LIGHTER_MODEL] {
        stage.model.always(model, Answer::status(401));
    }
    let failed = stage.asks(KIM, GENERAL, |message| message.content.contains("-# reference ")).await;
    let button = failed.components[0][0].custom_id().unwrap().to_owned();
    stage.stop().await;
    for model in [MODEL, LIGHTER_MODEL] {
        stage.model.always(model, None);
    }
    // A restart forgives a minute.
    stage.start().await;
    ten_turns(&stage).await;
    let asked = stage.asked_models().len();
    for _ in 0..2 {
        let pressed = stage.discord.press(KIM, failed.id, &button).unwrap();
        let told = stage.replied(pressed, |message| message.ephemeral && cannot_keep_up(message)).await;
        assert_eq!(told.only_for, Some(KIM));
    }
    assert_eq!(stage.asked_models().len(), asked);
    // Whoever failed for a lack of time can try again later.
    stage.stop().await;
    stage.start().await;
    stage.model.script(Answer::text("Better late."));
    stage.discord.press(KIM, failed.id, &button).unwrap();
    stage.sees(GENERAL, KIM, |seen| seen.id == failed.id && seen.content == "Better late.").await;
    stage.finish().await;
}

#[tokio::test]
async fn a_busy_channel_does_not_slow_the_others() {
    let stage = stage(TurnRates { channel: 2, ..MANY }).await;
    stage.answers(KIM, GENERAL).await;
    stage.answers(ROBIN, GENERAL).await;
    let words = "There is much going on in this channel. Give Odile Brankov ";
    stage.asks(ROBIN, GENERAL, |message| asks_to_wait(&message.content, words)).await;
    stage.asks(KIM, GENERAL, |message| asks_to_wait(&message.content, words)).await;
    stage.answers(KIM, WORKSHOP).await;
    stage.finish().await;
}

#[tokio::test]
async fn a_busy_server_does_not_slow_direct_messages() {
    let stage = stage(TurnRates { guild: 2, ..MANY }).await;
    stage.answers(KIM, GENERAL).await;
    stage.answers(ROBIN, WORKSHOP).await;
    let words = "There is much going on in this server. Give Odile Brankov ";
    stage.asks(KIM, GENERAL, |message| asks_to_wait(&message.content, words)).await;
    stage.answers(KIM, KIM_DM).await;
    stage.finish().await;
}

#[tokio::test]
async fn a_busy_bot_says_so_everywhere() {
    let stage = stage(TurnRates { bot: 2, ..MANY }).await;
    stage.answers(KIM, GENERAL).await;
    stage.answers(ROBIN, WORKSHOP).await;
    let words = "Many people are talking with me just now. Give Odile Brankov ";
    for channel in [GENERAL, KIM_DM] {
        stage.asks(KIM, channel, |message| asks_to_wait(&message.content, words)).await;
    }
    stage.finish().await;
}

#[tokio::test]
async fn commands_that_ask_no_model_are_no_turns() {
    let stage = stage(TurnRates { user: 1, ..MANY }).await;
    for command in ["help", "about", "usage", "model show", "model list", "persona list"] {
        let told = stage.whispered(KIM, GENERAL, &Invocation::new(command)).await;
        assert!(!told.contains("keep up"), "{command}: {told}");
    }
    stage.answers(KIM, GENERAL).await;
    stage.finish().await;
}
