//! Crashes, stops and what the next start makes of them: every question is answered once, or closed in words.

use std::time::Duration;

use prism::app::App;
use prism::emulator::model::{Answer, Gate, tokens};
use prism::emulator::playground::{GENERAL, KIM, WORKSHOP};
use prism::emulator::{Change, Invocation, MessageView, Settings};
use prism::ids::{ChannelId, MessageId};
use prism::shutdown::Shutdown;

use crate::asked::{conversation, said};
use crate::harness::{Setting, Stage, within};

const SONG: &str = "The kettle knows three songs, and all of them are about rain.";

const RESTARTED: &str = "-# (I was restarted in the middle of this)";

/// What `SONG` shows once so many of its tokens are through.
fn begun(count: usize) -> String {
    tokens(SONG)[..count].concat()
}

/// A stage without rate limits that is not started yet.
async fn unhurried() -> Stage {
    let emulator = Settings { limits: false, ..Settings::default() };
    Stage::set(Setting { emulator, ..Setting::default() }).await
}

async fn opened() -> Stage {
    let mut stage = unhurried().await;
    stage.start().await;
    stage
}

/// Kim asks, and the model keeps silent.
async fn asked_in(stage: &Stage, channel: ChannelId) -> (MessageId, Gate) {
    let (answer, gate) = Answer::text(SONG).hold();
    stage.model.script(answer);
    let question = stage.mention_in(channel, KIM, "sing!");
    stage.model.wait_for_request().await;
    (question, gate)
}

/// Kim asks, and reads the first words; the rest is held.
async fn answering(stage: &Stage) -> (MessageId, MessageView, Gate) {
    let (question, gate) = asked_in(stage, GENERAL).await;
    gate.release(5);
    let first = stage.answered(question, &begun(5)).await;
    (question, first, gate)
}

fn by_bot(stage: &Stage, channel: ChannelId) -> usize {
    let messages = stage.discord.messages(channel, KIM);
    messages.iter().filter(|message| message.author.id == stage.discord.bot()).count()
}

#[tokio::test]
async fn a_question_whose_bot_crashed_is_answered_by_the_next_one() {
    let mut stage = opened().await;
    let (question, _gate) = asked_in(&stage, GENERAL).await;
    stage.crash().await;
    stage.model.script(Answer::text(SONG));
    stage.start().await;
    stage.answered(question, SONG).await;
    assert_eq!(by_bot(&stage, GENERAL), 1);
    assert_eq!(conversation(&stage.model.requests()[1].body), [said("user", "[Kim] sing!")]);
    stage.finish().await;
}

#[tokio::test]
async fn what_waited_behind_it_is_answered_in_order() {
    let mut stage = unhurried().await;
    stage.config.chat.waiting_turns = 1;
    stage.start().await;
    let (first, _gate) = asked_in(&stage, GENERAL).await;
    let others = [stage.mention("and again!"), stage.mention("and again!")];
    // Only one of them may wait, whichever the bot takes up first. When the other is refused, that one is in the journal.
    let refused = |message: &MessageView| message.content.contains("more messages here than can be answered");
    let refused = stage.sees(GENERAL, KIM, refused).await.reply_to;
    let second = others.into_iter().find(|question| Some(*question) != refused).unwrap();
    stage.crash().await;
    for _ in 0..2 {
        stage.model.script(Answer::text("I am back."));
    }
    stage.start().await;
    for question in [first, second] {
        stage.answered(question, "I am back.").await;
    }
    let in_order =
        [said("user", "[Kim] sing!"), said("assistant", "I am back."), said("user", "[Kim] and again!")];
    assert_eq!(conversation(&stage.model.requests()[2].body), in_order);
    stage.finish().await;
}

#[tokio::test]
async fn a_crash_in_the_middle_leaves_one_message_that_becomes_whole() {
    let mut stage = opened().await;
    let (question, first, _gate) = answering(&stage).await;
    stage.crash().await;
    stage.model.script(Answer::text("Another song, and a better one, from the beginning."));
    stage.start().await;
    let whole = stage.answered(question, "Another song, and a better one, from the beginning.").await;
    assert_eq!(whole.id, first.id);
    assert_eq!(by_bot(&stage, GENERAL), 1);
    stage.finish().await;
}

#[tokio::test]
async fn a_crash_between_a_message_and_the_journal_leaves_one_message() {
    let mut stage = opened().await;
    let (question, gate) = asked_in(&stage, GENERAL).await;
    let mut changes = stage.discord.changes();
    gate.release(5);
    let created = async { while !matches!(changes.recv().await.unwrap(), Change::MessageCreated { .. }) {} };
    within("the first words are there", created).await;
    stage.crash().await;
    stage.model.script(Answer::text("The same song, but whole."));
    stage.start().await;
    stage.answered(question, "The same song, but whole.").await;
    assert_eq!(by_bot(&stage, GENERAL), 1);
    stage.finish().await;
}

#[tokio::test]
async fn a_slash_question_whose_bot_crashed_is_answered_in_its_place() {
    let mut stage = opened().await;
    let (answer, _gate) = Answer::text(SONG).hold();
    stage.model.script(answer);
    let asked = stage.invoke(&Invocation::new("chat").with("message", "sing!"));
    stage.model.wait_for_request().await;
    stage.crash().await;
    stage.model.script(Answer::text(SONG));
    stage.start().await;
    let whole = format!("-# Kim: sing!\n{SONG}");
    stage.replied(asked, |message| message.content == whole).await;
    assert_eq!(by_bot(&stage, GENERAL), 1);
    stage.finish().await;
}

