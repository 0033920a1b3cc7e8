//! `/forget`: asks, then nothing is left in the next prompt.

use prism::emulator::model::Answer;
use prism::emulator::playground::{GENERAL, KIM, KIM_DM, ROBIN, WORKSHOP};
use prism::emulator::{Invocation, MessageView};
use prism::ids::{ChannelId, UserId};

use crate::asked::{conversation, said};
use crate::harness::Stage;

/// A turn, and what the model was told for it.
async fn talks(stage: &Stage, person: UserId, channel: ChannelId, text: &str) -> Vec<(String, String)> {
    stage.model.script(Answer::text("I see."));
    let question = stage.mention_in(channel, person, text);
    stage
        .sees(channel, person, |message| message.reply_to == Some(question) && message.content == "I see.")
        .await;
    conversation(&stage.model.requests().pop().unwrap().body)
}

/// Asks for oblivion: the question with its two buttons.
async fn asks(stage: &Stage, person: UserId, channel: ChannelId, what: Option<&str>) -> MessageView {
    let command = Invocation::new("forget");
    let choice = what.map(|what| choice(stage, what));
    let command = choice.into_iter().fold(command, |command, choice| command.with("what", choice));
    let asked = stage.discord.invoke(person, channel, &command).unwrap();
    let question = stage.replied(asked, |message| message.components.len() == 1).await;
    assert_eq!(question.only_for, Some(person));
    assert!(question.content.contains("cannot be undone"), "{}", question.content);
    question
}

/// The value of the choice whose label begins like this.
fn choice(stage: &Stage, label: &str) -> serde_json::Value {
    let commands = stage.discord.commands();
    let forget = commands.iter().find(|command| command["name"] == "forget").unwrap();
    let choices = forget["options"][0]["choices"].as_array().unwrap();
    let named = |choice: &&serde_json::Value| choice["name"].as_str().unwrap().starts_with(label);
    choices.iter().find(named).unwrap()["value"].clone()
}

/// Presses a button of the question and reads what it becomes.
async fn press(stage: &Stage, person: UserId, question: &MessageView, label: &str) -> String {
    let button = question.components[0].iter().find(|button| button.label.as_deref() == Some(label)).unwrap();
    stage.discord.press(person, question.id, button.custom_id().unwrap()).unwrap();
    let answered = |message: &MessageView| message.id == question.id && message.components.is_empty();
    stage.sees(question.channel, person, answered).await.content
}

#[tokio::test]
async fn a_conversation_is_forgotten_after_a_yes() {
    let stage = Stage::open().await;
    talks(&stage, KIM, GENERAL, "one").await;
    talks(&stage, KIM, WORKSHOP, "elsewhere").await;
    let question = asks(&stage, KIM, GENERAL, None).await;
    let done = press(&stage, KIM, &question, "Forget it").await;
    assert!(done.starts_with("Done: "), "{done}");
    assert_eq!(talks(&stage, KIM, GENERAL, "two").await, [said("user", "[Kim] two")]);
    assert_eq!(talks(&stage, KIM, WORKSHOP, "still?").await.len(), 3);
    stage.finish().await;
}

#[tokio::test]
async fn what_was_asked_about_is_forgotten_whoever_answers_by_now() {
    let stage = Stage::open().await;
    talks(&stage, KIM, GENERAL, "to Odile").await;
    let question = asks(&stage, KIM, GENERAL, None).await;
    assert!(question.content.contains("**Odile Brankov**"), "{}", question.content);
    for persona in ["kettle", "odile"] {
        let choice = Invocation::new("persona use").with("persona", persona);
        let chosen = stage.invoke_as(ROBIN, &choice);
        stage.replied(chosen, |message| message.content.contains("answers here")).await;
        if persona == "kettle" {
            talks(&stage, KIM, GENERAL, "to the kettle").await;
            press(&stage, KIM, &question, "Forget it").await;
            assert_eq!(talks(&stage, KIM, GENERAL, "still?").await.len(), 3);
        }
    }
    assert_eq!(talks(&stage, KIM, GENERAL, "and you?").await, [said("user", "[Kim] and you?")]);
    stage.finish().await;
}

