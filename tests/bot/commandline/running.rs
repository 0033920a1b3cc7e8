//! The program from its start to its stop.

use prism::emulator::model::{Answer, Ending, Gate, tokens};
use prism::emulator::playground::{GENERAL, KIM};
use prism::ids::MessageId;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::program::{Home, Running, get};
use crate::harness::{MODEL, Setting, Stage, within};
use crate::http::send;

/// A home whose bot meets the Discord and the model of a stage, with the stage's database.
pub(super) fn beside(stage: &Stage) -> Home {
    let mut home = Home::new();
    home.set("DISCORD_TOKEN", Setting::default().emulator.token);
    home.set("PRISM_DISCORD_URL", stage.discord.origin()).set("PRISM_MODEL_URL", stage.model.base_url());
    home.set("PRISM_MODELS", MODEL).set("DATABASE_URL", format!("sqlite://{}", stage.database().display()));
    home
}

#[tokio::test]
async fn bare_prism_on_a_fresh_machine_is_a_playground() {
    let home = Home::new();
    let mut prism = home.start(&[]);
    prism.line("DISCORD_TOKEN is not set, so this is the playground").await;
    let address = prism.connected().await;
    assert_eq!(get(address, "/health/live").await.0, 200);
    let (status, ready) = get(address, "/health/ready").await;
    assert!(status == 200 && ready.contains("\"ready\":true"), "{status}: {ready}");
    let (status, page) = get(address, "/playground").await;
    assert!(status == 200 && page.contains("text/html") && page.contains("general"), "{status}: {page}");
    assert!(home.path("data/playground.db").exists() && !home.path("data/prism.db").exists());
}

#[tokio::test]
async fn on_a_fresh_machine_a_dead_first_model_is_replaced_by_a_lighter_one() {
    let home = Home::new();
    let mut prism = home.start(&[]);
    let page = prism.connected().await;
    for (action, what) in [
        ("switch", json!({ "switch": "dead_model", "on": true })),
        ("say", json!({ "text": "@Prism hello there!" })),
    ] {
        let mut body = json!({ "channel": GENERAL, "as": KIM });
        body.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
        let head = format!(
            "POST /playground/{action} HTTP/1.1\r\nHost: {page}\r\nContent-Type: application/json\r\n\
             Sec-Fetch-Site: same-origin\r\n"
        );
        assert_eq!(send(page, &head, &body.to_string()).await.status, 204, "{action}");
    }
    prism.line("turn closed").await;
    let (_, shown) = get(page, "/playground").await;
    assert!(shown.contains("written by <code>embedded/lighter-examples</code>"), "{shown}");
}

#[tokio::test]
async fn health_is_well_when_the_bot_is_and_fails_when_nobody_answers() {
    let mut home = Home::new();
    let mut prism = home.start(&[]);
    let address = prism.connected().await.to_string();
    home.set("PRISM_HTTP", &address);
    let well = home.run(&["health"]).await;
    assert_eq!(well.code, Some(0), "{}{}", well.out, well.err);
    assert!(well.out.contains("\"ready\":true"), "{}", well.out);
    drop(prism);
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    home.set("PRISM_HTTP", nobody.to_string());
    let ill = home.run(&["health"]).await;
    assert_eq!(ill.code, Some(1));
    assert!(ill.err.contains(&format!("nobody answers at http://{nobody}/")), "{}", ill.err);
}

#[tokio::test]
async fn health_fails_while_the_bot_cannot_work() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut home = Home::new();
    home.set("PRISM_HTTP", listener.local_addr().unwrap().to_string());
    let unwell = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut asked = [0; 1_024];
        assert_ne!(socket.read(&mut asked).await.unwrap(), 0);
        let answer = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 15\r\n\r\n{\"ready\":false}";
        socket.write_all(answer).await.unwrap();
        socket
    };
    let (health, _socket) = tokio::join!(home.run(&["health"]), unwell);
    assert_eq!(health.code, Some(1), "{}", health.err);
    assert!(health.out.contains("\"ready\":false"), "{}", health.out);
}

