//! Answers to slash questions that take longer than Discord's fifteen minutes.

use std::time::Duration;

use prism::emulator::model::{Answer, Gate, tokens};
use prism::emulator::playground::{GENERAL, KIM, ROBIN};
use prism::emulator::{Invocation, MessageView};
use prism::ids::{InteractionId, MessageId};

use super::{SONG, buttons, by_bot, opened_with, shown, two_messages};
use crate::harness::{LIGHTER_MODEL, MODEL, Stage};

const BELOW: &str = "-# This takes longer than Discord lets me wait here. My answer comes below.";

const MARK: &str = "-# (stopped: Discord gives an answer here fifteen minutes)";

const TOO_LATE: &str = "I did not get to this within the fifteen minutes";

fn slash(message: &str) -> Invocation {
    Invocation::new("chat").with("message", message)
}

/// A stage whose bot thinks that every token ends at once.
async fn hurried() -> Stage {
    opened_with(|stage| stage.config.discord.token_life = Duration::ZERO).await
}

fn held(stage: &Stage, text: &str) -> Gate {
    let (answer, gate) = Answer::text(text).hold();
    stage.model.script(answer);
    gate
}

/// Kim asks and reads the first words, then the token ends.
async fn expired_after_first_words(stage: &Stage, text: &str) -> (MessageId, Gate) {
    let gate = held(stage, text);
    let asked = stage.invoke(&slash("sing!"));
    gate.release(5);
    let begun = format!("-# Kim: sing!\n{}", tokens(text)[..5].concat());
    let first = stage.replied(asked, |message| message.content == begun.trim_end()).await;
    stage.discord.expire_interaction(asked).unwrap();
    (first.id, gate)
}

fn is_done(messages: &[MessageView]) -> bool {
    messages.iter().all(|message| buttons(message).is_empty())
}

#[tokio::test]
async fn an_answer_that_has_begun_goes_on_in_its_message() {
    let stage = opened_with(|_| {}).await;
    let (first, gate) = expired_after_first_words(&stage, SONG).await;
    gate.open();
    let whole = format!("-# Kim: sing!\n{SONG}");
    let messages = shown(&stage, |messages| messages[0].content == whole && is_done(messages)).await;
    assert_eq!(messages.iter().map(|message| message.id).collect::<Vec<_>>(), [first]);
    stage.finish().await;
}

#[tokio::test]
async fn further_parts_are_ordinary_messages_and_the_first_of_them_replies() {
    let stage = opened_with(|_| {}).await;
    let (one, two) = two_messages();
    let text = format!("{one}\n\n{two}");
    let (first, gate) = expired_after_first_words(&stage, &text).await;
    gate.open();
    let messages = shown(&stage, |messages| {
        messages.last().is_some_and(|last| last.content.ends_with(&two)) && is_done(messages)
    })
    .await;
    assert_eq!(messages[1].reply_to, Some(first));
    assert!(messages[1].interaction.is_none(), "it is an ordinary message");
    let all = messages.iter().map(|message| message.content.as_str()).collect::<Vec<_>>().join("\n\n");
    assert_eq!(all, format!("-# Kim: sing!\n{text}"));
    // The conversation knows all parts of it.
    stage.model.script(Answer::text("A sequel."));
    let next = stage.discord.reply(KIM, messages[1].id, "and then?", true).unwrap();
    stage.answered(next, "A sequel.").await;
    assert_eq!(crate::asked::conversation(&stage.model.requests()[1].body).len(), 3);
    stage.finish().await;
}

/// Waits until the placeholder says where the answer comes.
async fn pointed_below(stage: &Stage, asked: InteractionId) -> MessageId {
    stage.replied(asked, |message| message.content == BELOW).await.id
}

#[tokio::test]
async fn an_answer_that_has_not_begun_is_given_below_its_placeholder() {
    let stage = hurried().await;
    let gate = held(&stage, SONG);
    let asked = stage.invoke(&slash("sing!"));
    let placeholder = pointed_below(&stage, asked).await;
    stage.discord.expire_interaction(asked).unwrap();
    gate.open();
    let whole = format!("-# Kim: sing!\n{SONG}");
    let messages = shown(&stage, |messages| {
        messages.last().is_some_and(|last| last.content == whole) && is_done(messages)
    })
    .await;
    assert_eq!(
        messages.iter().map(|message| message.reply_to).collect::<Vec<_>>(),
        [None, Some(placeholder)]
    );
    assert_eq!(messages[0].content, BELOW);
    assert!(messages.iter().all(|message| message.mentions.is_empty()), "nobody is pinged");
    stage.finish().await;
}

