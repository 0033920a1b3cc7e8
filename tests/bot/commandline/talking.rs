//! Talking to the program: in the terminal, and on somebody's own Discord.

use prism::emulator::Invocation;
use prism::emulator::model::Answer;
use prism::emulator::playground::{KIM, KIM_DM};

use super::program::Home;
use super::running::beside;
use crate::harness::{Setting, Stage};

#[tokio::test]
async fn a_persona_answers_in_the_terminal_and_remembers_until_told_to_forget() {
    let home = Home::new();
    let mut prism = home.start(&["chat", "odile", "--name", "Robin"]);
    prism.line("Replies come from").await;
    prism.say("good evening").await;
    prism.line("Odile Brankov:").await;
    let answer = prism.line(" ").await;
    assert!(answer.len() > 10, "{answer}");
    prism.say("/forget").await;
    prism.line("2 messages forgotten").await;
    prism.say("/quit").await;
    let (code, written) = prism.ended().await;
    assert_eq!(code, Some(0), "{written}");
}

#[tokio::test]
async fn the_terminal_ends_with_its_input_and_knows_every_persona_by_name() {
    let home = Home::new();
    let end = home.run(&["chat"]).await;
    assert_eq!(end.code, Some(0), "{}", end.err);
    let unknown = home.run(&["chat", "nobody"]).await;
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.err.contains("\"nobody\"") && unknown.err.contains("odile"), "{}", unknown.err);
}

#[tokio::test]
async fn the_emulator_serves_any_bot_that_is_given_its_three_variables() {
    let home = Home::new();
    let arguments = ["emulator", "--listen", "127.0.0.1:0", "--model-listen", "127.0.0.1:0"];
    let mut emulator = home.start(&arguments);
    let mut bot_home = Home::new();
    for name in ["PRISM_DISCORD_URL", "PRISM_MODEL_URL", "DISCORD_TOKEN"] {
        let line = emulator.line(&format!("{name}=")).await;
        bot_home.set(name, line.split_once('=').unwrap().1);
    }
    // With a token, bare `prism` is the bot.
    let mut prism = bot_home.start(&[]);
    prism.connected().await;
}

#[tokio::test]
async fn the_same_binary_answers_on_another_discord() {
    let stage = Stage::set(Setting::default()).await;
    let mut prism = beside(&stage).start(&["run"]);
    prism.connected().await;

    stage.model.script(Answer::text("answer 0"));
    let mut question = stage.mention("question 0");
    let mut answer = stage.answered(question, "answer 0").await;
    for turn in 1..4 {
        let text = format!("answer {turn}");
        stage.model.script(Answer::text(&text));
        question = stage.discord.reply(KIM, answer.id, &format!("question {turn}"), true).unwrap();
        answer = stage.answered(question, &text).await;
    }
    let asked = stage.model.requests()[3].body.to_string();
    for turn in 0..4 {
        assert!(asked.contains(&format!("[Kim] question {turn}")), "{asked}");
    }

    stage.model.script(Answer::text("just between us"));
    let question = stage.discord.say(KIM, KIM_DM, "psst").unwrap();
    stage.sees(KIM_DM, KIM, |message| message.id > question && message.content == "just between us").await;

    stage.model.script(Answer::text("by command"));
    let command = stage.invoke(&Invocation::new("chat").with("message", "hello"));
    stage.replied(command, |message| message.content.ends_with("by command")).await;

    drop(prism);
    stage.leave();
}
