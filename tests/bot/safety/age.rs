//! A persona rated for adults answers only where Discord has checked the age.

use prism::emulator::Invocation;
use prism::emulator::model::Answer;
use prism::emulator::playground::{AFTER_DARK, GENERAL, KIM, KIM_DM, ROBIN, TEA_AND_BISCUITS};
use prism::ids::ChannelId;

use crate::asked::persona;
use crate::harness::{Setting, Stage};

const REFUSAL: &str = "The rake is rated for adults and answers only in age-restricted channels.";

/// A mature persona answers everywhere unless something is chosen.
async fn stage() -> Stage {
    let mut stage = Stage::set(Setting::default()).await;
    stage.cast(&[("rake", "rating = 'mature'\ngreeting = 'Well, hello.'\ndefault = true"), ("nun", "")]);
    stage.start().await;
    stage
}

#[tokio::test]
async fn it_refuses_in_words_where_anybody_may_read() {
    let stage = stage().await;
    for channel in [GENERAL, TEA_AND_BISCUITS, KIM_DM] {
        let question = stage.mention_in(channel, KIM, "hello");
        stage.answered(question, REFUSAL).await;
        for private in [false, true] {
            let chat = Invocation::new("chat").with("message", "hello").with("private", private);
            let asked = stage.discord.invoke(KIM, channel, &chat).unwrap();
            let told = stage.replied(asked, |message| message.content == REFUSAL).await;
            assert_eq!(told.only_for, Some(KIM));
        }
    }
    assert!(stage.model.requests().is_empty());
    stage.finish().await;
}

#[tokio::test]
async fn it_answers_in_age_restricted_channels_and_their_threads() {
    let stage = stage().await;
    let thread = stage.discord.create_thread(KIM, AFTER_DARK, "later still", None).unwrap();
    for channel in [AFTER_DARK, thread] {
        answers(&stage, channel).await;
        stage.model.script(Answer::text("Closer."));
        let whisper = Invocation::new("chat").with("message", "psst").with("private", true);
        let asked = stage.discord.invoke(KIM, channel, &whisper).unwrap();
        stage.replied(asked, |message| message.content.ends_with("Closer.")).await;
    }
    stage.finish().await;
}

async fn answers(stage: &Stage, channel: ChannelId) {
    stage.model.script(Answer::text("Well, hello."));
    let question = stage.mention_in(channel, KIM, "hello");
    stage.answered(question, "Well, hello.").await;
    assert_eq!(persona(&stage.model.requests().pop().unwrap().body), "The rake");
}

#[tokio::test]
async fn it_cannot_be_chosen_for_other_channels() {
    let stage = stage().await;
    let choose = |name: &str| Invocation::new("persona use").with("persona", name);
    let chosen = stage.invoke_as(ROBIN, &choose("nun"));
    stage.replied(chosen, |message| message.content.contains("**The nun** answers here")).await;
    let refused = stage.invoke_as(ROBIN, &choose("rake"));
    stage.replied(refused, |message| message.content == REFUSAL && message.ephemeral).await;
    let chosen = stage.discord.invoke(ROBIN, AFTER_DARK, &choose("rake")).unwrap();
    stage.replied(chosen, |message| message.content.contains("**The rake** answers here")).await;
    answers(&stage, AFTER_DARK).await;
    stage.finish().await;
}

#[tokio::test]
async fn it_is_not_on_show_for_those_who_may_not_meet_it() {
    let stage = stage().await;
    for (channel, count) in [(GENERAL, 1), (AFTER_DARK, 2), (KIM_DM, 1)] {
        assert_eq!(stage.offered(KIM, channel, ("chat", "")).await.len(), count);
        let asked = stage.discord.invoke(KIM, channel, &Invocation::new("persona list")).unwrap();
        let list = stage.replied(asked, |message| message.content.contains("nun")).await;
        assert_eq!(list.content.lines().count(), count, "{}", list.content);
    }
    let asked = stage.invoke(&Invocation::new("persona show").with("persona", "rake"));
    stage.replied(asked, |message| message.content == REFUSAL).await;
    stage.finish().await;
}
