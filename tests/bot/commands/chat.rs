//! `/chat` for all to see.

use prism::emulator::model::{Answer, tokens};
use prism::emulator::playground::{GENERAL, KIM, KIM_DM, TEA_AND_BISCUITS};
use prism::emulator::{InteractionState, Invocation};
use prism::ids::InteractionId;

use crate::asked::{conversation, persona, said};
use crate::harness::Stage;

fn chat(message: &str) -> Invocation {
    Invocation::new("chat").with("message", message)
}

#[tokio::test]
async fn a_slash_question_is_quoted_above_its_answer_wherever_it_is_asked() {
    let stage = Stage::open().await;
    for channel in [GENERAL, TEA_AND_BISCUITS, KIM_DM] {
        stage.model.script(Answer::text("At four."));
        let asked = stage.discord.invoke(KIM, channel, &chat("when is tea?")).unwrap();
        let answer =
            stage.replied(asked, |message| message.content == "-# Kim: when is tea?\nAt four.").await;
        assert_eq!((answer.channel, answer.only_for), (channel, None));
        let request = &stage.model.requests().pop().unwrap().body;
        assert_eq!(conversation(request), [said("user", "[Kim] when is tea?")]);
    }
    stage.finish().await;
}

#[tokio::test]
async fn slash_questions_and_mentions_are_one_conversation() {
    let stage = Stage::open().await;
    stage.model.script(Answer::text("At four."));
    let asked = stage.invoke(&chat("when is tea?"));
    stage.replied(asked, |message| message.content.ends_with("At four.")).await;
    stage.model.script(Answer::text("Scones."));
    let question = stage.mention("and what is there?");
    stage.answered(question, "Scones.").await;
    assert_eq!(
        conversation(&stage.model.requests()[1].body),
        [
            said("user", "[Kim] when is tea?"),
            said("assistant", "At four."),
            said("user", "[Kim] and what is there?")
        ]
    );
    stage.finish().await;
}

#[tokio::test]
async fn a_long_question_is_quoted_shortened_and_asked_whole() {
    let stage = Stage::open().await;
    let question = format!("one\n{}", "two three\n".repeat(190));
    stage.model.script(Answer::text("That was long."));
    let asked = stage.invoke(&chat(&question));
    let answer = stage.replied(asked, |message| message.content.ends_with("\nThat was long.")).await;
    let quote = answer.content.lines().next().unwrap();
    assert!(quote.starts_with("-# Kim: one two three two") && quote.ends_with('…'), "{quote}");
    assert!(quote.chars().count() < 200, "{quote}");
    let request = &stage.model.requests()[0].body;
    assert_eq!(conversation(request), [said("user", &format!("[Kim] {}", question.trim()))]);
    stage.finish().await;
}

#[tokio::test]
async fn a_slash_answer_grows_in_its_message() {
    let stage = Stage::open().await;
    let text = "one two three four five six seven eight nine ten";
    let (answer, gate) = Answer::text(text).hold();
    stage.model.script(answer);
    let asked = stage.invoke(&chat("count"));
    gate.release(tokens(text).len() - 3);
    let begun = stage.replied(asked, |message| message.content.contains("one")).await;
    assert!(!begun.content.contains("ten"), "{}", begun.content);
    gate.open();
    let whole = stage.replied(asked, |message| message.content == format!("-# Kim: count\n{text}")).await;
    assert_eq!(begun.id, whole.id);
    stage.finish().await;
}

#[tokio::test]
async fn a_long_slash_answer_goes_on_in_follow_ups() {
    let stage = Stage::open().await;
    let text = (0..400).map(|number| format!("word{number}")).collect::<Vec<_>>().join(" ");
    stage.model.script(Answer::text(&text));
    let asked = stage.invoke(&chat("talk"));
    let first = stage.replied(asked, |message| message.content.starts_with("-# Kim: talk\nword0 ")).await;
    let second = stage.sees(GENERAL, KIM, |message| message.content.ends_with("word399")).await;
    let first = stage.discord.message(first.id).unwrap();
    let shown = format!("{} {}", first.content.strip_prefix("-# Kim: talk\n").unwrap(), second.content);
    assert_eq!(shown, text);
    stage.finish().await;
}

