//! Answers while they are being written.

use std::time::Duration;

use prism::chat::Budget;
use prism::emulator::model::{Answer, Ending, Gate, tokens};
use prism::emulator::playground::{GENERAL, HELPERS, KIM, ROBIN, WORKSHOP};
use prism::emulator::{Invocation, MessageView, Settings};
use prism::ids::{ChannelId, MessageId};
use prism::persona::Library;

use crate::asked::{conversation, said};
use crate::harness::{Setting, Stage};

const SONG: &str = "The kettle knows three songs, and all of them are about rain.";

/// What `SONG` shows once so many of its tokens are through.
fn begun(count: usize) -> String {
    tokens(SONG)[..count].concat()
}

/// A stage without rate limits, for tests that are about something else.
async fn unhurried() -> Stage {
    let mut stage = Stage::set(unlimited()).await;
    stage.start().await;
    stage
}

fn unlimited() -> Setting {
    Setting { emulator: Settings { limits: false, ..Settings::default() }, ..Setting::default() }
}

/// Kim asks, and reads the first words of the song; the rest is held.
async fn held_after(stage: &Stage, channel: ChannelId, count: usize) -> (MessageId, MessageView, Gate) {
    let (answer, gate) = Answer::text(SONG).hold();
    stage.model.script(answer);
    let question = stage.mention_in(channel, KIM, "sing!");
    gate.release(count);
    let first = stage.answered(question, &begun(count)).await;
    (question, first, gate)
}

/// The bot's messages in a channel.
fn by_bot(stage: &Stage, channel: ChannelId) -> Vec<MessageView> {
    let messages = stage.discord.messages(channel, KIM);
    messages.into_iter().filter(|message| message.author.id == stage.discord.bot()).collect()
}

/// Waits until the bot's messages in #general are these together, and counts them as looked at.
async fn whole(stage: &Stage, text: &str, glue: &str) -> Vec<MessageView> {
    let joined =
        |parts: &[MessageView]| parts.iter().map(|part| part.content.as_str()).collect::<Vec<_>>().join(glue);
    let look = || Some(by_bot(stage, GENERAL)).filter(|parts| joined(parts) == text);
    let parts = stage.until(look, || format!("{:#?}", by_bot(stage, GENERAL))).await;
    parts.iter().for_each(|part| stage.read(part.id));
    parts
}

/// A text of about 5,000 characters in eight paragraphs.
fn long_text() -> String {
    let paragraph = |number: usize| format!("{number}. {}", "The biscuits were counted again. ".repeat(19));
    let paragraphs: Vec<_> = (1..=8).map(|number| paragraph(number).trim_end().to_owned()).collect();
    paragraphs.join("\n\n")
}

#[tokio::test]
async fn first_words_come_while_the_rest_is_still_thought_of() {
    let stage = unhurried().await;
    let (question, first, gate) = held_after(&stage, GENERAL, 5).await;
    gate.release(3);
    let more = stage.answered(question, &begun(8)).await;
    gate.open();
    let last = stage.answered(question, SONG).await;
    assert_eq!((first.id, more.id), (last.id, last.id));
    stage.finish().await;
}

#[tokio::test]
async fn typing_is_shown_until_the_first_words() {
    let stage = unhurried().await;
    let (answer, gate) = Answer::text(SONG).hold();
    stage.model.script(answer);
    let question = stage.mention("sing!");
    stage.until(|| stage.discord.typing(GENERAL).then_some(()), || "no typing".to_owned()).await;
    gate.open();
    stage.answered(question, SONG).await;
    assert!(!stage.discord.typing(GENERAL));
    stage.finish().await;
}

#[tokio::test]
async fn a_thinking_line_becomes_the_answer() {
    let mut stage = Stage::set(unlimited()).await;
    stage.config.discord.thinking_after = Duration::from_millis(10);
    stage.start().await;
    let (answer, gate) = Answer::text(SONG).hold();
    stage.model.script(answer);
    let question = stage.mention("sing!");
    let line = Library::embedded().default_persona().thinking.clone().unwrap();
    let thinking = stage.answered(question, &line).await;
    gate.open();
    assert_eq!(stage.answered(question, SONG).await.id, thinking.id);
    assert_eq!(by_bot(&stage, GENERAL).len(), 1);
    stage.finish().await;
}

