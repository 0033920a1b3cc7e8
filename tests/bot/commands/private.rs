//! `/chat private: True`: between the asker and the persona.

use prism::emulator::Invocation;
use prism::emulator::model::Answer;
use prism::emulator::playground::{GENERAL, KIM, ROBIN, TEA_AND_BISCUITS};
use prism::ids::UserId;

use crate::asked::{conversation, persona, said};
use crate::harness::Stage;

fn whisper(message: &str) -> Invocation {
    Invocation::new("chat").with("message", message).with("private", true)
}

/// Asks in private and waits for the answer.
async fn confides(stage: &Stage, person: UserId, question: &str, answer: &str) {
    stage.model.script(Answer::text(answer));
    let asked = stage.invoke_as(person, &whisper(question));
    let told = stage.replied(asked, |message| message.content.ends_with(answer)).await;
    assert_eq!(told.only_for, Some(person));
}

#[tokio::test]
async fn a_private_answer_is_seen_by_the_asker_alone() {
    let stage = Stage::open().await;
    let text = (0..400).map(|number| format!("word{number}")).collect::<Vec<_>>().join(" ");
    stage.model.script(Answer::text(&text));
    let asked = stage.invoke(&whisper("tell me at length"));
    stage.replied(asked, |message| message.content.contains("word0 ")).await;
    stage.sees(GENERAL, KIM, |message| message.content.ends_with("word399")).await;
    assert_eq!(stage.discord.messages(GENERAL, KIM).len(), 2);
    assert_eq!(stage.discord.messages(GENERAL, ROBIN), []);
    stage.finish().await;
}

#[tokio::test]
async fn private_words_and_the_channel_do_not_hear_each_other() {
    let stage = Stage::open().await;
    confides(&stage, KIM, "my secret", "Safe with me.").await;
    stage.model.script(Answer::text("Nothing new."));
    let question = stage.mention_in(GENERAL, KIM, "what is new?");
    stage.answered(question, "Nothing new.").await;
    assert_eq!(conversation(&stage.model.requests()[1].body), [said("user", "[Kim] what is new?")]);
    confides(&stage, ROBIN, "what did Kim say?", "Ask Kim.").await;
    assert_eq!(conversation(&stage.model.requests()[2].body), [said("user", "[Robin] what did Kim say?")]);
    confides(&stage, KIM, "do you remember?", "I do.").await;
    assert_eq!(
        conversation(&stage.model.requests()[3].body),
        [
            said("user", "[Kim] my secret"),
            said("assistant", "Safe with me."),
            said("user", "[Kim] do you remember?")
        ]
    );
    stage.finish().await;
}

#[tokio::test]
async fn a_private_question_is_answered_by_the_persona_of_the_place() {
    let stage = Stage::open().await;
    let used = stage.invoke_as(ROBIN, &Invocation::new("persona use").with("persona", "kettle"));
    stage.replied(used, |_| true).await;
    for channel in [GENERAL, TEA_AND_BISCUITS] {
        stage.model.script(Answer::text("Hsss."));
        let asked = stage.discord.invoke(KIM, channel, &whisper("hello")).unwrap();
        stage.replied(asked, |message| message.content.ends_with("Hsss.")).await;
        assert_eq!(persona(&stage.model.requests().pop().unwrap().body), "Little Kettle");
    }
    stage.finish().await;
}

#[tokio::test]
async fn a_refusal_of_a_private_question_stays_private() {
    let stage = Stage::open().await;
    for model in [crate::harness::MODEL, crate::harness::LIGHTER_MODEL] {
        stage.model.always(model, Answer::status(500));
    }
    let asked = stage.invoke(&whisper("hello"));
    let told = stage.replied(asked, |message| message.content.contains("reference")).await;
    assert_eq!(told.only_for, Some(KIM));
    let retry = told.components[0][0].custom_id().unwrap().to_owned();
    for model in [crate::harness::MODEL, crate::harness::LIGHTER_MODEL] {
        stage.model.always(model, None);
    }
    stage.model.script(Answer::text("Here I am."));
    stage.discord.press(KIM, told.id, &retry).unwrap();
    let answer = stage.replied(asked, |message| message.content.ends_with("Here I am.")).await;
    assert_eq!((answer.only_for, answer.components.len()), (Some(KIM), 0));
    assert_eq!(stage.discord.messages(GENERAL, ROBIN), []);
    stage.finish().await;
}