#[tokio::test]
async fn a_turn_that_waits_in_its_lane_is_told_of_in_time_and_answered_below() {
    let stage = hurried().await;
    let first = held(&stage, "First things first.");
    let question = stage.mention("hello?");
    stage.model.wait_for_request().await;
    stage.model.script(Answer::text(SONG));
    let asked = stage.invoke(&slash("sing!"));
    let placeholder = pointed_below(&stage, asked).await;
    assert_eq!(stage.model.requests().len(), 1, "it still waits");
    first.open();
    stage.answered(question, "First things first.").await;
    let is_answer = |message: &MessageView| message.reply_to == Some(placeholder);
    let whole = format!("-# Kim: sing!\n{SONG}");
    stage.sees(GENERAL, KIM, |message| is_answer(message) && message.content == whole).await;
    stage.finish().await;
}

#[tokio::test]
async fn a_failure_is_told_below_as_well() {
    let stage = hurried().await;
    let first = held(&stage, "First things first.");
    let question = stage.mention("hello?");
    stage.model.wait_for_request().await;
    for model in [MODEL, LIGHTER_MODEL] {
        stage.model.always(model, Answer::status(500));
    }
    let asked = stage.invoke(&slash("sing!"));
    let placeholder = pointed_below(&stage, asked).await;
    first.open();
    stage.answered(question, "First things first.").await;
    let told = stage.sees(GENERAL, KIM, |message| message.reply_to == Some(placeholder)).await;
    // The button leads to an answer in the message above it.
    stage.discord.expire_interaction(asked).unwrap();
    stage.model.always(MODEL, Answer::text(SONG));
    stage.discord.press(KIM, told.id, buttons(&told)[0]).unwrap();
    let whole = format!("-# Kim: sing!\n{SONG}");
    let messages = shown(&stage, |messages| {
        messages.last().is_some_and(|last| last.content == whole) && is_done(messages)
    })
    .await;
    let of_turn = messages.iter().filter(|message| message.content != "First things first.");
    let of_turn: Vec<_> = of_turn.map(|message| (message.id, message.content.as_str())).collect();
    assert_eq!(of_turn, [(placeholder, BELOW), (told.id, &whole)]);
    stage.finish().await;
}

#[tokio::test]
async fn a_persona_that_thinks_does_not_say_so_in_the_place_of_where_its_answer_comes() {
    let stage = opened_with(|stage| {
        stage.config.discord.token_life = Duration::ZERO;
        stage.config.discord.thinking_after = Duration::ZERO;
    })
    .await;
    let first = held(&stage, "First things first.");
    let question = stage.mention("hello?");
    stage.model.wait_for_request().await;
    let gate = held(&stage, SONG);
    let asked = stage.invoke(&slash("sing!"));
    let placeholder = pointed_below(&stage, asked).await;
    first.open();
    stage.answered(question, "First things first.").await;
    let begun = format!("-# Kim: sing!\n{}", tokens(SONG)[..5].concat());
    gate.release(5);
    stage.sees(GENERAL, KIM, |message| message.content == begun.trim_end()).await;
    assert_eq!(stage.discord.message(placeholder).unwrap().content, BELOW);
    gate.open();
    let whole = format!("-# Kim: sing!\n{SONG}");
    stage.sees(GENERAL, KIM, |message| message.content == whole).await;
    stage.finish().await;
}