#[tokio::test]
async fn a_thinking_line_in_flight_doubles_nothing() {
    let mut stage = Stage::set(unlimited()).await;
    stage.config.discord.thinking_after = Duration::ZERO;
    stage.start().await;
    for count in 1..=5 {
        stage.model.script(Answer::text(SONG));
        let question = stage.mention("sing!");
        stage.answered(question, SONG).await;
        assert_eq!(by_bot(&stage, GENERAL).len(), count);
    }
    stage.finish().await;
}

#[tokio::test]
async fn a_long_answer_is_split_between_paragraphs() {
    let stage = unhurried().await;
    let text = long_text();
    assert!(text.chars().count() > 5_000);
    stage.model.script(Answer::text(&text));
    let question = stage.mention("count them");
    let parts = whole(&stage, &text, "\n\n").await;
    let replies: Vec<_> = parts.iter().map(|part| part.reply_to).collect();
    assert_eq!(replies, [Some(question), None, None]);
    assert!(parts.iter().all(|part| part.content.chars().count() <= 2_000));
    stage.finish().await;
}

#[tokio::test]
async fn a_long_answer_that_grows_slowly_is_the_same() {
    let stage = unhurried().await;
    let text = long_text();
    stage.model.script(Answer::text(&text).paced(2_000.0));
    stage.mention("count them");
    whole(&stage, &text, "\n\n").await;
    stage.finish().await;
}

#[tokio::test]
async fn a_reply_to_any_part_of_a_long_answer_goes_on_from_it() {
    let stage = unhurried().await;
    let text = long_text();
    stage.model.script(Answer::text(&text));
    stage.mention("count them");
    let parts = whole(&stage, &text, "\n\n").await;
    stage.model.script(Answer::text("Ninety."));
    let next = stage.discord.reply(KIM, parts[2].id, "how many?", true).unwrap();
    stage.answered(next, "Ninety.").await;
    let prompt = conversation(&stage.model.requests()[1].body);
    assert_eq!(prompt[1], said("assistant", &text));
    stage.finish().await;
}

#[tokio::test]
async fn code_blocks_are_closed_and_opened_again() {
    let stage = unhurried().await;
    let code: String = (0..200).map(|line| format!("let line_{line} = {line};\n")).collect();
    stage.model.script(Answer::text(format!("Look:\n```rust\n{code}```\nDone.")));
    stage.mention("code, please");
    let done = |message: &MessageView| message.content.ends_with("```\nDone.");
    stage.sees(GENERAL, KIM, done).await;
    let parts = by_bot(&stage, GENERAL);
    parts.iter().for_each(|part| stage.read(part.id));
    assert!(parts.len() > 1);
    assert!(parts.iter().all(|part| part.content.matches("```").count() == 2));
    assert!(parts[1..].iter().all(|part| part.content.starts_with("```rust\n")));
    let lines = parts.iter().flat_map(|part| part.content.lines()).filter(|line| line.starts_with("let "));
    assert!(lines.eq(code.lines()), "every line of the code once, in order");
    stage.finish().await;
}

#[tokio::test]
async fn a_long_slash_answer_goes_on_in_follow_ups() {
    let stage = unhurried().await;
    let text = long_text();
    stage.model.script(Answer::text(&text));
    let asked = stage.invoke(&Invocation::new("chat").with("message", "count **them"));
    let parts = whole(&stage, &format!("-# Kim: count \\*\\*them\n{text}"), "\n\n").await;
    assert_eq!(parts.len(), 3);
    assert_eq!(stage.discord.interaction(asked).unwrap().original, Some(parts[0].id));
    stage.finish().await;
}

#[tokio::test]
async fn links_in_a_slash_answer_do_not_unfold() {
    let stage = unhurried().await;
    for private in [false, true] {
        stage.model.script(Answer::text("Look at https://example.com"));
        let asked = stage.invoke(&Invocation::new("chat").with("message", "where?").with("private", private));
        let whole = |message: &MessageView| message.content.ends_with("https://example.com");
        assert!(!stage.replied(asked, whole).await.unfolds);
    }
    stage.finish().await;
}

