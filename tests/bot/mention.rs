//! Mentions, replies and threads in a server.

use prism::emulator::model::Answer;
use prism::emulator::playground::{GENERAL, KIM, OTHER_BOT, ROBIN, TEA_AND_BISCUITS, WORKSHOP};
use prism::emulator::{Invocation, Settings};

use crate::asked::{conversation, persona, said};
use crate::harness::{Setting, Stage};

#[tokio::test]
async fn a_mention_is_answered_as_a_reply_that_pings_nobody() {
    let stage = Stage::open().await;
    stage.model.script(Answer::text("Good evening. The kettle is on."));
    let question = stage.mention("good evening!");
    let answer = stage.answered(question, "Good evening. The kettle is on.").await;
    assert_eq!(answer.mentions, []);
    let asked = &stage.model.requests()[0].body;
    assert_eq!(conversation(asked), [said("user", "[Kim] good evening!")]);
    assert_eq!(asked["max_tokens"], 800);
    assert!(asked["user"].as_str().is_some_and(|user| !user.contains(&KIM.to_string())), "{}", asked["user"]);
    stage.finish().await;
}

#[tokio::test]
async fn the_next_turn_remembers_and_tells_speakers_apart() {
    let stage = Stage::open().await;
    stage.model.script(Answer::text("Hello Kim."));
    let first = stage.mention("hi");
    stage.answered(first, "Hello Kim.").await;
    stage.model.script(Answer::text("That was Kim."));
    let second = stage.mention_in(GENERAL, ROBIN, "who was that?");
    stage.answered(second, "That was Kim.").await;
    assert_eq!(
        conversation(&stage.model.requests()[1].body),
        [said("user", "[Kim] hi"), said("assistant", "Hello Kim."), said("user", "[Robin] who was that?")]
    );
    stage.finish().await;
}

#[tokio::test]
async fn channels_and_threads_do_not_hear_each_other() {
    let stage = Stage::open().await;
    for (channel, answer) in
        [(GENERAL, "in general"), (TEA_AND_BISCUITS, "in the thread"), (WORKSHOP, "in the workshop")]
    {
        stage.model.script(Answer::text(answer));
        let question = stage.mention_in(channel, KIM, "where are we?");
        stage.answered(question, answer).await;
    }
    for request in stage.model.requests() {
        assert_eq!(conversation(&request.body), [said("user", "[Kim] where are we?")]);
    }
    stage.finish().await;
}

#[tokio::test]
async fn a_chain_of_four_replies_is_one_conversation() {
    let stage = Stage::open().await;
    stage.model.script(Answer::text("answer 0"));
    let mut question = stage.mention("question 0");
    let mut answer = stage.answered(question, "answer 0").await;
    for turn in 1..4 {
        let text = format!("answer {turn}");
        stage.model.script(Answer::text(&text));
        question = stage.discord.reply(KIM, answer.id, &format!("question {turn}"), true).unwrap();
        answer = stage.answered(question, &text).await;
    }
    let asked = conversation(&stage.model.requests()[3].body);
    assert_eq!(asked.len(), 7);
    assert_eq!(asked[0], said("user", "[Kim] question 0"));
    assert_eq!(asked[6], said("user", "[Kim] question 3"));
    stage.finish().await;
}

#[tokio::test]
async fn a_reply_to_an_older_answer_goes_on_from_there() {
    let stage = Stage::open().await;
    stage.model.script(Answer::text("one"));
    let first = stage.mention("first");
    let one = stage.answered(first, "one").await;
    stage.model.script(Answer::text("two"));
    let second = stage.mention("second");
    stage.answered(second, "two").await;
    stage.model.script(Answer::text("three"));
    let branch = stage.discord.reply(ROBIN, one.id, "about one", true).unwrap();
    stage.answered(branch, "three").await;
    assert_eq!(
        conversation(&stage.model.requests()[2].body),
        [said("user", "[Kim] first"), said("assistant", "one"), said("user", "[Robin] about one")]
    );
    stage.finish().await;
}

#[tokio::test]
async fn a_mention_without_words_gets_the_greeting_and_no_model() {
    let stage = Stage::open().await;
    let question = stage.mention("   ");
    let greeting = prism::persona::Library::embedded().default_persona().greeting.clone();
    stage.answered(question, &greeting).await;
    assert!(stage.model.requests().is_empty());
    stage.finish().await;
}

#[tokio::test]
async fn a_persona_without_a_greeting_answers_its_name_too() {
    let mut stage = Stage::set(Setting::default()).await;
    stage.cast(&[("hermit", "")]);
    stage.start().await;
    let question = stage.mention("");
    stage.answered(question, "Yes?").await;
    stage.finish().await;
}