#[tokio::test]
async fn a_slash_question_whose_token_has_ended_is_closed_without_a_word() {
    let mut stage = opened().await;
    let (answer, _gate) = Answer::text(SONG).hold();
    stage.model.script(answer);
    let asked = stage.invoke(&Invocation::new("chat").with("message", "sing!"));
    stage.model.wait_for_request().await;
    stage.crash().await;
    stage.discord.expire_interaction(asked).unwrap();
    stage.read(stage.discord.interaction(asked).unwrap().original.unwrap());
    stage.start().await;
    stage.model.script(Answer::text("I am here."));
    let next = stage.mention("are you there?");
    stage.answered(next, "I am here.").await;
    assert_eq!(stage.model.requests().len(), 2, "no model was asked in vain");
    stage.finish().await;
}

#[tokio::test]
async fn an_old_question_is_closed_in_words_and_can_be_asked_again() {
    let mut stage = opened().await;
    let (question, _gate) = asked_in(&stage, GENERAL).await;
    stage.crash().await;
    stage.config.chat.resume_within = Duration::ZERO;
    stage.start().await;
    let late = |message: &MessageView| message.reply_to == Some(question);
    let apology = stage.sees(GENERAL, KIM, late).await;
    assert!(apology.content.contains("I was away when you wrote this"), "{}", apology.content);
    let retry = apology.components[0][0].custom_id().unwrap().to_owned();
    stage.model.script(Answer::text(SONG));
    stage.discord.press(KIM, apology.id, &retry).unwrap();
    assert_eq!(stage.answered(question, SONG).await.id, apology.id);
    stage.finish().await;
}

#[tokio::test]
async fn an_old_answer_that_broke_off_is_kept_and_marked() {
    let mut stage = opened().await;
    let (question, first, _gate) = answering(&stage).await;
    stage.crash().await;
    stage.config.chat.resume_within = Duration::ZERO;
    stage.start().await;
    let marked = stage.answered(question, &format!("{}\n{RESTARTED}", begun(5))).await;
    assert_eq!(marked.id, first.id);
    assert_eq!(stage.model.requests().len(), 1);
    stage.finish().await;
}

#[tokio::test]
async fn a_stop_lets_a_running_answer_finish() {
    let mut stage = opened().await;
    let (question, _, gate) = answering(&stage).await;
    stage.begin_stop();
    gate.open();
    stage.ended().await.unwrap();
    stage.answered(question, SONG).await;
    stage.start().await;
    assert_eq!(stage.model.requests().len(), 1);
    stage.finish().await;
}

#[tokio::test]
async fn what_the_grace_period_does_not_suffice_for_is_marked_or_answered_later() {
    let mut stage = unhurried().await;
    stage.config.stop.grace = Duration::from_millis(50);
    stage.start().await;
    let (shown, _, _gate) = answering(&stage).await;
    let (unseen, _other_gate) = asked_in(&stage, WORKSHOP).await;
    stage.stop().await;
    stage.answered(shown, &format!("{}\n{RESTARTED}", begun(5))).await;
    assert_eq!(by_bot(&stage, WORKSHOP), 0);
    stage.model.script(Answer::text(SONG));
    stage.start().await;
    stage.answered(unseen, SONG).await;
    stage.finish().await;
}

#[tokio::test]
async fn what_is_asked_during_a_stop_is_answered_by_the_next_start() {
    let mut stage = opened().await;
    let (question, _, gate) = answering(&stage).await;
    stage.begin_stop();
    let mentioned = stage.mention_in(WORKSHOP, KIM, "wait!");
    let invoked = stage.invoke(&Invocation::new("chat").with("message", "me too!"));
    let acknowledged = || stage.discord.interaction(invoked).unwrap().original;
    stage.until(acknowledged, || "not acknowledged".to_owned()).await;
    gate.open();
    stage.ended().await.unwrap();
    stage.answered(question, SONG).await;
    assert_eq!(stage.model.requests().len(), 1);
    for _ in 0..2 {
        stage.model.script(Answer::text("I am back."));
    }
    stage.start().await;
    stage.answered(mentioned, "I am back.").await;
    stage.replied(invoked, |message| message.content == "-# Kim: me too!\nI am back.").await;
    stage.finish().await;
}

#[tokio::test]
async fn two_bots_cannot_share_a_database() {
    let stage = opened().await;
    let second = App::build(stage.config.clone(), Shutdown::default()).await;
    let refusal = format!("{:#}", second.err().unwrap());
    assert!(refusal.contains("in use by another process"), "{refusal}");
    assert!(refusal.contains("DATABASE_URL"), "{refusal}");
    stage.finish().await;
}

#[tokio::test]
async fn a_database_that_cannot_be_used_is_refused_with_the_cure() {
    let mut stage = unhurried().await;
    let good = stage.database();
    let file = stage.folder().join("file");
    std::fs::write(&file, "this is no folder").unwrap();
    stage.config.store.path = file.join("bot.db");
    let refusal = stage.refuses_to_start().await;
    assert!(refusal.contains("cannot be written") && refusal.contains("DATABASE_URL"), "{refusal}");
    stage.config.store.path = stage.folder().join("notes.txt");
    std::fs::write(&stage.config.store.path, "a shopping list, not a database\n".repeat(99)).unwrap();
    let refusal = stage.refuses_to_start().await;
    assert!(refusal.contains("is damaged") && refusal.contains("restore a backup"), "{refusal}");
    stage.config.store.path = good;
    stage.start().await;
    stage.finish().await;
}
