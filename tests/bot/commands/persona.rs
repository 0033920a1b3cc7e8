//! `/persona`: who there is, and who answers where.

use prism::emulator::Invocation;
use prism::emulator::model::Answer;
use prism::emulator::playground::{GENERAL, KIM, KIM_DM, ROBIN, TEA_AND_BISCUITS, WORKSHOP};
use prism::ids::{ChannelId, UserId};

use crate::asked::{conversation, persona, said};
use crate::harness::{Setting, Stage};

/// Somebody chooses who answers and reads what comes of it.
async fn uses(stage: &Stage, person: UserId, channel: ChannelId, name: &str) -> String {
    let invocation = Invocation::new("persona use").with("persona", name);
    let asked = stage.discord.invoke(person, channel, &invocation).unwrap();
    stage.replied(asked, |_| true).await.content
}

/// Who answers a mention, by the request that the model received.
async fn answers_in(stage: &Stage, channel: ChannelId, question: &str) -> String {
    stage.model.script(Answer::text("Yes."));
    let question = stage.mention_in(channel, KIM, question);
    stage.answered(question, "Yes.").await;
    persona(&stage.model.requests().pop().unwrap().body)
}

#[tokio::test]
async fn the_list_names_everybody_and_marks_who_answers_here() {
    let stage = Stage::open().await;
    uses(&stage, ROBIN, WORKSHOP, "teo").await;
    for (channel, here) in [(GENERAL, "**Odile Brankov**"), (WORKSHOP, "**Teo Abara**")] {
        let asked = stage.discord.invoke(KIM, channel, &Invocation::new("persona list")).unwrap();
        let list = stage.replied(asked, |message| message.content.contains("Osgar")).await;
        assert_eq!((list.only_for, list.content.lines().count()), (Some(KIM), 8));
        let marked: Vec<_> = list.content.lines().filter(|line| line.contains("(answers here)")).collect();
        assert!(marked.len() == 1 && marked[0].starts_with(here), "{marked:?}");
    }
    stage.finish().await;
}

#[tokio::test]
async fn one_of_them_is_shown_to_the_asker() {
    let stage = Stage::open().await;
    let named = stage.invoke(&Invocation::new("persona show").with("persona", "kettle"));
    let shown = stage.replied(named, |message| message.content.starts_with("**Little Kettle**")).await;
    assert!(shown.content.contains("> HI. Sorry.") && shown.only_for == Some(KIM), "{shown:?}");
    let here = stage.invoke(&Invocation::new("persona show"));
    stage.replied(here, |message| message.content.starts_with("**Odile Brankov**")).await;
    let unknown = stage.invoke(&Invocation::new("persona show").with("persona", "nobody"));
    stage.replied(unknown, |message| message.content.contains("no persona called `nobody`")).await;
    stage.finish().await;
}

#[tokio::test]
async fn a_long_greeting_is_shown_whole() {
    let mut stage = Stage::set(Setting::default()).await;
    let greeting = (0..250).map(|number| format!("word{number}")).collect::<Vec<_>>().join(" ");
    stage.cast(&[("windbag", &format!("greeting = '{greeting}'\ntags = ['last-word']"))]);
    stage.start().await;
    let asked = stage.invoke(&Invocation::new("persona show"));
    let first = stage.replied(asked, |message| message.content.contains("> word0 ")).await;
    let rest = stage.sees(GENERAL, KIM, |message| message.content.ends_with("last-word")).await;
    assert_eq!(rest.only_for, Some(KIM));
    let shown = format!("{} {}", first.content, rest.content);
    assert!(shown.contains(&greeting), "{shown}");
    stage.finish().await;
}

#[tokio::test]
async fn a_manager_chooses_for_everybody() {
    let stage = Stage::open().await;
    let asked = stage.invoke_as(ROBIN, &Invocation::new("persona use").with("persona", "kettle"));
    let told =
        stage.replied(asked, |message| message.content.contains("**Little Kettle** answers here")).await;
    assert_eq!(told.only_for, None, "everybody is told");
    assert_eq!(answers_in(&stage, GENERAL, "who is there?").await, "Little Kettle");
    assert_eq!(answers_in(&stage, WORKSHOP, "and here?").await, "Odile Brankov");
    stage.finish().await;
}

#[tokio::test]
async fn others_are_told_why_they_cannot_choose() {
    let stage = Stage::open().await;
    let asked = stage.invoke(&Invocation::new("persona use").with("persona", "kettle"));
    let told = stage.replied(asked, |message| message.content.contains("may manage this server")).await;
    assert_eq!(told.only_for, Some(KIM));
    assert_eq!(answers_in(&stage, GENERAL, "who is there?").await, "Odile Brankov");
    stage.finish().await;
}

#[tokio::test]
async fn an_unknown_choice_changes_nothing() {
    let stage = Stage::open().await;
    assert!(uses(&stage, ROBIN, GENERAL, "nobody").await.contains("no persona called `nobody`"));
    assert_eq!(answers_in(&stage, GENERAL, "who is there?").await, "Odile Brankov");
    stage.finish().await;
}

#[tokio::test]
async fn in_a_direct_message_everybody_chooses() {
    let stage = Stage::open().await;
    uses(&stage, KIM, KIM_DM, "teo").await;
    assert_eq!(answers_in(&stage, KIM_DM, "who is there?").await, "Teo Abara");
    assert_eq!(answers_in(&stage, GENERAL, "and here?").await, "Odile Brankov");
    stage.finish().await;
}

#[tokio::test]
async fn a_thread_follows_its_channel_until_it_has_a_choice_of_its_own() {
    let stage = Stage::open().await;
    uses(&stage, ROBIN, GENERAL, "kettle").await;
    assert_eq!(answers_in(&stage, TEA_AND_BISCUITS, "one").await, "Little Kettle");
    let thread = stage.discord.create_thread(KIM, GENERAL, "a new one", None).unwrap();
    assert_eq!(answers_in(&stage, thread, "two").await, "Little Kettle");
    uses(&stage, ROBIN, TEA_AND_BISCUITS, "teo").await;
    assert_eq!(answers_in(&stage, TEA_AND_BISCUITS, "three").await, "Teo Abara");
    assert_eq!(answers_in(&stage, GENERAL, "four").await, "Little Kettle");
    stage.finish().await;
}

#[tokio::test]
async fn each_persona_has_its_own_conversation_and_goes_on_with_it() {
    let stage = Stage::open().await;
    answers_in(&stage, GENERAL, "my name is Kim").await;
    uses(&stage, ROBIN, GENERAL, "kettle").await;
    answers_in(&stage, GENERAL, "do you know me?").await;
    let asked = conversation(&stage.model.requests()[1].body);
    assert_eq!(asked, [said("user", "[Kim] do you know me?")]);
    uses(&stage, ROBIN, GENERAL, "odile").await;
    answers_in(&stage, GENERAL, "and you?").await;
    assert_eq!(
        conversation(&stage.model.requests()[2].body),
        [said("user", "[Kim] my name is Kim"), said("assistant", "Yes."), said("user", "[Kim] and you?")]
    );
    stage.finish().await;
}