#[tokio::test]
async fn an_answer_that_has_left_its_token_goes_on_below_after_a_restart() {
    for has_expired in [false, true] {
        let mut stage = hurried().await;
        let gate = held(&stage, SONG);
        let asked = stage.invoke(&slash("sing!"));
        let placeholder = pointed_below(&stage, asked).await;
        // An edit comes after its message was written down.
        for (count, more) in [(5, 5), (8, 3)] {
            gate.release(more);
            let begun = format!("-# Kim: sing!\n{}", tokens(SONG)[..count].concat());
            stage.sees(GENERAL, KIM, |message| message.content == begun.trim_end()).await;
        }
        let below = by_bot(&stage)[1].id;
        stage.crash().await;
        if has_expired {
            stage.discord.expire_interaction(asked).unwrap();
        }
        stage.model.script(Answer::text(SONG));
        stage.start().await;
        let whole = format!("-# Kim: sing!\n{SONG}");
        let messages = shown(&stage, |messages| {
            messages.last().is_some_and(|last| last.content == whole) && is_done(messages)
        })
        .await;
        let all: Vec<_> = messages.iter().map(|message| (message.id, message.content.as_str())).collect();
        assert_eq!(all, [(placeholder, BELOW), (below, &whole)]);
        stage.finish().await;
    }
}

#[tokio::test]
async fn a_promise_of_an_answer_below_is_no_answer_that_was_broken_off() {
    let mut stage = hurried().await;
    let gate = held(&stage, SONG);
    let asked = stage.invoke(&slash("sing!"));
    let placeholder = pointed_below(&stage, asked).await;
    stage.model.wait_for_request().await;
    stage.crash().await;
    drop(gate);
    stage.config.chat.resume_within = Duration::ZERO;
    stage.start().await;
    let messages = shown(&stage, |messages| messages[0].content.starts_with("I was away")).await;
    assert_eq!(messages.iter().map(|message| message.id).collect::<Vec<_>>(), [placeholder]);
    stage.finish().await;
}

/// The models think, whether or not they are asked.
fn busy(stage: &Stage) -> Gate {
    let (answer, gate) = Answer::text(SONG).hold();
    stage.model.always(MODEL, answer);
    gate
}

#[tokio::test]
async fn a_private_question_that_waited_too_long_is_closed_in_words() {
    let stage = hurried().await;
    let _gate = busy(&stage);
    let asked = stage.invoke(&slash("sing!").with("private", true));
    let told = stage.replied(asked, |message| message.content.starts_with(TOO_LATE)).await;
    assert_eq!(told.only_for, Some(KIM));
    assert!(buttons(&told)[0].starts_with("v1:retry:"), "{told:#?}");
    assert_eq!(stage.discord.messages(GENERAL, ROBIN), [], "nothing of it is seen by others");
    stage.finish().await;
}

#[tokio::test]
async fn where_the_bot_may_not_write_a_question_is_closed_in_words() {
    let stage = hurried().await;
    stage.discord.set_permission(GENERAL, false).unwrap();
    let _gate = busy(&stage);
    let asked = stage.invoke(&slash("sing!"));
    stage.replied(asked, |message| message.content.starts_with(TOO_LATE)).await;
    assert_eq!(by_bot(&stage).len(), 1);
    stage.finish().await;
}

/// Kim asks in private and reads the first words before the token ends, unless the machine is too slow for that.
async fn private_first_words(token_life: Duration) -> Option<(Stage, InteractionId, Gate)> {
    let stage = opened_with(|stage| {
        stage.config.discord.token_life = token_life;
        stage.config.discord.token_margin = Duration::ZERO;
    })
    .await;
    let (answer, gate) = Answer::text(SONG).hold();
    stage.model.always(MODEL, answer);
    let asked = stage.invoke(&slash("sing!").with("private", true));
    gate.release(5);
    let begun = tokens(SONG)[..5].concat();
    let fits = |message: &MessageView| {
        message.content.ends_with(begun.trim_end()) || message.content.starts_with(TOO_LATE)
    };
    let first = stage.replied(asked, fits).await;
    (!first.content.starts_with(TOO_LATE)).then_some((stage, asked, gate))
}

#[tokio::test]
async fn a_private_answer_is_closed_with_a_mark_before_its_token_ends() {
    for token_life in [1, 5, 20].map(Duration::from_secs) {
        let Some((stage, asked, _gate)) = private_first_words(token_life).await else { continue };
        let begun = tokens(SONG)[..5].concat();
        let marked = format!("-# Kim: sing!\n{}\n{MARK}", begun.trim_end());
        let closed = stage.replied(asked, |message| message.content == marked).await;
        assert_eq!((closed.only_for, buttons(&closed).len()), (Some(KIM), 0));
        stage.finish().await;
        return;
    }
    panic!("no answer begins on this machine");
}
