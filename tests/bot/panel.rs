//! The break-it panel: whatever a visitor breaks, answers come whole and once.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use fantoccini::key::Key;
use prism::emulator::Invocation;
use prism::emulator::model::{Answer, Gate, tokens};
use prism::emulator::playground::{GENERAL, KIM, ROBIN, WORKSHOP};
use prism::ids::MessageId;
use prism::web::Access;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{LIGHTER_MODEL, Stage, within};
use crate::http::{get, send};
use crate::page::Visit;
use crate::playground::{figures, open};

const SONG: &str = "The kettle knows three songs, and all of them are about rain.";

const BACK: &str = "I am back.";

async fn post(page: SocketAddr, action: &str, what: Value) -> u16 {
    let mut body = json!({ "channel": GENERAL, "as": ROBIN });
    body.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
    let head = format!(
        "POST /playground/{action} HTTP/1.1\r\nHost: {page}\r\nContent-Type: application/json\r\n\
         Sec-Fetch-Site: same-origin\r\n"
    );
    send(page, &head, &body.to_string()).await.status
}

async fn switch(page: SocketAddr, switch: &str, on: bool) {
    assert_eq!(post(page, "switch", json!({ "switch": switch, "on": on })).await, 204, "{switch}");
}

async fn push(page: SocketAddr, button: &str) {
    assert_eq!(post(page, "push", json!({ "button": button })).await, 204, "{button}");
}

/// Kim asks and is answered, word for word.
async fn answers(stage: &Stage, text: &str) {
    stage.model.script(Answer::text(text));
    let question = stage.mention("sing!");
    stage.answered(question, text).await;
}

/// Kim asks, and reads the first words; the rest is held.
async fn answering(stage: &Stage) -> (MessageId, MessageId, Gate) {
    let (answer, gate) = Answer::text(SONG).hold();
    stage.model.script(answer);
    let question = stage.mention("sing!");
    stage.model.wait_for_request().await;
    gate.release(5);
    let first = stage.answered(question, &tokens(SONG)[..5].concat()).await;
    (question, first.id, gate)
}

/// Waits until the bot has begun so many sessions and is connected.
async fn connected(stage: &Stage, sessions: u64) {
    let begun = || (stage.discord.identifies() == sessions && stage.discord.sessions() == 1).then_some(());
    stage.until(begun, || format!("{} sessions", stage.discord.identifies())).await;
}

/// A page that is open all the time.
struct Feed {
    stream: TcpStream,
    read: String,
}

impl Feed {
    async fn open(page: SocketAddr) -> Self {
        let mut stream = TcpStream::connect(page).await.unwrap();
        let asked =
            format!("GET /playground/events?channel={GENERAL}&as={ROBIN} HTTP/1.1\r\nHost: {page}\r\n\r\n");
        stream.write_all(asked.as_bytes()).await.unwrap();
        Self { stream, read: String::new() }
    }

    /// Reads on until the words have come; what came before them is dropped.
    async fn until(&mut self, words: &str) {
        let reading = async {
            while !self.read.contains(words) {
                let mut buffer = [0; 4_096];
                let count = self.stream.read(&mut buffer).await.unwrap();
                assert_ne!(count, 0, "the page lost its connection before {words:?}");
                self.read.push_str(&String::from_utf8_lossy(&buffer[..count]));
            }
        };
        within(words, reading).await;
        let at = self.read.find(words).unwrap();
        self.read.drain(..at + words.len());
    }

    async fn shows(&mut self, figure: &str, value: u64) {
        self.until(&format!("{{\"id\":\"{figure}\",\"value\":{value}}}")).await;
    }
}

#[tokio::test]
async fn a_discord_that_refuses_gets_every_answer_whole_and_is_counted() {
    let (stage, page) = open(Access::Loopback).await;
    let mut feed = Feed::open(page).await;
    feed.shows("refused", 0).await;
    switch(page, "refused", true).await;
    for _ in 0..3 {
        answers(&stage, SONG).await;
    }
    let refused = stage.discord.refused();
    assert!(refused > 0, "three answers are at least three messages");
    switch(page, "refused", false).await;
    answers(&stage, SONG).await;
    assert_eq!(stage.discord.refused(), refused);
    feed.shows("refused", refused).await;
    feed.shows("sessions", 1).await;
    stage.finish().await;
}

#[tokio::test]
async fn a_slow_discord_gets_every_answer_whole_and_refuses_none() {
    let (stage, page) = open(Access::Loopback).await;
    switch(page, "slow", true).await;
    let begun = Instant::now();
    answers(&stage, SONG).await;
    assert!(begun.elapsed() >= Duration::from_millis(400), "half of it passes before anything is done");
    switch(page, "slow", false).await;
    answers(&stage, SONG).await;
    assert_eq!(stage.discord.refused(), 0);
    stage.finish().await;
}

#[tokio::test]
async fn a_dead_first_model_is_replaced_by_a_lighter_one_that_is_named() {
    let (stage, page) = open(Access::Loopback).await;
    switch(page, "dead_model", true).await;
    stage.model.script(Answer::text(SONG));
    let question = stage.mention("sing!");
    stage.answered(question, &format!("{SONG}\n-# written by `{LIGHTER_MODEL}`")).await;
    switch(page, "dead_model", false).await;
    answers(&stage, SONG).await;
    stage.finish().await;
}

#[tokio::test]
async fn a_dropped_socket_is_taken_up_where_it_broke() {
    let (stage, page) = open(Access::Loopback).await;
    let mut feed = Feed::open(page).await;
    push(page, "drop").await;
    answers(&stage, SONG).await;
    assert_eq!((stage.discord.resumes(), stage.discord.identifies()), (1, 1));
    feed.shows("resumes", 1).await;
    stage.finish().await;
}

