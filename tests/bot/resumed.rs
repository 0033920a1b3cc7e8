//! Answers that an earlier run has begun to show: the next one finds their messages, all of them.

use std::time::Duration;

use prism::emulator::model::{Answer, Gate, tokens};
use prism::emulator::playground::{GENERAL, KIM};
use prism::emulator::world::Permissions;
use prism::emulator::{Invocation, MessageView, Settings};
use prism::ids::{InteractionId, MessageId};

use crate::harness::{Setting, Stage};

const SONG: &str = "The kettle knows three songs, and all of them are about rain.";

const RESTARTED: &str = "-# (I was restarted in the middle of this)";

async fn opened() -> Stage {
    opened_with(|_| {}).await
}

/// A stage without rate limits.
async fn opened_with(change: impl FnOnce(&mut Stage)) -> Stage {
    let emulator = Settings { limits: false, ..Settings::default() };
    let mut stage = Stage::set(Setting { emulator, ..Setting::default() }).await;
    change(&mut stage);
    stage.start().await;
    stage
}

fn by_bot(stage: &Stage) -> Vec<MessageView> {
    let messages = stage.discord.messages(GENERAL, KIM);
    messages.into_iter().filter(|message| message.author.id == stage.discord.bot()).collect()
}

/// Waits until the bot's messages begin like this, and counts them as looked at.
async fn shown(stage: &Stage, beginnings: &[&str]) -> Vec<MessageId> {
    let fits = |messages: &[MessageView]| {
        messages.len() == beginnings.len()
            && messages.iter().zip(beginnings).all(|(message, begin)| message.content.starts_with(begin))
    };
    let look = || Some(by_bot(stage)).filter(|messages| fits(messages));
    let messages = stage.until(look, || format!("{:#?}", by_bot(stage))).await;
    messages.iter().for_each(|message| stage.read(message.id));
    messages.into_iter().map(|message| message.id).collect()
}

fn slash(stage: &Stage) -> InteractionId {
    stage.invoke(&Invocation::new("chat").with("message", "sing!"))
}

/// Scripts an answer of two messages. Says how many tokens the second one needs to begin.
fn long_answer(stage: &Stage) -> (Gate, usize) {
    let text = format!("{}\n\nTwo. {}", "One. ".repeat(390).trim_end(), "Two. ".repeat(300));
    let (answer, gate) = Answer::text(&text).hold();
    stage.model.script(answer);
    let all = tokens(&text);
    let until_second = (1..all.len()).find(|count| all[..*count].concat().chars().count() > 2_010).unwrap();
    (gate, until_second)
}

/// Waits until the second message has grown: its id was written down before that.
async fn two_messages(stage: &Stage, (gate, until_second): (&Gate, usize), first: &str) -> Vec<MessageId> {
    gate.release(until_second);
    shown(stage, &[first, "Two."]).await;
    gate.release(20);
    let begun = by_bot(stage)[1].content.clone() + " Two.";
    shown(stage, &[first, &begun]).await
}

#[tokio::test]
async fn a_split_answer_goes_on_in_all_its_messages() {
    let mut stage = opened().await;
    let (gate, until_second) = long_answer(&stage);
    stage.mention("sing!");
    let before = two_messages(&stage, (&gate, until_second), "One.").await;
    stage.crash().await;
    let again = format!("{}\n\n{}", "Three. ".repeat(270).trim_end(), "Four. ".repeat(100).trim_end());
    stage.model.script(Answer::text(again));
    stage.start().await;
    assert_eq!(shown(&stage, &["Three.", "Four."]).await, before);
    stage.finish().await;
}

#[tokio::test]
async fn a_split_answer_that_becomes_shorter_leaves_no_message_behind() {
    let mut stage = opened().await;
    let (gate, until_second) = long_answer(&stage);
    stage.mention("sing!");
    let before = two_messages(&stage, (&gate, until_second), "One.").await;
    stage.crash().await;
    stage.model.script(Answer::text(SONG));
    stage.start().await;
    assert_eq!(shown(&stage, &[SONG]).await, before[..1]);
    stage.finish().await;
}