#[tokio::test]
async fn a_press_is_acknowledged_before_anything_is_erased() {
    let stage = Stage::open().await;
    talks(&stage, KIM, GENERAL, "one").await;
    let question = asks(&stage, KIM, GENERAL, None).await;
    let before = stage.discord.requests().len();
    press(&stage, KIM, &question, "Forget it").await;
    let requests = stage.discord.requests().split_off(before);
    assert!(requests[0].path.ends_with("/callback") && requests[0].body["type"] == 6, "{requests:?}");
    stage.finish().await;
}

#[tokio::test]
async fn a_no_keeps_everything() {
    let stage = Stage::open().await;
    talks(&stage, KIM, GENERAL, "one").await;
    let question = asks(&stage, KIM, GENERAL, Some("this conversation")).await;
    assert_eq!(press(&stage, KIM, &question, "Keep it").await, "Nothing was forgotten.");
    assert_eq!(talks(&stage, KIM, GENERAL, "two").await.len(), 3);
    stage.finish().await;
}

#[tokio::test]
async fn a_person_is_forgotten_everywhere_and_nobody_else_is() {
    let stage = Stage::open().await;
    talks(&stage, ROBIN, GENERAL, "Robin was here").await;
    talks(&stage, KIM, GENERAL, "Kim was here").await;
    talks(&stage, KIM, KIM_DM, "in private").await;
    let question = asks(&stage, KIM, WORKSHOP, Some("everything I ever said")).await;
    let done = press(&stage, KIM, &question, "Forget it").await;
    assert!(done.starts_with("Done: "), "{done}");
    assert_eq!(talks(&stage, KIM, KIM_DM, "hello?").await, [said("user", "[Kim] hello?")]);
    assert_eq!(
        talks(&stage, ROBIN, GENERAL, "who was here?").await,
        [
            said("user", "[Robin] Robin was here"),
            said("assistant", "I see."),
            said("user", "[Robin] who was here?")
        ]
    );
    stage.finish().await;
}

#[tokio::test]
async fn a_channel_is_forgotten_by_those_who_keep_its_order() {
    let stage = Stage::open().await;
    talks(&stage, KIM, GENERAL, "Kim was here").await;
    let question = asks(&stage, KIM, GENERAL, Some("everything in this channel")).await;
    let refusal = press(&stage, KIM, &question, "Forget it").await;
    assert!(
        refusal.contains("may manage messages") && refusal.ends_with("Nothing was forgotten."),
        "{refusal}"
    );
    assert_eq!(talks(&stage, KIM, GENERAL, "still there?").await.len(), 3);
    let question = asks(&stage, ROBIN, GENERAL, Some("everything in this channel")).await;
    press(&stage, ROBIN, &question, "Forget it").await;
    assert_eq!(talks(&stage, KIM, GENERAL, "and now?").await, [said("user", "[Kim] and now?")]);
    stage.finish().await;
}

#[tokio::test]
async fn private_words_go_with_the_conversation_and_with_the_channel() {
    let stage = Stage::open().await;
    let whisper = Invocation::new("chat").with("message", "psst").with("private", true);
    for (person, what) in [(KIM, "this conversation"), (ROBIN, "everything in this channel")] {
        stage.model.script(Answer::text("Noted."));
        let asked = stage.invoke(&whisper);
        stage.replied(asked, |message| message.content.ends_with("Noted.")).await;
        assert_eq!(conversation(&stage.model.requests().pop().unwrap().body), [said("user", "[Kim] psst")]);
        let question = asks(&stage, person, GENERAL, Some(what)).await;
        let done = press(&stage, person, &question, "Forget it").await;
        assert!(done.starts_with("Done: "), "{done}");
    }
    stage.finish().await;
}

#[tokio::test]
async fn a_second_press_finds_nothing_left() {
    let stage = Stage::open().await;
    talks(&stage, KIM, GENERAL, "one").await;
    let question = asks(&stage, KIM, GENERAL, None).await;
    let yes = question.components[0][0].custom_id().unwrap();
    let presses = [(); 2].map(|()| stage.discord.press(KIM, question.id, yes).unwrap());
    for press in presses {
        stage.replied(press, |message| message.components.is_empty()).await;
    }
    assert_eq!(talks(&stage, KIM, GENERAL, "two").await, [said("user", "[Kim] two")]);
    stage.finish().await;
}
