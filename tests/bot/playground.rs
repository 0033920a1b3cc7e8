//! The playground over plain HTTP: what it says of the bot, and who may ask.

use std::net::SocketAddr;

use prism::app::Front;
use prism::emulator::model::Answer;
use prism::emulator::playground::{GENERAL, KIM, ROBIN};
use prism::ids::MessageId;
use prism::web::{Access, FirstModel};
use secrecy::SecretString;
use serde_json::json;

use crate::harness::{MODEL, Setting, Stage, within};
use crate::http::{get, send};

pub(crate) const MODEL_LINE: &str = "Replies come from a script.";

/// The playground's page of a stage, whose model server is the embedded one.
pub(crate) fn front(stage: &Stage, access: Access) -> Front {
    Front {
        access,
        hosts: vec!["prism.example".to_owned()],
        emulator: stage.discord.clone(),
        model_line: MODEL_LINE.to_owned(),
        first_model: Some(FirstModel { server: stage.model.clone(), name: MODEL.to_owned() }),
    }
}

/// A connected bot with its page, and where the page is.
pub(crate) async fn open(access: Access) -> (Stage, SocketAddr) {
    let mut stage = Stage::set(Setting::default()).await;
    let front = front(&stage, access);
    stage.start_with(Some(front)).await;
    let address = stage.address().await;
    (stage, address)
}

/// Says something in #general as Robin does on the page.
async fn say(page: SocketAddr, text: &str, headers: &str) -> u16 {
    let body = json!({ "channel": GENERAL, "as": ROBIN, "text": text }).to_string();
    let head = format!(
        "POST /playground/say HTTP/1.1\r\nHost: {page}\r\nContent-Type: application/json\r\n{headers}"
    );
    send(page, &head, &body).await.status
}

/// What the page writes under a reply, once the turn is closed.
pub(crate) async fn figures(page: SocketAddr, message: MessageId) -> String {
    let waiting = async {
        loop {
            let answer = get(page, &format!("/playground/figures/{message}")).await;
            if answer.status == 200 {
                return answer.body;
            }
            assert_eq!(answer.status, 204, "{}", answer.body);
        }
    };
    within("the figures of a reply", waiting).await
}

#[tokio::test]
async fn what_is_said_on_the_page_is_answered_and_measured() {
    let (stage, page) = open(Access::Loopback).await;
    stage.model.script(Answer::text("Good evening, Robin."));
    assert_eq!(say(page, "@Prism good evening", "Sec-Fetch-Site: same-origin\r\n").await, 204);
    let answer = stage.reads("Good evening, Robin.").await;
    let figures = figures(page, answer.id).await;
    assert!(figures.contains(MODEL), "{figures}");
    assert!(figures.contains("first words after"), "{figures}");
    assert!(figures.contains("tokens"), "{figures}");
    stage.finish().await;
}

#[tokio::test]
async fn the_page_says_where_replies_come_from_and_who_answers() {
    let (stage, page) = open(Access::Loopback).await;
    let shown = get(page, "/playground").await.body;
    assert!(shown.contains(MODEL_LINE));
    let persona = prism::persona::Library::embedded().default_persona();
    assert!(shown.contains(&format!("<strong>{}</strong> answers here", persona.name)), "{}", persona.name);
    stage.finish().await;
}

#[tokio::test]
async fn other_names_and_other_pages_are_refused() {
    let (stage, page) = open(Access::Loopback).await;
    for (host, status) in [
        ("prism.example", 200),
        ("localhost:8787", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
    ] {
        let head = format!("GET /playground HTTP/1.1\r\nHost: {host}\r\n");
        assert_eq!(send(page, &head, "").await.status, status, "{host}");
    }
    for headers in ["", "Sec-Fetch-Site: cross-site\r\n", "Origin: https://evil.example\r\n"] {
        assert_eq!(say(page, "from afar", headers).await, 403, "{headers:?}");
    }
    assert!(stage.discord.messages(GENERAL, KIM).is_empty());
    stage.finish().await;
}

#[tokio::test]
async fn an_exposed_page_opens_with_its_token_only() {
    let (stage, page) = open(Access::Token(SecretString::new("open-sesame".into()))).await;
    for path in ["/playground", "/playground/events", "/playground?token=open", "/playground/app.js"] {
        assert_eq!(get(page, path).await.status, 401, "{path}");
    }
    assert_eq!(say(page, "let me in", "Sec-Fetch-Site: same-origin\r\n").await, 401);
    assert_eq!(get(page, "/health/live").await.status, 200, "supervisors have no token");

    let welcome = get(page, "/?token=open-sesame").await;
    let cookie = welcome.head.split("set-cookie: ").nth(1).and_then(|rest| rest.split(';').next()).unwrap();
    let inside = format!("GET /playground HTTP/1.1\r\nHost: {page}\r\nCookie: {cookie}\r\n");
    let shown = send(page, &inside, "").await;
    assert_eq!(shown.status, 200);
    assert!(!shown.body.contains("open-sesame"));
    assert!(stage.discord.messages(GENERAL, KIM).is_empty());
    stage.finish().await;
}