#[tokio::test]
async fn every_question_is_acknowledged_while_the_model_is_silent() {
    let stage = Stage::open().await;
    let (answer, gate) = Answer::text("first").hold();
    stage.model.script(answer);
    stage.model.script(Answer::text("second"));
    let first = stage.invoke(&chat("one?"));
    thinks(&stage, first).await;
    // It waits behind the first one, and still Discord hears at once.
    let second = stage.invoke(&chat("two?"));
    thinks(&stage, second).await;
    gate.open();
    stage.replied(first, |message| message.content.ends_with("\nfirst")).await;
    stage.replied(second, |message| message.content.ends_with("\nsecond")).await;
    stage.finish().await;
}

async fn thinks(stage: &Stage, asked: InteractionId) {
    let state = || stage.discord.interaction(asked).map(|interaction| interaction.state);
    let thinking = || (state() == Some(InteractionState::Thinking)).then_some(());
    stage.until(thinking, || format!("{:?}", state())).await;
}

#[tokio::test]
async fn another_persona_answers_just_once_by_id_or_name() {
    let stage = Stage::open().await;
    for name in ["kettle", "Little Kettle", " little kettle "] {
        stage.model.script(Answer::text("Hsss."));
        let asked = stage.invoke(&chat("hello").with("persona", name));
        stage.replied(asked, |message| message.content.ends_with("\nHsss.")).await;
        assert_eq!(persona(&stage.model.requests().pop().unwrap().body), "Little Kettle");
    }
    stage.model.script(Answer::text("Yes."));
    let question = stage.mention("hello");
    stage.answered(question, "Yes.").await;
    let request = stage.model.requests().pop().unwrap();
    assert_eq!(persona(&request.body), "Odile Brankov");
    assert_eq!(conversation(&request.body), [said("user", "[Kim] hello")], "it heard the other one");
    stage.finish().await;
}

#[tokio::test]
async fn an_unknown_persona_is_named_to_the_asker_alone() {
    let stage = Stage::open().await;
    let asked = stage.invoke(&chat("hello").with("persona", "no`body\n@everyone"));
    let told = stage.replied(asked, |message| message.content.contains("`nobody@everyone`")).await;
    assert_eq!(told.only_for, Some(KIM));
    assert!(!told.mention_everyone);
    assert!(stage.model.requests().is_empty());
    stage.finish().await;
}

#[tokio::test]
async fn blank_words_get_the_greeting() {
    let stage = Stage::open().await;
    let asked = stage.invoke(&chat("  \n "));
    let greeting = prism::persona::Library::embedded().default_persona().greeting.clone();
    stage.replied(asked, |message| message.content == greeting).await;
    stage.finish().await;
}

#[tokio::test]
async fn half_a_name_is_completed() {
    let stage = Stage::open().await;
    for (typed, found) in [("kettl", ["kettle"].as_slice()), ("LADY", &["drusilla"]), ("zzz", &[])] {
        let offered = stage.offered(KIM, GENERAL, ("chat", typed)).await;
        let ids: Vec<_> = offered.iter().map(|choice| choice.value.as_str().unwrap()).collect();
        assert_eq!(ids, found, "{typed}");
    }
    assert_eq!(stage.offered(KIM, KIM_DM, ("persona use", "")).await.len(), 8);
    assert_eq!(stage.offered(KIM, GENERAL, ("persona show", " Kettle ")).await.len(), 1);
    stage.finish().await;
}

#[tokio::test]
async fn no_more_names_are_offered_than_discord_shows() {
    let mut stage = Stage::set(crate::harness::Setting::default()).await;
    let ids: Vec<_> = (0..30).map(|number| format!("double{number}")).collect();
    stage.cast(&ids.iter().map(|id| (id.as_str(), "")).collect::<Vec<_>>());
    stage.start().await;
    let offered = stage.offered(KIM, GENERAL, ("chat", "")).await;
    assert_eq!(offered.len(), 25);
    assert_eq!(offered[0].name, "The double0");
    assert_eq!(stage.offered(KIM, GENERAL, ("chat", "double29")).await.len(), 1);
    stage.finish().await;
}