#[tokio::test]
async fn one_data_folder_serves_one_process() {
    let home = Home::new();
    let mut first = home.start(&[]);
    first.connected().await;
    let second = home.run(&[]).await;
    assert_eq!(second.code, Some(1));
    let last = second.err.lines().last().unwrap();
    assert!(last.starts_with("prism: data/playground.db is in use by another process"), "{}", second.err);
    assert!(last.contains("DATABASE_URL"), "the cure: {last}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let start = Home::new().run(&["--http", &address]).await;
    assert_eq!(start.code, Some(1));
    let last = start.err.lines().last().unwrap();
    assert!(last.starts_with("prism: cannot listen on ") && last.contains(&address), "{}", start.err);
}

#[tokio::test]
async fn a_database_that_cannot_be_written_is_named() {
    let mut home = Home::new();
    home.write("file", "not a folder");
    home.set("DATABASE_URL", "sqlite://file/prism.db");
    let start = home.run(&[]).await;
    assert_eq!(start.code, Some(1));
    assert!(start.err.lines().last().unwrap().contains("file/prism.db"), "{}", start.err);
}

#[tokio::test]
async fn a_token_that_discord_refuses_ends_the_run_and_stays_secret() {
    let stage = Stage::set(Setting::default()).await;
    let mut home = beside(&stage);
    home.set("DISCORD_TOKEN", "not.the.token");
    let run = home.run(&["run"]).await;
    assert_eq!(run.code, Some(1));
    assert!(run.err.lines().last().unwrap().contains("Discord refuses the token"), "{}", run.err);
    assert!(!run.err.contains("not.the.token") && !run.out.contains("not.the.token"), "{}", run.err);
    stage.finish().await;
}

const ANSWER: &str = "It takes as long as it takes, and it is never over before it is over.";

/// Too short for an answer that is held back.
const SHORT_GRACE: &str = "[stop]\ngrace = \"50ms\"\nhard = \"20s\"\n";

/// A bot in the middle of an answer whose tokens are held back.
async fn answering(stage: &Stage, home: &Home) -> (Running, MessageId, Gate) {
    let mut prism = home.start(&["run"]);
    prism.connected().await;
    let (answer, gate) = Answer::text(ANSWER).hold();
    stage.model.script(answer);
    let question = stage.mention("how long?");
    within("the model is asked", stage.model.wait_for_request()).await;
    (prism, question, gate)
}

#[cfg(unix)]
#[tokio::test]
async fn the_first_signal_lets_the_running_answer_finish() {
    for signal in ["TERM", "INT"] {
        let stage = Stage::set(Setting::default()).await;
        let (mut prism, question, gate) = answering(&stage, &beside(&stage)).await;
        prism.signal(signal).await;
        prism.line("finishing running answers").await;
        gate.open();
        stage.answered(question, ANSWER).await;
        let (code, written) = prism.ended().await;
        assert_eq!(code, Some(0), "{signal}: {written}");
        stage.finish().await;
    }
}

#[cfg(unix)]
#[tokio::test]
async fn an_answer_that_outlasts_the_grace_period_is_marked() {
    let stage = Stage::set(Setting::default()).await;
    let home = beside(&stage);
    home.write("prism.toml", SHORT_GRACE);
    let (prism, question, gate) = answering(&stage, &home).await;
    gate.release(tokens(ANSWER).len() - 1);
    let shown = stage.sees(GENERAL, KIM, |message| message.reply_to == Some(question)).await.content;
    prism.signal("TERM").await;
    let (code, written) = prism.ended().await;
    assert_eq!(code, Some(0), "{written}");
    let left = stage.sees(GENERAL, KIM, |message| message.reply_to == Some(question)).await.content;
    assert!(left.starts_with(shown.trim_end()) && left.len() > shown.len(), "{left}");
    stage.finish().await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_question_that_was_not_begun_to_be_answered_is_taken_up_by_the_next_start() {
    let stage = Stage::set(Setting::default()).await;
    let home = beside(&stage);
    home.write("prism.toml", SHORT_GRACE);
    let (prism, question, _gate) = answering(&stage, &home).await;
    prism.signal("TERM").await;
    let (code, written) = prism.ended().await;
    assert_eq!(code, Some(0), "{written}");
    stage.model.script(Answer::text("Here I am again."));
    let _prism = home.start(&["run"]);
    stage.answered(question, "Here I am again.").await;
    stage.leave();
}

#[cfg(unix)]
#[tokio::test]
async fn the_second_signal_leaves_at_once() {
    let stage = Stage::set(Setting::default()).await;
    let (mut prism, _, _gate) = answering(&stage, &beside(&stage)).await;
    prism.signal("TERM").await;
    prism.line("finishing running answers").await;
    prism.signal("TERM").await;
    let (code, written) = prism.ended().await;
    assert_eq!(code, Some(1), "{written}");
    let request = stage.model.wait_for_end(0).await.unwrap();
    assert_eq!(request.ending, Some(Ending::Left));
    stage.leave();
}

#[cfg(unix)]
#[tokio::test]
async fn an_idle_bot_stops_at_once_and_leaves_a_clean_database() {
    let stage = Stage::set(Setting::default()).await;
    let home = beside(&stage);
    for _ in 0..2 {
        let mut prism = home.start(&["run"]);
        prism.connected().await;
        prism.signal("INT").await;
        let (code, written) = prism.ended().await;
        assert_eq!(code, Some(0), "{written}");
        assert!(!written.contains("the last stop was not clean"), "{written}");
    }
    stage.finish().await;
}
