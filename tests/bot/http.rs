//! One request over a bare socket: nothing is sent that a test does not say.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::within;

pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Lower case.
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Sends a head of request line and headers, without its end, and a body.
pub(crate) async fn send(to: SocketAddr, head: &str, body: &str) -> Answer {
    let mut stream = TcpStream::connect(to).await.unwrap();
    let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    stream.write_all(format!("{head}{length}Connection: close\r\n\r\n{body}").as_bytes()).await.unwrap();
    let text = within("an answer", whole(&mut stream)).await;
    let (head, body) = text.split_once("\r\n\r\n").expect("no head");
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_lowercase(), body: body.to_owned() }
}

/// Some servers keep the connection open whatever they are told, so the length that they name ends an answer too.
async fn whole(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    while stream.read_buf(&mut read).await.unwrap() > 0 && !is_whole(&String::from_utf8_lossy(&read)) {}
    String::from_utf8(read).unwrap()
}

fn is_whole(text: &str) -> bool {
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let head = head.to_lowercase();
    let length = head.split("content-length:").nth(1).and_then(|rest| rest.split("\r\n").next());
    length.and_then(|length| length.trim().parse().ok()).is_some_and(|length: usize| body.len() >= length)
}

pub(crate) async fn get(to: SocketAddr, path: &str) -> Answer {
    send(to, &format!("GET {path} HTTP/1.1\r\nHost: {to}\r\n"), "").await
}