#[tokio::test]
async fn a_split_slash_answer_that_becomes_shorter_leaves_no_message_behind() {
    let mut stage = opened().await;
    let (gate, until_second) = long_answer(&stage);
    slash(&stage);
    let before = two_messages(&stage, (&gate, until_second), "-# Kim: sing!\nOne.").await;
    stage.crash().await;
    stage.model.script(Answer::text(SONG));
    stage.start().await;
    let whole = format!("-# Kim: sing!\n{SONG}");
    assert_eq!(shown(&stage, &[&whole]).await, before[..1]);
    stage.finish().await;
}

#[tokio::test]
async fn an_old_split_answer_is_marked_at_its_end() {
    let mut stage = opened().await;
    let (gate, until_second) = long_answer(&stage);
    stage.mention("sing!");
    let before = two_messages(&stage, (&gate, until_second), "One.").await;
    stage.crash().await;
    let second = stage.discord.message(before[1]).unwrap().content;
    stage.config.chat.resume_within = Duration::ZERO;
    stage.start().await;
    let marked = format!("{second}\n{RESTARTED}");
    assert_eq!(shown(&stage, &["One.", &marked]).await, before);
    stage.finish().await;
}

/// Kim has read the first words, the bot has crashed without writing down where they stand, and Discord has forgotten
/// the nonce.
async fn lost_answer(stage: &mut Stage) -> (MessageId, MessageId) {
    let (answer, gate) = Answer::text(SONG).hold();
    stage.model.script(answer);
    let question = stage.mention("sing!");
    gate.release(5);
    let first = stage.answered(question, &tokens(SONG)[..5].concat()).await;
    stage.crash().await;
    let store = stage.store().await;
    let turn = store.unfinished_turns().await.unwrap()[0].id;
    store.reply_cut(turn, 0).await.unwrap();
    store.close().await;
    stage.discord.advance(Duration::from_secs(10 * 60));
    (question, first.id)
}

#[tokio::test]
async fn an_answer_that_was_not_written_down_is_found_where_it_stands() {
    let mut stage = opened_with(|stage| stage.config.discord.nonce_memory = Duration::ZERO).await;
    let (question, first) = lost_answer(&mut stage).await;
    for number in 0..120 {
        stage.discord.say(KIM, GENERAL, &format!("chatter {number}")).unwrap();
    }
    stage.model.script(Answer::text("The same song, but whole."));
    stage.start().await;
    assert_eq!(stage.answered(question, "The same song, but whole.").await.id, first);
    assert_eq!(by_bot(&stage).len(), 1);
    stage.finish().await;
}

#[tokio::test]
async fn an_answer_that_cannot_be_looked_for_is_not_given_twice() {
    let mut stage = opened_with(|stage| stage.config.discord.nonce_memory = Duration::ZERO).await;
    lost_answer(&mut stage).await;
    stage.discord.set_bot_permission(GENERAL, Permissions::READ_MESSAGE_HISTORY, false).unwrap();
    stage.start().await;
    let unsure = |message: &MessageView| message.content.contains("cannot see what became of my answer");
    stage.sees(GENERAL, KIM, unsure).await;
    assert_eq!(stage.model.requests().len(), 1);
    stage.finish().await;
}

#[tokio::test]
async fn a_slash_answer_that_outlived_its_token_is_marked_in_its_channel() {
    let mut stage = opened().await;
    let (answer, gate) = Answer::text(SONG).hold();
    stage.model.script(answer);
    let asked = slash(&stage);
    for count in [5, 8] {
        gate.release(if count == 5 { 5 } else { 3 });
        let begun = format!("-# Kim: sing!\n{}", tokens(SONG)[..count].concat());
        stage.replied(asked, |message| message.content == begun.trim_end()).await;
    }
    stage.crash().await;
    stage.discord.expire_interaction(asked).unwrap();
    stage.start().await;
    let begun = format!("-# Kim: sing!\n{}", tokens(SONG)[..8].concat());
    let marked = format!("{}\n{RESTARTED}", begun.trim_end());
    stage.replied(asked, |message| message.content == marked).await;
    stage.finish().await;
}
