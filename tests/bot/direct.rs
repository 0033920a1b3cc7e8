//! Direct messages: everything in them is meant for the bot, and stays there.

use prism::emulator::Invocation;
use prism::emulator::model::Answer;
use prism::emulator::playground::{GENERAL, KIM, KIM_DM, ROBIN, ROBIN_DM};
use prism::ids::{ChannelId, MessageId, UserId};

use crate::asked::{conversation, said};
use crate::harness::Stage;

/// A message without a mention and its answer. What the model was told comes back.
async fn writes(
    stage: &Stage,
    (person, channel): (UserId, ChannelId),
    text: &str,
    answer: &str,
) -> Vec<(String, String)> {
    stage.model.script(Answer::text(answer));
    let question = stage.discord.say(person, channel, text).unwrap();
    answered(stage, (person, channel), question, answer).await;
    conversation(&stage.model.requests().pop().unwrap().body)
}

async fn answered(
    stage: &Stage,
    (person, channel): (UserId, ChannelId),
    question: MessageId,
    answer: &str,
) -> MessageId {
    stage
        .sees(channel, person, |message| message.reply_to == Some(question) && message.content == answer)
        .await
        .id
}

#[tokio::test]
async fn no_mention_is_needed_and_history_flows() {
    let stage = Stage::open().await;
    assert_eq!(writes(&stage, (KIM, KIM_DM), "psst", "Yes?").await, [said("user", "[Kim] psst")]);
    assert_eq!(
        writes(&stage, (KIM, KIM_DM), "🦆", "A duck.").await,
        [said("user", "[Kim] psst"), said("assistant", "Yes?"), said("user", "[Kim] 🦆")]
    );
    stage.finish().await;
}

#[tokio::test]
async fn a_mention_does_no_harm_and_alone_gets_the_greeting() {
    let stage = Stage::open().await;
    let mention = format!("<@{}>", stage.discord.bot());
    let asked = writes(&stage, (KIM, KIM_DM), &format!("{mention} hello {mention}"), "Hello.").await;
    assert_eq!(asked, [said("user", "[Kim] hello")]);
    let question = stage.discord.say(KIM, KIM_DM, &mention).unwrap();
    let greeting = prism::persona::Library::embedded().default_persona().greeting.clone();
    answered(&stage, (KIM, KIM_DM), question, &greeting).await;
    stage.finish().await;
}

#[tokio::test]
async fn two_people_and_the_server_do_not_hear_each_other() {
    let stage = Stage::open().await;
    let places = [(KIM, KIM_DM), (ROBIN, ROBIN_DM)];
    for (place, name) in places.into_iter().zip(["Kim", "Robin"]) {
        let secret = format!("the secret of {name}");
        assert_eq!(
            writes(&stage, place, &secret, "Safe with me.").await,
            [said("user", &format!("[{name}] {secret}"))]
        );
    }
    stage.model.script(Answer::text("None."));
    let question = stage.mention_in(GENERAL, ROBIN, "which secrets do you know?");
    answered(&stage, (ROBIN, GENERAL), question, "None.").await;
    let asked = conversation(&stage.model.requests().pop().unwrap().body);
    assert_eq!(asked, [said("user", "[Robin] which secrets do you know?")]);
    assert_eq!(stage.discord.messages(KIM_DM, ROBIN), []);
    assert_eq!(
        writes(&stage, (KIM, KIM_DM), "mine?", "Yours.").await,
        [
            said("user", "[Kim] the secret of Kim"),
            said("assistant", "Safe with me."),
            said("user", "[Kim] mine?")
        ]
    );
    stage.finish().await;
}

#[tokio::test]
async fn a_reply_goes_on_from_where_it_points() {
    let stage = Stage::open().await;
    stage.model.script(Answer::text("one"));
    let first = stage.discord.say(KIM, KIM_DM, "first").unwrap();
    let one = answered(&stage, (KIM, KIM_DM), first, "one").await;
    writes(&stage, (KIM, KIM_DM), "second", "two").await;
    stage.model.script(Answer::text("three"));
    let branch = stage.discord.reply(KIM, one, "about one", false).unwrap();
    answered(&stage, (KIM, KIM_DM), branch, "three").await;
    assert_eq!(
        conversation(&stage.model.requests()[2].body),
        [said("user", "[Kim] first"), said("assistant", "one"), said("user", "[Kim] about one")]
    );
    stage.finish().await;
}

#[tokio::test]
async fn a_slash_question_belongs_to_the_conversation_unless_it_is_private() {
    let stage = Stage::open().await;
    let chat = Invocation::new("chat").with("message", "by slash");
    for private in [false, true] {
        stage.model.script(Answer::text("Noted."));
        let asked = stage.discord.invoke(KIM, KIM_DM, &chat.clone().with("private", private)).unwrap();
        stage.replied(asked, |message| message.content.ends_with("Noted.")).await;
        assert_eq!(
            conversation(&stage.model.requests().pop().unwrap().body),
            [said("user", "[Kim] by slash")],
            "private: {private}"
        );
    }
    assert_eq!(
        writes(&stage, (KIM, KIM_DM), "and so?", "So.").await,
        [said("user", "[Kim] by slash"), said("assistant", "Noted."), said("user", "[Kim] and so?")]
    );
    stage.finish().await;
}
