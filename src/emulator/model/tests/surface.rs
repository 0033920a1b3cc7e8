//! The surface, byte by byte.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

const KEY: &str = "sk-test";

async fn server(shutdown: &Shutdown) -> ModelServer {
    let settings = ModelSettings { key: Some(KEY.to_owned()), ..ModelSettings::default() };
    ModelServer::start(settings, shutdown).await.unwrap()
}

/// Sends one request on a connection of its own, and gives head and body of the answer.
async fn ask(server: &ModelServer, request: &str, key: &str, body: Option<&Value>) -> (String, String) {
    let url = server.base_url();
    let address = url.strip_prefix("http://").unwrap().strip_suffix("/api/v1").unwrap();
    let body = body.map(Value::to_string).unwrap_or_default();
    let request = format!(
        "{request} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_lowercase(), body.to_owned())
}

#[tokio::test]
async fn models_are_listed_and_the_key_is_told_from_others() {
    let shutdown = Shutdown::default();
    let server = server(&shutdown).await;
    let (_, models) = ask(&server, "GET /api/v1/models", "", None).await;
    let models: Value = serde_json::from_str(&models).unwrap();
    assert_eq!(models["data"][0]["pricing"]["prompt"], "0.0000003");
    assert!(ask(&server, "GET /api/v1/key", KEY, None).await.0.starts_with("http/1.1 200"));
    assert!(ask(&server, "GET /api/v1/key", "sk-other", None).await.0.starts_with("http/1.1 401"));
    assert!(ask(&server, "GET /api/v1/nothing", KEY, None).await.0.starts_with("http/1.1 404"));
    shutdown.begin();
}

#[tokio::test]
async fn a_completion_can_come_whole() {
    let shutdown = Shutdown::default();
    let server = server(&shutdown).await;
    server.script(Answer::text("Here you are."));
    let body = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]});
    let (head, body) = ask(&server, "POST /api/v1/chat/completions", KEY, Some(&body)).await;
    assert!(
        head.contains("x-generation-id: gen-") && head.contains("content-type: application/json"),
        "{head}"
    );
    assert!(body.contains(r#""content":"Here you are.""#) && body.contains(r#""cost":"#), "{body}");
    shutdown.begin();
}

#[tokio::test]
async fn a_stream_has_the_shape_of_openrouters() {
    let shutdown = Shutdown::default();
    let server = server(&shutdown).await;
    server.script(Answer::text("Two words."));
    let body = json!({"model": "m", "stream": true, "messages": [{"role": "user", "content": "hi"}]});
    let (head, body) = ask(&server, "POST /api/v1/chat/completions", KEY, Some(&body)).await;
    assert!(head.contains("content-type: text/event-stream"), "{head}");
    let lines: Vec<&str> =
        body.lines().filter(|line| line.starts_with(':') || line.starts_with("data")).collect();
    let chunk = |index: usize| serde_json::from_str::<Value>(&lines[index]["data: ".len()..]).unwrap();
    assert_eq!((lines.len(), lines[0], lines[5]), (6, ": OPENROUTER PROCESSING", "data: [DONE]"));
    assert_eq!(chunk(1)["choices"][0]["delta"], json!({"role": "assistant", "content": "Two"}));
    assert_eq!(chunk(3)["choices"][0]["native_finish_reason"], "STOP");
    assert_eq!(chunk(4)["choices"][0]["finish_reason"], "stop");
    assert_eq!(chunk(4)["usage"]["completion_tokens"], 2);
    shutdown.begin();
}

#[tokio::test]
async fn a_stop_ends_what_hangs() {
    let shutdown = Shutdown::default();
    let server = server(&shutdown).await;
    server.script(Answer::in_character().fault(Fault::Silent));
    let body = json!({"model": "m", "stream": true, "messages": [{"role": "user", "content": "hi"}]});
    let answer = ask(&server, "POST /api/v1/chat/completions", KEY, Some(&body));
    let (_, received) = tokio::join!(answer, async {
        let received = server.wait_for_request().await;
        shutdown.begin();
        received
    });
    assert_eq!(received.model, "m");
    assert!(shutdown.drain(std::time::Duration::from_secs(10)).await);
}

#[tokio::test]
async fn a_request_may_hold_images_up_to_a_bound() {
    let bench = Bench::start().await;
    let mut body = hello("m");
    body["messages"][0]["content"] = json!("A".repeat(3 * 1024 * 1024));
    bench.server.script(Answer::text("I see."));
    assert_eq!(bench.ask(&body).await.status, 200);
    let url = format!("{}/chat/completions", bench.server.base_url());
    // The server may close before it has read all of it.
    let response = bench.client.post(url).body(vec![b' '; 32 * 1024 * 1024 + 1]).send().await;
    assert!(response.map_or(true, |response| response.status() == 413));
    assert_eq!(bench.server.requests().len(), 1);
}