#[tokio::test]
async fn a_message_of_emoji_alone_is_an_ordinary_one() {
    let stage = Stage::open().await;
    stage.model.script(Answer::text("🦆 indeed"));
    let question = stage.mention("🦆");
    stage.answered(question, "🦆 indeed").await;
    stage.finish().await;
}

#[tokio::test]
async fn chatter_bots_and_webhooks_are_left_alone() {
    let stage = Stage::open().await;
    let bot = stage.discord.bot();
    stage.discord.say(KIM, GENERAL, "just chatting").unwrap();
    stage.discord.say_as_bot(OTHER_BOT, GENERAL, &format!("<@{bot}> beep")).unwrap();
    stage.discord.say_as_webhook("Hook", GENERAL, &format!("<@{bot}> boop")).unwrap();
    // Events are answered in any order, so the silence is only known once a later question was answered.
    stage.model.script(Answer::text("yes?"));
    let question = stage.mention("and me?");
    stage.answered(question, "yes?").await;
    assert_eq!(stage.model.requests().len(), 1);
    stage.finish().await;
}

#[tokio::test]
async fn without_message_content_a_reply_without_ping_gets_one_hint() {
    let emulator = Settings { message_content: false, ..Settings::default() };
    let mut stage = Stage::set(Setting { emulator, ..Setting::default() }).await;
    stage.start().await;
    stage.model.script(Answer::text("hello"));
    let question = stage.mention("hi");
    let answer = stage.answered(question, "hello").await;
    let silent = stage.discord.reply(KIM, answer.id, "and now?", false).unwrap();
    let hint = stage.sees(GENERAL, KIM, |message| message.reply_to == Some(silent)).await;
    assert!(hint.content.contains("Mention me in your text"), "{}", hint.content);
    stage.discord.reply(KIM, answer.id, "hello?", false).unwrap();
    stage.model.script(Answer::text("now I hear you"));
    let heard = stage.discord.reply(KIM, answer.id, "with a ping", true).unwrap();
    stage.answered(heard, "now I hear you").await;
    stage.finish().await;
}

#[tokio::test]
async fn without_message_content_a_ping_under_a_slash_answer_is_not_taken_for_a_call() {
    let emulator = Settings { message_content: false, ..Settings::default() };
    let mut stage = Stage::set(Setting { emulator, ..Setting::default() }).await;
    stage.start().await;
    stage.model.script(Answer::text("At four."));
    let asked = stage.invoke(&Invocation::new("chat").with("message", "when is tea?"));
    let answer = stage.replied(asked, |message| message.content.ends_with("At four.")).await;
    for text in ["and the scones?", "hello?"] {
        let silent = stage.discord.reply(KIM, answer.id, text, true).unwrap();
        let hint = stage.sees(GENERAL, KIM, |message| message.reply_to == Some(silent)).await;
        assert!(hint.content.contains("Mention me in your text"), "{}", hint.content);
    }
    stage.model.script(Answer::text("Two each."));
    let text = format!("<@{}> how many?", stage.discord.bot());
    let heard = stage.discord.reply(KIM, answer.id, &text, true).unwrap();
    stage.answered(heard, "Two each.").await;
    stage.finish().await;
}

#[tokio::test]
async fn another_personas_line_is_told_under_its_name() {
    let stage = Stage::open().await;
    stage.model.script(Answer::text("Hsss."));
    let asked = stage.invoke(&Invocation::new("chat").with("message", "sing").with("persona", "kettle"));
    let kettle = stage.replied(asked, |message| message.content.ends_with("Hsss.")).await;
    stage.model.script(Answer::text("A kettle."));
    let text = format!("<@{}> who was that?", stage.discord.bot());
    let question = stage.discord.reply(KIM, kettle.id, &text, true).unwrap();
    stage.answered(question, "A kettle.").await;
    let request = &stage.model.requests()[1].body;
    assert_eq!(persona(request), "Odile Brankov");
    assert_eq!(
        conversation(request),
        [
            said("user", "[Kim] sing"),
            said("user", "[Little Kettle] Hsss."),
            said("user", "[Kim] who was that?")
        ]
    );
    stage.finish().await;
}

#[tokio::test]
async fn with_message_content_a_reply_needs_no_ping() {
    let emulator = Settings { message_content: true, ..Settings::default() };
    let mut stage = Stage::set(Setting { emulator, message_content: true, ..Setting::default() }).await;
    stage.start().await;
    stage.model.script(Answer::text("hello"));
    let question = stage.mention("hi");
    let answer = stage.answered(question, "hello").await;
    stage.model.script(Answer::text("gladly"));
    let silent = stage.discord.reply(KIM, answer.id, "tell me more", false).unwrap();
    stage.answered(silent, "gladly").await;
    stage.finish().await;
}