#[tokio::test]
async fn a_forgotten_session_is_followed_by_a_new_one() {
    let (stage, page) = open(Access::Loopback).await;
    let (question, _, gate) = answering(&stage).await;
    push(page, "forget").await;
    connected(&stage, 2).await;
    gate.open();
    stage.answered(question, SONG).await;
    answers(&stage, "And another one.").await;
    stage.finish().await;
}

#[tokio::test]
async fn a_restart_finishes_what_runs_and_answers_what_was_asked_meanwhile() {
    let (stage, page) = open(Access::Loopback).await;
    let mut feed = Feed::open(page).await;
    let (question, _, gate) = answering(&stage).await;
    for _ in 0..2 {
        stage.model.script(Answer::text(BACK));
    }
    push(page, "restart").await;
    feed.until("The bot finishes its answers").await;
    let mentioned = stage.mention_in(WORKSHOP, KIM, "are you there?");
    let invoked = stage.invoke(&Invocation::new("chat").with("message", "and to me?"));
    let acknowledged = || stage.discord.interaction(invoked).unwrap().original;
    stage.until(acknowledged, || "not acknowledged".to_owned()).await;
    gate.open();
    stage.answered(question, SONG).await;
    stage.answered(mentioned, BACK).await;
    stage.replied(invoked, |message| message.content == format!("-# Kim: and to me?\n{BACK}")).await;
    feed.shows("starts", 2).await;
    assert_eq!(stage.discord.identifies(), 2);
    stage.finish().await;
}

#[tokio::test]
async fn a_crash_in_mid_word_leaves_one_message_that_becomes_whole() {
    let (stage, page) = open(Access::Loopback).await;
    let mut feed = Feed::open(page).await;
    let (question, first, _gate) = answering(&stage).await;
    stage.model.script(Answer::text("Another song, and a better one, from the beginning."));
    push(page, "crash").await;
    let whole = stage.answered(question, "Another song, and a better one, from the beginning.").await;
    assert_eq!(whole.id, first);
    let messages = stage.discord.messages(GENERAL, KIM);
    assert_eq!(messages.iter().filter(|message| message.author.id == stage.discord.bot()).count(), 1);
    feed.shows("starts", 2).await;
    // They are known when the turn is closed.
    figures(page, first).await;
    push(page, "crash").await;
    feed.shows("starts", 3).await;
    connected(&stage, 3).await;
    answers(&stage, SONG).await;
    stage.finish().await;
}

#[tokio::test]
async fn everything_at_once_ends_with_fair_weather() {
    let (stage, page) = open(Access::Loopback).await;
    for lever in ["refused", "slow", "dead_model"] {
        switch(page, lever, true).await;
    }
    push(page, "drop").await;
    stage.model.script(Answer::text(SONG));
    let question = stage.mention("sing!");
    stage.answered(question, &format!("{SONG}\n-# written by `{LIGHTER_MODEL}`")).await;
    assert_eq!(get(page, "/playground").await.body.matches(" checked autocomplete").count(), 4, "and Robin");
    push(page, "fair").await;
    answers(&stage, SONG).await;
    assert_eq!(get(page, "/playground").await.body.matches(" checked autocomplete").count(), 1);
    stage.finish().await;
}

#[tokio::test]
async fn a_bot_without_a_playground_cannot_be_broken_from_a_page() {
    let mut stage = Stage::open().await;
    let page = stage.address().await;
    assert_eq!(get(page, "/health/ready").await.status, 200);
    assert_eq!(get(page, "/playground").await.status, 404);
    assert_eq!(post(page, "switch", json!({ "switch": "slow", "on": true })).await, 404);
    assert_eq!(post(page, "push", json!({ "button": "crash" })).await, 404);
    answers(&stage, SONG).await;
    stage.finish().await;
}

#[tokio::test]
async fn a_visitor_breaks_it_with_the_keyboard_alone_and_watches() {
    let Some(visit) = Visit::begin().await else { return };
    let Visit { stage, browser } = &visit;
    let figure = |name: &str, value: u64| {
        format!("document.querySelector('[data-figure={name}]').textContent === '{value}'")
    };
    assert_eq!(browser.look("document.getElementById('panel').open").await, false);
    browser.look("document.querySelector('#panel summary').focus()").await;
    visit.press(Key::Enter).await;
    browser.until("document.getElementById('panel').open").await;
    for switch in ["refused", "slow", "dead_model"] {
        visit.press(Key::Tab).await;
        browser.until(&format!("document.activeElement.dataset.switch === '{switch}'")).await;
    }
    visit.press(Key::Space).await;
    browser.until("document.getElementById('panel-weather').textContent === 'First model is dead'").await;
    visit.press(Key::Tab).await;
    browser.until("document.activeElement.dataset.push === 'drop'").await;
    visit.press(Key::Enter).await;
    browser.until(&figure("resumes", 1)).await;

    stage.model.script(Answer::text(SONG));
    browser.click("#composer").await;
    visit.say("@Prism sing!").await;
    visit.reads(&format!("written by {LIGHTER_MODEL}")).await;

    browser.click("[data-push=restart]").await;
    browser.until(&figure("starts", 2)).await;
    browser.click("[data-push=fair]").await;
    browser.until("!document.querySelector('[data-switch=dead_model]').checked").await;
    browser.until("document.getElementById('panel-weather').textContent === ''").await;
    browser.until("document.getElementById('away').hidden").await;
    stage.model.script(Answer::text("And another one."));
    browser.click("#composer").await;
    visit.say("@Prism again!").await;
    visit.reads("And another one.").await;
    assert_eq!(browser.look("document.getElementById('source').hasAttribute('data-lost')").await, false);
    visit.finish().await;
}
