//! Nobody is pinged, on any way a text can take. The bot has every right to ping, so only its own care prevents it.

use prism::emulator::model::Answer;
use prism::emulator::playground::{GENERAL, HELPERS, KIM, KIM_DM, ROBIN};
use prism::emulator::world::Permissions;
use prism::emulator::{Invocation, MessageView, Settings};

use crate::harness::{LIGHTER_MODEL, MODEL, Setting, Stage};

fn pings() -> String {
    format!("@everyone @here <@{KIM}> <@!{ROBIN}> <@&{}>", HELPERS.get())
}

/// A bot that may ping everybody and whose persona bears every ping in its name and its lines.
async fn stage(setting: Setting) -> Stage {
    let mut stage = Stage::set(setting).await;
    let text = pings();
    let pest = format!(
        "name = '@everyone @here <@{KIM}>'\ntagline = '{text}'\ngreeting = '{text}'\nthinking = '{text}'"
    );
    stage.cast(&[("pest", &pest), ("rake", "rating = 'mature'")]);
    stage.config.chat.waiting_turns = 1;
    stage.discord.set_bot_permission(GENERAL, Permissions::MENTION_EVERYONE, true).unwrap();
    stage.start().await;
    stage
}

async fn nobody_was_pinged(stage: Stage) {
    let people = [KIM, ROBIN];
    let seen = people.map(|person| [GENERAL, KIM_DM].map(|channel| stage.discord.messages(channel, person)));
    let of_bot = |message: &&MessageView| message.author.id == stage.discord.bot();
    let mut count = 0;
    for message in seen.iter().flatten().flatten().filter(of_bot) {
        assert!(!message.mention_everyone, "{message:#?}");
        assert_eq!((message.mentions.len(), message.mention_roles.len()), (0, 0), "{message:#?}");
        count += 1;
    }
    assert!(count > 0);
    stage.finish().await;
}

#[tokio::test]
async fn an_answer_pings_nobody_when_it_is_made_edited_and_split() {
    let stage = stage(Setting::default()).await;
    let text = format!("{0} {1} {0} end", pings(), "word ".repeat(420));
    let (answer, gate) = Answer::text(&text).hold();
    stage.model.script(answer);
    gate.release(60);
    let question = stage.mention(&format!("repeat {}", pings()));
    stage.sees(GENERAL, KIM, |message| message.reply_to == Some(question)).await;
    gate.open();
    stage.sees(GENERAL, KIM, |message| message.content.ends_with("end")).await;
    nobody_was_pinged(stage).await;
}

#[tokio::test]
async fn a_slash_answer_pings_nobody_in_its_parts() {
    let stage = stage(Setting::default()).await;
    for private in [false, true] {
        let text = format!("{0} {1} {0} end{private}", pings(), "word ".repeat(420));
        stage.model.script(Answer::text(&text));
        let chat = Invocation::new("chat").with("message", pings()).with("private", private);
        let asked = stage.invoke(&chat);
        stage.replied(asked, |message| message.content.contains("word word")).await;
        stage.sees(GENERAL, KIM, |message| message.content.ends_with(&format!("end{private}"))).await;
    }
    nobody_was_pinged(stage).await;
}

#[tokio::test]
async fn greetings_announcements_and_refusals_ping_nobody() {
    let stage = stage(Setting::default()).await;
    let called = stage.mention("");
    stage.answered(called, &pings()).await;
    let words = Invocation::new("persona use").with("persona", "pest");
    for invocation in [
        words,
        Invocation::new("persona show"),
        Invocation::new("persona list"),
        Invocation::new("persona show").with("persona", pings()),
        Invocation::new("chat").with("message", "hello").with("persona", pings()),
    ] {
        let asked = stage.invoke_as(ROBIN, &invocation);
        stage.replied(asked, |message| message.content.contains("@everyone")).await;
    }
    nobody_was_pinged(stage).await;
}

#[tokio::test]
async fn failures_and_full_lanes_ping_nobody() {
    let stage = stage(Setting::default()).await;
    for model in [MODEL, LIGHTER_MODEL] {
        stage.model.always(model, Answer::status(500));
    }
    let failed = stage.mention(&pings());
    stage.sees(GENERAL, KIM, |message| message.reply_to == Some(failed)).await;
    for model in [MODEL, LIGHTER_MODEL] {
        stage.model.always(model, None);
    }
    let (answer, gate) = Answer::text(pings()).hold();
    stage.model.script(answer);
    stage.model.script(Answer::text(pings()));
    let running = stage.mention("one");
    while !stage.model.wait_for_request().await.body.to_string().contains("] one\"") {}
    // Either of the two may come first and have the last place.
    let late = [stage.mention("two"), stage.mention("three")];
    let is_late = |message: &MessageView| message.reply_to.is_some_and(|question| late.contains(&question));
    stage
        .sees(GENERAL, KIM, |message| is_late(message) && message.content.contains("more messages here"))
        .await;
    gate.open();
    stage.answered(running, &pings()).await;
    stage.sees(GENERAL, KIM, |message| is_late(message) && message.content == pings()).await;
    nobody_was_pinged(stage).await;
}

#[tokio::test]
async fn the_hint_about_replies_pings_nobody() {
    let emulator = Settings { message_content: false, ..Settings::default() };
    let stage = stage(Setting { emulator, ..Setting::default() }).await;
    stage.model.script(Answer::text("hello"));
    let question = stage.mention("hi");
    let answer = stage.answered(question, "hello").await;
    let silent = stage.discord.reply(KIM, answer.id, &pings(), false).unwrap();
    stage.sees(GENERAL, KIM, |message| message.reply_to == Some(silent)).await;
    nobody_was_pinged(stage).await;
}

#[tokio::test]
async fn the_line_of_a_thinking_persona_pings_nobody() {
    let mut stage = Stage::set(Setting::default()).await;
    let line = pings();
    stage.cast(&[("pest", &format!("thinking = '{line}'"))]);
    stage.config.discord.thinking_after = std::time::Duration::ZERO;
    stage.discord.set_bot_permission(GENERAL, Permissions::MENTION_EVERYONE, true).unwrap();
    stage.start().await;
    let (answer, gate) = Answer::text("Done.").hold();
    stage.model.script(answer);
    let question = stage.mention("hello");
    stage.answered(question, &line).await;
    gate.open();
    stage.answered(question, "Done.").await;
    nobody_was_pinged(stage).await;
}