#[tokio::test]
async fn a_quoted_question_is_no_first_words() {
    let mut stage = Stage::set(unlimited()).await;
    stage.config.discord.first_words = 10;
    stage.config.discord.first_words_after = Duration::from_secs(3_600);
    stage.start().await;
    let (answer, gate) = Answer::text(SONG).hold();
    stage.model.script(answer);
    let asked = stage.invoke(&Invocation::new("chat").with("message", "a question of many words"));
    gate.release(1);
    // Meanwhile another answer comes and goes.
    stage.model.wait_for_request().await;
    stage.model.script(Answer::text("A whole answer in the meantime."));
    let elsewhere = stage.mention_in(WORKSHOP, KIM, "and here?");
    stage.answered(elsewhere, "A whole answer in the meantime.").await;
    let original = stage.discord.interaction(asked).unwrap().original.unwrap();
    assert!(stage.discord.message(original).unwrap().pending);
    gate.open();
    stage.replied(asked, |message| message.content.ends_with(SONG)).await;
    stage.finish().await;
}

#[tokio::test]
async fn markdown_passes_whole_and_pings_nobody() {
    let stage = unhurried().await;
    let texts = [
        "**bold** _italic_ ~~gone~~ ||hidden||\n> quoted\n- one\n  - two\n1. three",
        "# Heading\n-# small\n[a link](https://example.com) `inline`",
        "```rust\nfn main() {}\n```",
        "````\n```\ninner\n```\n````",
        "before\n```py\nprint(1)\n```\nbetween\n```\nplain\n```\nafter",
        "שלום, מה שלומך?",
        "zero\u{200b}width and \u{202e}turned\u{202c} text",
        "👩‍🚀👨‍👩‍👧‍👦 e\u{301}",
        "@everyone, @here and <@&1300000000000000012>",
        "a \\*star\\* and a | b\n--|--\n1 | 2",
    ];
    for text in texts {
        stage.model.script(Answer::text(text));
        let question = stage.mention("show me");
        let answer = stage.answered(question, text).await;
        assert!(!answer.mention_everyone && answer.mentions.is_empty(), "{text}");
        assert!(!answer.mention_roles.contains(&HELPERS), "{text}");
    }
    stage.finish().await;
}

#[tokio::test]
async fn an_answer_stops_when_its_question_is_deleted() {
    let stage = unhurried().await;
    let (question, first, _gate) = held_after(&stage, GENERAL, 5).await;
    stage.discord.delete(question).unwrap();
    assert_eq!(stage.model.wait_for_end(0).await.unwrap().ending, Some(Ending::Left));
    let marked = stage.reads(&format!("{}\n-# (stopped: the question was deleted)", begun(5))).await;
    assert_eq!(marked.id, first.id);
    stage.model.script(Answer::text("Nothing at all."));
    let next = stage.mention("what did I ask?");
    stage.answered(next, "Nothing at all.").await;
    let prompt = conversation(&stage.model.requests()[1].body);
    assert_eq!(prompt, [said("user", "[Kim] what did I ask?")]);
    stage.finish().await;
}

#[tokio::test]
async fn a_question_deleted_before_the_first_word_is_answered_by_nothing() {
    let stage = unhurried().await;
    let (answer, _gate) = Answer::text(SONG).hold();
    stage.model.script(answer);
    let question = stage.mention("sing!");
    stage.model.wait_for_request().await;
    stage.discord.delete(question).unwrap();
    assert_eq!(stage.model.wait_for_end(0).await.unwrap().ending, Some(Ending::Left));
    stage.model.script(Answer::text("Nothing at all."));
    let next = stage.mention("what did I ask?");
    stage.answered(next, "Nothing at all.").await;
    assert_eq!(by_bot(&stage, GENERAL).len(), 1);
    stage.finish().await;
}

#[tokio::test]
async fn an_answer_that_somebody_deletes_is_not_sent_again() {
    let stage = unhurried().await;
    let (_, first, gate) = held_after(&stage, GENERAL, 5).await;
    stage.discord.delete(first.id).unwrap();
    gate.release(3);
    assert_eq!(stage.model.wait_for_end(0).await.unwrap().ending, Some(Ending::Left));
    stage.model.script(Answer::text("Never mind."));
    let next = stage.mention("well?");
    stage.answered(next, "Never mind.").await;
    assert_eq!(by_bot(&stage, GENERAL).len(), 1);
    stage.finish().await;
}

