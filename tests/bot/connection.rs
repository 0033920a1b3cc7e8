//! The connection to Discord: refused, lost, taken up again.

use std::net::SocketAddr;

use prism::emulator::Settings;
use prism::emulator::model::Answer;
use prism::shutdown::Shutdown;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::harness::{Setting, Stage, within};

/// Answers every request with the address of a gateway, as Discord would. Gives its own address.
async fn discord_with_gateway(gateway: &str, stop: &Shutdown) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let body = format!(r#"{{"url":"{gateway}"}}"#);
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let ending = stop.clone();
    stop.spawn(async move {
        while let Some(Ok((mut socket, _))) = ending.unless_begun(listener.accept()).await {
            let mut request = [0; 4_096];
            if socket.read(&mut request).await.is_ok() {
                let _ = socket.write_all(answer.as_bytes()).await;
            }
        }
    });
    origin
}

/// The status line and the body of a page.
async fn get(address: SocketAddr, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    within("the page answers", socket.read_to_string(&mut answer)).await.unwrap();
    answer
}

#[tokio::test]
async fn a_wrong_token_ends_the_bot_with_the_cure() {
    let mut stage = Stage::set(Setting::default()).await;
    stage.config.token = Some("another.dummy.token".to_owned().into());
    let refusal = stage.refuses_to_start().await;
    assert!(refusal.contains("refuses the token") && refusal.contains("DISCORD_TOKEN"), "{refusal}");
    assert!(!refusal.contains("another.dummy"), "{refusal}");
    stage.finish().await;
}

#[tokio::test]
async fn a_refused_intent_ends_the_bot_with_the_cure() {
    let emulator = Settings { message_content: false, ..Settings::default() };
    let mut stage = Stage::set(Setting { emulator, message_content: true, ..Setting::default() }).await;
    let refusal = stage.refuses_to_start().await;
    assert!(refusal.contains("Message Content intent") && refusal.contains("developer portal"), "{refusal}");
    stage.finish().await;
}

#[tokio::test]
async fn a_message_sent_while_the_connection_is_lost_is_answered_once() {
    let stage = Stage::open().await;
    assert_eq!(stage.discord.drop_sockets(), 1);
    stage.model.script(Answer::text("I heard you."));
    let question = stage.mention("do you hear me?");
    stage.answered(question, "I heard you.").await;
    assert_eq!((stage.discord.resumes(), stage.discord.identifies()), (1, 1));
    assert_eq!(stage.model.requests().len(), 1);
    stage.finish().await;
}

#[tokio::test]
async fn an_answer_survives_a_lost_connection() {
    let stage = Stage::open().await;
    let (answer, gate) = Answer::text("One, two, three.").hold();
    stage.model.script(answer);
    let question = stage.mention("count!");
    gate.release(1);
    stage.answered(question, "One,").await;
    stage.discord.drop_sockets();
    gate.open();
    stage.answered(question, "One, two, three.").await;
    stage.finish().await;
}

#[tokio::test]
async fn a_gateway_elsewhere_is_refused_when_discord_is_here() {
    let (mut stage, elsewhere) = (Stage::set(Setting::default()).await, Shutdown::default());
    stage.config.discord_url = discord_with_gateway("wss://gateway.example", &elsewhere).await;
    let refusal = stage.refuses_to_start().await;
    assert!(refusal.contains("wss://gateway.example is not on this machine"), "{refusal}");
    elsewhere.begin();
    stage.finish().await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let mut stage = Stage::set(Setting::default()).await;
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    stage.config.http = taken.local_addr().unwrap();
    let refusal = stage.refuses_to_start().await;
    assert!(refusal.contains(&stage.config.http.to_string()), "{refusal}");
    assert!(refusal.contains("PRISM_HTTP"), "{refusal}");
    stage.finish().await;
}

#[tokio::test]
async fn it_is_ready_once_it_is_connected() {
    let mut stage = Stage::open().await;
    let address = stage.address().await;
    let ready = get(address, "/health/ready").await;
    assert!(ready.starts_with("HTTP/1.1 200") && ready.contains(r#""ready":true"#), "{ready}");
    assert!(ready.contains(r#""refused_user":0"#), "how it stands with Discord's limits: {ready}");
    stage.finish().await;
}

#[tokio::test]
async fn it_is_not_ready_before() {
    let (mut stage, elsewhere) = (Stage::set(Setting::default()).await, Shutdown::default());
    // It takes connections and never says a word.
    let gateway = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", gateway.local_addr().unwrap());
    stage.config.discord_url = discord_with_gateway(&url, &elsewhere).await;
    stage.launch();
    let address = stage.address().await;
    let waiting = get(address, "/health/ready").await;
    assert!(waiting.starts_with("HTTP/1.1 503") && waiting.contains(r#""ready":false"#), "{waiting}");
    assert!(get(address, "/health/live").await.starts_with("HTTP/1.1 200"));
    stage.stop().await;
    elsewhere.begin();
    stage.finish().await;
}