#[tokio::test]
async fn an_answer_ends_with_its_channel() {
    let stage = unhurried().await;
    let (_, _, gate) = held_after(&stage, WORKSHOP, 5).await;
    stage.discord.delete_channel(WORKSHOP).unwrap();
    gate.release(3);
    assert_eq!(stage.model.wait_for_end(0).await.unwrap().ending, Some(Ending::Left));
    stage.finish().await;
}

#[tokio::test]
async fn where_the_bot_may_not_write_the_model_is_not_kept_busy() {
    let stage = unhurried().await;
    stage.discord.set_permission(GENERAL, false).unwrap();
    let (answer, gate) = Answer::text(SONG).hold();
    stage.model.script(answer);
    stage.mention("sing!");
    gate.release(5);
    assert_eq!(stage.model.wait_for_end(0).await.unwrap().ending, Some(Ending::Left));
    stage.discord.set_permission(GENERAL, true).unwrap();
    stage.model.script(Answer::text("I may speak again."));
    let next = stage.mention("and now?");
    stage.answered(next, "I may speak again.").await;
    assert_eq!(by_bot(&stage, GENERAL).len(), 1);
    stage.finish().await;
}

#[tokio::test]
async fn thirty_streams_at_once_keep_discords_limits() {
    let mut stage = Stage::set(Setting::default()).await;
    // One person's budget does not hold thirty answers at once.
    stage.config.chat.budgets.user = Budget { day: None, month: None };
    stage.start().await;
    let threads: Vec<_> = (0..30)
        .map(|number| stage.discord.create_thread(KIM, GENERAL, &format!("thread {number}"), None).unwrap())
        .collect();
    let asked: Vec<_> = threads
        .iter()
        .map(|thread| {
            let (answer, gate) = Answer::text(SONG).hold();
            stage.model.script(answer);
            (stage.mention_in(*thread, KIM, "sing!"), gate)
        })
        .collect();
    // All of them have begun, then grow, before the first is complete.
    for (shown, more) in [(5, 5), (8, 3)] {
        asked.iter().for_each(|(_, gate)| gate.release(more));
        for (question, _) in &asked {
            stage.answered(*question, &begun(shown)).await;
        }
    }
    asked.iter().for_each(|(_, gate)| gate.open());
    for (question, _) in asked {
        stage.answered(question, SONG).await;
    }
    assert_eq!(stage.discord.refused(), 0);
    stage.finish().await;
}

#[tokio::test]
async fn questions_of_one_channel_wait_for_each_other_and_for_no_other() {
    let stage = unhurried().await;
    let (first, _, gate) = held_after(&stage, GENERAL, 5).await;
    let second = stage.mention("second");
    let third = stage.mention_in(GENERAL, ROBIN, "third");
    stage.model.script(Answer::text("elsewhere"));
    let elsewhere = stage.mention_in(WORKSHOP, KIM, "elsewhere");
    stage.answered(elsewhere, "elsewhere").await;
    assert_eq!(stage.model.requests().len(), 2, "the second question waits");
    for text in ["two", "three"] {
        stage.model.script(Answer::text(text));
    }
    gate.open();
    stage.answered(first, SONG).await;
    stage.answered(second, "two").await;
    stage.answered(third, "three").await;
    let prompt = conversation(&stage.model.requests()[3].body);
    let words: Vec<_> = prompt.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(words, ["[Kim] sing!", SONG, "[Kim] second", "two", "[Robin] third"]);
    stage.finish().await;
}

#[tokio::test]
async fn a_question_too_many_gets_one_kind_sentence() {
    let mut stage = Stage::set(unlimited()).await;
    stage.config.chat.waiting_turns = 0;
    stage.start().await;
    let (first, _, gate) = held_after(&stage, GENERAL, 5).await;
    let second = stage.mention("me too!");
    let refused = stage.sees(GENERAL, KIM, |message| message.reply_to == Some(second)).await;
    assert!(refused.content.contains("more messages here than can be answered"), "{}", refused.content);
    gate.open();
    stage.answered(first, SONG).await;
    assert_eq!(stage.model.requests().len(), 1);
    stage.finish().await;
}
